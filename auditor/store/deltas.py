"""A document kept as what changed in it since another one. Pure.

Documents are texts of many lines. One is kept whole, or as the lines that differ from another of as many lines: `~`,
and on each line a number and what stands there. Either is compressed by zlib, with the first document of the chain as
the dictionary (RFC 1950, 2.2), since whole lines of it come back.
"""

import zlib
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, Self

from auditor.errors import DatabaseProblem

DAMAGED: Final = "A stored result is damaged: restore the database from a backup."
_WINDOW: Final = 32768  # bytes of a dictionary that zlib can look back into (RFC 1951)
_LEVEL: Final = 6
_CHANGED: Final = "~"


class Packed(NamedTuple):
    """A row of the record table."""

    id: int
    base_id: int | None
    body: bytes


class Reference(NamedTuple):
    """A stored document that others can be kept against. `depth` counts those that it is kept against itself."""

    number: int
    lines: Sequence[str]
    words: bytes
    depth: int = 0

    @classmethod
    def first(cls, number: int, text: str) -> Self:
        """Return a document that is kept whole."""
        return cls(number, text.split("\n"), text.encode()[-_WINDOW:])

    @property
    def text(self) -> str:
        """Return the document."""
        return "\n".join(self.lines)


def packed(text: str, base: Reference | None) -> bytes:
    """Return a document as it is stored."""
    if base is None:
        return zlib.compress(text.encode(), _LEVEL)
    squeezer = zlib.compressobj(_LEVEL, zdict=base.words)
    return squeezer.compress(_changes(text, base.lines).encode()) + squeezer.flush()


def _changes(text: str, before: Sequence[str]) -> str:
    lines = text.split("\n")
    if len(lines) != len(before):
        return text
    pairs = enumerate(zip(before, lines, strict=True))
    return "\n".join([_CHANGED, *(f"{place} {line}" for place, (old, line) in pairs if old != line)])


def unpacked(rows: Mapping[int, Packed]) -> dict[int, Reference]:
    """Return documents by number, given also the rows that they are kept against. Raises DatabaseProblem."""
    found: dict[int, Reference] = {}
    try:
        for number, row in sorted(rows.items()):  # a base is older than what is kept against it
            found[number] = _unpacked(row, found[row.base_id] if row.base_id else None)
    except (LookupError, ValueError, zlib.error) as error:
        raise DatabaseProblem(DAMAGED) from error
    return found


def _unpacked(row: Packed, base: Reference | None) -> Reference:
    if base is None:
        return Reference.first(row.id, zlib.decompress(row.body).decode())
    restorer = zlib.decompressobj(zdict=base.words)
    mark, *lines = (restorer.decompress(row.body) + restorer.flush()).decode().split("\n")
    if mark != _CHANGED:
        return Reference(row.id, [mark, *lines], base.words, base.depth + 1)
    changed = list(base.lines)
    for line in lines:
        place, _, now = line.partition(" ")
        changed[int(place)] = now
    return Reference(row.id, changed, base.words, base.depth + 1)
