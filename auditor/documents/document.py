"""A file as plain values, and where each of them stands."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from auditor.errors import ContentError, Place

Plain = dict[str, "Plain"] | list["Plain"] | str | int | float | bool | None
Key = str | int
KeyPath = tuple[Key, ...]

_MOST_BYTES: Final = 64 * 1024 * 1024


def _nowhere(path: KeyPath) -> None:
    """Know no place at all."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file's content as plain values, which may be shared where the file repeats one: they are only read.

    `find` tells where the value at a path stands, `find_key` where the last key of a path is written, or None.
    """

    file: str
    value: Plain
    find: Callable[[KeyPath], Place | None] = field(repr=False, default=_nowhere)
    find_key: Callable[[KeyPath], Place | None] = field(repr=False, default=_nowhere)

    def place(self, *path: Key) -> Place:
        """Return where the value at this path stands, or the nearest value around it that does stand somewhere."""
        for length in range(len(path), -1, -1):
            if found := self.find(path[:length]):
                return found
        return Place(self.file)

    def key_place(self, *path: Key) -> Place:
        """Return where the last key of this path is written, or else where its value stands."""
        return self.find_key(path) or self.place(*path)


def read_text(path: Path) -> str:
    """Return a file's text. Raises ContentError when it is missing, unreadable, huge or not UTF-8."""
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise ContentError(Place(str(path)), "is larger than 64 MiB", "Split it, or give the right file.")
        return content.decode("utf-8-sig")
    except OSError as error:
        raise ContentError(Place(str(path)), f"cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ContentError(Place(str(path), line), "is not UTF-8 text", "Save it as UTF-8.") from error
