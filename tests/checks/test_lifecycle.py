"""Checks of support dates on hosts that are supported, ended, ending and undated."""

from dataclasses import replace
from datetime import date
from inspect import getmembers

import pytest

from auditor.facts.ambient import Lifecycle, Lifecycles, Today
from auditor.facts.packages import OperatingSystem
from auditor.model.check import Check
from tests.make import UNKNOWN, Case, Verdict, checks, names

C = checks("lifecycle")
PASS, FAIL, OPEN, NONE = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE
NOW = Today(date(2026, 11, 22))
DATES = Lifecycles(
    date(2026, 8, 22),
    {
        "debian": (
            Lifecycle("13", ended=False, ends=date(2028, 8, 9), extended_ends=date(2030, 6, 30)),
            Lifecycle("12", ended=False, ends=date(2026, 7, 11), extended_ends=date(2028, 6, 30)),
            Lifecycle("11", ended=False, ends=date(2024, 8, 14), extended_ends=date(2026, 8, 31)),
        ),
        "ubuntu": (Lifecycle("20.04", ended=False, ends=date(2025, 5, 31), extended_ends=date(2030, 4, 30)),),
        "rocky-linux": (Lifecycle("9", ended=False, ends=date(2027, 1, 31)),),
        "oracle-linux": (Lifecycle("10", ended=False, ends=None), Lifecycle("4", ended=True, ends=None)),
        "centos-stream": (Lifecycle("9", ended=False, ends=date(2027, 5, 31)),),
        "centos": (Lifecycle("9", ended=True, ends=None),),
        "linuxmint": (Lifecycle("lmde6", ended=False, ends=date(2029, 1, 1)), Lifecycle("6", ended=True, ends=None)),
    },
)
OLD = replace(DATES, as_of=date(2025, 1, 1))


def host(system: str, version: str, name: str = "", **more: str) -> OperatingSystem:
    """Return a host by its os-release."""
    return OperatingSystem(system, version, name or f"{system} {version}", **more)


CASES: list[Case] = [
    Case(C.os_supported, (host("debian", "13"), DATES, NOW), PASS),
    Case(C.os_supported, (host("debian", "12"), DATES, NOW), PASS, why="LTS counts for Debian"),
    Case(C.os_supported, (host("debian", "12"), DATES, NOW), FAIL, ("debian",), settings={"extended": frozenset()}),
    Case(C.os_supported, (host("debian", "11"), DATES, NOW), FAIL, ("debian",), why="LTS has ended"),
    Case(C.os_supported, (host("ubuntu", "20.04"), DATES, NOW), FAIL, ("ubuntu",), why="Pro must be bought"),
    Case(C.os_supported, (host("ubuntu", "20.04"), DATES, NOW), PASS, settings={"extended": frozenset({"ubuntu"})}),
    Case(C.os_supported, (host("rocky", "9.4"), DATES, NOW), PASS, why="a minor release belongs to its cycle"),
    Case(C.os_supported, (host("ol", "4"), DATES, NOW), FAIL, ("ol",), why="it ended without a date"),
    Case(C.os_supported, (host("ol", "10"), DATES, NOW), PASS, why="no end is announced"),
    Case(C.os_supported, (host("ol", "10"), OLD, NOW), OPEN, why="the data is old"),
    Case(C.os_supported, (host("centos", "9", "CentOS Stream 9"), DATES, NOW), PASS),
    Case(C.os_supported, (host("centos", "9", "CentOS Linux 9"), DATES, NOW), FAIL, ("centos",)),
    Case(C.os_supported, (host("linuxmint", "6", "LMDE 6 (faye)"), DATES, NOW), PASS),
    Case(C.os_supported, (host("debian", "", "Debian GNU/Linux trixie/sid"), DATES, NOW), OPEN),
    Case(C.os_supported, (host("alpine", "3.21.0_alpha20240923"), DATES, NOW), OPEN, why="it is edge"),
    Case(C.os_supported, (host("arch", ""), DATES, NOW), NONE),
    Case(C.os_supported, (host("acme", "3"), DATES, NOW), OPEN, why="nobody knows it"),
    Case(C.os_supported, (host("acme", "3", support_ends="2027-01-01"), DATES, NOW), PASS, why="it says so itself"),
    Case(C.os_supported, (host("acme", "3", support_ends="2025-01-01"), DATES, NOW), FAIL, ("acme",)),
    Case(C.os_supported, (host("acme", "3", support_ends="soon"), DATES, NOW), OPEN, why="it writes no date"),
    Case(C.os_supported, (UNKNOWN, DATES, NOW), OPEN),
    Case(C.os_ending_soon, (host("debian", "13"), DATES, NOW), PASS),
    Case(C.os_ending_soon, (host("rocky", "9.4"), DATES, NOW), FAIL, ("rocky",)),
    Case(C.os_ending_soon, (host("rocky", "9.4"), DATES, NOW), PASS, settings={"days": 30}),
    Case(C.os_ending_soon, (host("debian", "11"), DATES, NOW), NONE, why="it has ended"),
    Case(C.os_ending_soon, (host("ol", "10"), DATES, NOW), OPEN, why="no end is known"),
    Case(C.os_ending_soon, (host("arch", ""), DATES, NOW), NONE, why="it rolls"),
    Case(C.os_ending_soon, (UNKNOWN, DATES, NOW), OPEN),
]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_verdicts(case: Case) -> None:
    """What is right stands in the case."""
    case.assert_right()


def test_every_check_has_a_case_of_each_verdict() -> None:
    """A check without all four is not trusted."""
    for _, check in getmembers(C, lambda value: isinstance(value, Check)):
        assert {PASS, FAIL, OPEN, NONE} <= {case.verdict for case in CASES if case.check is check}, check.id
