"""Verdicts on how logs are sent, taken, kept and guarded."""

from dataclasses import replace

import pytest

from auditor.facts.guarded import Guarded
from auditor.facts.log_files import LogFiles, LogRotation
from auditor.facts.logging import LogKeeping
from auditor.facts.rsyslog import LogForward
from auditor.facts.services import EnabledUnits
from tests.make import UNKNOWN, Case, Verdict, checks, names

logging = checks("logging_details")

PASS, FAIL, DONT_KNOW, NOT_HERE = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE
THERE = LogForward("loghost.example", "tcp", "everything", encrypted=True, verified=True)
GOOD = LogKeeping(
    running=frozenset({"rsyslog"}), forwards=(THERE,), journal="persistent", rsyslog=True, file_modes=("0640",)
)
ALL = (
    *(logging.forward_encrypted, logging.no_reception, logging.file_mode),
    *(logging.journal_compressed, logging.journal_kept),
)
AUTH = Guarded("/var/log/auth.log", 0, 4, 0o640)


def to(*ways: LogForward, **changed: object) -> LogKeeping:
    return replace(GOOD, forwards=ways, **changed)  # type: ignore[arg-type]


def journal(**written: str) -> LogKeeping:
    return replace(GOOD, journal_settings=written)


def files(*found: Guarded) -> LogFiles:
    return LogFiles(found)


