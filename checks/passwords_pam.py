"""Passwords on a Linux host: what PAM lets in, and how it counts failures and takes new passwords."""

from collections.abc import Iterator

from auditor import Fix, Outcome, Severity, Undecided, Violation, check
from auditor.facts.lockout import LoginLocks
from auditor.facts.pam_unix import PamUnix


def _fix(text: str) -> Fix:
    return Fix(text, solution="enforce-password-policy")


@check(
    "passwords.empty-refused",
    severity=Severity.HIGH,
    fix=_fix("Remove nullok from pam_unix (pam-auth-update; authselect enable-feature without-nullok)."),
    references=("cis-debian12:5.3.3.4.1", "nist-800-53r5:IA-5"),
)
def empty_refused(pam: PamUnix) -> Iterator[Outcome]:
    """An empty password lets nobody in

    As long as PAM accepts it, one account whose password field is emptied by mistake is open to everybody.
    """
    for service in pam.empty:
        yield Violation(service, found="pam_unix has nullok", wanted="without nullok")


@check(
    "passwords.checked-is-stored",
    severity=Severity.MEDIUM,
    fix=_fix("Add use_authtok to the module in the PAM password stack."),
    references=("cis-debian12:5.3.3.4.4", "cis-debian12:5.3.3.3.3"),
)
def checked_is_stored(pam: PamUnix) -> Iterator[Outcome]:
    """The password that is stored is the one that was checked

    A module that asks for the new password once more stores what no rule was applied to.
    """
    for service, module in dict.fromkeys(pam.asks_anew):
        yield Violation(f"{service} {module}", found="without use_authtok", wanted="use_authtok")


@check(
    "passwords.failure-window",
    severity=Severity.LOW,
    fix=_fix("Set fail_interval = 900 in /etc/security/faillock.conf."),
    references=("nist-800-53r5:AC-7",),
)
def failure_window(locks: LoginLocks, *, seconds: int = 900) -> Iterator[Outcome]:
    """Wrong passwords count together over some time

    Within a short time only, guessing slowly is never noticed. A module that counts without end is stricter.
    """
    for lock in locks.locks:
        if lock.doubt:
            yield Undecided(lock.service, lock.doubt)
        elif not lock.deny:
            yield Violation(lock.service, found=lock.why or "nothing locks", wanted=f"at least {seconds} seconds")
        elif 0 < lock.interval < seconds:
            yield Violation(lock.service, found=lock.interval, wanted=f"at least {seconds} seconds")
