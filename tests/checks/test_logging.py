"""Verdicts on what becomes of logs."""

from dataclasses import replace

import pytest

from auditor.facts.logging import LogKeeping
from auditor.facts.rsyslog import LogForward
from tests.make import UNKNOWN, Case, Verdict, checks, names

logging = checks("logging")

THERE = LogForward("loghost.example", "tcp", "everything")
GOOD = LogKeeping(running=frozenset({"rsyslog", "auditd"}), forwards=(THERE,), journal="persistent", may_audit=True)
PASS, FAIL, DONT_KNOW, NOT_HERE = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE
ALL = (logging.forwarded, logging.persistent, logging.auditd_running)
OURS = {"hosts": frozenset({"LogHost.example"})}


def to(*ways: LogForward, **changed: object) -> LogKeeping:
    """Return the good host, but sending its logs so."""
    return replace(GOOD, forwards=ways, **changed)  # type: ignore[arg-type]


CASES: list[Case] = [
    *(Case(check, (GOOD,), PASS) for check in ALL),
    *(Case(check, (UNKNOWN,), DONT_KNOW) for check in ALL),
    Case(logging.forwarded, (GOOD,), PASS, settings=OURS, why="it is the company's host, whatever its case"),
    Case(logging.forwarded, (to(),), FAIL, ("logs",), why="they stay here"),
    Case(logging.forwarded, (to(replace(THERE, host="127.0.0.1")),), DONT_KNOW, why="a relay here may send them on"),
    Case(logging.forwarded, (to(replace(THERE, host="elsewhere")),), FAIL, settings=OURS, why="it is another host"),
    Case(logging.forwarded, (to(replace(THERE, share="some facilities")),), FAIL, why="only some are sent"),
    Case(logging.forwarded, (to(replace(THERE, share="under a condition")),), DONT_KNOW, why="there is a condition"),
    Case(
        logging.forwarded,
        (to(replace(THERE, host="elsewhere", share="under a condition")),),
        FAIL,
        settings=OURS,
        why="a condition leads to another host",
    ),
    Case(logging.forwarded, (replace(GOOD, running=frozenset()),), FAIL, ("rsyslogd",), why="rsyslog does not run"),
    Case(
        logging.forwarded,
        (replace(GOOD, running=frozenset()),),
        PASS,
        settings={"view": "configured"},
        why="only the configuration is demanded",
    ),
    Case(logging.forwarded, (replace(GOOD, running=None),), DONT_KNOW, why="processes are hidden"),
    Case(
        logging.forwarded,
        (replace(GOOD, journal_to_syslog=False),),
        FAIL,
        ("ForwardToSyslog",),
        why="rsyslog gets nothing",
    ),
    Case(logging.forwarded, (to(unread=("/etc/rsyslog.d/x.conf",)),), DONT_KNOW, why="a file was not read"),
    Case(logging.forwarded, (to(running=frozenset({"filebeat"})),), DONT_KNOW, why="another program may send them"),
    Case(
        logging.forwarded,
        (to(uploads_to="https://loghost.example:19532"),),
        PASS,
        settings=OURS,
        why="the journal is sent",
    ),
    Case(
        logging.forwarded,
        (to(uploads_to="https://elsewhere:19532"),),
        FAIL,
        settings=OURS,
        why="the journal goes elsewhere",
    ),
    Case(logging.persistent, (replace(GOOD, journal="volatile"),), FAIL, ("Storage",)),
    Case(logging.persistent, (replace(GOOD, journal="none"),), FAIL, ("Storage",), why="nothing is kept"),
    Case(logging.persistent, (replace(GOOD, journal=None),), NOT_HERE, why="there is no journald"),
    Case(
        logging.persistent,
        (replace(GOOD, unread=("/etc/systemd/journald.conf.d/x.conf",)),),
        DONT_KNOW,
        why="a drop-in was not read",
    ),
    Case(logging.auditd_running, (replace(GOOD, running=frozenset({"rsyslog"})),), FAIL, ("auditd",)),
    Case(logging.auditd_running, (replace(GOOD, running=None),), DONT_KNOW, why="processes are hidden"),
    Case(logging.auditd_running, (replace(GOOD, may_audit=False),), NOT_HERE, why="it is a container"),
]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_verdict(case: Case):
    """Each case has the verdict that is right."""
    case.assert_right()
