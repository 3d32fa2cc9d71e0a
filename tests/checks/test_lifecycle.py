"""Checks of support dates on hosts that are supported, ended, ending and undated."""

from dataclasses import replace
from datetime import date
from inspect import getmembers

import pytest

from auditor.facts.ambient import Lifecycle, Lifecycles, Today
from auditor.facts.installed import InstalledPackages, Kernel, Package
from auditor.facts.packages import OperatingSystem
from auditor.facts.software import NotableSoftware, Software
from auditor.model.check import Check
from tests.make import UNKNOWN, Case, Verdict, checks, judged, names

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
        "ubuntu": (
            Lifecycle("22.04", ended=False, ends=date(2027, 4, 1), extended_ends=date(2032, 4, 9)),
            Lifecycle("20.04", ended=False, ends=date(2025, 5, 31), extended_ends=date(2030, 4, 30)),
        ),
        "rocky-linux": (Lifecycle("9", ended=False, ends=date(2027, 1, 31)),),
        "oracle-linux": (Lifecycle("10", ended=False, ends=None), Lifecycle("4", ended=True, ends=None)),
        "centos-stream": (Lifecycle("9", ended=False, ends=date(2027, 5, 31)),),
        "centos": (Lifecycle("9", ended=True, ends=None),),
        "linux": (
            Lifecycle("6.12", ended=False, ends=date(2028, 12, 31)),
            Lifecycle("6.6", ended=False, ends=date(2027, 12, 31)),
            Lifecycle("6.9", ended=False, ends=date(2024, 7, 27)),
        ),
        "nodejs": (
            Lifecycle("22", ended=False, ends=date(2027, 4, 30)),
            Lifecycle("16", ended=False, ends=date(2023, 9, 11)),
        ),
        "nginx": (Lifecycle("1.22", ended=False, ends=date(2023, 4, 11)),),
        "docker-engine": (Lifecycle("29", ended=False, ends=None), Lifecycle("20.10", ended=True, ends=None)),
        "redhat-build-of-openjdk": (Lifecycle("11", ended=False, ends=date(2024, 10, 31)),),
        "linuxmint": (Lifecycle("lmde6", ended=False, ends=date(2029, 1, 1)), Lifecycle("6", ended=True, ends=None)),
    },
)
OLD = replace(DATES, as_of=date(2025, 1, 1))


def host(system: str, version: str, name: str = "", **more: str) -> OperatingSystem:
    """Return a host by its os-release."""
    return OperatingSystem(system, version, name or f"{system} {version}", **more)


def kernel(release: str, version: str, *, own: bool | None = True, here: bool = True) -> InstalledPackages:
    """Return a host that runs a kernel of Debian's or Ubuntu's package manager."""
    package = Package(f"linux-image-{release}", version, "linux", version, "amd64", "x", own=own)
    return InstalledPackages("dpkg", (package,), Kernel(release, here=here))


def software(product: str, version: str, *, own: bool | None = False, stream: str = "") -> NotableSoftware:
    """Return a host with one product."""
    return NotableSoftware((Software(product, version, product, "elsewhere", own, stream),))


