r"""PCRE2's syntax (pcre2pattern(3), release 10.42), read as Wazuh's engine compiles it: caseless, a line at a time.

What no line can show (\R, the options s and m) is taken for what it means on one line. Back references, recursion,
conditions, callouts, verbs, \K, \X and Unicode properties are refused by name: no bounded search follows them.
"""

import re
from dataclasses import dataclass
from typing import Final

from auditor.sca.nodes import (
    DIGITS,
    LETTERS,
    WORD,
    Atomic,
    BadPattern,
    Chars,
    Choice,
    Edge,
    Group,
    Look,
    Node,
    Repeat,
    Series,
    either_case,
    width,
)

_DEEPEST: Final = 60
_LONGEST: Final = 10_000
_MOST_TIMES: Final = 65_535
_ASCII: Final = frozenset(map(chr, range(128)))
_SPACE: Final = frozenset(" \t\n\v\f\r")
_FLAT_SPACE: Final = frozenset(" \t\xa0")
_LINE_ENDS: Final = frozenset("\n\v\f\r\x85")
_KINDS: Final = {
    "d": Chars(DIGITS), "w": Chars(WORD), "s": Chars(_SPACE), "h": Chars(_FLAT_SPACE), "v": Chars(_LINE_ENDS),
    "D": ~Chars(DIGITS), "W": ~Chars(WORD), "S": ~Chars(_SPACE), "H": ~Chars(_FLAT_SPACE), "V": ~Chars(_LINE_ENDS),
    "N": ~Chars(frozenset("\n")), "R": Chars(_LINE_ENDS),
}  # fmt: skip
_SIGNS: Final = {"a": "\a", "e": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_EDGES: Final = {
    "b": Edge.WORD, "B": Edge.NO_WORD, "A": Edge.START, "G": Edge.START, "Z": Edge.END, "z": Edge.END,
}  # fmt: skip
_PLAIN: Final[dict[str, Node]] = {"^": Edge.START, "$": Edge.END, ".": ~Chars(frozenset("\n"))}
_NAMED: Final = {
    "alnum": DIGITS | LETTERS, "alpha": LETTERS, "ascii": _ASCII, "blank": frozenset(" \t"), "digit": DIGITS,
    "cntrl": frozenset(sign for sign in _ASCII if sign < " " or sign == "\x7f"),
    "graph": frozenset(sign for sign in _ASCII if "!" <= sign <= "~"),
    "lower": frozenset(sign for sign in LETTERS if sign.islower()),
    "print": frozenset(sign for sign in _ASCII if " " <= sign <= "~"),
    "punct": frozenset(sign for sign in _ASCII if "!" <= sign <= "~") - DIGITS - LETTERS,
    "space": _SPACE, "upper": frozenset(sign for sign in LETTERS if sign.isupper()), "word": WORD,
    "xdigit": DIGITS | frozenset("abcdefABCDEF"),
}  # fmt: skip
_TIMES: Final = re.compile(r"\{([0-9]+)(?:(,)([0-9]*))?\}")
_POSIX: Final = re.compile(r"\[:(\^?)([a-z]+):\]")
_OPTIONS: Final = re.compile(r"\(\?([imsxnJU^-]*)([:)])")
_NAME: Final = re.compile(r"\(\?(?:P?<([A-Za-z_]\w*)>|'([A-Za-z_]\w*)')")
_HEX: Final = re.compile(r"x(?:\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{0,2}))")
_OCTAL: Final = re.compile(r"o\{([0-7]+)\}|(0[0-7]{0,2})")
_LOOKS: Final = {"(?=": (False, False), "(?!": (False, True), "(?<=": (True, False), "(?<!": (True, True)}


def parse(pattern: str) -> Node:
    """Return what an expression is made of. Raises BadPattern, with the place counted from 0 as PCRE2 does."""
    if len(pattern) > _LONGEST:
        raise BadPattern(f"it is longer than {_LONGEST} signs")
    reader = _Reader(pattern)
    node = reader.choice(caseless=True)
    if reader.at < len(pattern):
        raise reader.bad("a parenthesis is closed that was not opened")
    return node


@dataclass
class _Reader:
    text: str
    at: int = 0
    groups: int = 0
    depth: int = 0

    def bad(self, why: str) -> BadPattern:
        return BadPattern(f"{why} (at {self.at})")

    def next(self, *words: str) -> str:
        """Take one of these words, if it stands here, and return it."""
        for word in words:
            if self.text.startswith(word, self.at):
                self.at += len(word)
                return word
        return ""

    def found(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Take what a pattern finds here."""
        match = pattern.match(self.text, self.at)
        if match:
            self.at = match.end()
        return match

    def choice(self, *, caseless: bool) -> Node:
        """Return what stands here up to a closing parenthesis or the end."""
        ways: list[Node] = []
        parts: list[Node] = []
        while self.at < len(self.text) and self.text[self.at] != ")":
            if self.next("|"):
                ways.append(_one(parts))
                parts = []
            elif (options := self.found(_OPTIONS)) and options[2] == ")":
                caseless = self._caseless(options[1], caseless=caseless)
            elif options:
                inside = self._caseless(options[1], caseless=caseless)
                parts.append(self._times(self._closed(caseless=inside)))
            elif self.next("(?#"):
                self._skip(")")
            elif self.next("\\Q"):
                parts += self._quoted(caseless=caseless)
            elif not self.next("\\E"):
                parts.append(self._item(caseless=caseless))
        return Choice((*ways, _one(parts))) if ways else _one(parts)

    def _caseless(self, letters: str, *, caseless: bool) -> bool:
        if refused := set(letters) & set("xnJU"):
            raise self.bad(f"the option {min(refused)} is not followed")
        on, minus, off = letters.removeprefix("^").partition("-")
        if letters.startswith("^") and minus:
            raise self.bad("an option cannot be switched off behind ^")
        before = caseless and not letters.startswith("^")
        return "i" in on or (before and "i" not in off)

    def _skip(self, end: str) -> None:
        stop = self.text.find(end, self.at)
        if stop < 0:
            raise self.bad("a comment does not end")
        self.at = stop + len(end)

    def _quoted(self, *, caseless: bool) -> list[Node]:
        stop = self.text.find("\\E", self.at)
        words = self.text[self.at : stop if stop >= 0 else len(self.text)]
        self.at = stop + 2 if stop >= 0 else len(self.text)
        signs: list[Node] = [_literal(sign, caseless=caseless) for sign in words]
        return [*signs[:-1], self._times(signs[-1])] if signs else []

    def _item(self, *, caseless: bool) -> Node:
        """Return one thing with its quantifier."""
        sign = self.text[self.at]
        if sign in "*+?" or (sign == "{" and _TIMES.match(self.text, self.at)):
            raise self.bad("a quantifier does not follow a repeatable item")
        if sign == "(":
            node = self._group(caseless=caseless)
        elif sign == "[":
            node = self._class(caseless=caseless)
        else:
            node = self._simple(sign, caseless=caseless)
        return node if isinstance(node, Edge) else self._times(node)

    def _simple(self, sign: str, *, caseless: bool) -> Node:
        self.at += 1
        if sign in _PLAIN:
            return _PLAIN[sign]
        known = self._escape() if sign == "\\" else sign
        return _literal(known, caseless=caseless) if isinstance(known, str) else known

    def _closed(self, *, caseless: bool) -> Node:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self.bad("parentheses are nested too deeply")
        inner = self.choice(caseless=caseless)
        if not self.next(")"):
            raise self.bad("a closing parenthesis is missing")
        self.depth -= 1
        return inner

    def _group(self, *, caseless: bool) -> Node:
        if word := self.next("(?<=", "(?<!", "(?=", "(?!"):
            behind, negated = _LOOKS[word]
            return _looking(self._closed(caseless=caseless), behind=behind, negated=negated)
        if self.next("(?>"):
            return Atomic(self._closed(caseless=caseless))
        if not self.found(_NAME):
            if self.text.startswith(("(?", "(*"), self.at):
                raise self.bad(f"{self.text[self.at : self.at + 3]} is not followed")
            self.at += 1
        self.groups += 1
        number = self.groups
        return Group(self._closed(caseless=caseless), number)

    def _times(self, node: Node) -> Node:
        """Return a node with the quantifier that stands here, if one does."""
        least, most = 1, None
        if sign := self.next("*", "+", "?"):
            least, most = int(sign == "+"), 1 if sign == "?" else None
        elif times := self.found(_TIMES):
            least = int(times[1])
            most = (int(times[3]) if times[3] else None) if times[2] else least
        else:
            return node
        if max(least, most or 0) > _MOST_TIMES or (most is not None and most < least):
            raise self.bad("a quantifier's numbers are out of order or too big")
        if self.next("+"):
            return Atomic(Repeat(node, least, most))
        return Repeat(node, least, most, lazy=bool(self.next("?")))

    def _escape(self, *, in_class: bool = False) -> "Chars | Edge | str":
        """Return what a backslash makes of what follows it."""
        if self.at == len(self.text):
            raise self.bad("a backslash stands at the end")
        if (coded := self._coded(in_class=in_class)) is not None:
            return coded
        sign = self.text[self.at]
        self.at += 1
        if in_class and sign == "b":
            return "\b"
        if sign in _KINDS and not (in_class and sign in "NR"):
            return _KINDS[sign]
        if sign in _SIGNS:
            return _SIGNS[sign]
        if sign in _EDGES and not in_class:
            return _EDGES[sign]
        if sign.isascii() and sign.isalnum():
            raise self.bad(f"\\{sign} is not known, or not followed")
        return sign

    def _coded(self, *, in_class: bool) -> str | None:
        """Return the sign that is given by its number, or None."""
        if found := self.found(_HEX):
            return self._sign(int(found[1] or found[2] or "0", 16))
        if found := self.found(_OCTAL):
            return self._sign(int(found[1] or found[2], 8))
        if self.text.startswith("c", self.at) and "!" <= self.text[self.at + 1 : self.at + 2] <= "~":
            self.at += 2
            return chr(ord(self.text[self.at - 1].upper()) ^ 0x40)
        if in_class and (found := self.found(re.compile("[0-7]{1,3}"))):
            return self._sign(int(found[0], 8))
        return None

    def _sign(self, number: int) -> str:
        if number > 0xFF:
            raise self.bad("a sign's number is too large")
        return chr(number)

    def _class(self, *, caseless: bool) -> Chars:
        """Return what stands in brackets; `]` first is a sign."""
        if _POSIX.match(self.text, self.at):
            raise self.bad("a named class stands outside of a class")
        self.at += 1
        negated = bool(self.next("^"))
        known = Chars(frozenset())
        first = True
        while first or not self.next("]"):
            if self.at >= len(self.text):
                raise self.bad("a closing bracket is missing")
            first = False
            known |= self._member(caseless=caseless)
        return ~known if negated else known

    def _member(self, *, caseless: bool) -> Chars:
        if named := self.found(_POSIX):
            if named[2] not in _NAMED:
                raise self.bad(f"there is no class {named[2]}")
            one = Chars(either_case(_NAMED[named[2]]) if caseless else _NAMED[named[2]])
            low: Chars | str = ~one if named[1] else one
        else:
            low = self._edge_of_range()
        if isinstance(low, Chars):
            if self._ranges():
                raise self.bad("a range may not begin with a class")
            return low
        if not self._ranges():
            return _literal(low, caseless=caseless)
        self.at += 1
        high = self._edge_of_range()
        if isinstance(high, Chars) or high < low:
            raise self.bad("a range is out of order")
        members = frozenset(map(chr, range(ord(low), ord(high) + 1)))
        return Chars(either_case(members) if caseless else members)

    def _ranges(self) -> bool:
        """Whether a hyphen stands here that makes a range: it is not the last sign of the class."""
        return self.text.startswith("-", self.at) and self.text[self.at + 1 : self.at + 2] not in {"]", ""}

    def _edge_of_range(self) -> "Chars | str":
        sign = self.text[self.at : self.at + 1]
        self.at += 1
        if sign != "\\":
            return sign
        known = self._escape(in_class=True)
        assert not isinstance(known, Edge)  # there are none in a class
        return known


def _one(parts: list[Node]) -> Node:
    return parts[0] if len(parts) == 1 else Series(tuple(parts))


def _literal(sign: str, *, caseless: bool) -> Chars:
    return Chars(either_case(frozenset(sign)) if caseless else frozenset(sign))


def _looking(inner: Node, *, behind: bool, negated: bool) -> Node:
    """Return a look; ways of a lookbehind that differ in length are looks of their own (pcre2pattern(3))."""
    if not behind or not isinstance(inner, Choice):
        look = Look(inner, behind, negated)
        width(inner) if behind else None
        return look
    looks = tuple(Look(way, behind=True, negated=negated) for way in inner.ways if width(way) >= 0)
    return Series(looks) if negated else Choice(looks)
