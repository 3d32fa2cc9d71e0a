r"""The grammar of rules: `not c:systemctl is-enabled cups -> r:^enabled && !r:static`.

    rule    = ["not "] kind ":" target [" -> " pattern]          kind = f | d | p | c | r
    pattern = term { " && " term }
    term    = ["!"] ( "r:" expression | "n:" expression " compare " operator " " number | literal )

Source: Wazuh's reference "Creating custom SCA policies", 4.x and 5.x. Policies of 4.x are read as those of 5.x, but for
what only they have: lists of files between commas, OSMatch for names of files, `=`, `=>`, `=<` and `\!=`.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

ARROW: Final = " -> "
AND: Final = " && "
_COMPARE: Final = "compare"
_OLD_OPERATORS: Final = {"=": "==", "=>": ">=", "=<": "<="}
_OLD_COMPARISON: Final = re.compile(r"\\?([<>=!]{1,2})\s*(.*)", re.DOTALL)


class Kind(StrEnum):
    """What a rule looks at."""

    FILE = "file"
    DIRECTORY = "directory"
    PROCESS = "process"
    COMMAND = "command"
    REGISTRY = "registry"


class Dialect(StrEnum):
    """The language of a rule's expressions."""

    PCRE2 = "pcre2"
    OSREGEX = "osregex"


@dataclass(frozen=True, slots=True)
class Edition:
    """Which release's policies these are: 4 or 5, and the dialect of their expressions."""

    release: int = 5
    dialect: Dialect = Dialect.PCRE2


_KINDS: Final = {
    "f": Kind.FILE, "d": Kind.DIRECTORY, "p": Kind.PROCESS, "c": Kind.COMMAND, "r": Kind.REGISTRY,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, and its text as the file has it."""

    text: str
    kind: Kind
    target: str
    pattern: str | None = None
    negated: bool = False

    @property
    def targets(self) -> tuple[str, ...]:
        """Return the files or directories: several stand between commas."""
        if self.kind not in {Kind.FILE, Kind.DIRECTORY}:
            return (self.target,)
        return tuple(target.strip() for target in self.target.split(",") if target.strip())


@dataclass(frozen=True, slots=True)
class Term:
    """One condition on a line: `r:` and an expression, `n:` and a comparison, or the line itself."""

    kind: str  # "r", "n", or "" for a literal
    text: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """An expression, and what the number it finds is compared with."""

    expression: str
    operator: str
    number: str


def parse_rule(text: str) -> Rule | None:
    """Return a rule, or None for a text that is none."""
    whole = text.strip(" \t")
    negated = whole[:4] in {"not ", "NOT "}
    place, pattern = split_pattern(whole[4:].strip(" \t") if negated else whole)
    kind = rule_kind(place.strip(" \t"))
    target = place.partition(":")[2].strip(" \t")
    if kind is None or not target:
        return None
    return Rule(whole, kind, target, pattern, negated)


def rule_kind(text: str) -> Kind | None:
    """Return what a rule without its `not` looks at; a `!` before the letter says nothing."""
    letter, colon, _ = text.partition(":")
    return _KINDS.get(letter.removeprefix("!")) if colon else None


def split_pattern(text: str) -> tuple[str, str | None]:
    """Return what stands before the first arrow, and the pattern behind it, if there is an arrow."""
    place, arrow, pattern = text.partition(ARROW)
    return place, pattern if arrow else None


def is_searched(pattern: str) -> bool:
    """Whether a pattern is searched for, line by line; any other one is the text that is wanted, as a whole."""
    return pattern.removeprefix("!").startswith(("r:", "n:"))


def parse_terms(pattern: str) -> tuple[Term, ...]:
    """Return the conditions of a pattern; nothing behind the last `&&` is no condition."""
    return tuple(map(_term, pattern.removesuffix(AND).split(AND))) if pattern else ()


def parse_comparison(text: str, edition: Edition) -> Comparison | None:
    """Return the parts of `EXPRESSION compare OPERATOR NUMBER`, or None where they are not all there."""
    expression, word, rest = text.partition(_COMPARE)
    if not word or not expression or not rest[1:]:
        return None
    words = rest[1:].split()
    if edition.release == 4 and (found := _OLD_COMPARISON.match(rest.strip())):
        words = [_OLD_OPERATORS.get(found[1], found[1]), *found[2].split()]
    return Comparison(expression[:-1], words[0], words[1]) if len(words) > 1 else None


def _term(text: str) -> Term:
    negated = text.startswith("!")
    bare = text.removeprefix("!")
    kind = bare[0] if bare.startswith(("r:", "n:")) else ""
    return Term(kind, bare[2:] if kind else bare, negated)
