"""How old passwords on a Linux host may get: accounts that exist, by shadow(5), and new ones, by login.defs(5)."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta

from auditor import Fix, NotApplicable, Outcome, Severity, Undecided, Violation, check
from auditor.facts.accounts import Lock, Shadow, ShadowEntry
from auditor.facts.ambient import Today
from auditor.facts.logindefs import Defaults, number

_EPOCH = date(1970, 1, 1)


def _fix(text: str) -> Fix:
    return Fix(text, solution="enforce-password-policy")


@check(
    "passwords.max-age",
    severity=Severity.LOW,
    fix=_fix("Run chage -M with the policy's number of days for the account."),
    references=("cis-debian12:5.4.1.1",),
)
def max_age(shadow: Shadow, *, days: int = 365, exceptions: frozenset[str] = frozenset()) -> Iterator[Outcome]:
    """Each password in use ends within the policy's number of days.

    A password that nobody knows to be stolen works until it is changed. An empty date of the last change switches all
    ageing off, whatever the other fields say.
    """
    for entry in _in_use(shadow, exceptions):
        if entry.ageing.changed is None:
            yield Violation(entry.name, found="no date of the last change, so never", wanted=f"at most {days} days")
        elif entry.ageing.most is None or entry.ageing.most > days:
            yield Violation(entry.name, found=_days(entry.ageing.most), wanted=f"at most {days} days")
    yield from _nobody(shadow)


@check(
    "passwords.min-age",
    severity=Severity.LOW,
    fix=_fix("Run chage -m 1 for the account."),
    references=("cis-debian12:5.4.1.2",),
)
def min_age(shadow: Shadow, *, days: int = 1, exceptions: frozenset[str] = frozenset()) -> Iterator[Outcome]:
    """Each password in use must be kept for some time.

    Without a minimum a user changes a password until the history is full and returns to the old one.
    """
    for entry in _in_use(shadow, exceptions):
        if (entry.ageing.least or 0) < days:
            yield Violation(entry.name, found=_days(entry.ageing.least), wanted=f"at least {days} days")
    yield from _nobody(shadow)


@check(
    "passwords.warn",
    severity=Severity.LOW,
    fix=_fix("Run chage -W 7 for the account."),
    references=("cis-debian12:5.4.1.3",),
)
def warn(shadow: Shadow, *, days: int = 7, exceptions: frozenset[str] = frozenset()) -> Iterator[Outcome]:
    """Users are warned before their password ends.

    Without a warning the end comes as a lockout, and the new password is chosen in a hurry.
    """
    for entry in _in_use(shadow, exceptions):
        if (entry.ageing.warn or 0) < days:
            yield Violation(entry.name, found=_days(entry.ageing.warn), wanted=f"at least {days} days")
    yield from _nobody(shadow)


@check(
    "passwords.inactive",
    severity=Severity.LOW,
    fix=_fix("Run chage -I with the policy's number of days for the account."),
    references=("cis-debian12:5.4.1.5",),
)
def inactive(shadow: Shadow, *, days: int = 45, exceptions: frozenset[str] = frozenset()) -> Iterator[Outcome]:
    """An account whose password ended is closed soon after.

    Accounts that nobody uses are the ones whose misuse nobody notices.
    """
    for entry in _in_use(shadow, exceptions):
        if entry.ageing.inactive is None or entry.ageing.inactive > days:
            yield Violation(entry.name, found=_days(entry.ageing.inactive), wanted=f"at most {days} days")
    yield from _nobody(shadow)


@check(
    "passwords.changed-in-past",
    severity=Severity.MEDIUM,
    fix=_fix("Correct the clock, then have the password changed: chage -d 0."),
    references=("cis-debian12:5.4.1.6",),
)
def changed_in_past(shadow: Shadow, today: Today) -> Iterator[Outcome]:
    """No password was last changed in the future.

    Such a date keeps the password from ending until long after that day. One day of grace covers time zones.
    """
    for entry in _in_use(shadow, frozenset()):
        changed = entry.ageing.changed
        if changed is not None and changed > (today.date - _EPOCH).days + 1:
            yield Violation(entry.name, found=_day(changed), wanted=f"{today.date} or before")
    yield from _nobody(shadow)


@check(
    "passwords.default-max-age",
    severity=Severity.LOW,
    fix=_fix("Set PASS_MAX_DAYS in /etc/login.defs."),
    references=("cis-debian12:5.4.1.1",),
)
def default_max_age(defaults: Defaults, *, days: int = 365) -> Iterator[Outcome]:
    """New accounts get a password that ends within the policy's number of days.

    The tools copy this default when they create an account; what exists already is not changed by it.
    """
    yield from _default(defaults, "PASS_MAX_DAYS", lambda value: 0 <= value <= days, f"at most {days}")


@check(
    "passwords.default-min-age",
    severity=Severity.LOW,
    fix=_fix("Set PASS_MIN_DAYS in /etc/login.defs."),
    references=("cis-debian12:5.4.1.2",),
)
def default_min_age(defaults: Defaults, *, days: int = 1) -> Iterator[Outcome]:
    """New accounts get a password that must be kept for some time.

    Without a minimum a user changes a password until the history is full and returns to the old one.
    """
    yield from _default(defaults, "PASS_MIN_DAYS", lambda value: value >= days, f"at least {days}")


@check(
    "passwords.default-warn",
    severity=Severity.LOW,
    fix=_fix("Set PASS_WARN_AGE in /etc/login.defs."),
    references=("cis-debian12:5.4.1.3",),
)
def default_warn(defaults: Defaults, *, days: int = 7) -> Iterator[Outcome]:
    """New accounts are warned before their password ends.

    Without a warning the end comes as a lockout, and the new password is chosen in a hurry.
    """
    yield from _default(defaults, "PASS_WARN_AGE", lambda value: value >= days, f"at least {days}")


@check(
    "passwords.default-inactive",
    severity=Severity.LOW,
    fix=_fix("Run useradd -D -f with the policy's number of days."),
    references=("cis-debian12:5.4.1.5",),
)
def default_inactive(defaults: Defaults, *, days: int = 45) -> Iterator[Outcome]:
    """New accounts are closed soon after their password ends.

    Accounts that nobody uses are the ones whose misuse nobody notices.
    """
    value = number(defaults.inactive) if defaults.inactive is not None else None
    if value is None or not 0 <= value <= days:
        yield Violation("INACTIVE", found=defaults.inactive or "not set", wanted=f"0 to {days}")


def _in_use(shadow: Shadow, exceptions: frozenset[str]) -> list[ShadowEntry]:
    return [e for e in shadow.entries if e.password.lock in {Lock.HASHED, Lock.UNCLEAR} and e.name not in exceptions]


def _nobody(shadow: Shadow) -> Iterator[Outcome]:
    if not _in_use(shadow, frozenset()):
        yield NotApplicable("no account has a password")


def _days(value: int | None) -> str:
    return "not set" if value is None else f"{value} days"


def _day(days: int) -> str:
    return str(_EPOCH + timedelta(days=days)) if days < 2_000_000 else f"day {days}"


def _default(defaults: Defaults, name: str, good: Callable[[int], bool], wanted: str) -> Iterator[Outcome]:
    """Judge a number of login.defs; text after it makes the tools ignore the line, except where files are merged."""
    text = defaults.by_tools.get(name)
    value = number(text) if text is not None else None
    if text is not None and value is None and defaults.merged:
        yield Undecided(name, f"how this host reads {text!r} depends on its release")
    elif value is None or not good(value):
        found = "not set" if text is None else f"{text} (not a number, so not set)" if value is None else value
        yield Violation(name, found=found, wanted=wanted)
