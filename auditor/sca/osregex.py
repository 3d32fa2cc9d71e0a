r"""OSSEC's own two expression languages, which Wazuh 4.x reads where a file does not ask for PCRE2.

OSRegex knows `\w \d \s \t \p \.`, their opposites `\W \D \S`, `*` and `+` behind those alone, `^` first, `$` last, `|`
between whole patterns and one level of parentheses; every other sign stands for itself, `.` and `[` too. OSMatch knows
`^`, `$` and `|`. Both take letters in either case. Source: "Regular Expression Syntax", OSSEC's and Wazuh's manuals.

OSSEC's own matcher gives up some matches that its language promises, as it goes back four times at most; here the
language counts.
"""

import re
from typing import Final

from auditor.sca.nodes import DIGITS, LETTERS, BadPattern, Chars, Choice, Edge, Group, Node, Repeat, Series, either_case

_ANY: Final = Chars(frozenset(), negated=True)
_WORD: Final = Chars(DIGITS | LETTERS | frozenset("-@_"))
_KINDS: Final = {
    "d": Chars(DIGITS), "w": _WORD, "s": Chars(frozenset(" ")), "t": Chars(frozenset("\t")), ".": _ANY,
    "p": Chars(frozenset("*+,-.:;<=>?[]!\"'#$%&|{}()")),
    "D": ~Chars(DIGITS), "W": ~_WORD, "S": ~Chars(frozenset(" ")),
}  # fmt: skip
_ESCAPED: Final = frozenset("()\\$|<")
_TOKEN: Final = re.compile(
    r"\\(?P<kind>[dwst.pDWS])(?P<times>[*+]?)|\\(?P<escaped>.?)|(?P<bracket>[()])|(?P<sign>.)", re.DOTALL
)
_LONGEST: Final = 20_480  # OS_PATTERN_MAXSIZE


def parse(pattern: str) -> Node:
    """Return what an OSRegex is made of. Raises BadPattern."""
    if len(pattern) > _LONGEST:
        raise BadPattern(f"it is longer than {_LONGEST} signs")
    groups = 0
    ways: list[Node] = []
    for way in _ways(pattern):
        parts, inside = _parts(way, groups)
        groups += inside
        ways.append(Series(parts))
    return Choice(tuple(ways))


def parse_match(pattern: str) -> Node:
    """Return what an OSMatch is made of: plain words, at the beginning with `^`, at the end with `$`."""
    ways = []
    for way in pattern.split("|"):
        words = way[int(way.startswith("^")) : len(way) - int(way.endswith("$"))]
        ways.append(Series(_edged(way, tuple(map(_literal, words)))))
    return Choice(tuple(ways))


def _ways(pattern: str) -> list[str]:
    """Return the patterns between bars that are not escaped."""
    ways, start, at = [], 0, 0
    while at < len(pattern):
        if pattern[at] == "|":
            ways.append(pattern[start:at])
            start = at + 1
        at += 2 if pattern[at] == "\\" else 1
    return [*ways, pattern[start:]]


def _parts(way: str, groups: int) -> tuple[tuple[Node, ...], int]:
    """Return the parts of one pattern, and how many groups are in it."""
    outside: list[Node] = []
    inside: list[Node] | None = None
    number = 0
    for token in _TOKEN.finditer(way, int(way.startswith("^")), len(way) - int(_ends(way))):
        if token["bracket"] and (inside is None) is not (token["bracket"] == "("):
            raise BadPattern("its parentheses are nested or not closed")
        if not token["bracket"]:
            (outside if inside is None else inside).append(_one(token))
        elif inside is None:
            inside = []
        else:
            number += 1
            outside.append(Group(Series(tuple(inside)), groups + number))
            inside = None
    if inside is not None:
        raise BadPattern("a parenthesis is not closed")
    return _edged(way, tuple(outside)), number


def _one(token: re.Match[str]) -> Node:
    if token["kind"]:
        kind = _KINDS[token["kind"]]
        return Repeat(kind, int(token["times"] == "+"), None) if token["times"] else kind
    if token["escaped"] is not None and token["escaped"] not in _ESCAPED:
        raise BadPattern(f"\\{token['escaped']} is not known")
    return _literal(token["escaped"] or token["sign"])


def _edged(way: str, parts: tuple[Node, ...]) -> tuple[Node, ...]:
    first = (Edge.START,) * way.startswith("^")
    return (*first, *parts, *(Edge.END,) * _ends(way))


def _ends(way: str) -> bool:
    """Whether a pattern ends in a `$` that is not escaped."""
    before = way[:-1]
    return way.endswith("$") and (len(before) - len(before.rstrip("\\"))) % 2 == 0


def _literal(sign: str) -> Chars:
    return Chars(either_case(frozenset(sign)))
