"""What a regular expression is made of, whichever dialect it was written in."""

from dataclasses import dataclass
from enum import Enum
from typing import Final, Union

DIGITS: Final = frozenset("0123456789")
LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
WORD: Final = DIGITS | LETTERS | {"_"}


def either_case(signs: frozenset[str]) -> frozenset[str]:
    """Return signs with the letters of ASCII among them in both cases."""
    return signs | {sign.swapcase() for sign in signs if sign in LETTERS}


class BadPattern(ValueError):
    """The text is no regular expression of its dialect, or one that cannot be followed within bounds."""


class Edge(Enum):
    """A place in a text that takes up no sign."""

    START = "start"
    END = "end"
    WORD = "word boundary"
    NO_WORD = "no word boundary"


@dataclass(frozen=True, slots=True)
class Chars:
    """One sign: one of these, or with `negated` any other one."""

    members: frozenset[str]
    negated: bool = False

    def __or__(self, other: "Chars") -> "Chars":
        """Return what takes a sign that either takes."""
        if self.negated and other.negated:
            return Chars(self.members & other.members, negated=True)
        if self.negated or other.negated:
            without, added = (self, other) if self.negated else (other, self)
            return Chars(without.members - added.members, negated=True)
        return Chars(self.members | other.members)

    def __invert__(self) -> "Chars":
        """Return what takes all other signs."""
        return Chars(self.members, negated=not self.negated)


@dataclass(frozen=True, slots=True)
class Series:
    """One after the other."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """The first of these with which the whole matches."""

    ways: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """At least and at most so many times; as often as possible unless `lazy`. `most` None: without end."""

    part: "Node"
    least: int
    most: int | None
    lazy: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Something whose place is remembered; groups count from 1."""

    part: "Node"
    number: int


@dataclass(frozen=True, slots=True)
class Atomic:
    """Something that is matched once, and in no other way after that."""

    part: "Node"


@dataclass(frozen=True, slots=True)
class Look:
    """Whether something stands here, or with `behind` before here; no sign is taken."""

    part: "Node"
    behind: bool = False
    negated: bool = False


Node = Union[Chars, Edge, Series, Choice, Repeat, Group, Atomic, Look]  # noqa: UP007  (the dataclasses name it)


def width(node: Node) -> int:
    """Return how many signs a node takes. Raises BadPattern when that is not always the same number."""
    match node:
        case Chars():
            return 1
        case Edge() | Look():
            return 0
        case Series():
            return sum(map(width, node.parts))
        case Group() | Atomic():
            return width(node.part)
        case Repeat() if node.least == node.most or width(node.part) == 0:
            return node.least * width(node.part)
        case Choice() if len(found := {width(way) for way in node.ways}) == 1:
            return found.pop()
    raise BadPattern("a lookbehind may not vary in length")
