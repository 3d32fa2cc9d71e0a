"""Verdicts on clocks."""

from dataclasses import replace

import pytest

from auditor.facts.services import EnabledUnits
from auditor.facts.time import TimeKeeping
from tests.make import ABSENT, UNKNOWN, Case, Verdict, checks, names

time = checks("time")

GOOD = TimeKeeping(frozenset({"chrony"}), synchronised=True, servers=("ntp1.example", "ntp2.example"))
PASS, FAIL, DONT_KNOW, NOT_HERE = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE
CONFIGURED = {"view": "configured"}
ALL = (time.synchronised, time.one_daemon, time.servers)


def starts(*names: str) -> EnabledUnits:
    """Return what starts with a host."""
    return EnabledUnits("systemd", frozenset({"ssh", *names}))


OURS = {"allowed": frozenset({"NTP1.example", "ntp2.example", "ntp3.example"})}

CASES: list[Case] = [
    *(Case(check, (GOOD,), PASS) for check in ALL),
    *(Case(check, (UNKNOWN,), DONT_KNOW) for check in ALL),
    *(Case(check, (ABSENT,), NOT_HERE, why="it is a container") for check in ALL),
    Case(time.synchronised, (replace(GOOD, synchronised=False),), FAIL, ("clock",)),
    Case(time.synchronised, (replace(GOOD, synchronised=None),), DONT_KNOW, why="nothing tells"),
    Case(time.one_daemon, (replace(GOOD, daemons=frozenset()),), FAIL, ("daemon",), why="none runs"),
    Case(time.one_daemon, (replace(GOOD, daemons=frozenset({"chrony", "ntp"})),), FAIL, why="two run"),
    Case(time.one_daemon, (replace(GOOD, daemons=None),), DONT_KNOW, why="processes are hidden"),
    Case(time.one_daemon, (GOOD,), FAIL, settings={"allowed": frozenset({"timesyncd"})}, why="it is another"),
    Case(time.servers, (GOOD,), PASS, settings=OURS, why="all are the company's, whatever their case"),
    Case(
        time.servers,
        (replace(GOOD, servers=("ntp1.example", "pool.ntp.org")),),
        FAIL,
        ("pool.ntp.org",),
        settings=OURS,
        why="one is not the company's",
    ),
    Case(time.servers, (replace(GOOD, servers=()),), FAIL, ("servers",), why="there is none"),
    Case(time.servers, (GOOD,), FAIL, settings={"at_least": 3}, why="there are too few"),
    Case(time.servers, (GOOD,), FAIL, ("servers",), settings=CONFIGURED, why="no installed daemon names one"),
    Case(
        time.servers,
        (TimeKeeping(None, synchronised=None, configured=("ntp1.example",)),),
        PASS,
        settings=CONFIGURED,
        why="whether it runs is not asked",
    ),
    Case(
        time.servers,
        (TimeKeeping(frozenset(), synchronised=False, configured=("pool.ntp.org",)),),
        FAIL,
        ("pool.ntp.org",),
        settings={**CONFIGURED, **OURS},
        why="it is somebody else's",
    ),
    Case(
        time.servers,
        (TimeKeeping(frozenset(), synchronised=False, configured=("a",), configured_unread=("/srv/ntp.conf",)),),
        DONT_KNOW,
        settings=CONFIGURED,
        why="a file of a daemon that does not run was not read",
    ),
    Case(time.servers, (replace(GOOD, unread=("/srv/ntp.conf",)),), DONT_KNOW, why="a file was not read"),
    Case(time.servers, (replace(GOOD, daemons=None),), DONT_KNOW, why="processes are hidden"),
]


CASES += [
    Case(time.starts_with_host, (GOOD, starts("chronyd")), PASS),
    Case(time.starts_with_host, (GOOD, starts("chrony")), PASS, why="Debian's name for it"),
    Case(time.starts_with_host, (GOOD, starts("ntp")), FAIL, ("chrony",), why="another one is enabled"),
    Case(
        time.starts_with_host,
        (replace(GOOD, daemons=frozenset()), starts("chronyd")),
        FAIL,
        ("daemon",),
        why="none runs",
    ),
    Case(
        time.starts_with_host, (replace(GOOD, daemons=None), starts("chronyd")), DONT_KNOW, why="processes are hidden"
    ),
    Case(time.starts_with_host, (replace(GOOD, daemons=None), starts()), FAIL, ("daemon",), why="none can start"),
    Case(time.starts_with_host, (replace(GOOD, daemons=frozenset({"ptp"})), starts()), PASS, why="ptp has many names"),
    Case(time.starts_with_host, (GOOD, UNKNOWN), DONT_KNOW),
]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_verdict(case: Case):
    """Each case has the verdict that is right."""
    case.assert_right()
