"""Verdicts on what PAM lets in, and on how it counts failures and takes new passwords."""

from dataclasses import replace

import pytest

from auditor.facts.lockout import Lock, LoginLocks
from auditor.facts.pam_unix import PamUnix
from tests.make import UNKNOWN, Case, Verdict, checks, names

pam = checks("passwords_pam")

PASS, FAIL, DONT_KNOW = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN
GOOD = PamUnix(("login", "sshd"), ("passwd",))
LOCK = Lock("sshd", 5, 900)


def locks(**changed: object) -> LoginLocks:
    return LoginLocks((replace(LOCK, **changed),))  # type: ignore[arg-type]


CASES: list[Case] = [
    *(Case(check, (GOOD,), PASS) for check in (pam.empty_refused, pam.checked_is_stored)),
    *(Case(check, (UNKNOWN,), DONT_KNOW) for check in (pam.empty_refused, pam.checked_is_stored, pam.failure_window)),
    Case(pam.empty_refused, (replace(GOOD, empty=("sshd",)),), FAIL, ("sshd",)),
    Case(pam.checked_is_stored, (replace(GOOD, asks_anew=(("passwd", "pam_unix"),)),), FAIL, ("passwd pam_unix",)),
    Case(pam.failure_window, (locks(),), PASS),
    Case(pam.failure_window, (locks(interval=0),), PASS, why="it counts without end"),
    Case(pam.failure_window, (locks(interval=60),), FAIL, ("sshd",)),
    Case(pam.failure_window, (locks(interval=60),), PASS, settings={"seconds": 60}),
    Case(pam.failure_window, (locks(deny=0, why="no module"),), FAIL, ("sshd",), why="nothing locks"),
    Case(pam.failure_window, (locks(doubt="conf= was not read"),), DONT_KNOW, why="a file was not read"),
]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_verdict(case: Case):
    """Each case has the verdict that is right."""
    case.assert_right()
