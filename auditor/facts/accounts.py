"""Local accounts: who exists on a host by its own files, who may log in by password, and what the home folders are.

Local truth is /etc/passwd, not `getent`, which also shows what a directory service serves. Sources: passwd(5),
group(5), shadow(5), login.defs(5), nsswitch.conf(5) (compat entries), crypt(5) (hash prefixes).
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from auditor import Answer, Limits, Platform, Shell, Unreadable, probe
from auditor.facts.bundle import Bundle, read, show
from auditor.facts.logindefs import number, setting

_MOST_ID: Final = 2**32 - 1
_DECIMAL: Final = re.compile(r"\s*\+?0{0,99}[0-9]{1,10}")  # Python reads no more than 4,300 digits
_CLASS: Final = re.compile(r"<secret (?P<kind>\S+) \S+>")
_NO_SECRET: Final = re.compile(r"<secret empty \S+>")
_LOCKED: Final = re.compile(r"<secret locked \S+>")
_RAW: Final = {
    "$y$": "yescrypt", "$gy$": "gost-yescrypt", "$6$": "sha512", "$5$": "sha256", "$2": "bcrypt", "$1$": "md5",
    "$7$": "scrypt",
}  # fmt: skip


class Lock(StrEnum):
    """What a password field says: the five things that shadow(5) and crypt(5) tell apart."""

    SHADOWED = "shadowed"  # only in passwd: look in shadow
    EMPTY = "empty"  # no password is asked for
    LOCKED = "locked"  # no password can match
    HASHED = "hashed"  # a password can match
    UNCLEAR = "unclear"  # redacted or written in a way that tells neither


@dataclass(frozen=True, slots=True)
class Password:
    """A password field without the secret: its state and, where there is a hash (locked or not), its scheme."""

    lock: Lock
    scheme: str = ""


_SHADOWED: Final = Password(Lock.SHADOWED)


@dataclass(frozen=True, slots=True)
class Account:
    """One entry of /etc/passwd. An empty shell means /bin/sh."""

    name: str
    uid: int
    gid: int
    home: str
    shell: str
    password: Password
    line: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """One entry of /etc/group."""

    name: str
    gid: int
    members: tuple[str, ...]
    password: Password
    line: int = 0


@dataclass(frozen=True, slots=True)
class LocalAccounts:
    """The accounts and groups that a host's own files define.

    `legacy` are NIS compat entries ("passwd:12: +"), `malformed` are lines that the C library skips, `first_human` is
    UID_MIN of login.defs: accounts below it belong to the system.
    """

    accounts: tuple[Account, ...]
    groups: tuple[Group, ...]
    legacy: tuple[str, ...] = ()
    malformed: tuple[str, ...] = ()
    first_human: int = 1000


@dataclass(frozen=True, slots=True)
class Ageing:
    """Days of one entry of /etc/shadow; None where the field is empty, which switches that rule off.

    `changed` and `expires` count from 1970-01-01.
    """

    changed: int | None = None
    least: int | None = None
    most: int | None = None
    warn: int | None = None
    inactive: int | None = None
    expires: int | None = None


@dataclass(frozen=True, slots=True)
class ShadowEntry:
    """One entry of /etc/shadow, without the secret."""

    name: str
    password: Password
    ageing: Ageing


@dataclass(frozen=True, slots=True)
class Shadow:
    """/etc/shadow: `legacy` are NIS compat entries, `malformed` lines that are not entries."""

    entries: tuple[ShadowEntry, ...]
    legacy: tuple[str, ...] = ()
    malformed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Folder:
    """A home folder: numeric owner and group, permission bits, and whether it is a folder at all."""

    path: str
    owner: int
    group: int
    mode: int
    is_folder: bool


@dataclass(frozen=True, slots=True)
class HomeFolders:
    """What the home paths of /etc/passwd are. A path in neither list was not seen, whether out of bounds or hidden."""

    found: tuple[Folder, ...]
    missing: frozenset[str]


ACCOUNTS: Final = Shell(show(["/etc/passwd", "/etc/group", "/etc/login.defs", "/usr/etc/login.defs"]))
SHADOW: Final = Shell("cat /etc/shadow", privileged=True)
# One stat process for all homes, at most 2000 of them, so that a huge passwd costs no more than a small one.
HOMES: Final = Shell(
    "{ awk -F: '$6~/^\\//&&!s[$6]++&&n++<2000{print $6}' /etc/passwd 2>/dev/null || "
    "cut -d: -f6 /etc/passwd | grep '^/' | sort -u | head -n 2000; } | tr '\\n' '\\0' | "
    "xargs -0 stat -L -c '%u:%g:%a:%F:%n' 2>&1; printf '#== end\\n'",
    limits=Limits(seconds=15.0, bytes=1024 * 1024),
)


@probe(ACCOUNTS, on={Platform.LINUX})
def local_accounts(answer: Answer) -> LocalAccounts:
    """Read passwd, group and UID_MIN. Raises Unreadable when passwd has not one entry."""
    files = read(answer.text)
    accounts: list[Account] = []
    groups: list[Group] = []
    odd: list[str] = []
    for number_, line in _entries(files, "/etc/passwd"):
        account = None if line[0] in "+-" else _account(line, number_)
        accounts += [account] if account else []
        odd += [] if account else [f"passwd:{number_}: {_clip(line)}"]
    for number_, line in _entries(files, "/etc/group"):
        group = None if line[0] in "+-" else _group(line, number_)
        groups += [group] if group else []
        odd += [] if group else [f"group:{number_}: {_clip(line)}"]
    if not accounts:
        raise Unreadable("/etc/passwd shows no account")
    return LocalAccounts(tuple(accounts), tuple(groups), tuple(_compat(odd)), tuple(_other(odd)), _first_human(files))


@probe(SHADOW, on={Platform.LINUX})
def shadow(answer: Answer) -> Shadow:
    """Read /etc/shadow. Raises Unreadable when nothing in it is an entry."""
    entries: list[ShadowEntry] = []
    odd: list[str] = []
    for number_, line in enumerate(answer.text.split("\n"), 1):
        if not line.strip() or line.lstrip()[0] == "#":
            continue
        entry = None if line[0] in "+-" else _shadow_entry(line)
        entries += [entry] if entry else []
        # The line itself is not kept: what is malformed may be a secret that nothing recognised.
        odd += [] if entry else [f"shadow:{number_}: {line[0] if line[0] in '+-' else 'not an entry'}"]
    if not entries:
        raise Unreadable("/etc/shadow shows no entry")
    return Shadow(tuple(entries), tuple(_compat(odd)), tuple(_other(odd)))


@probe(HOMES, on={Platform.LINUX})
def home_folders(answer: Answer) -> HomeFolders:
    """Read what stat says of each home; a complaint other than a missing file leaves that home unseen."""
    lines = answer.text.rstrip("\n").split("\n")
    if lines[-1] != "#== end":
        raise Unreadable("the list of home folders was cut off")
    found: list[Folder] = []
    missing: set[str] = set()
    for line in lines[:-1]:
        if told := re.fullmatch(r"([0-9]{1,10}):([0-9]{1,10}):([0-7]{1,5}):([^:]*):(/.*)", line):
            owner, group, mode, kind, path = told.groups()
            found.append(Folder(path, int(owner), int(group), int(mode, 8), kind == "directory"))
        elif gone := re.fullmatch(
            r"stat: (?:cannot statx?|can't stat) '(/.*)': (?:No such file or directory|Not a directory)", line
        ):
            missing.add(gone[1])
    if not found:
        raise Unreadable("stat told of no home folder: " + _clip(lines[0]))
    return HomeFolders(tuple(found), frozenset(missing))


def password(field: str, *, shadowed: str = "") -> Password:
    """Return what a password field says; `shadowed` is the mark that sends the reader to shadow."""
    if shadowed and (field == shadowed or field.startswith("##")):
        return _SHADOWED
    if not field or _NO_SECRET.fullmatch(field):
        return Password(Lock.EMPTY)
    scheme = _scheme(field.lstrip("!*"))
    if field[0] in "!*" or _LOCKED.fullmatch(field):
        return Password(Lock.LOCKED, scheme)
    if scheme:
        return Password(Lock.HASHED, scheme)
    # crypt(3) makes hashes of at least 13 characters; anything shorter ("x", "NP", "*LK*") matches no password.
    return Password(Lock.UNCLEAR) if _CLASS.search(field) or len(field) >= 13 else Password(Lock.LOCKED)


def _scheme(field: str) -> str:
    if not field:
        return ""
    if told := _CLASS.fullmatch(field):
        kind = told["kind"]
        return kind.removeprefix("hash-") if kind.startswith("hash-") and kind != "hash-unknown" else ""
    return next((scheme for prefix, scheme in _RAW.items() if field.startswith(prefix)), "")


def _entries(files: Bundle, path: str) -> list[tuple[int, str]]:
    text = files.get(path)
    if text is None:
        raise Unreadable(f"there is no {path}")
    lines = enumerate(map(str.lstrip, text.split("\n")), 1)
    return [(place, line) for place, line in lines if line and line[0] != "#"]


def _account(line: str, place: int) -> Account | None:
    fields = line.split(":")
    if len(fields) != 7 or not fields[0]:
        return None
    name, secret, uid, gid, _, home, shell = fields
    numbers = _id(uid), _id(gid)
    if numbers[0] is None or numbers[1] is None:
        return None
    return Account(name, numbers[0], numbers[1], home, shell.strip(), password(secret, shadowed="x"), place)


def _group(line: str, place: int) -> Group | None:
    fields = line.split(":")
    gid = _id(fields[2]) if len(fields) == 4 else None
    if gid is None or not fields[0]:
        return None
    members = tuple(member.strip() for member in fields[3].split(",") if member.strip())
    return Group(fields[0], gid, members, password(fields[1], shadowed="x"), place)


def _shadow_entry(line: str) -> ShadowEntry | None:
    fields = line.split(":")
    if len(fields) != 9 or not fields[0]:
        return None
    try:
        days = [int(field) if field.strip() else None for field in fields[2:8]]
    except ValueError:
        return None
    # chage writes -1 where others leave the field empty; both switch the rule off.
    ageing = Ageing(*[None if day is not None and day < 0 else day for day in days])
    return ShadowEntry(fields[0], password(fields[1]), ageing)


def _id(text: str) -> int | None:
    """Return a user or group number as strtoul reads it, or None; "00" is 0 and so is " 0"."""
    return number_ if _DECIMAL.fullmatch(text) and (number_ := int(text)) <= _MOST_ID else None


def _first_human(files: Bundle) -> int:
    text = files.first("/etc/login.defs", "/usr/etc/login.defs")
    value = number(setting(text, "UID_MIN")) if text is not None else None
    return 1000 if value is None else value


def _compat(odd: list[str]) -> list[str]:
    return [line for line in odd if line.split(": ", 1)[1][:1] in "+-"]


def _other(odd: list[str]) -> list[str]:
    return [line for line in odd if line.split(": ", 1)[1][:1] not in "+-"]


def _clip(line: str) -> str:
    return line[:60]
