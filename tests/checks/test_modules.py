"""Verdicts on kernel modules."""

from dataclasses import replace

import pytest

from auditor.facts.modules import KernelModules, ModuleRule
from tests.make import ABSENT, UNKNOWN, Case, Verdict, checks, names

modules = checks("modules")
PASS, FAIL, DONT_KNOW, NOT_HERE = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE
SCTP = {"names": frozenset({"sctp"})}
BOTH = {**SCTP, "blacklisted": True}


def rules(*lines: tuple[str, str, str]) -> KernelModules:
    """Return modules with these lines of modprobe.d."""
    return KernelModules(tuple(ModuleRule(*line, place="/etc/modprobe.d/a.conf:1") for line in lines))


INSTALL, LISTED = ("install", "sctp", "/bin/false"), ("blacklist", "sctp", "")
CASES: list[Case] = [
    Case(modules.disabled, (rules(INSTALL),), PASS, settings=SCTP),
    Case(modules.disabled, (rules(INSTALL),), FAIL, ("sctp",), settings=BOTH, why="an alias still loads it"),
    Case(modules.disabled, (rules(INSTALL, LISTED),), PASS, settings=BOTH),
    Case(modules.disabled, (rules(LISTED),), FAIL, ("sctp",), settings=SCTP, why="modprobe by name loads it"),
    Case(modules.disabled, (rules(("install", "sctp", "/sbin/insmod x")),), FAIL, ("sctp",), settings=SCTP),
    Case(modules.disabled, (rules(),), FAIL, ("rds", "sctp"), settings={"names": frozenset({"sctp", "rds"})}),
    Case(
        modules.disabled,
        (replace(rules(INSTALL), loaded=frozenset({"sctp"})),),
        FAIL,
        settings=SCTP,
        why="it is loaded",
    ),
    Case(
        modules.disabled,
        (replace(rules(INSTALL), built_in=frozenset({"sctp"})),),
        FAIL,
        settings=SCTP,
        why="it is part of the kernel",
    ),
    Case(
        modules.disabled,
        (replace(rules(INSTALL), unread=("/etc/modprobe.d/0.conf",)),),
        DONT_KNOW,
        settings=SCTP,
        why="an earlier file may load it",
    ),
    Case(modules.disabled, (UNKNOWN,), DONT_KNOW),
    Case(modules.disabled, (ABSENT,), NOT_HERE, why="the kernel has no modules"),
]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_verdict(case: Case) -> None:
    """Each case has the verdict that is right."""
    case.assert_right()
