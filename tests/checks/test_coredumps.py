"""Verdicts on core dumps: a host that keeps none, and one thing changed at a time."""

from dataclasses import replace

import pytest

from auditor.facts.coredumps import CoreDumps, CoreLimit
from auditor.facts.kernel import KernelAtBoot, KernelNow
from auditor.facts.sysctl import Assignment
from tests.make import UNKNOWN, Case, Verdict, checks, names

content = checks("coredumps")
PASS, FAIL, DONT_KNOW, NOT_HERE = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE
PLACE = "/etc/security/limits.conf:1"
SAFE = CoreDumps((CoreLimit("*", 0, PLACE),), ("login", "sshd"), handler=True, storage=("none",), size_max=("0",))
WRITTEN = {"view": "effective and written"}


def limits(*told: tuple[str, int | None]) -> CoreDumps:
    return replace(SAFE, limits=tuple(CoreLimit(who, kib, PLACE) for who, kib in told))


def now(pattern: str | None = "|/bin/false") -> KernelNow:
    return KernelNow({"kernel/core_pattern": pattern} if pattern else {})


def boot(pattern: str | None = "|/bin/false") -> KernelAtBoot:
    lines = (Assignment("kernel/core_pattern", pattern, "/etc/sysctl.d/a.conf:1"),) if pattern else ()
    return KernelAtBoot(lines)


HANDLED = "|/usr/lib/systemd/systemd-coredump %P %u %g %s %t %c %h"
CASES: list[Case] = [
    Case(content.limited, (SAFE,), PASS),
    Case(content.limited, (limits(),), FAIL, ("*",), why="nothing limits them"),
    Case(content.limited, (limits(("*", 1)),), FAIL, ("*",), why="small images are images"),
    Case(content.limited, (limits(("*", None)),), FAIL, ("*",)),
    Case(content.limited, (limits(("*", 0), ("@devs", None)),), FAIL, ("@devs",), why="a group is excepted"),
    Case(content.limited, (limits(("*", 0), ("root", 0)),), PASS, settings={"root": True}),
    Case(content.limited, (SAFE,), FAIL, ("root",), settings={"root": True}, why="the line for all is not for root"),
    Case(content.limited, (replace(SAFE, unlimiting=("sshd",)),), FAIL, ("sshd",), why="SSH sessions get no limits"),
    Case(content.limited, (replace(SAFE, services=()),), NOT_HERE, why="there is no PAM"),
    Case(content.limited, (UNKNOWN,), DONT_KNOW),
    Case(content.not_stored, (SAFE,), PASS),
    Case(content.not_stored, (replace(SAFE, storage=()),), FAIL, ("Storage",), why="they are kept by default"),
    Case(content.not_stored, (replace(SAFE, storage=("none", "external")),), FAIL, ("Storage",), why="the last counts"),
    Case(content.not_stored, (replace(SAFE, storage=("external", "none")),), PASS, why="the last counts"),
    Case(content.not_stored, (replace(SAFE, storage=("external", "none")),), FAIL, settings=WRITTEN),
    Case(content.not_stored, (replace(SAFE, storage=("none", "none")),), PASS, settings=WRITTEN),
    Case(content.not_stored, (replace(SAFE, handler=False),), NOT_HERE, why="it is not installed"),
    Case(content.not_stored, (UNKNOWN,), DONT_KNOW),
    Case(content.not_processed, (SAFE,), PASS),
    Case(content.not_processed, (replace(SAFE, size_max=("0K",)),), PASS, why="0 of any unit is nothing"),
    Case(content.not_processed, (replace(SAFE, size_max=()),), FAIL, ("ProcessSizeMax",)),
    Case(
        content.not_processed, (replace(SAFE, size_max=("0", "2G")),), FAIL, ("ProcessSizeMax",), why="the last counts"
    ),
    Case(content.not_processed, (replace(SAFE, size_max=("2G", "0")),), PASS, why="the last counts"),
    Case(content.not_processed, (replace(SAFE, size_max=("2G", "0")),), FAIL, settings=WRITTEN),
    Case(content.not_processed, (replace(SAFE, handler=False),), NOT_HERE, why="it is not installed"),
    Case(content.not_processed, (UNKNOWN,), DONT_KNOW),
    Case(content.thrown_away, (now(), boot()), PASS),
    Case(content.thrown_away, (now(HANDLED), boot()), FAIL, ("kernel.core_pattern",)),
    Case(content.thrown_away, (now("core"), boot()), FAIL, ("kernel.core_pattern",)),
    Case(content.thrown_away, (now(), boot(HANDLED)), FAIL, ("kernel.core_pattern after a reboot",)),
    Case(
        content.thrown_away, (now(), boot(None)), FAIL, ("kernel.core_pattern after a reboot",), why="no file keeps it"
    ),
    Case(content.thrown_away, (now(), boot(None)), PASS, settings={"view": "running"}),
    Case(content.thrown_away, (now(None), boot()), DONT_KNOW, why="it is not shown"),
    Case(
        content.thrown_away,
        (now(), replace(boot(), unread=("/etc/sysctl.d/a.conf",))),
        DONT_KNOW,
        why="a file is unread",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_verdict(case: Case) -> None:
    """Each case has the verdict that is right."""
    case.assert_right()
