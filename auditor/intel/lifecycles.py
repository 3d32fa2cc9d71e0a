"""End-of-life dates of products.

The content is {"products": {slug: {"title": ..., "cycles": [{"cycle": "12", "eol": "2026-07-11", "extended":
"2028-06-30", "latest": "12.15"}]}}}. `eol` is a date, true (ended, no date known) or false (not ended, no date known),
as endoflife.date has it.
"""

from typing import Final

from auditor.facts.ambient import Lifecycle, Lifecycles
from auditor.intel.dated import DatedFile, Json, day

KIND: Final = "end-of-life"


def lifecycles_of(file: DatedFile) -> Lifecycles:
    """Return the dates that a file holds. Raises ContentError that names the file and what is wrong in it."""
    products = file.table("products")
    return Lifecycles(file.as_of, {slug: _cycles(file, slug, told) for slug, told in products.items()})


def _cycles(file: DatedFile, slug: str, told: Json) -> tuple[Lifecycle, ...]:
    cycles = told.get("cycles") if isinstance(told, dict) else None
    if not isinstance(cycles, list):
        raise file.wrong(f"products.{slug}: must hold a list of cycles")
    return tuple(_cycle(file, slug, cycle) for cycle in cycles)


def _cycle(file: DatedFile, slug: str, told: Json) -> Lifecycle:
    if not isinstance(told, dict) or not isinstance(told.get("cycle"), str):
        raise file.wrong(f"products.{slug}: a cycle has no name")
    name, eol = str(told["cycle"]), told.get("eol", False)
    ends = day(eol)
    if ends is None and not isinstance(eol, bool):
        raise file.wrong(f"products.{slug}.{name}.eol: must be a day, true or false")
    return Lifecycle(name, eol is True, ends, str(told.get("latest") or ""), day(told.get("extended")))
