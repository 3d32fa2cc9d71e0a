"""Verdicts on what SSH sessions may do."""

from dataclasses import replace

import pytest

from auditor.facts.ssh import SshMatch, SshServer
from auditor.facts.ssh_settings import SshSettings
from tests.make import UNKNOWN, Case, Verdict, checks, names

sessions = checks("ssh_sessions")

GOOD = SshSettings(
    max_tries=4,
    login_grace=60,
    alive_interval=15,
    alive_count=3,
    x11_forwarding=False,
    tcp_forwarding="no",
    disable_forwarding=False,
    banner="/etc/issue.net",
    log_level="VERBOSE",
    max_sessions=10,
    max_startups=(10, 30, 60),
)
PASS, FAIL, DONT_KNOW = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN


def server(version: tuple[int, int] | None = (9, 2), **changed: object) -> SshServer:
    """Return the good server with these settings changed."""
    return SshServer(settings=replace(GOOD, **changed), version=version, running=True)  # type: ignore[arg-type]


def under(criteria: str, **set_here: object) -> SshServer:
    """Return the good server with a Match block."""
    return replace(server(), matches=(SshMatch((criteria,), SshSettings(**set_here), "x:9"),))  # type: ignore[arg-type]


def written(**line: object) -> SshServer:
    """Return the good server with one line in its file, or none."""
    lines = (SshSettings(**line),) if line else ()  # type: ignore[arg-type]
    return replace(server(), written=lines)


AGAIN = SshMatch(("User bob",), SshSettings(disable_forwarding=False), "x:9")
TUNNELS = SshMatch(("Group dev",), SshSettings(tcp_forwarding="yes"), "x:12")
BOTH = {"view": "effective and written"}

RANGES = [
    (sessions.max_tries, "max_tries", (4, 1), (5, 6)),
    (sessions.login_grace, "login_grace", (60, 1), (61, 0)),
    (sessions.max_sessions, "max_sessions", (10, 0), (11,)),
    (sessions.max_startups, "max_startups", ((10, 30, 60), (5, 100, 5)), ((11, 30, 60), (10, 29, 60), (10, 30, 61))),
    (sessions.log_level, "log_level", ("INFO", "VERBOSE"), ("QUIET", "DEBUG3")),
    (sessions.x11_forwarding, "x11_forwarding", (False,), (True,)),
    (sessions.tcp_forwarding, "tcp_forwarding", ("no",), ("yes", "local")),
]

CASES: list[Case] = [
    *(Case(c, (server(**{field: value}),), PASS, why=f"{value}") for c, field, good, _ in RANGES for value in good),
    *(Case(c, (server(**{field: value}),), FAIL, why=f"{value}") for c, field, _, bad in RANGES for value in bad),
    *(Case(c, (server(**{field: None}),), DONT_KNOW, why="it is not shown") for c, field, *_ in RANGES),
    *(Case(c, (written(),), FAIL, settings=BOTH, why="it is not written") for c, *_ in RANGES),
    *(Case(c, (written(**{f: good[0]}),), PASS, settings=BOTH, why="it is written") for c, f, good, _ in RANGES),
    *(Case(c, (UNKNOWN,), DONT_KNOW) for c, *_ in RANGES),
    Case(sessions.max_tries, (server(max_tries=6),), PASS, settings={"at_most": 6}, why="the policy allows it"),
    Case(
        sessions.max_tries,
        (under("User ci", max_tries=20),),
        FAIL,
        ("MaxAuthTries (Match User ci)",),
        why="a Match block allows more",
    ),
    Case(sessions.idle, (server(),), PASS),
    Case(sessions.idle, (server(alive_interval=0),), FAIL, ("ClientAliveInterval",), why="nothing is asked"),
    Case(sessions.idle, (server(alive_interval=600, alive_count=3),), FAIL, why="it takes half an hour"),
    Case(sessions.idle, (server(alive_interval=600, alive_count=3),), PASS, settings={"at_most": 1800}, why="it may"),
    Case(sessions.idle, (server(alive_interval=300, alive_count=0),), FAIL, why="0 means never since 8.2"),
    Case(sessions.idle, (server((8, 0), alive_interval=300, alive_count=0),), PASS, why="0 meant at once in 8.0"),
    Case(sessions.idle, (server(None, alive_interval=300, alive_count=0),), DONT_KNOW, why="the version is unknown"),
    Case(sessions.idle, (server(alive_count=None),), DONT_KNOW, why="it is not shown"),
    Case(
        sessions.idle,
        (under("Group sftp", alive_interval=0),),
        FAIL,
        ("ClientAliveInterval (Match Group sftp)",),
        why="a Match block turns it off",
    ),
    Case(sessions.idle, (under("Group sftp", alive_interval=30),), PASS, why="a Match block keeps it short"),
    Case(
        sessions.max_tries,
        (replace(server(), unread=("/etc/ssh/sshd_config.d/huge.conf",)),),
        DONT_KNOW,
        settings=BOTH,
        why="it may be written in a file that was not read",
    ),
    Case(sessions.banner, (server(),), PASS),
    Case(sessions.banner, (server(banner="none"),), FAIL, ("Banner",)),
    Case(
        sessions.banner,
        (server(),),
        FAIL,
        settings={"allowed": frozenset({"/etc/issue"})},
        why="it is not the file demanded",
    ),
    Case(sessions.banner, (server(banner=None),), DONT_KNOW, why="it is not shown"),
    Case(
        sessions.x11_forwarding,
        (server((10, 0), x11_forwarding=True, disable_forwarding=True),),
        PASS,
        why="all forwarding is off",
    ),
    Case(
        sessions.x11_forwarding,
        (server((9, 2), x11_forwarding=True, disable_forwarding=True),),
        DONT_KNOW,
        why="DisableForwarding did not cover it yet",
    ),
    Case(sessions.tcp_forwarding, (server(tcp_forwarding="yes", disable_forwarding=True),), PASS, why="all is off"),
    *(
        Case(c, (replace(server((10, 0), disable_forwarding=True, **on), matches=blocks),), verdict, why=why)
        for c, on, blocks, verdict, why in [
            (sessions.tcp_forwarding, {"tcp_forwarding": "yes"}, (AGAIN,), FAIL, "a Match block allows it again"),
            (sessions.x11_forwarding, {"x11_forwarding": True}, (AGAIN,), FAIL, "a Match block allows it again"),
            (sessions.tcp_forwarding, {}, (AGAIN,), PASS, "its own keyword is off in the Match block as well"),
            (sessions.x11_forwarding, {}, (AGAIN,), PASS, "its own keyword is off in the Match block as well"),
            (sessions.tcp_forwarding, {}, (AGAIN, TUNNELS), FAIL, "two Match blocks together allow it"),
            (sessions.tcp_forwarding, {"tcp_forwarding": None}, (AGAIN,), DONT_KNOW, "nothing shows what is allowed"),
        ]
    ),
    Case(
        sessions.tcp_forwarding,
        (server(tcp_forwarding="local"),),
        PASS,
        settings={"allowed": frozenset({"no", "local"})},
        why="the policy allows it",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_verdict(case: Case):
    """Each case has the verdict that is right."""
    case.assert_right()
