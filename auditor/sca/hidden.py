"""What can be said of a line from which a secret was taken out before anything kept it.

`root:<secret hash-sha512 3f9a0c1d>:19000:0:90:7:::` is not what the host said, and a policy's expressions were written
for what it said. So a line is tried with several things that may have stood there. Password hashes have a known form
and few signs, so that these decide; whether anything else could have matched is worked out from the expression.
"""

import re
from collections.abc import Iterator
from typing import Final

from auditor.sca.nodes import Edge
from auditor.sca.program import Budget, Do, Program, Step, at_edge

_TOKEN: Final = re.compile(r"<secret ([^\s<>]+) [0-9a-f]{8}>")
_CRYPT: Final = {  # how a hash begins, by the class that redaction leaves (crypt(5))
    "hash-md5": "$1$", "hash-bcrypt": "$2b$12$", "hash-nt": "$3$$", "hash-sha256": "$5$", "hash-sha512": "$6$",
    "hash-scrypt": "$7$", "hash-yescrypt": "$y$j9T$", "hash-gost-yescrypt": "$gy$j9T$", "hash-sha1": "$sha1$",
    "hash-sun-md5": "$md5$", "hash-des": "",
}  # fmt: skip
_HASHES: Final = ("abcdefghij./klmn", "Z9.ZYX/0123WVUTS", "abcdefghij./klmn")
_WORDS: Final = ("secret", "0", "Zz9-_+/=.,:;$#!%")
_KNOWN: Final = "default-community:"  # a word that everybody knows, and redaction leaves
_HIDDEN: Final = "\ufdd2"  # a noncharacter; where a host's own text has it, less is decided


def redacted(line: str) -> bool:
    """Whether something was taken out of a line."""
    return "<secret " in line and _TOKEN.search(line) is not None


def of_known_form(line: str) -> bool:
    """Whether nothing but password hashes and words that everybody knows was taken out of a line."""
    return all(kind in _CRYPT or kind.startswith(_KNOWN) for kind in _TOKEN.findall(line))


def faces(line: str) -> Iterator[str]:
    """Yield what a line may have been."""
    for hashed, word in zip(_HASHES, _WORDS, strict=True):
        yield _TOKEN.sub(lambda token, hashed=hashed, word=word: _stand_in(token[1], hashed, word), line)  # type: ignore[misc]


def may_be(line: str, text: str) -> bool:
    """Whether a line may have been this text."""
    parts = _TOKEN.split(line.lower())
    return text.lower().startswith(parts[0]) and text.lower().endswith(parts[-1])


def may_match(program: Program, line: str, budget: Budget) -> bool:
    """Whether an expression may have matched something that what was taken out of a line is part of, or anything else.

    Raises TooCostly.
    """
    text = _TOKEN.sub(_HIDDEN, line)
    starts = (0,) if program.anchored else range(len(text) + 1)
    return any(_ends(program.steps, text, start, budget) for start in starts)


def _stand_in(kind: str, hashed: str, word: str) -> str:
    if kind not in _CRYPT:
        return kind.removeprefix(_KNOWN) if kind.startswith(_KNOWN) else word
    return f"{_CRYPT[kind]}{hashed[:8]}${hashed * 2}" if _CRYPT[kind] else hashed[:13]


def _ends(steps: tuple[Step, ...], text: str, start: int, budget: Budget) -> set[int]:
    """Return all places where a match that begins at `start` may end; where in doubt, it may."""
    ends: set[int] = set()
    seen: set[tuple[int, int]] = set()
    todo = [(0, start)]
    while todo:
        here = todo.pop()
        if here in seen:
            continue
        budget.spend(1)
        seen.add(here)
        at, place = here
        step = steps[at]
        if step.do is Do.DONE:
            ends.add(place)
        elif step.do is Do.FORK:
            todo += [(step.first, place), (step.second, place)]
        else:
            todo += [(at + 1, after) for after in _after(step, text, place, budget)]
    return ends


def _after(step: Step, text: str, place: int, budget: Budget) -> set[int]:
    """Return the places where a step may lead."""
    if step.do is Do.MARK:
        return {place}
    if step.do is Do.EDGE:
        return {place} if _may_be_edge(step.edge, text, place) else set()
    if step.do is Do.INNER and step.first < 0:
        return _ends(step.inner, text, place, budget)
    if step.do is Do.INNER:
        return {place}
    if text[place : place + 1] == _HIDDEN:
        return {place, place + 1}  # it takes a part of it, or the last of it
    return {place + 1} if place < len(text) and (text[place] in step.chars) is not step.negated else set()


def _may_be_edge(edge: Edge, text: str, place: int) -> bool:
    if edge in {Edge.WORD, Edge.NO_WORD} and _HIDDEN in text[max(place - 1, 0) : place + 1]:
        return True
    return at_edge(edge, text, place)
