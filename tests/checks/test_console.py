"""Verdicts on the keyboard: one that does nothing, and one thing changed at a time."""

from dataclasses import replace

import pytest

from auditor.facts.console import Console
from auditor.facts.services import EnabledUnits
from tests.make import ABSENT, UNKNOWN, Case, Verdict, checks, names

content = checks("console")
PASS, FAIL, DONT_KNOW, NOT_HERE = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE
SULOGIN = "-/usr/lib/systemd/systemd-sulogin-shell rescue"
DEAF = Console("", "none", {"rescue": (SULOGIN,), "emergency": ('-/bin/sh -c "/sbin/sulogin; /bin/true"',)})
UNREAD = replace(DEAF, unread=("/etc/systemd/system.conf",))
CASES: list[Case] = [
    Case(content.keys_off, (DEAF,), PASS),
    Case(content.keys_off, (replace(DEAF, keys="ctrl-alt-del.target"),), FAIL, ("Ctrl-Alt-Del",)),
    Case(content.keys_off, (replace(DEAF, burst="reboot-force"),), FAIL, ("Ctrl-Alt-Del seven times",)),
    Case(content.keys_off, (replace(DEAF, burst="reboot-force"),), PASS, settings={"burst_too": False}),
    Case(content.keys_off, (Console(""),), PASS, why="inittab says nothing of them"),
    Case(content.keys_off, (UNREAD,), DONT_KNOW, why="a file is unread"),
    Case(content.keys_off, (UNKNOWN,), DONT_KNOW),
    Case(content.keys_off, (ABSENT,), NOT_HERE),
    Case(content.maintenance_password, (DEAF,), PASS),
    Case(content.maintenance_password, (replace(DEAF, shells={"rescue": ("/bin/bash",)}),), FAIL, ("rescue",)),
    Case(content.maintenance_password, (replace(DEAF, shells={"rescue": (SULOGIN, "/bin/sh")}),), FAIL, ("rescue",)),
    Case(content.maintenance_password, (replace(DEAF, shells={"rescue": ()}),), FAIL, why="nothing is run"),
    Case(content.maintenance_password, (replace(DEAF, forced=("rescue",)),), FAIL, ("rescue: SYSTEMD_SULOGIN_FORCE",)),
    Case(content.maintenance_password, (Console(""),), NOT_HERE, why="there is no systemd"),
    Case(content.maintenance_password, (UNREAD,), DONT_KNOW, why="a file is unread"),
    Case(content.no_debug_shell, (EnabledUnits("systemd", frozenset({"ssh"})),), PASS),
    Case(content.no_debug_shell, (EnabledUnits("systemd", frozenset({"debug-shell"})),), FAIL, ("debug-shell",)),
    Case(content.no_debug_shell, (UNKNOWN,), DONT_KNOW),
]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_verdict(case: Case) -> None:
    """Each case has the verdict that is right."""
    case.assert_right()
