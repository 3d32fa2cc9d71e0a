"""TOML to plain values, and where tables and keys begin."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from auditor.documents.document import Document, Key, KeyPath, Plain, read_text
from auditor.errors import ContentError, Place


def read_toml(path: Path) -> Document:
    """Return a TOML file's values. Raises ContentError; tables carry no places of their own."""
    text = read_text(path)
    try:
        value: Plain = tomllib.loads(text)
    except RecursionError as error:
        raise ContentError(Place(str(path)), "is nested too deeply") from error
    except ValueError as error:  # TOMLDecodeError is one; so is what Python says of a number with too many digits
        raise ContentError(_toml_place(str(path), str(error)), f"is not TOML: {error}") from error
    return Document(str(path), value, dict(_toml_places(str(path), text)).get)


def _toml_place(file: str, message: str) -> Place:
    _, _, after = message.partition("(at line ")
    line, _, column = after.rstrip(")").partition(", column ")
    return Place(file, int(line) if line.isdigit() else 0, int(column) if column.isdigit() else 0)


def _toml_places(file: str, text: str) -> Iterator[tuple[KeyPath, Place]]:
    """Yield where tables and their keys begin; enough to point at a wrong setting."""
    table: KeyPath = ()
    counts: dict[KeyPath, int] = {}  # of the tables that have double brackets
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped.startswith("[") and "]" in stripped:
            names = tuple(part.strip().strip("\"'") for part in stripped.strip("[ ").split("]")[0].split("."))
            if stripped.startswith("[["):
                whole = _numbered(names[:-1], counts) + names[-1:]
                counts[whole] = counts.get(whole, -1) + 1
            table = _numbered(names, counts)
            yield table, Place(file, number, 1)
        elif "=" in stripped and not stripped.startswith("#"):
            key = stripped.split("=", 1)[0].strip().strip("\"'")
            yield (*table, *(part.strip() for part in key.split("."))), Place(file, number, line.index(key) + 1)


def _numbered(names: Sequence[Key], counts: Mapping[KeyPath, int]) -> KeyPath:
    """Return the path of a table; a name that several share stands for the newest (TOML 1.0, arrays of tables)."""
    path: KeyPath = ()
    for name in names:
        path = (*path, name)
        if path in counts:
            path = (*path, counts[path])
    return path
