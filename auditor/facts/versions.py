"""Which of two versions of a package is the newer one, as the package manager that installed it sees it.

Sources: deb-version(7), which dpkg --compare-versions carries out; rpm-version(7) and rpm's rpmvercmp, with `~` before
everything and `^` before everything but the end; apk-tools' version grammar (digits, letter, _suffix, -rN). A version
becomes a key once, and keys compare as versions do: nothing is compared that was not parsed.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Final, Literal

Manager = Literal["dpkg", "rpm", "apk"]
Key = tuple[object, ...]

_LONGEST: Final = 1000  # characters; no package has a longer version, but a hostile host may say so
_DPKG: Final = re.compile(r"([^0-9]*)([0-9]*)")
_RPM: Final = re.compile(r"[~^]|[0-9]+|[A-Za-z]+")
_APK: Final = re.compile(r"(\.?[0-9]+)|([a-z])(?![a-z])|_([a-z]+)([0-9]*)|-r([0-9]+)")
_BEFORE: Final = ("alpha", "beta", "pre", "rc")
_AFTER: Final = ("cvs", "svn", "git", "hg", "p")
_PRE, _END, _REVISION, _NUMBER, _SUFFIX, _LETTER, _PART = range(7)


def older(manager: Manager, one: str, other: str) -> bool:
    """Whether one version is older than another."""
    return key(manager, one) < key(manager, other)


def newest(manager: Manager, versions: Iterable[str]) -> str:
    """Return the newest of some versions, or nothing when there are none."""
    return max(versions, key=lambda version: key(manager, version), default="")


@lru_cache(maxsize=100_000)
def key(manager: Manager, version: str) -> Key:
    """Return what compares as versions of this package manager do."""
    return _KEYS[manager](version[:_LONGEST])


def split_evr(version: str) -> tuple[str, str, str]:
    """Return epoch, version and release of an rpm's [epoch:]version[-release]; the epoch is `0` where none is told."""
    epoch, colon, rest = version.partition(":")
    if not colon:
        epoch, rest = "0", version
    upstream, _, release = rest.rpartition("-") if "-" in rest else (rest, "", "")
    return epoch, upstream, release


def upstream(manager: Manager, version: str) -> str:
    """Return what the makers of the software call a version: without epoch, revision and release."""
    if manager == "rpm":
        return split_evr(version)[1]
    bare = version.partition(":")[2] if ":" in version else version
    return re.sub(r"-r[0-9]+$", "", bare) if manager == "apk" else (bare.rpartition("-")[0] or bare)


def _dpkg(version: str) -> Key:
    epoch, colon, rest = version.partition(":")
    if not colon:
        epoch, rest = "", version
    upstream, _, revision = rest.rpartition("-") if "-" in rest else (rest, "", "")
    return (_digits(epoch), _dpkg_part(upstream), _dpkg_part(revision))


def _dpkg_part(text: str) -> Key:
    parts: list[object] = []
    for other, digits in _DPKG.findall(text if text.strip("0") else ""):  # no revision is revision 0
        parts += [_weights(other), _digits(digits)]
    return tuple(parts)


@lru_cache(maxsize=10_000)
def _weights(text: str) -> Key:
    return (*map(_weight, text), 0)


def _weight(sign: str) -> int:
    """Return where a character sorts: `~` before the end of the part (0), letters before all else."""
    if sign == "~":
        return -1
    return ord(sign) if sign.isascii() and sign.isalpha() else ord(sign) + 0x110000


def _rpm(version: str) -> Key:
    epoch, upstream, release = split_evr(version)
    return (_digits(epoch), _rpm_part(upstream), _rpm_part(release))


def _rpm_part(text: str) -> Key:
    ranks: dict[str, Key] = {"~": (0,), "^": (2,)}
    return (*[ranks.get(word) or ((4, *_digits(word)) if word[0] in "0123456789" else (3, word))
              for word in _RPM.findall(text)], (1,))  # fmt: skip


def _apk(version: str) -> Key:
    parts: list[Key] = []
    for dotted, letter, suffix, number, revision in _APK.findall(version):
        if dotted:
            parts.append(_apk_component(dotted, first=not parts))
        elif letter:
            parts.append((_LETTER, letter))
        elif revision:
            parts.append((_REVISION, _digits(revision)))
        else:
            parts.append((_PRE, _BEFORE.index(suffix)) if suffix in _BEFORE else (_SUFFIX, _rank(suffix), suffix))
            parts += [(_NUMBER, _digits(number))] if number else []
    return (*parts, (_END,))


def _apk_component(dotted: str, *, first: bool) -> Key:
    """Return a number; behind a dot leading zeros make it a fraction: 1.01 is older than 1.1."""
    digits = dotted.removeprefix(".")
    zeros = 0 if first else len(digits) - len(digits.lstrip("0"))
    return (_PART, -zeros, _digits(digits))


def _rank(suffix: str) -> int:
    return _AFTER.index(suffix) if suffix in _AFTER else len(_AFTER)


def _digits(text: str) -> tuple[int, str]:
    """Return what compares as a number of any length does; Python reads no more than 4,300 digits."""
    bare = text.lstrip("0")
    return len(bare), bare


_KEYS: Final[Mapping[Manager, Callable[[str], Key]]] = {"dpkg": _dpkg, "rpm": _rpm, "apk": _apk}
