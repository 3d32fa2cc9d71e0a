"""Rules for passwords as a host applies them: what new accounts get, what PAM demands of a new password, what it
stores, and when wrong passwords lock an account.

A rule counts only where the PAM stack runs it: a pwquality.conf without pam_pwquality demands nothing. Sources:
login.defs(5), useradd(8), pam_pwquality(8), pwquality.conf(5) (`*.conf` of the folder first, then the file; the last
value wins), pam_cracklib(8), pam_pwhistory(8), pwhistory.conf(5), pam_unix(8), pam_faillock(8), faillock.conf(5),
pam_tally2(8).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from auditor import Answer, Platform, Shell, Unreadable, probe
from auditor.facts.bundle import ASKED, Bundle, read, show
from auditor.facts.lockout import LoginLocks, login_locks_of
from auditor.facts.logindefs import Defaults, pam_settings, settings
from auditor.facts.pam import FOLDERS, Line, skipped, stack

# pwquality.conf(5); with those of pam_cracklib(8), which has no file.
_PWQUALITY: Final = {
    "difok": 1, "minlen": 8, "dcredit": 0, "ucredit": 0, "lcredit": 0, "ocredit": 0, "minclass": 0, "maxrepeat": 0,
    "maxclassrepeat": 0, "maxsequence": 0, "gecoscheck": 0, "dictcheck": 1, "usercheck": 1, "usersubstr": 0,
    "enforcing": 1, "retry": 1, "enforce_for_root": 0, "local_users_only": 0,
}  # fmt: skip
_CRACKLIB: Final = _PWQUALITY | {"difok": 5, "minlen": 9, "dcredit": 1, "ucredit": 1, "lcredit": 1, "ocredit": 1}
_WORDS: Final = {"badwords", "dictpath"}
_FLAGS: Final = {"enforce_for_root", "local_users_only"}
_SHORTEST: Final = 6
_METHODS: Final = ("md5", "bigcrypt", "sha256", "sha512", "blowfish", "gost_yescrypt", "yescrypt", "des")


@dataclass(frozen=True, slots=True)
class Quality:
    """What a new password must be, by pwquality's names; `by` is the module that demands it.

    `doubt` says why it may not hold as read, such as a file that the library stops reading half-way. `written` has
    every value that files and the module's arguments give a name, in reading order, also those that a later one undoes.
    """

    by: str
    values: dict[str, int]
    doubt: str = ""
    written: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def length(self) -> int:
        """Return the fewest characters of an acceptable password: credits shorten what minlen asks for."""
        credits_ = sum(max(0, self.values[name]) for name in ("dcredit", "ucredit", "lcredit", "ocredit"))
        return max(_SHORTEST, max(_SHORTEST, self.values["minlen"]) - credits_)

    @property
    def classes(self) -> int:
        """Return how many of digits, upper case, lower case and others a password must hold."""
        asked = sum(self.values[name] < 0 for name in ("dcredit", "ucredit", "lcredit", "ocredit"))
        return max(asked, min(4, self.values["minclass"]))


@dataclass(frozen=True, slots=True)
class PasswordRules:
    """What PAM does when a password is changed.

    `quality` is None where nothing checks the new password, and `no_quality` says why. `remembered` are the possible
    numbers of old passwords refused (more than one where releases differ), empty for none, and `history_written` those
    that an argument or file names. `methods` are the possible
    hash methods, empty where neither PAM nor login.defs names one. A doubt says why a part may not hold as read.
    """

    quality: Quality | None
    no_quality: str = ""
    remembered: tuple[int, ...] = ()
    history_written: tuple[int, ...] = ()
    history_doubt: str = ""
    methods: tuple[str, ...] = ()
    method_doubt: str = ""


FILES: Final = Shell(
    show(
        [
            "/etc/login.defs", "/usr/etc/login.defs", "/etc/login.defs.d/*.defs", "/etc/default/useradd",
            *(f"{folder}/*" for folder in FOLDERS), "/etc/security/pwquality.conf",
            "/etc/security/pwquality.conf.d/*.conf", "/etc/security/faillock.conf", "/etc/security/pwhistory.conf",
            "/usr/etc/security/faillock.conf", "/usr/etc/security/pwhistory.conf",
        ],
        ASKED,
    )
)  # fmt: skip


@probe(FILES, on={Platform.LINUX})
def password_defaults(answer: Answer) -> Defaults:
    """Read login.defs and useradd's defaults. Raises Unreadable when the host has no login.defs."""
    files = read(answer.text)
    text = files.first("/etc/login.defs", "/usr/etc/login.defs")
    if text is None:
        raise Unreadable("there is no /etc/login.defs")
    extra = [part for _, part in files.below("/etc/login.defs.d", ".defs")]
    merged = bool(extra) or "/usr/etc/login.defs" in files.texts
    by_pam = pam_settings(text)
    for part in extra:
        by_pam |= pam_settings(part)
    useradd = dict(re.findall(r"^[ \t]*(\w+)=(.*?)[ \t]*$", files.get("/etc/default/useradd") or "", re.MULTILINE))
    return Defaults(settings("\n".join([text, *extra])), by_pam, useradd.get("INACTIVE"), merged)


