"""End-of-life dates: the newest of the file that ships with auditor and those in the workspace's `intel` folder.

A file is JSON: {"kind": "end-of-life", "as_of": "2026-08-22", "source": ..., "licence": ..., "products": {slug:
{"title": ..., "cycles": [{"cycle": "12", "eol": "2026-07-11", "extended": "2028-06-30", "latest": "12.15"}]}}}.
`eol` is a date, true (ended, no date known) or false (not ended, no date known), as endoflife.date has it.
"""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from auditor.documents import read_text
from auditor.errors import ContentError, Place
from auditor.facts.ambient import Lifecycle, Lifecycles

KIND: Final = "end-of-life"
SHIPPED: Final = Path(__file__).resolve().parent / "data" / "endoflife.json"
_MEND: Final = "Make such a file with tools/make_intel.py, or take it out of the folder."

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class IntelFile:
    """A dated file: what it holds, as of which day, from where and under which licence."""

    path: Path
    kind: str
    as_of: date
    source: str
    licence: str
    products: dict[str, Json]


def load_lifecycles(folder: Path | None = None) -> Lifecycles:
    """Return the end-of-life dates of the newest file: the shipped one, or one in a folder that may not exist.

    Raises ContentError that names the file and what is wrong in it.
    """
    newest = max(intel_files(folder), key=lambda file: file.as_of)
    return Lifecycles(newest.as_of, {slug: _cycles(newest.path, slug, told) for slug, told in newest.products.items()})


def intel_files(folder: Path | None = None) -> list[IntelFile]:
    """Return the shipped file and every file of end-of-life dates in a folder. Raises ContentError."""
    given = sorted(folder.glob("*.json")) if folder is not None and folder.is_dir() else []
    files = [read_intel(path) for path in [SHIPPED, *given]]
    return [file for file in files if file.kind == KIND]


def read_intel(path: Path) -> IntelFile:
    """Return a dated file, whatever it holds. Raises ContentError."""
    try:
        told: Json = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise ContentError(Place(str(path), error.lineno, error.colno), f"is not JSON: {error.msg}") from error
    except RecursionError as error:
        raise ContentError(Place(str(path)), "is nested too deeply") from error
    if not isinstance(told, dict) or not isinstance(told.get("kind"), str):
        raise ContentError(Place(str(path)), "is not a dated file of auditor: it has no kind", _MEND)
    as_of = _date(told.get("as_of"))
    if as_of is None:
        raise ContentError(Place(str(path)), "as_of: must be a day, such as 2026-08-22", _MEND)
    products = told.get("products", {})
    if not isinstance(products, dict) or (told["kind"] == KIND and not products):
        raise ContentError(Place(str(path)), "products: must hold at least one product", _MEND)
    words = {name: str(told.get(name) or "") for name in ("kind", "source", "licence")}
    return IntelFile(path, words["kind"], as_of, words["source"], words["licence"], products)


def _cycles(path: Path, slug: str, told: Json) -> tuple[Lifecycle, ...]:
    cycles = told.get("cycles") if isinstance(told, dict) else None
    if not isinstance(cycles, list):
        raise ContentError(Place(str(path)), f"products.{slug}: must hold a list of cycles", _MEND)
    return tuple(_cycle(path, slug, cycle) for cycle in cycles)


def _cycle(path: Path, slug: str, told: Json) -> Lifecycle:
    if not isinstance(told, dict) or not isinstance(told.get("cycle"), str):
        raise ContentError(Place(str(path)), f"products.{slug}: a cycle has no name", _MEND)
    name, eol = str(told["cycle"]), told.get("eol", False)
    ends = _date(eol)
    if ends is None and not isinstance(eol, bool):
        raise ContentError(Place(str(path)), f"products.{slug}.{name}.eol: must be a day, true or false", _MEND)
    return Lifecycle(name, eol is True, ends, str(told.get("latest") or ""), _date(told.get("extended")))


def _date(told: Json) -> date | None:
    try:
        return date.fromisoformat(told) if isinstance(told, str) else None
    except ValueError:
        return None
