"""Verdicts on what confines programs: AppArmor and SELinux."""

from dataclasses import replace

import pytest

from auditor.facts.confinement import AppArmor, Confinement, SeLinux
from auditor.facts.services import EnabledUnits
from tests.make import ABSENT, UNKNOWN, Case, Verdict, checks, names

content = checks("confinement")
PASS, FAIL, DONT_KNOW, NOT_HERE = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE
ARMOR = AppArmor(enabled=True, profiles={"/usr/bin/man": "enforce"}, attachments=("/usr/bin/man",))
OFF = AppArmor(enabled=False)
SE = SeLinux("enforcing", "enforcing", "targeted")
SE_OFF = SeLinux("disabled", "disabled", "targeted")
UNITS = EnabledUnits("systemd", frozenset({"apparmor", "ssh"}))
CONFIG = frozenset({"/etc/selinux/config"})
LOOSE = replace(ARMOR, unconfined=("/usr/bin/man", "/usr/bin/bash"))


def hidden(*what: str) -> AppArmor:
    return AppArmor(enabled=True, hidden=frozenset(what))


CASES: list[Case] = [
    Case(content.active, (Confinement(("AppArmor",)),), PASS),
    Case(content.active, (Confinement(("SELinux",)),), PASS),
    Case(content.active, (Confinement(()),), FAIL, ("confinement",)),
    Case(content.active, (Confinement((), "only root may see"),), DONT_KNOW),
    Case(content.active, (UNKNOWN,), DONT_KNOW),
    Case(content.apparmor_enforced, (ARMOR,), PASS),
    Case(content.apparmor_enforced, (replace(ARMOR, profiles={"a": "complain"}),), FAIL, ("a",)),
    Case(content.apparmor_enforced, (replace(ARMOR, profiles={"a": "unconfined"}),), FAIL, ("a",)),
    Case(
        content.apparmor_enforced,
        (replace(ARMOR, profiles={"a": "unconfined"}),),
        PASS,
        settings={"modes": frozenset({"enforce", "unconfined"})},
    ),
    Case(
        content.apparmor_enforced,
        (replace(ARMOR, profiles={"a": "complain"}),),
        PASS,
        settings={"excepted": frozenset({"a"})},
    ),
    Case(content.apparmor_enforced, (replace(ARMOR, profiles={}),), FAIL, ("profiles",), why="none is loaded"),
    Case(content.apparmor_enforced, (hidden("profiles"),), DONT_KNOW, why="only root sees them"),
    Case(content.apparmor_enforced, (OFF,), NOT_HERE, why="it is off"),
    Case(content.apparmor_enforced, (ABSENT,), NOT_HERE, why="the kernel has none"),
    Case(content.apparmor_enforced, (UNKNOWN,), DONT_KNOW),
    Case(content.apparmor_applied, (ARMOR,), PASS),
    Case(content.apparmor_applied, (LOOSE,), FAIL, ("/usr/bin/man",), why="it was started before its profile"),
    Case(content.apparmor_applied, (LOOSE,), PASS, settings={"excepted": frozenset({"/usr/bin/man"})}),
    Case(content.apparmor_applied, (hidden("processes"),), DONT_KNOW, why="only root sees them"),
    Case(content.apparmor_applied, (OFF,), NOT_HERE, why="it is off"),
    Case(content.apparmor_applied, (UNKNOWN,), DONT_KNOW),
    Case(content.apparmor_at_boot, (ARMOR, UNITS), PASS),
    Case(content.apparmor_at_boot, (ARMOR, EnabledUnits("systemd", frozenset({"ssh"}))), FAIL, ("apparmor",)),
    Case(content.apparmor_at_boot, (OFF, UNITS), NOT_HERE, why="it is off"),
    Case(content.apparmor_at_boot, (ARMOR, UNKNOWN), DONT_KNOW),
    Case(content.selinux_enforcing, (SE,), PASS),
    Case(content.selinux_enforcing, (replace(SE, running="permissive"),), FAIL, ("SELinux",)),
    Case(content.selinux_enforcing, (replace(SE, configured="permissive"),), FAIL, ("SELinux after a reboot",)),
    Case(
        content.selinux_enforcing,
        (replace(SE, configured=""),),
        FAIL,
        ("SELinux after a reboot",),
        why="nothing is set",
    ),
    Case(content.selinux_enforcing, (replace(SE, configured="disabled"),), PASS, settings={"view": "running"}),
    Case(
        content.selinux_enforcing,
        (SeLinux("permissive", "permissive"),),
        PASS,
        settings={"permissive_suffices": True},
    ),
    Case(content.selinux_enforcing, (SE_OFF,), FAIL, settings={"permissive_suffices": True}, why="it is off"),
    Case(content.selinux_enforcing, (replace(SE, configured="", hidden=CONFIG),), DONT_KNOW, why="its file is hidden"),
    Case(content.selinux_enforcing, (ABSENT,), NOT_HERE, why="there is none"),
    Case(content.selinux_enforcing, (UNKNOWN,), DONT_KNOW),
    Case(content.selinux_policy, (SE,), PASS),
    Case(content.selinux_policy, (replace(SE, policy="minimum"),), FAIL, ("SELINUXTYPE",)),
    Case(content.selinux_policy, (replace(SE, policy=""),), DONT_KNOW, why="nothing is set"),
    Case(content.selinux_policy, (replace(SE, hidden=CONFIG),), DONT_KNOW, why="its file is hidden"),
    Case(content.selinux_policy, (ABSENT,), NOT_HERE),
    Case(content.selinux_no_exceptions, (SE,), PASS),
    Case(content.selinux_no_exceptions, (replace(SE, permissive=("httpd_t",)),), FAIL, ("httpd_t",)),
    Case(
        content.selinux_no_exceptions,
        (replace(SE, permissive=("httpd_t",)),),
        PASS,
        settings={"excepted": frozenset({"httpd_t"})},
    ),
    Case(content.selinux_no_exceptions, (replace(SE, hidden=frozenset({"modules"})),), DONT_KNOW),
    Case(content.selinux_no_exceptions, (SE_OFF,), NOT_HERE, why="it is off"),
    Case(content.selinux_services, (SE,), PASS),
    Case(content.selinux_services, (replace(SE, unconfined=("/opt/a",)),), FAIL, ("/opt/a",)),
    Case(
        content.selinux_services,
        (replace(SE, unconfined=("/opt/a",)),),
        PASS,
        settings={"excepted": frozenset({"/opt/a"})},
    ),
    Case(content.selinux_services, (replace(SE, hidden=frozenset({"processes"})),), DONT_KNOW),
    Case(content.selinux_services, (SE_OFF,), NOT_HERE, why="it is off"),
]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_verdict(case: Case) -> None:
    """Each case has the verdict that is right."""
    case.assert_right()
