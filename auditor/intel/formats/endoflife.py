"""endoflife.date: its API, version 1, `products/full` (https://endoflife.date/docs/api/v1/).

{"schema_version", "generated_at", "result": [{"name": "debian", "label": "Debian", "releases": [{"name": "12", "isEol":
false, "eolFrom": "2026-07-11", "eoesFrom": "2028-06-30", "latest": {"name": "12.15"}}]}]}. `isEol` is as of the day on
which it was generated; `eoesFrom` is the end of extended support.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

from auditor.errors import ContentError, Place
from auditor.intel.dated import DatedFile, Json, day
from auditor.intel.lifecycles import KIND

SOURCE: Final = "endoflife.date"


def is_it(told: Mapping[str, Json]) -> bool:
    """Whether an object is such an answer."""
    return isinstance(told.get("result"), list) and "schema_version" in told


def dated(told: Mapping[str, Json], place: Place, as_of: date | None) -> DatedFile:
    """Return the dates of all products. Raises ContentError."""
    known = day(told.get("generated_at")) or as_of
    if known is None:
        raise ContentError(place, "does not say of which day it is", "Give it with --as-of YYYY-MM-DD.")
    results = told.get("result")
    products: dict[str, Json] = {}
    for product in results if isinstance(results, list) else []:
        if not isinstance(product, dict) or not isinstance(name := product.get("name"), str):
            raise ContentError(place, "a product has no name")
        releases = product.get("releases")
        cycles = [_cycle(release, place, name) for release in (releases if isinstance(releases, list) else [])]
        products[name] = {"title": str(product.get("label") or name), "cycles": cycles}
    if not products:
        raise ContentError(place, "lists no product")
    return DatedFile(KIND, known, SOURCE, "MIT, copyright 2020 endoflife.date contributors", {"products": products})


def _cycle(release: Json, place: Place, product: str) -> Json:
    if not isinstance(release, dict) or not isinstance(release.get("name"), str):
        raise ContentError(place, f"{product}: a release has no name")
    latest, extended = release.get("latest"), day(release.get("eoesFrom"))
    found = {
        "cycle": release["name"],
        "eol": release["eolFrom"] if day(release.get("eolFrom")) else release.get("isEol") is True,
        "extended": extended.isoformat() if extended else None,
        "latest": latest.get("name") if isinstance(latest, dict) else None,
    }
    return {key: value for key, value in found.items() if value is not None}