@probe(FILES, on={Platform.LINUX})
def password_rules(answer: Answer) -> PasswordRules:
    """Read the stack that `passwd` runs. Raises Unreadable on a host without PAM."""
    files = read(answer.text)
    lines = next(
        (
            found
            for service in ("passwd", "common-password", "system-auth", "other")
            if (found := stack(files, service, "password"))
        ),
        None,
    )
    if lines is None:
        raise Unreadable("no PAM stack for passwords was found, so nothing tells which rules hold")
    quality, why_not = _quality(files, lines)
    remembered, history_written, history_doubt = _history(files, lines)
    methods, method_doubt = _methods(files, lines)
    return PasswordRules(quality, why_not, remembered, history_written, history_doubt, methods, method_doubt)


@probe(FILES, on={Platform.LINUX})
def login_locks(answer: Answer) -> LoginLocks:
    """Read when logins lock an account. Raises Unreadable on a host without PAM."""
    return login_locks_of(read(answer.text))


def _quality(files: Bundle, lines: list[Line]) -> tuple[Quality | None, str]:
    unix = _first(lines, {"pam_unix"})
    place = _first(lines, {"pam_pwquality", "pam_cracklib", "pam_passwdqc"})
    if place is None:
        return None, "no module of the PAM password stack checks new passwords"
    line = lines[place]
    if unix is not None and unix < place:
        return None, f"{line.module} stands after pam_unix, which has stored the password by then"
    doubt = "" if line.refuses else f"{line.module} is {line.control}, so that its refusal may not count"
    doubt = doubt or skipped(lines, place)
    if line.module == "pam_passwdqc":
        return Quality(line.module, dict(_PWQUALITY), "pam_passwdqc has rules of its own, which are not read"), ""
    found = _Settings(dict(_PWQUALITY if line.module == "pam_pwquality" else _CRACKLIB))
    stopped = _read_pwquality(files, found) if line.module == "pam_pwquality" else ""
    for argument in line.arguments:
        name, _, value = argument.partition("=")
        found.set(name, value)
    return Quality(line.module, found.values, doubt or stopped, found.written), ""


def _read_pwquality(files: Bundle, found: "_Settings") -> str:
    """Apply the files in the library's order; return where it stops reading, if it does."""
    main = "/etc/security/pwquality.conf"
    text = files.get(main)
    for path, content in [*files.below(f"{main}.d", ".conf"), *([(main, text)] if text is not None else [])]:
        for number, line in enumerate(content.split("\n"), 1):
            # The library takes the first run of blanks, `=` or both as the separator.
            told = re.fullmatch(r"([^\s=]+)(?:\s*=\s*|\s+|$)(.*)", line.partition("#")[0].strip())
            if told and not found.set(told[1], told[2].strip()):
                return f"pwquality stops reading at {path}:{number}, which it cannot take"
    return ""


@dataclass(slots=True)
class _Settings:
    """Settings of libpwquality while they are read: what holds so far, and every value that was given."""

    values: dict[str, int]
    written: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def set(self, name: str, text: str) -> bool:
        """Set one value as libpwquality does, names in any case; return whether it could."""
        key = name.lower()
        if key in _FLAGS:
            value = 1
        elif key in self.values and re.fullmatch(r"[+-]?[0-9]{1,18}", text):
            value = int(text)
        else:
            return key in _WORDS
        self.values[key] = value
        self.written[key] = (*self.written.get(key, ()), value)
        return True


def _history(files: Bundle, lines: list[Line]) -> tuple[tuple[int, ...], tuple[int, ...], str]:
    """Return the possible numbers of passwords remembered, the numbers written down, and what makes it doubtful."""
    place = _first(lines, {"pam_pwhistory"})
    unix = [line.argument("remember") for line in lines if line.module == "pam_unix"]
    by_unix = tuple(_whole(value) for value in unix if value is not None)
    if place is None or place > (len(lines) if (stored := _first(lines, {"pam_unix"})) is None else stored):
        return by_unix, by_unix, ""  # after pam_unix the new password is stored already
    line = lines[place]
    doubt = skipped(lines, place) or ("" if line.refuses else f"pam_pwhistory is {line.control}")
    given = line.argument("remember")
    if given is not None:
        return (max(_whole(given), *by_unix, 0),), (_whole(given), *by_unix), doubt
    # Linux-PAM before 1.5.3 has no pwhistory.conf: there the module's own 10 holds whatever the file says.
    path = line.argument("conf") or "/etc/security/pwhistory.conf"
    text = files.first(path, "/usr/etc/security/pwhistory.conf")
    written = pam_settings(text).get("remember") if text is not None else None
    by_file = (_whole(written),) if written is not None else ()
    return tuple(sorted({10, *by_file})), by_file, doubt


def _methods(files: Bundle, lines: list[Line]) -> tuple[tuple[str, ...], str]:
    place = _first(lines, {"pam_unix"})
    if place is None:
        return (), "pam_unix does not stand in the PAM password stack"
    given = [argument.lower() for argument in lines[place].arguments if argument.lower() in _METHODS]
    if given:
        return (given[-1],), ""
    text = files.first("/etc/login.defs", "/usr/etc/login.defs") or ""
    texts = [text, *(part for _, part in files.below("/etc/login.defs.d", ".defs"))]
    named = [pam_settings(part).get("ENCRYPT_METHOD", "").lower() for part in texts]
    return tuple(sorted({name for name in named if name})), ""


def _first(lines: Iterable[Line], modules: set[str]) -> int | None:
    return next((place for place, line in enumerate(lines) if line.module in modules), None)


def _whole(text: str) -> int:
    found = re.match(r"\s*\+?([0-9]{1,18})", text)
    return int(found[1]) if found else 0
