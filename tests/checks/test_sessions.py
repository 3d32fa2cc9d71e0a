"""Verdicts on sessions at a shell."""

import pytest

from auditor.facts.sessions import ListedShells, Mask, PamMasks, RootStart, SessionStart, Timeout
from tests.make import UNKNOWN, Case, Verdict, checks, names

sessions = checks("sessions")

PASS, FAIL, DONT_KNOW = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN
A, B = "/etc/profile.d/a.sh", "/etc/bash.bashrc"
PAM = PamMasks((("login", 0o27), ("sshd", 0o27)))


def ends(*timeouts: Timeout, readonly: bool = True, exported: bool = False) -> SessionStart:
    return SessionStart(timeouts=timeouts, readonly=readonly, exported=exported)


def masks(*found: Mask) -> SessionStart:
    return SessionStart(masks=found)


GOOD = ends(Timeout(f"{A}:1", 900))
STRICT = masks(Mask(f"{A}:3", 0o27))
CASES: list[Case] = [
    Case(sessions.timeout, (GOOD,), PASS),
    Case(sessions.timeout, (UNKNOWN,), DONT_KNOW),
    Case(sessions.timeout, (ends(),), FAIL, ("TMOUT",), why="it is not set"),
    Case(sessions.timeout, (ends(Timeout(f"{A}:1", 600)),), PASS, why="it is shorter"),
    Case(sessions.timeout, (ends(Timeout(f"{A}:1", 901)),), FAIL, (A,), why="it is longer"),
    Case(sessions.timeout, (ends(Timeout(f"{A}:1", 0)),), FAIL, (A,), why="0 is for ever"),
    Case(
        sessions.timeout, (ends(Timeout(f"{A}:1", 900), Timeout(f"{B}:9", 0)),), FAIL, (B,), why="another file differs"
    ),
    Case(sessions.timeout, (ends(Timeout(f"{A}:1", 900), Timeout(f"{A}:9", 950)),), FAIL, (A,), why="it is set twice"),
    Case(sessions.timeout, (ends(Timeout(f"{A}:1", 900), Timeout(f"{B}:9", 600)),), PASS, why="both are short"),
    Case(sessions.timeout, (ends(Timeout(f"{A}:1", None)),), DONT_KNOW, why="it is computed"),
    Case(sessions.timeout, (ends(Timeout(f"{A}:1", 900, "if x")),), DONT_KNOW, why="it depends on something"),
    Case(
        sessions.timeout,
        (ends(Timeout(f"{A}:1", 900), Timeout(f"{A}:2", 0, "if x")),),
        DONT_KNOW,
        why="it may be taken back",
    ),
    Case(sessions.timeout, (ends(Timeout(f"{A}:1", 900), readonly=False),), FAIL, ("TMOUT",), why="users change it"),
    Case(
        sessions.timeout,
        (ends(Timeout(f"{A}:1", 900), readonly=False),),
        PASS,
        settings={"readonly": False},
        why="users may change it",
    ),
    Case(sessions.timeout, (GOOD,), FAIL, ("TMOUT",), {"exported": True}, why="shells within do not have it"),
    Case(sessions.timeout, (ends(Timeout(f"{A}:1", 9), exported=True),), PASS, settings={"exported": True}),
    Case(sessions.umask, (STRICT, PAM), PASS),
    Case(sessions.umask, (STRICT, PamMasks(())), PASS, why="there is no PAM, and the start files do"),
    Case(sessions.umask, (SessionStart(), PAM), PASS, why="PAM sets it"),
    Case(sessions.umask, (UNKNOWN, PAM), DONT_KNOW),
    Case(sessions.umask, (SessionStart(), PamMasks(())), FAIL, ("umask",), why="nothing sets it"),
    Case(sessions.umask, (SessionStart(), PamMasks((("login", 0o22), ("sshd", None)))), FAIL, ("login", "sshd")),
    Case(sessions.umask, (masks(Mask(f"{A}:3", 0o77)), PAM), PASS, why="it is stricter"),
    Case(sessions.umask, (masks(Mask(f"{A}:3", 0o22)), PAM), FAIL, (A,), why="it is laxer"),
    Case(
        sessions.umask, (masks(Mask(f"{A}:3", 0o27), Mask(f"{B}:1", 0o2)), PAM), FAIL, (B,), why="another file differs"
    ),
    Case(sessions.umask, (masks(Mask(f"{A}:3", 0o2, "if x"), Mask(f"{A}:5", 0o22, "if x")), PAM), FAIL, (A,)),
    Case(sessions.umask, (masks(Mask(f"{A}:3", 0o22, "if [ `umask` -eq 0 ]")), PAM), PASS, why="there is one already"),
    Case(sessions.umask, (masks(Mask(f"{A}:3", None)), PAM), DONT_KNOW, why="it is computed"),
    Case(sessions.umask, (masks(Mask(f"{A}:3", 0o22)), PAM), PASS, settings={"at_least": "022"}, why="it is enough"),
    Case(sessions.root_umask, (RootStart(()),), PASS, why="it sets none"),
    Case(sessions.root_umask, (RootStart((Mask("/root/.profile:1", 0o77),)),), PASS),
    Case(sessions.root_umask, (RootStart((Mask("/root/.profile:1", 0o22),)),), FAIL, ("/root/.profile",)),
    Case(sessions.root_umask, (RootStart((Mask("/root/.profile:1", None),)),), DONT_KNOW, why="it is computed"),
    Case(sessions.root_umask, (UNKNOWN,), DONT_KNOW),
    Case(sessions.no_shell_unlisted, (ListedShells(("/bin/sh", "/bin/bash")),), PASS),
    Case(sessions.no_shell_unlisted, (ListedShells(("/bin/sh", "/usr/sbin/nologin")),), FAIL, ("/usr/sbin/nologin",)),
    Case(sessions.no_shell_unlisted, (UNKNOWN,), DONT_KNOW),
]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_verdict(case: Case):
    """Each case has the verdict that is right."""
    case.assert_right()
