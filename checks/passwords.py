"""Passwords on a Linux host: what PAM demands of a new one, how it is stored, and when wrong ones lock an account.

With the view "effective and written" a good default is not enough: a file or the module's arguments have to name the
rule, and every value that they give it has to be good, whichever of them counts.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final, Literal

from auditor import Fix, Outcome, Severity, Undecided, Violation, check
from auditor.facts.lockout import Lock, LoginLocks
from auditor.facts.passwords import PasswordRules, Quality

View = Literal["effective", "effective and written"]
Seen = Callable[[Quality], tuple[int | str, bool]]
WRITTEN: Final[View] = "effective and written"


def _fix(text: str) -> Fix:
    return Fix(text, solution="enforce-password-policy")


@check(
    "passwords.length",
    severity=Severity.HIGH,
    fix=_fix("Set minlen in /etc/security/pwquality.conf and enable pam_pwquality."),
    references=("cis-debian12:5.3.3.2.2", "nist-800-63b:5.1.1.2"),
)
def length(rules: PasswordRules, *, characters: int = 14, view: View = "effective") -> Iterator[Outcome]:
    """New passwords have a minimum length.

    Length is what makes guessing costly. Credits for digits or capitals shorten what minlen asks for.
    """
    yield from _quality(rules, "minlen", lambda q: (q.length, q.length >= characters), f"at least {characters}", view)


@check(
    "passwords.complexity",
    severity=Severity.MEDIUM,
    fix=_fix("Set minclass, or dcredit, ucredit, lcredit and ocredit, in /etc/security/pwquality.conf."),
    references=("cis-debian12:5.3.3.2.3",),
)
def complexity(  # noqa: PLR0913  (settings that a policy names)
    rules: PasswordRules,
    *,
    classes: int = 3,
    digits: int = 0,
    uppers: int = 0,
    lowers: int = 0,
    others: int = 0,
    view: View = "effective",
) -> Iterator[Outcome]:
    """New passwords mix kinds of characters.

    `classes` is how many of digits, capitals, small letters and others are needed; the other settings are how many of
    each at least.
    """
    wanted = {"dcredit": digits, "ucredit": uppers, "lcredit": lowers, "ocredit": others}
    by_credits = rules.quality is not None and "minclass" not in rules.quality.written
    of_classes: View = "effective" if not classes or (by_credits and any(wanted.values())) else view
    enough = f"at least {classes} kinds"
    yield from _quality(rules, "minclass", lambda q: (q.classes, q.classes >= classes), enough, of_classes)
    if rules.quality is not None and not _doubtful(rules.quality):
        for name, least in wanted.items():
            if least:
                yield from _quality(rules, name, _credit(name, least), str(-least), view)


@check(
    "passwords.dictionary",
    severity=Severity.MEDIUM,
    fix=_fix("Remove dictcheck = 0 from /etc/security/pwquality.conf and its folder."),
    references=("cis-debian12:5.3.3.2.6", "nist-800-63b:5.1.1.2"),
)
def dictionary(rules: PasswordRules, *, view: View = "effective") -> Iterator[Outcome]:
    """New passwords are not words of a dictionary.

    Guessing begins with words and their common changes.
    """
    yield from _quality(rules, "dictcheck", lambda q: (q.values["dictcheck"], q.values["dictcheck"] != 0), "1", view)


@check(
    "passwords.repeats",
    severity=Severity.LOW,
    fix=_fix("Set maxrepeat = 3 in /etc/security/pwquality.conf."),
    references=("cis-debian12:5.3.3.2.4",),
)
def repeats(rules: PasswordRules, *, most: int = 3, view: View = "effective") -> Iterator[Outcome]:
    """New passwords do not repeat one character many times.

    `aaaaaaaaaaaaaa` is long and guessed at once.
    """
    yield from _quality(rules, "maxrepeat", lambda q: _at_most(q, "maxrepeat", most), f"1 to {most}", view)


@check(
    "passwords.sequences",
    severity=Severity.LOW,
    fix=_fix("Set maxsequence = 3 in /etc/security/pwquality.conf."),
    references=("cis-debian12:5.3.3.2.5",),
)
def sequences(rules: PasswordRules, *, most: int = 3, view: View = "effective") -> Iterator[Outcome]:
    """New passwords hold no long sequence such as 12345.

    Sequences lengthen a password without making it harder to guess.
    """
    yield from _quality(rules, "maxsequence", lambda q: _at_most(q, "maxsequence", most), f"1 to {most}", view)


@check(
    "passwords.difference",
    severity=Severity.LOW,
    fix=_fix("Set difok = 2 in /etc/security/pwquality.conf."),
    references=("cis-debian12:5.3.3.2.1",),
)
def difference(rules: PasswordRules, *, characters: int = 2, view: View = "effective") -> Iterator[Outcome]:
    """New passwords differ from the old one in several characters.

    Whoever knew `Summer2025!` tries `Summer2026!`.
    """
    yield from _quality(
        rules, "difok", lambda q: (q.values["difok"], q.values["difok"] >= characters), f"at least {characters}", view
    )


@check(
    "passwords.root-quality",
    severity=Severity.LOW,
    fix=_fix("Write enforce_for_root into /etc/security/pwquality.conf."),
    references=("cis-debian12:5.3.3.2.8",),
)
def root_quality(rules: PasswordRules, *, view: View = "effective") -> Iterator[Outcome]:
    """The rules for new passwords bind root too.

    Otherwise an administrator who sets a password for somebody is warned only, and may set a weak one.
    """
    yield from _quality(
        rules,
        "enforce_for_root",
        lambda q: (q.values["enforce_for_root"], q.values["enforce_for_root"] == 1),
        "set",
        view,
    )


@check(
    "passwords.history",
    severity=Severity.LOW,
    fix=_fix("Enable pam_pwhistory with remember=N use_authtok before pam_unix."),
    references=("cis-debian12:5.3.3.3.1",),
)
def history(rules: PasswordRules, *, remembered: int = 5, view: View = "effective") -> Iterator[Outcome]:
    """Old passwords cannot be used again.

    A stolen password returns to use when its owner returns to it.
    """
    good = {count >= remembered for count in rules.remembered}
    if rules.history_doubt:
        yield Undecided("remember", rules.history_doubt)
    elif not rules.remembered:
        yield Violation("remember", found="nothing is remembered", wanted=f"at least {remembered}")
    elif good == {False}:
        yield Violation("remember", found=max(rules.remembered), wanted=f"at least {remembered}")
    elif False in good:
        yield Undecided("remember", "whether pwhistory.conf is read depends on the release of Linux-PAM")
    elif view == WRITTEN and not rules.history_written:
        yield Violation("remember", found="not written down", wanted=f"at least {remembered}")
    elif view == WRITTEN and min(rules.history_written) < remembered:
        yield Violation("remember", found=min(rules.history_written), wanted=f"at least {remembered}")


@check(
    "passwords.hash-method",
    severity=Severity.HIGH,
    fix=_fix("Name yescrypt or sha512 at pam_unix in the password stack, and in /etc/login.defs."),
    references=("cis-debian12:5.4.1.4", "cis-debian12:5.3.3.4.3"),
)
def hash_method(
    rules: PasswordRules, *, allowed: frozenset[str] = frozenset({"yescrypt", "gost_yescrypt", "sha512"})
) -> Iterator[Outcome]:
    """New passwords are hashed by a strong method.

    What pam_unix is told goes before login.defs.
    """
    if rules.method_doubt:
        yield Undecided("hash method", rules.method_doubt)
    elif not rules.methods:
        yield Undecided("hash method", "neither pam_unix nor login.defs names one, so the release's default holds")
    elif len(rules.methods) > 1 and set(rules.methods) & allowed and set(rules.methods) - allowed:
        yield Undecided("hash method", f"files name several: {', '.join(rules.methods)}")
    elif not set(rules.methods) <= allowed:
        yield Violation("hash method", found=rules.methods[0], wanted=allowed)


@check(
    "passwords.lockout",
    severity=Severity.MEDIUM,
    fix=_fix("Enable pam_faillock (pam-auth-update, authselect with-faillock) and set deny in faillock.conf."),
    references=("cis-debian12:5.3.3.1.1", "nist-800-53r5:AC-7"),
)
def lockout(locks: LoginLocks, *, attempts: int = 5) -> Iterator[Outcome]:
    """Wrong passwords lock an account.

    Without a lock a program tries passwords for as long as it likes.
    """
    for lock in locks.locks:
        if lock.doubt:
            yield Undecided(lock.service, lock.doubt)
        elif not 0 < lock.deny <= attempts:
            yield Violation(lock.service, found=lock.why or lock.deny, wanted=f"locked after 1 to {attempts}")


@check(
    "passwords.unlock-time",
    severity=Severity.LOW,
    fix=_fix("Set unlock_time in /etc/security/faillock.conf."),
    references=("cis-debian12:5.3.3.1.2", "nist-800-53r5:AC-7"),
)
def unlock_time(locks: LoginLocks, *, seconds: int = 900) -> Iterator[Outcome]:
    """A locked account stays locked long enough to make guessing hopeless.

    0 keeps it locked until an administrator acts, which is stricter.
    """
    yield from _locked(locks, lambda lock: lock.unlock == 0 or lock.unlock >= seconds, f"0 or at least {seconds}")


@check(
    "passwords.root-lockout",
    severity=Severity.LOW,
    fix=_fix("Write even_deny_root into /etc/security/faillock.conf."),
    references=("cis-debian12:5.3.3.1.3",),
)
def root_lockout(locks: LoginLocks) -> Iterator[Outcome]:
    """Wrong passwords lock root too.

    Root exists on every host, so its name needs no guessing.
    """
    yield from _locked(locks, lambda lock: lock.root, "root is locked too")


def _doubtful(quality: Quality) -> bool:
    return bool(quality.doubt) or quality.values["enforcing"] == 0


def _credit(name: str, least: int) -> Seen:
    return lambda quality: (quality.values[name], -quality.values[name] >= least)


def _quality(rules: PasswordRules, name: str, seen: Seen, wanted: str, view: View) -> Iterator[Outcome]:
    """Judge one rule for new passwords: it must be right, and something must demand it."""
    quality = rules.quality
    if quality is None:
        yield Violation(name, found=rules.no_quality, wanted=wanted)
    elif quality.doubt:
        yield Undecided(name, quality.doubt)
    elif quality.values["enforcing"] == 0:
        yield Violation(name, found="enforcing = 0: warnings only", wanted=wanted)
    else:
        found, good = seen(quality)
        if not good:
            yield Violation(name, found=found, wanted=wanted)
        elif view == WRITTEN:
            yield from _as_written(quality, name, seen, wanted)


def _as_written(quality: Quality, name: str, seen: Seen, wanted: str) -> Iterator[Outcome]:
    """Judge each value that is written down as if it were the one that counts."""
    written = quality.written.get(name, ())
    wrong = tuple(value for value in written if not seen(replace(quality, values={**quality.values, name: value}))[1])
    if not written:
        yield Violation(name, found="not written down", wanted=wanted)
    elif wrong:
        yield Violation(name, found=wrong, wanted=wanted)


def _at_most(quality: Quality, name: str, most: int) -> tuple[int | str, bool]:
    value = quality.values[name]
    return (value, 0 < value <= most) if value else ("0 (not checked)", False)


def _locked(locks: LoginLocks, good: Callable[[Lock], bool], wanted: str) -> Iterator[Outcome]:
    for lock in locks.locks:
        if lock.doubt:
            yield Undecided(lock.service, lock.doubt)
        elif not lock.deny:
            yield Violation(lock.service, found=lock.why or "nothing locks", wanted=wanted)
        elif not good(lock):
            yield Violation(lock.service, found=f"unlock_time {lock.unlock}, root {lock.root}", wanted=wanted)