CASES: list[Case] = [
    *(Case(check, (GOOD,), PASS) for check in ALL),
    *(Case(check, (UNKNOWN,), DONT_KNOW) for check in ALL),
    Case(logging.forward_encrypted, (to(replace(THERE, encrypted=False)),), FAIL, ("loghost.example",)),
    Case(
        logging.forward_encrypted,
        (to(replace(THERE, encrypted=False, protocol="udp"), THERE),),
        FAIL,
        ("loghost.example",),
        why="one of two ways is open",
    ),
    Case(logging.forward_encrypted, (to(replace(THERE, verified=False)),), PASS, why="proof is not demanded"),
    Case(logging.forward_encrypted, (to(replace(THERE, verified=False)),), FAIL, settings={"verified": True}),
    Case(logging.forward_encrypted, (GOOD,), PASS, settings={"verified": True}),
    Case(logging.forward_encrypted, (to(replace(THERE, host="127.0.0.1", encrypted=False)),), NOT_HERE),
    Case(logging.forward_encrypted, (to(),), NOT_HERE, why="nothing is sent"),
    Case(logging.forward_encrypted, (to(uploads_to="https://h:19532"),), PASS, why="the journal is sent encrypted"),
    Case(logging.forward_encrypted, (to(uploads_to="http://h"),), FAIL, ("systemd-journal-upload",)),
    Case(logging.forward_encrypted, (to(unread=("/etc/rsyslog.d/x",)),), DONT_KNOW, why="a file was not read"),
    Case(
        logging.forward_encrypted, (replace(GOOD, running=frozenset({"vector"})),), DONT_KNOW, why="another sends too"
    ),
    Case(logging.no_reception, (replace(GOOD, inputs=("tcp",)),), FAIL, ("rsyslog",)),
    Case(logging.no_reception, (replace(GOOD, inputs=("tcp",)),), PASS, settings={"allowed": frozenset({"tcp"})}),
    Case(logging.no_reception, (replace(GOOD, rsyslog=False),), NOT_HERE),
    Case(logging.no_reception, (replace(GOOD, unread=("/etc/rsyslog.d/x",)),), DONT_KNOW, why="a file was not read"),
    Case(logging.no_journal_reception, (EnabledUnits("systemd", frozenset({"ssh"})),), PASS),
    Case(
        logging.no_journal_reception,
        (EnabledUnits("systemd", frozenset({"systemd-journal-remote"})),),
        FAIL,
        ("systemd-journal-remote",),
    ),
    Case(logging.no_journal_reception, (EnabledUnits("openrc", frozenset({"sshd"})),), NOT_HERE),
    Case(logging.no_journal_reception, (UNKNOWN,), DONT_KNOW),
    Case(logging.file_mode, (replace(GOOD, file_modes=("0600", "0640")),), PASS, why="one is stricter"),
    Case(logging.file_mode, (replace(GOOD, file_modes=("0640", "0644")),), FAIL, ("FileCreateMode",)),
    Case(logging.file_mode, (replace(GOOD, file_modes=("0999",)),), FAIL, ("FileCreateMode",), why="it is no mode"),
    Case(logging.file_mode, (replace(GOOD, file_modes=()),), PASS, why="it makes no file"),
    Case(logging.file_mode, (replace(GOOD, rsyslog=False),), NOT_HERE),
    Case(logging.file_mode, (replace(GOOD, unread=("/etc/rsyslog.d/x",)),), DONT_KNOW, why="a file was not read"),
    Case(logging.journal_compressed, (journal(Compress="4K"),), PASS, why="from a size on"),
    Case(logging.journal_compressed, (journal(Compress="No"),), FAIL, ("Compress",)),
    Case(logging.journal_compressed, (GOOD,), FAIL, settings={"view": "effective and written"}, why="not written"),
    Case(logging.journal_kept, (journal(MaxRetentionSec="1month"),), PASS),
    Case(logging.journal_kept, (journal(MaxRetentionSec="4week 3day"),), PASS, why="times are added"),
    Case(logging.journal_kept, (journal(MaxRetentionSec="1week"),), FAIL, ("MaxRetentionSec",)),
    Case(logging.journal_kept, (journal(MaxRetentionSec="86400"),), FAIL, ("MaxRetentionSec",), why="seconds"),
    Case(logging.journal_kept, (journal(MaxRetentionSec="0"),), PASS, why="0 is for ever"),
    Case(logging.journal_kept, (journal(MaxRetentionSec="soon"),), DONT_KNOW, why="it is no time"),
    Case(logging.journal_kept, (journal(MaxRetentionSec="1week "),), PASS, settings={"days": 7}),
    Case(logging.journal_kept, (journal(SystemMaxUse="500M"),), PASS, settings={"megabytes": 500}),
    Case(logging.journal_kept, (journal(SystemMaxUse="500M"),), FAIL, ("SystemMaxUse",), {"megabytes": 501}),
    Case(logging.journal_kept, (journal(SystemMaxUse="2G"),), PASS, settings={"megabytes": 501}),
    Case(logging.journal_kept, (GOOD,), DONT_KNOW, settings={"megabytes": 501}, why="the disk decides"),
    Case(logging.journal_kept, (journal(MaxLevelStore="warning"),), FAIL, ("MaxLevelStore",)),
    *(
        Case(check, (replace(GOOD, journal=None),), NOT_HERE, why="there is no journal")
        for check in (logging.journal_compressed, logging.journal_kept)
    ),
    *(
        Case(check, (replace(GOOD, unread=("/etc/systemd/journald.conf.d/x",)),), DONT_KNOW, why="a drop-in is hidden")
        for check in (logging.journal_compressed, logging.journal_kept)
    ),
    Case(logging.rotated, (LogRotation(installed=True, started=True, writes_files=True),), PASS),
    Case(logging.rotated, (LogRotation(installed=True, started=False, writes_files=True),), FAIL, ("logrotate",)),
    Case(logging.rotated, (LogRotation(installed=False, started=False, writes_files=True),), FAIL, ("logrotate",)),
    Case(logging.rotated, (LogRotation(installed=False, started=False, writes_files=False),), NOT_HERE),
    Case(logging.rotated, (UNKNOWN,), DONT_KNOW),
    Case(logging.file_permissions, (files(AUTH),), PASS),
    Case(logging.file_permissions, (files(),), PASS, why="no file is open"),
    Case(logging.file_permissions, (files(Guarded("/var/log/wtmp", 0, 43, 0o664)),), PASS, why="a service's group"),
    Case(logging.file_permissions, (files(replace(AUTH, mode=0o644)),), FAIL, (AUTH.path,), why="all may read it"),
    Case(logging.file_permissions, (files(Guarded("/var/log/x", 0, 0, 0o666)),), FAIL, ("/var/log/x",)),
    Case(logging.file_permissions, (files(Guarded("/var/log/x", 0, 1000, 0o660)),), FAIL, why="a person's group"),
    Case(logging.file_permissions, (files(Guarded("/var/log/dpkg.log", 0, 0, 0o644)),), PASS, why="it tells nothing"),
    Case(logging.file_permissions, (UNKNOWN,), DONT_KNOW),
]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_verdict(case: Case):
    """Each case has the verdict that is right."""
    case.assert_right()
