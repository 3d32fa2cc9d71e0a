"""What secrets look like wherever they stand, and those that only the lines around them give away.

Each takes time in proportion to the text, whatever it holds. Sources: crypt(5), shadow(5), RFC 7468 (PEM), RFC 3986
3.2.1 (user information in URLs), RFC 7519 and 7516 (JSON web tokens), RFC 2307 (password schemes), PuTTY's key format,
and what the issuers of tokens say of them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Shape:
    """What a secret looks like; `secret` in the pattern, or all of it. Without a `kind`, `type` in it tells the scheme.

    A text that it finds one in holds one of `hints`.
    """

    hints: tuple[str, ...]
    pattern: re.Pattern[str]
    kind: str


def _shape(hints: str, written: str, kind: str, flags: int = 0) -> Shape:
    return Shape(tuple(hints.split()), re.compile(written, flags), kind)


SHAPES: Final = (
    _shape("$", r"\$(?P<type>[0-9a-z]{1,6})\$[^\s:\"';,<>]{4,}", ""),
    _shape("ENC", r"(?<=\bENC )(?P<secret>[A-Za-z0-9+/=]{4,})", "encrypted"),
    _shape("://", r"://[^\s/:@]{0,200}:(?P<secret>[^\s/\ufdd0]{1,300})(?=@)", "plain"),
    _shape("AKIA ASIA", r"\bA[KS]IA[0-9A-Z]{16}\b", "token"),
    _shape("ghp_ gho_ ghu_ ghs_ ghr_", r"\bgh[pousr]_[A-Za-z0-9]{36,255}", "token"),
    _shape("github_pat_", r"\bgithub_pat_\w{20,255}", "token"),
    _shape("AIza", r"\bAIza[\w-]{35}", "token"),
    _shape("xox glpat-", r"\b(?:xox[abeprs]|glpat)-[A-Za-z0-9_-]{10,255}", "token"),
    _shape("k_live_ k_test_", r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{10,255}", "token"),
    _shape("npm_", r"\bnpm_[A-Za-z0-9]{36,255}", "token"),
    _shape("hvs. hvb.", r"\bhv[sb]\.[\w-]{20,255}", "token"),
    _shape("hooks.slack.com/", r"hooks\.slack\.com/services/(?P<secret>[\w/]{10,255})", "token"),
    _shape("AGE-SECRET-KEY-", r"\bAGE-SECRET-KEY-1[0-9A-Z]{20,255}", "token"),
    _shape("eyJ", r"(?<![\w.-])eyJ[\w-]{8,}\.(?:[\w-]{8,}\.[\w-]*|eyJ[\w-]*|\.[\w-]+)(?:\.[\w-]*){0,2}", "token"),
    _shape("grub.pbkdf2", r"\bgrub\.pbkdf2\.sha\d{1,3}\.\d{1,9}\.[^\s\ufdd0]+", "hash-pbkdf2"),
    _shape("{S {M", r"\{(?:S?SHA\d{0,3}|S?MD5)\}(?P<secret>[A-Za-z0-9+/=]{8,})", "hash-ldap"),
    _shape(
        "PRIVATE",
        r"-----BEGIN ([A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,20})-----(?>.*?(?:-----END \1-----|\Z))",
        "pem",
        re.DOTALL,
    ),
    _shape(
        "Private-Lines:",
        r"^Private-Lines: \d{1,4}\r?\n(?P<secret>(?:[A-Za-z0-9+/=]+(?:\r?\n|\Z))+)",
        "pem",
        re.MULTILINE,
    ),
)
ACCOUNTS: Final = re.compile(
    r"^[^:\s]+:!{0,2}(?P<secret>\$[^:\s]+|[./A-Za-z0-9]{13}|_[./A-Za-z0-9]{19})(?=:(?:[^:\n]*:){2})", re.MULTILINE
)

_NAMED: Final = r"(?P<secret>\"(?:[^\"\\\n\ufdd0]|\\[^\n])+\"?|[^\s;\"\ufdd0]+)"
_FORTIOS: Final = re.compile(rf"^[^\S\n]+set name {_NAMED}", re.MULTILINE)
_ROUTEROS: Final = re.compile(rf"^(?:add|set)\b[^\n\ufdd0]{{0,200}}?[^\S\n]name={_NAMED}", re.MULTILINE)
_END: Final = re.compile(r"^[ \t]*-----END [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,20}-----", re.MULTILINE)
_BASE64: Final = re.compile(r"[ \t]*[A-Za-z0-9+/=]+\r?")


def communities_by_section(text: str) -> Iterator[tuple[int, int]]:
    """Give where SNMP communities stand that only the head of their section gives away: in FortiOS and RouterOS."""
    for head, foot, pattern in (
        ("config system snmp community\n", "\nend", _FORTIOS),
        ("/snmp community\n", "\n/", _ROUTEROS),
    ):
        place = text.find(head)
        while place >= 0:
            stop = text.find(foot, place + len(head) - 1)
            stop = len(text) if stop < 0 else stop
            yield from (found.span("secret") for found in pattern.finditer(text, place + len(head), stop))
            place = text.find(head, stop)


def headless_keys(text: str) -> Iterator[tuple[int, int]]:
    """Give where the rest of a private key stands whose beginning was cut off."""
    after = 0
    for found in _END.finditer(text) if "PRIVATE KEY-" in text or "PRIVATE KEY BLOCK" in text else ():
        foot = start = found.start()
        while start > after:
            line = text.rfind("\n", after, start - 1) + 1 or after
            if not _BASE64.fullmatch(text, line, start - 1):
                break
            start = line
        if start < foot:
            yield start, foot - 1
        after = found.end()
