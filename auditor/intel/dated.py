"""Dated files: knowledge from elsewhere that ages, with the day it is of, its source and its licence.

A file is JSON: {"kind": "end-of-life", "as_of": "2026-08-22", "source": ..., "licence": ..., and the content under a
key that belongs to the kind}. Some ship with auditor; those in the workspace's `intel` folder stand beside them, and
the newest of a kind counts.
"""

import json
import os
import re
import tempfile
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

from auditor.documents import read_text
from auditor.errors import ContentError, Place, UsageError

_BEGINS: Final = re.compile(rb'\{\s*"kind"\s*:\s*"([a-z-]{1,40})"')
SHIPPED: Final = Path(__file__).resolve().parent / "data"
_MEND: Final = "`auditor intel import` makes such files of what publishers give; or take it out of the folder."

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class DatedFile:
    """What a file holds, as of which day, from where and under which licence. `path` is None until it is written."""

    kind: str
    as_of: date
    source: str
    licence: str
    content: Mapping[str, Json] = field(repr=False)
    path: Path | None = None

    @property
    def place(self) -> Place:
        """Return the file, for messages about it."""
        return Place(str(self.path or self.source))

    def wrong(self, problem: str) -> ContentError:
        """Return the error that says what is wrong in it."""
        return ContentError(self.place, problem, _MEND)

    def table(self, key: str) -> Mapping[str, Json]:
        """Return an object of the content. Raises ContentError when it is none, or empty."""
        found = self.content.get(key)
        if not isinstance(found, dict) or not found:
            raise self.wrong(f"{key}: must hold at least one entry")
        return found


def dated_files(folder: Path | None = None, kinds: Collection[str] = ()) -> list[DatedFile]:
    """Return the files that ship, and every one in a folder that may not exist. Raises ContentError.

    With `kinds` only files of these; what says at its beginning that it is of another is not read.
    """
    given = sorted(folder.glob("*.json")) if folder is not None and folder.is_dir() else []
    paths = [path for path in [*sorted(SHIPPED.glob("*.json")), *given] if not kinds or _may_be(path, kinds)]
    return [file for file in map(read_dated, paths) if not kinds or file.kind in kinds]


def read_dated(path: Path) -> DatedFile:
    """Return a dated file, whatever it holds. Raises ContentError."""
    told = parse_json(read_text(path), path)
    if not isinstance(told, dict) or not isinstance(told.get("kind"), str):
        raise ContentError(Place(str(path)), "is not a dated file of auditor: it has no kind", _MEND)
    as_of = day(told.get("as_of"))
    if as_of is None:
        raise ContentError(Place(str(path)), "as_of: must be a day, such as 2026-08-22", _MEND)
    kind, source, licence = (str(told.get(name) or "") for name in ("kind", "source", "licence"))
    return DatedFile(kind, as_of, source, licence, told, path)


def parse_json(text: str, path: Path) -> Json:
    """Return JSON as plain values. Raises ContentError that names line and column."""
    try:
        told: Json = json.loads(text)
    except json.JSONDecodeError as error:
        raise ContentError(Place(str(path), error.lineno, error.colno), f"is not JSON: {error.msg}") from error
    except RecursionError as error:
        raise ContentError(Place(str(path)), "is nested too deeply") from error
    except ValueError as error:  # a number of more than 4,300 digits
        raise ContentError(Place(str(path)), f"is not JSON that can be read: {error}") from error
    return told


def write_dated(file: DatedFile, path: Path) -> DatedFile:
    """Write a file whole or not at all, an entry a line, and return it with its path. Raises UsageError."""
    head = {"kind": file.kind, "as_of": file.as_of.isoformat(), "source": file.source, "licence": file.licence}
    parts = {**{key: _dump(value) for key, value in head.items()}}
    parts |= {key: "".join(_lines(value)) for key, value in file.content.items() if key not in head}
    text = "{\n" + ",\n".join(f"{_dump(key)}: {value}" for key, value in parts.items()) + "\n}\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(descriptor, "w", encoding="utf-8") as written:
            written.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}") from error
    return DatedFile(file.kind, file.as_of, file.source, file.licence, file.content, path)


def day(told: Json) -> date | None:
    """Return the day that a text begins with, or None."""
    try:
        return date.fromisoformat(told[:10]) if isinstance(told, str) else None
    except ValueError:
        return None


def _may_be(path: Path, kinds: Collection[str]) -> bool:
    try:
        with path.open("rb") as file:
            told = _BEGINS.match(file.read(200))
    except OSError:
        return True  # read_dated says what is wrong
    return told is None or told[1].decode() in kinds


def _lines(value: Json) -> Iterable[str]:
    if not isinstance(value, dict) or not value:
        return [_dump(value)]
    return ["{\n", ",\n".join(f" {_dump(key)}: {_dump(inner)}" for key, inner in value.items()), "\n}"]


def _dump(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
