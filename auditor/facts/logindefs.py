"""/etc/login.defs as its readers read it, which differ: the shadow tools take the last of two lines, PAM the first.

Sources: login.defs(5); shadow-utils lib/getdef.c (last line wins, names are case-sensitive, only a line's beginning can
be a comment, a number may be octal or hexadecimal and a number followed by anything is no number); Linux-PAM
libpam/pam_modutil_searchkey.c (first line wins, `#` begins a comment anywhere, `=` separates too).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

_SEPARATOR: Final = re.compile(r"[ \t=]+")
_NAME: Final = re.compile(r"[^ \t]+")
_NUMBER: Final = re.compile(r"\s*[+-]?(?:0[xX][0-9a-fA-F]{1,16}|0[0-7]{0,22}|[1-9][0-9]{0,19})")


@dataclass(frozen=True, slots=True)
class Defaults:
    """Settings of login.defs and useradd, as text.

    `by_tools` is what useradd, chage and pwconv use, `by_pam` what PAM modules look up. `merged` is true where the
    host merges vendor and drop-in files (SUSE's libeconf), whose treatment of comments at a line's end differs.
    """

    by_tools: dict[str, str] = field(default_factory=dict)
    by_pam: dict[str, str] = field(default_factory=dict)
    inactive: str | None = None
    merged: bool = False


def settings(text: str) -> dict[str, str]:
    """Return the settings as the shadow tools take them: the last line wins."""
    return dict(_pairs(text))


def setting(text: str, name: str) -> str:
    """Return one setting as the shadow tools take it, or an empty text."""
    return settings("\n".join([line for line in text.split("\n") if name in line])).get(name, "")


def pam_settings(text: str) -> dict[str, str]:
    """Return the settings as PAM modules take them: the first line wins, and `#` begins a comment anywhere."""
    found: dict[str, str] = {}
    for line in _lines(text):
        told = line.partition("#")[0].strip()
        name, *value = _SEPARATOR.split(told, maxsplit=1) if told else [""]
        if name:
            found.setdefault(name, value[0].strip() if value else "")
    return found


def number(text: str) -> int | None:
    """Return a number as strtol with base 0 reads all of a text, or None when it is not a number."""
    if not _NUMBER.fullmatch(text):
        return None
    digits = text.strip().lower()
    unsigned = digits.lstrip("+-")
    base = 16 if unsigned.startswith("0x") else 8 if unsigned.startswith("0") else 10
    return int(unsigned, base) * (-1 if digits.startswith("-") else 1)


def _lines(text: str) -> list[str]:
    """Return the lines of a file that is mostly comments, but for those."""
    return [line for line in text.split("\n") if not line.startswith("#")]


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for line in _lines(text):
        stripped = line.rstrip().lstrip(" \t")
        name = None if stripped.startswith("#") else _NAME.match(stripped)
        if name and name.end() < len(stripped):
            yield name[0], stripped[name.end() :].lstrip(' "\t').partition('"')[0]
