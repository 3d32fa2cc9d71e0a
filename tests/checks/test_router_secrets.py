"""Each check of router-secrets on facts that pass, fail and leave it open."""

from dataclasses import replace
from inspect import getmembers

import pytest

from auditor.facts.router import DeviceSecrets, LocalUser, PlacedSecret
from auditor.facts.secrets import SecretToken
from auditor.model.check import Check
from tests.make import UNKNOWN, Case, Verdict, checks, judged, names

CHECKS = checks("router-secrets")
TYPE5, TYPE7, TYPE9 = (SecretToken(f"type{digit}", "", "1a2b3c4d") for digit in (5, 7, 9))
ADA = LocalUser(name="ada", privilege=15, secret=TYPE9)
GOOD = DeviceSecrets(
    enable_secrets={15: TYPE9},
    enable_passwords={},
    users=(ADA,),
    placed=(PlacedSecret("username ada secret 9", TYPE9), PlacedSecret("key chain X / key 1 / key-string 6", TYPE9)),
    obscured=True,
)


def user(**changed: object) -> DeviceSecrets:
    """Return the good secrets with the account changed."""
    return replace(GOOD, users=(replace(ADA, **changed),))


PASS, FAIL, OPEN, NONE = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE
C = CHECKS
SHARED = (PlacedSecret("interface Dialer1 / ppp chap password 7", TYPE7), PlacedSecret("enable secret 9", TYPE9))

CASES: list[Case] = [
    Case(C.enable_secret, (GOOD,), PASS),
    Case(C.enable_secret, (replace(GOOD, enable_secrets={}),), FAIL, at=("enable secret",), why="there is none"),
    Case(C.enable_secret, (replace(GOOD, enable_secrets={15: TYPE5}),), FAIL, at=("enable secret",)),
    Case(C.enable_secret, (replace(GOOD, enable_secrets={15: TYPE5}),), PASS, settings={"accepted": {"type5"}}),
    Case(C.enable_secret, (replace(GOOD, enable_secrets={15: TYPE9, 5: TYPE7}),), FAIL, at=("enable secret level 5",)),
    Case(C.enable_secret, (replace(GOOD, enable_secrets={5: TYPE9}),), FAIL, at=("enable secret",), why="only level 5"),
    Case(C.enable_secret, (UNKNOWN,), OPEN),
    Case(C.no_enable_password, (GOOD,), PASS),
    Case(C.no_enable_password, (replace(GOOD, enable_passwords={15: TYPE7}),), FAIL, why="it stands beside the secret"),
    Case(C.no_enable_password, (UNKNOWN,), OPEN),
    Case(C.user_secrets, (GOOD,), PASS),
    Case(C.user_secrets, (user(secret=TYPE5),), FAIL, at=("username ada",)),
    Case(C.user_secrets, (user(secret=TYPE7, reversible=True),), FAIL),
    Case(C.user_secrets, (user(secret=None, no_password=True),), FAIL, why="nobody is asked"),
    Case(C.user_secrets, (user(secret=None),), OPEN, why="no password is shown"),
    Case(C.user_secrets, (replace(GOOD, users=()),), NONE),
    Case(C.no_readable_secrets, (GOOD,), PASS),
    Case(C.no_readable_secrets, (replace(GOOD, placed=SHARED),), FAIL, at=("interface Dialer1 / ppp chap password 7",)),
    Case(C.no_readable_secrets, (UNKNOWN,), OPEN),
    Case(C.password_encryption, (GOOD,), PASS),
    Case(C.password_encryption, (replace(GOOD, obscured=False),), FAIL),
    Case(C.password_encryption, (UNKNOWN,), OPEN),
]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_verdicts(case: Case) -> None:
    """What is right stands in the case."""
    case.assert_right()


def test_every_check_has_a_pass_a_fail_and_an_unknown_case() -> None:
    """A check without all three is not trusted."""
    for _, check in getmembers(CHECKS, lambda value: isinstance(value, Check)):
        assert {PASS, FAIL, OPEN} <= {case.verdict for case in CASES if case.check is check}, check.id


def test_password_encryption_does_not_excuse_readable_secrets() -> None:
    """Type 7 is reported although the device obscures passwords: that service is what makes them type 7."""
    assert judged(C.no_readable_secrets, replace(GOOD, placed=SHARED, obscured=True)).verdict == FAIL
