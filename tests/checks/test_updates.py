"""Checks of updates on hosts that are current, behind, blind and waiting for a restart."""

from dataclasses import replace
from inspect import getmembers

import pytest

from auditor.facts.updates import Pending, PendingUpdates
from auditor.facts.upkeep import AutomaticUpdates, RunningKernel
from auditor.model.check import Check
from tests.make import ABSENT, UNKNOWN, Case, Verdict, checks, names

C = checks("updates")
PASS, FAIL, OPEN, NONE = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE
CURRENT = PendingUpdates("apt", lists_days=1.0, published_days=2.0, security_source=True)
OPENSSL = (Pending("openssl", "3.0.15", "3.0.17"),)
BEHIND = replace(CURRENT, security=OPENSSL)
BLIND = replace(CURRENT, lists_days=None, published_days=None, security_source=False)
STALE = replace(CURRENT, lists_days=8.0)
KERNEL = RunningKernel("6.1.0-18-amd64", ("6.1.0-17-amd64", "6.1.0-18-amd64"), flagged=False)

CASES: list[Case] = [
    Case(C.security_applied, (CURRENT,), PASS),
    Case(C.security_applied, (replace(CURRENT, other=OPENSSL),), PASS, why="only others wait"),
    Case(C.security_applied, (BEHIND,), FAIL, ("openssl",)),
    Case(C.security_applied, (replace(STALE, security=OPENSSL),), FAIL, ("openssl",), why="even old lists show it"),
    Case(C.security_applied, (replace(CURRENT, other=OPENSSL),), FAIL, ("openssl",), settings={"every_update": True}),
    Case(C.security_applied, (STALE,), OPEN, why="the lists are old"),
    Case(C.security_applied, (STALE,), PASS, settings={"lists_max_days": 14}, why="the policy allows that age"),
    Case(C.security_applied, (BLIND,), OPEN, why="there are no lists"),
    Case(C.security_applied, (replace(CURRENT, security_source=False),), OPEN, why="no security archive"),
    Case(C.security_applied, (replace(CURRENT, unclassified=OPENSSL),), OPEN, why="an update is not classified"),
    Case(C.lists_fresh, (CURRENT,), PASS),
    Case(C.lists_fresh, (STALE,), FAIL, ("package lists",)),
    Case(C.lists_fresh, (BLIND,), FAIL, ("package lists",)),
    Case(C.lists_fresh, (replace(CURRENT, published_days=91.0),), OPEN, why="the archive stands still"),
    Case(C.security_source, (CURRENT,), PASS),
    Case(C.security_source, (replace(CURRENT, security_source=False),), FAIL, ("package sources",)),
    Case(C.security_source, (BLIND,), OPEN),
    Case(C.security_source, (PendingUpdates("apk", lists_days=1.0),), NONE),
    Case(C.all_applied, (CURRENT,), PASS),
    Case(C.all_applied, (replace(CURRENT, other=OPENSSL),), FAIL, ("updates",)),
    Case(C.all_applied, (replace(CURRENT, other=OPENSSL),), PASS, settings={"most": 1}),
    Case(C.all_applied, (STALE,), OPEN),
    Case(C.all_applied, (BLIND,), OPEN),
    Case(C.reboot_done, (KERNEL,), PASS),
    Case(C.reboot_done, (replace(KERNEL, flagged=True),), FAIL, ("restart",)),
    Case(C.reboot_done, (replace(KERNEL, running="6.1.0-17-amd64"),), FAIL, ("kernel",)),
    Case(C.reboot_done, (replace(KERNEL, running="6.1.0-9-amd64"),), FAIL, ("kernel",), why="it is gone, and older"),
    Case(C.reboot_done, (replace(KERNEL, built="6.1.76-1", package="6.1.76-2"),), FAIL, ("kernel",), why="same name"),
    Case(C.reboot_done, (replace(KERNEL, running="6.12.1-custom"),), OPEN, why="it is not installed"),
    Case(C.reboot_done, (ABSENT,), NONE),
    Case(C.unattended, (AutomaticUpdates("unattended-upgrades"),), PASS),
    Case(C.unattended, (AutomaticUpdates("dnf-automatic", ("no timer",)),), FAIL, ("dnf-automatic",)),
    Case(C.unattended, (UNKNOWN,), OPEN),
]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_verdicts(case: Case) -> None:
    """What is right stands in the case."""
    case.assert_right()


def test_every_check_has_a_pass_a_fail_and_an_unknown_case() -> None:
    """A check without all three is not trusted."""
    for _, check in getmembers(C, lambda value: isinstance(value, Check)):
        assert {PASS, FAIL, OPEN} <= {case.verdict for case in CASES if case.check is check}, check.id
