"""Patterns over lines: held, not held, or not known where a line has a secret that was taken out of it.

A line has to satisfy every term. One negated term alone is different: it holds when no line satisfies what it negates.
(Wazuh 4.x took any other line for proof, so that `!r:x` held of almost every file; here all releases are read as 5.x.)
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from auditor.sca import osregex, pcre
from auditor.sca.hidden import faces, may_be, may_match, of_known_form, redacted
from auditor.sca.nodes import BadPattern
from auditor.sca.program import Budget, Places, Program, compiled
from auditor.sca.rules import Dialect, Edition, Term, is_searched, parse_comparison, parse_terms

_INTEGER: Final = re.compile(r"\s*([+-]?[0-9]+)")
_LARGEST: Final = 2**31
_COMPARED: Final[dict[str, Callable[[int, int], bool]]] = {
    "<": int.__lt__, "<=": int.__le__, "==": int.__eq__, "!=": int.__ne__, ">=": int.__ge__, ">": int.__gt__,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Held:
    """Whether a pattern holds, None where that is not known, and the line that tells."""

    holds: bool | None
    line: str = ""


def matches(pattern: str, lines: Sequence[str], edition: Edition, budget: Budget) -> Held:
    """Return whether a pattern's terms hold of some line; no lines satisfy nothing.

    Raises BadPattern for what cannot be read or compared, and TooCostly for what would take too long to decide.
    """
    terms = parse_terms(pattern)
    alone = terms[0].negated if len(terms) == 1 else False
    sought = (Term(terms[0].kind, terms[0].text),) if alone else terms
    unsure = ""
    for line in lines:
        holds = _line_holds(sought, line, edition, budget)
        if holds:
            return Held(not alone, line)
        if holds is None:
            unsure = unsure or line
    return Held(None, unsure) if unsure else Held(alone and bool(lines))


def found(pattern: str, lines: Sequence[str], edition: Edition, budget: Budget) -> Held:
    """Return whether lines have what a rule wants: what is searched for, or else a line that is just that text.

    Raises BadPattern and TooCostly.
    """
    if is_searched(pattern):
        return matches(pattern, lines, edition, budget)
    for line in lines:
        if _same(line, pattern, edition):
            return Held(holds=True, line=line)
    unsure = next((line for line in lines if redacted(line) and may_be(line, pattern)), None)
    return Held(holds=False) if unsure is None else Held(None, unsure)


def name_matches(pattern: str, name: str, edition: Edition, budget: Budget) -> bool:
    """Return whether a file has a name that a rule wants. Raises BadPattern and TooCostly."""
    if is_searched(pattern):
        return bool(matches(pattern, [name], edition, budget).holds)
    if edition.release == 5:
        return name == pattern
    program = compiled(osregex.parse_match(pattern.removeprefix("!")))
    return (program.search(name, budget) is not None) is not pattern.startswith("!")


def _line_holds(terms: Sequence[Term], line: str, edition: Edition, budget: Budget) -> bool | None:
    """Return whether a line satisfies all terms, or None where what was taken out of it would decide."""
    if not redacted(line):
        return all(_holds(term, line, edition, budget) is not term.negated for term in terms)
    unsure = False
    for term in terms:
        holds = _redacted_holds(term, line, edition, budget)
        if holds is term.negated:
            return False
        unsure = unsure or holds is None
    return None if unsure else True


def _redacted_holds(term: Term, line: str, edition: Edition, budget: Budget) -> bool | None:
    """Return whether a line satisfies a term, whatever the secret in it was; None where that depends on it."""
    results = {_tried(term, face, edition, budget) for face in faces(line)}
    if results == {True} or (len(results) == 1 and of_known_form(line)):
        return results.pop()
    return None if None in results or True in results or _may_hold(term, line, edition, budget) else False


def _tried(term: Term, line: str, edition: Edition, budget: Budget) -> bool | None:
    try:
        return _holds(term, line, edition, budget)
    except BadPattern:
        return None


def _may_hold(term: Term, line: str, edition: Edition, budget: Budget) -> bool:
    if not term.kind:
        return may_be(line, term.text)
    comparison = parse_comparison(term.text, edition) if term.kind == "n" else None
    program = _program(comparison.expression if comparison else term.text, edition.dialect)
    return may_match(program, line, budget)


def _holds(term: Term, line: str, edition: Edition, budget: Budget) -> bool:
    if term.kind == "r":
        return _program(term.text, edition.dialect).search(line, budget) is not None
    if term.kind == "n":
        return _compares(term.text, line, edition, budget)
    return _same(line, term.text, edition)


def _same(line: str, text: str, edition: Edition) -> bool:
    return line.lower() == text.lower() if edition.release == 4 else line == text


def _compares(text: str, line: str, edition: Edition, budget: Budget) -> bool:
    comparison = parse_comparison(text, edition)
    if comparison is None:
        raise BadPattern(f"{text!r} is no comparison: write EXPRESSION compare OPERATOR NUMBER")
    wanted = _integer(comparison.number)
    places = _program(comparison.expression, edition.dialect).search(line, budget)
    if places is None:
        return False
    seen = _integer(_captured(places, line))
    if comparison.operator not in _COMPARED:
        raise BadPattern(f"there is no operator {comparison.operator}; there are {' '.join(_COMPARED)}")
    return _COMPARED[comparison.operator](seen, wanted)


def _captured(places: Places, line: str) -> str:
    """Return what the first group holds, or the whole match where no group took part."""
    start, end = places[2:4] if any(place >= 0 for place in places[2:]) else places[:2]
    if start < 0:
        raise BadPattern("the first group took no part in the match")
    return line[start:end]


def _integer(text: str) -> int:
    """Return the number that a text begins with, as C++'s std::stoi reads it."""
    number = _INTEGER.match(text)
    if number is None or len(number[1]) > 400 or not -_LARGEST <= int(number[1]) < _LARGEST:
        raise BadPattern(f"{text!r} is no number")
    return int(number[1])


@lru_cache(maxsize=5000)
def _program(expression: str, dialect: Dialect) -> Program:
    return compiled(pcre.parse(expression) if dialect is Dialect.PCRE2 else osregex.parse(expression))
