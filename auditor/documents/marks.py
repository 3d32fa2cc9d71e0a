"""Where the values of a YAML document stand: a tree beside the values, which shares what an alias repeats.

A mark is one number, line and column counted from 0: a document has a million of them at most, and Python's garbage
collector looks through objects again and again, but not through numbers.
"""

from dataclasses import dataclass
from typing import Final

from yaml.events import Event

from auditor.documents.document import Key, KeyPath
from auditor.errors import Place

_COLUMN_BITS: Final = 27  # a file has 64 MiB at most


@dataclass(frozen=True, slots=True)
class Collection:
    """A list or mapping: its own mark, what is in it, and of a mapping where each key is written."""

    mark: int
    inner: dict[Key, "Spot"]
    keys: dict[Key, int]


Spot = Collection | int


@dataclass(frozen=True, slots=True)
class Marks:
    """The places of a document that holds something, by path. Few are asked for, so a Place is made when it is."""

    file: str
    root: Spot

    def of_value(self, path: KeyPath) -> Place | None:
        """Return where a value stands, or None when there is no such value."""
        spot = self._spot(path)
        return None if spot is None else place_of(spot.mark if isinstance(spot, Collection) else spot, self.file)

    def of_key(self, path: KeyPath) -> Place | None:
        """Return where the last key of a path is written, or None when it is no key."""
        holder = self._spot(path[:-1])
        mark = holder.keys.get(path[-1]) if path and isinstance(holder, Collection) else None
        return None if mark is None else place_of(mark, self.file)

    def _spot(self, path: KeyPath) -> Spot | None:
        spot: Spot | None = self.root
        for key in path:
            spot = spot.inner.get(key) if isinstance(spot, Collection) else None
        return spot


def mark_of(event: Event) -> int:
    """Return where an event begins."""
    mark = event.start_mark
    return mark.line << _COLUMN_BITS | mark.column if mark else 0


def place_of(mark: int, file: str) -> Place:
    """Return a mark as a place of a file."""
    return Place(file, (mark >> _COLUMN_BITS) + 1, (mark & (1 << _COLUMN_BITS) - 1) + 1)
