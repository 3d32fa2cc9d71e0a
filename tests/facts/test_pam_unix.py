"""What is read of pam_unix: empty passwords, and whether what was checked is stored; and how failures are counted."""

import pytest

from auditor.errors import Unreadable
from auditor.facts.pam_unix import PamUnix, pam_unix
from tests.facts.test_passwords import DEBIAN_AUTH, REDHAT, debian, locks, printed, redhat
from tests.make import fact, refused


def read(text: str) -> PamUnix:
    found = fact(pam_unix, text)
    assert isinstance(found, PamUnix)
    return found


def test_red_hat_lets_empty_passwords_in_until_told_otherwise() -> None:
    """In each service that has the line, by includes too."""
    assert read(redhat()).empty == ("sshd", "system-auth", "password-auth")
    assert read(redhat(auth=REDHAT.replace("pam_unix.so nullok", "pam_unix.so"))).empty == ()


@pytest.mark.parametrize(
    ("argument", "services"),
    [("nullok", ("login", "common-auth")), ("nullok_secure", ("login", "common-auth")), ("# nullok", ()), ("", ())],
)
def test_empty_passwords_on_debian(argument: str, services: tuple[str, ...]) -> None:
    """A comment is no argument; what stands in the password stack lets nobody in."""
    auth = "\n".join(
        " ".join([*(word for word in line.split() if word != "nullok"), argument]) if "pam_unix.so" in line else line
        for line in DEBIAN_AUTH.splitlines()
    )

    assert read(debian(auth=auth)).empty == services


def test_what_was_checked_is_what_is_stored() -> None:
    """With use_authtok at each module after the first that checks."""
    assert read(redhat()).asks_anew == ()
    less = read(redhat(auth=REDHAT.replace("pam_pwhistory.so use_authtok", "pam_pwhistory.so")))
    assert ("system-auth", "pam_pwhistory") in less.asks_anew
    worse = read(debian(password="password requisite pam_pwquality.so\npassword required pam_unix.so yescrypt\n"))
    assert worse.asks_anew == (("passwd", "pam_unix"), ("common-password", "pam_unix"))


def test_without_a_module_that_checks_there_is_nothing_to_take() -> None:
    """pam_unix asks itself then, as it has to."""
    assert read(debian(password="password required pam_unix.so yescrypt\n")).asks_anew == ()


def test_without_pam_nothing_is_known() -> None:
    """Nor with one of the two kinds of stacks only."""
    assert isinstance(refused(pam_unix, printed({"/etc/login.defs": "A 1"})), Unreadable)
    assert isinstance(refused(pam_unix, printed({"/etc/pam.d/login": DEBIAN_AUTH})), Unreadable)


def test_failures_are_counted_together_for_some_time() -> None:
    """By faillock.conf, by an argument, by the module itself; pam_tally2 counts without end."""
    tally = "auth required pam_tally2.so deny=5\nauth sufficient pam_unix.so\nauth required pam_deny.so\n"

    assert locks(debian())[0].interval == 900
    assert locks(debian(faillock="fail_interval = 60"))[0].interval == 60
    assert locks(debian(auth=DEBIAN_AUTH.replace("preauth", "preauth fail_interval=30")))[0].interval == 30
    assert locks(debian(auth=tally))[0].interval == 0
