"""Device-management exports: find one device's record in a CSV or JSON file, without the secrets that it may hold.

Known forms: CSV with comma, semicolon or tab (RFC 4180; an Excel `sep=` line is understood), a JSON list of objects, or
an object around one (`value` of Microsoft Graph, `results` of Jamf Pro, ...).
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

from auditor.errors import CollectionError

Record = Mapping[str, object]

OBSERVED_AT: Final = "_observed_at"
# Columns whose cells are secrets: they unlock, wipe or decrypt a device. Words that only tell of one may stay.
_SECRET: Final = re.compile(
    r"(bypass(code)?|recoverykey|escrowkey|unlock(token|code)|password|passwd|passphrase|secret|privatekey|"
    r"(?<!has)passcode|pin|puk|token|psk)$"
)
_PLAIN: Final = re.compile(r"(true|false|yes|no|set|notset|compliant|noncompliant|unknown|[01])?", re.IGNORECASE)
_DEEPEST: Final = 8


@dataclass(frozen=True, slots=True)
class _Export:
    """The records of a file, and for each cell in lower case the records that hold it."""

    records: tuple[Record, ...]
    holding: Mapping[str, frozenset[int]]


def find_record(text: str, key: str, path: Path, observed_at: datetime) -> str:
    """Return the one record that a key names as a JSON object. Raises CollectionError when there is no single one.

    `key` is a cell that only this record has, or `column=cell`.
    """
    if not key.strip():
        raise CollectionError(f"the inventory does not say which record of {path} is this asset's")
    export = _export(text)
    found = _matching(export, key)
    if len(found) != 1:
        count = f"{len(found)} records have" if found else "no record has"
        raise CollectionError(f"{path}: {count} a cell that is {key!r}")
    try:
        record = {**dict(_without_secrets(export.records[found[0]])), OBSERVED_AT: observed_at.isoformat()}
        written = json.dumps(record, sort_keys=True, ensure_ascii=False, indent=1)
    except RecursionError as error:
        raise CollectionError(f"{path}: the record of {key!r} is nested too deeply") from error
    return written.encode("utf-8", "replace").decode()  # JSON may spell half a surrogate pair


def named_as_ours(record: str, columns: Iterable[tuple[str, str]]) -> str:
    """Return a record in which each mapped column stands under our field's name too; nested ones by dots."""
    cells = json.loads(record)
    ours = {field: _at(cells, column) for field, column in columns}
    return json.dumps({**cells, **ours}, sort_keys=True, ensure_ascii=False, indent=1)


def _at(cells: object, column: str) -> object:
    if not isinstance(cells, dict) or column in cells:
        return cells.get(column) if isinstance(cells, dict) else None
    outer, dot, inner = column.partition(".")
    return _at(cells.get(outer), inner) if dot else None


def _matching(export: _Export, key: str) -> list[int]:
    column, equals, cell = key.partition("=")
    exact = export.holding.get(_folded(key), frozenset())
    if exact or not equals:
        return sorted(exact)
    wanted = (_folded(column), _folded(cell))
    holding = export.holding.get(wanted[1], frozenset())
    return sorted(
        number
        for number in holding
        if any((_folded(n), _folded(c)) == wanted for n, c in _cells(export.records[number]))
    )


def _folded(word: str) -> str:
    return word.strip().casefold()


# --- reading --------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4)  # an export that thousands of devices stand in is read once
def _export(text: str) -> _Export:
    records = tuple(_json(text) if text.lstrip()[:1] in {"[", "{"} else _csv(text))
    holding: dict[str, set[int]] = {}
    for number, record in enumerate(records):
        for _, cell in _cells(record):
            holding.setdefault(_folded(cell), set()).add(number)
    return _Export(records, {cell: frozenset(numbers) for cell, numbers in holding.items()})


def _json(text: str) -> list[Record]:
    """Return the objects of a JSON export. Raises CollectionError."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CollectionError(f"the export is not complete JSON: {error}") from error
    if isinstance(value, dict):
        lists = [inner for inner in value.values() if isinstance(inner, list)]
        value = lists[0] if len(lists) == 1 else [value]
    if not all(isinstance(record, dict) for record in value):
        raise CollectionError("the export is not a list of objects")
    return [record for record in value if isinstance(record, dict)]


def _csv(text: str) -> Iterator[Record]:
    """Yield the rows of a CSV export by column. Raises CollectionError for a row that does not fit its header."""
    first, _, rest = text.lstrip("\n").partition("\n")
    delimiter = max(",;\t", key=first.count)
    if first.lower().startswith("sep=") and len(first) == 5:
        delimiter, text = first[4], rest
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        rows = ((reader.line_num, row) for row in reader if any(cell.strip() for cell in row))
        _, header = next(rows, (0, []))
        if len(header) < 2:
            raise CollectionError("the export has no columns; it is neither CSV nor JSON")
        for line, row in rows:
            if len(row) != len(header):
                raise CollectionError(f"line {line} of the export has {len(row)} cells for {len(header)} columns")
            yield dict(zip(header, row, strict=True))
    except csv.Error as error:
        raise CollectionError(f"line {reader.line_num} of the export is not CSV: {error}") from error


def _cells(value: object, name: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield column and text of each cell, those of nested objects by the innermost column."""
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        for column, inner in value.items():
            yield from _cells(inner, str(column), depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _cells(inner, name, depth + 1)
    elif isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
        yield name, str(value)


def _without_secrets(record: Record) -> Iterator[tuple[str, object]]:
    for column, value in record.items():
        word = "".join(letter for letter in str(column).casefold() if letter.isalnum())
        if _SECRET.search(word) and not _is_plain(value):
            continue
        yield str(column), _cleaned(value)


def _cleaned(value: object) -> object:
    if isinstance(value, dict):
        return dict(_without_secrets(value))
    return [_cleaned(inner) for inner in value] if isinstance(value, list) else value


def _is_plain(value: object) -> bool:
    """Whether a cell only says that there is a secret, or is empty."""
    return value is None or isinstance(value, bool) or (isinstance(value, str) and _PLAIN.fullmatch(value) is not None)