TRIXIE, BUSTER, JAMMY = host("debian", "13"), host("debian", "11"), host("ubuntu", "22.04")
ROCKY = host("rocky", "9.4")
CONTAINER = InstalledPackages("dpkg", (Package("bash", "5", "bash", "5"),), Kernel("6.1.0-18-amd64", here=False))
CUSTOM = InstalledPackages("dpkg", (), Kernel("6.12.4-acme"))
CUSTOM_OLD = InstalledPackages("dpkg", (), Kernel("6.9.1-acme"))
TEMURIN = software("nodejs", "99.1")

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
    Case(C.os_supported, (host("debian", "13"), OLD, NOW), OPEN, why="dates that old prove nothing"),
    Case(C.os_supported, (host("debian", "13"), OLD, NOW), PASS, settings={"dates_max_days": 1000}),
    Case(C.os_supported, (host("debian", "11"), OLD, NOW), FAIL, ("debian",), why="an end that has come stays"),
    Case(C.os_supported, (host("debian", "13"), replace(DATES, as_of=date(2031, 1, 1)), NOW), OPEN),
    Case(C.os_supported, (host("acme", "3", support_ends="2027-01-01"), OLD, NOW), PASS, why="it says so itself"),
    Case(C.os_ending_soon, (host("debian", "13"), DATES, NOW), PASS),
    Case(C.os_ending_soon, (host("rocky", "9.4"), DATES, NOW), FAIL, ("rocky",)),
    Case(C.os_ending_soon, (host("rocky", "9.4"), DATES, NOW), PASS, settings={"days": 30}),
    Case(C.os_ending_soon, (host("debian", "11"), DATES, NOW), NONE, why="it has ended"),
    Case(C.os_ending_soon, (host("ol", "10"), DATES, NOW), OPEN, why="no end is known"),
    Case(C.os_ending_soon, (host("arch", ""), DATES, NOW), NONE, why="it rolls"),
    Case(C.os_ending_soon, (UNKNOWN, DATES, NOW), OPEN),
    Case(C.os_ending_soon, (host("debian", "13"), OLD, NOW), OPEN, why="dates that old prove nothing"),
    Case(
        C.kernel_supported,
        (kernel("6.9.7-amd64", "6.9.7-1"), TRIXIE, DATES, NOW),
        PASS,
        why="the distribution mends it",
    ),
    Case(C.kernel_supported, (kernel("5.10.0-28-amd64", "5.10.209-2"), BUSTER, DATES, NOW), FAIL, ("kernel",)),
    Case(C.kernel_supported, (kernel("6.9.7+bpo-amd64", "6.9.7-1~bpo12+1", own=False), TRIXIE, DATES, NOW), OPEN),
    Case(C.kernel_supported, (kernel("6.12.1-x", "6.12.1-1", own=False), TRIXIE, DATES, NOW), PASS),
    Case(
        C.kernel_supported, (kernel("6.9.1-x", "6.9.1-1", own=None), TRIXIE, DATES, NOW), OPEN, why="whose is not told"
    ),
    Case(C.kernel_supported, (kernel("5.15.0-91-generic", "5.15.0-91.101"), JAMMY, DATES, NOW), PASS),
    Case(C.kernel_supported, (kernel("6.8.0-45-generic", "6.8.0-45.45"), JAMMY, DATES, NOW), PASS, why="the last HWE"),
    Case(
        C.kernel_supported, (kernel("6.5.0-45-generic", "6.5.0-45.45"), JAMMY, DATES, NOW), OPEN, why="an HWE between"
    ),
    Case(C.kernel_supported, (CUSTOM, TRIXIE, DATES, NOW), PASS, why="kernel.org maintains the series"),
    Case(C.kernel_supported, (CUSTOM_OLD, TRIXIE, DATES, NOW), FAIL, ("kernel",)),
    Case(C.kernel_supported, (replace(CUSTOM, kernel=Kernel("2.4.1-x")), TRIXIE, DATES, NOW), OPEN),
    Case(C.kernel_supported, (kernel("6.1.0-18-amd64", "6.1.76-1"), host("acme", "3"), DATES, NOW), OPEN),
    Case(C.kernel_supported, (CUSTOM, TRIXIE, OLD, NOW), OPEN, why="dates that old prove nothing"),
    Case(C.kernel_supported, (kernel("6.1.0-18-amd64", "6.1.76-1"), host("arch", ""), DATES, NOW), PASS),
    Case(C.kernel_supported, (CONTAINER, TRIXIE, DATES, NOW), NONE),
    Case(C.kernel_supported, (UNKNOWN, TRIXIE, DATES, NOW), OPEN),
    Case(C.software_supported, (software("nodejs", "22.1.0"), TRIXIE, DATES, NOW), PASS),
    Case(C.software_supported, (software("nodejs", "16.20.2"), TRIXIE, DATES, NOW), FAIL, ("nodejs 16, elsewhere",)),
    Case(C.software_supported, (software("docker-engine", "20.10.24"), TRIXIE, DATES, NOW), FAIL),
    Case(
        C.software_supported, (software("docker-engine", "29.1.0"), TRIXIE, DATES, NOW), PASS, why="no end is announced"
    ),
    Case(
        C.software_supported, (software("nginx", "1.22.1", own=True), TRIXIE, DATES, NOW), PASS, why="Debian mends it"
    ),
    Case(C.software_supported, (software("nginx", "1.22.1", own=True), BUSTER, DATES, NOW), FAIL, ("nginx 1.22",)),
    Case(
        C.software_supported,
        (software("nginx", "1.22.1", own=True), TRIXIE, DATES, NOW),
        FAIL,
        ("nginx 1.22",),
        settings={"by_distribution": False},
        why="only its makers count",
    ),
    Case(
        C.software_supported, (software("nginx", "1.22.1", own=None), TRIXIE, DATES, NOW), OPEN, why="whose is not told"
    ),
    Case(
        C.software_supported,
        (software("nodejs", "16.20.2", own=True, stream="nodejs:16"), ROCKY, DATES, NOW),
        OPEN,
        why="a module stream ends before its release",
    ),
    Case(C.software_supported, (software("nodejs", "22.1", own=True, stream="nodejs:22"), ROCKY, DATES, NOW), PASS),
    Case(C.software_supported, (software("redhat-build-of-openjdk", "11.0.2", own=True), ROCKY, DATES, NOW), FAIL),
    Case(C.software_supported, (TEMURIN, TRIXIE, DATES, NOW), OPEN, why="nobody knows that version"),
    Case(C.software_supported, (software("nginx", "1.22", own=True), host("acme", "3"), DATES, NOW), OPEN),
    Case(C.software_supported, (software("nginx", "1.22", own=True), host("arch", ""), DATES, NOW), PASS),
    Case(C.software_supported, (software("nodejs", "22.1.0"), TRIXIE, OLD, NOW), OPEN, why="the dates are old"),
    Case(C.software_supported, (NotableSoftware(()), TRIXIE, DATES, NOW), NONE),
    Case(C.software_supported, (UNKNOWN, TRIXIE, DATES, NOW), OPEN),
]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_verdicts(case: Case) -> None:
    """What is right stands in the case."""
    case.assert_right()


def test_every_check_has_a_case_of_each_verdict() -> None:
    """A check without all four is not trusted."""
    for _, check in getmembers(C, lambda value: isinstance(value, Check)):
        assert {PASS, FAIL, OPEN, NONE} <= {case.verdict for case in CASES if case.check is check}, check.id


def test_a_violation_names_the_day_of_the_dates() -> None:
    """In what is wanted, so that newer dates end no waiver."""
    for check, facts in (
        (C.os_supported, (BUSTER,)),
        (C.os_ending_soon, (ROCKY,)),
        (C.kernel_supported, (CUSTOM_OLD, TRIXIE)),
        (C.software_supported, (software("nodejs", "16.1"), TRIXIE)),
    ):
        (violation,) = judged(check, *facts, DATES, NOW).violations
        assert "endoflife.date as of 2026-08-22" in str(violation.wanted)
        assert "2026-08-22" not in str(violation.found)
