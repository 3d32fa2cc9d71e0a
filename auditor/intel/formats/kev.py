"""CISA's catalogue of known exploited vulnerabilities, as JSON (https://www.cisa.gov/known-exploited-vulnerabilities).

{"catalogVersion": "2025.08.25", "dateReleased": "2025-08-25T16:00:12Z", "vulnerabilities": [{"cveID": ...,
"dateAdded": "2025-08-25", ...}]}
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

from auditor.errors import ContentError, Place
from auditor.intel.dated import DatedFile, Json, day
from auditor.intel.exploited import KIND

SOURCE: Final = "CISA KEV"


def is_it(told: Mapping[str, Json]) -> bool:
    """Whether an object is the catalogue."""
    return "catalogVersion" in told and "vulnerabilities" in told


def dated(told: Mapping[str, Json], place: Place, as_of: date | None) -> DatedFile:
    """Return the weaknesses of the catalogue and since when each is in it. Raises ContentError."""
    version = str(told.get("catalogVersion") or "")
    known = day(told.get("dateReleased")) or day(version.replace(".", "-")) or as_of
    if known is None:
        raise ContentError(place, "does not say of which day it is", "Give it with --as-of YYYY-MM-DD.")
    rows = told.get("vulnerabilities")
    since: dict[str, Json] = {}
    for row in rows if isinstance(rows, list) else []:
        added = day(row.get("dateAdded")) if isinstance(row, dict) else None
        if not isinstance(row, dict) or added is None or not isinstance(row.get("cveID"), str):
            raise ContentError(place, f"vulnerabilities: entry {len(since) + 1} has no cveID or no dateAdded")
        since[str(row["cveID"])] = added.isoformat()
    if not since:
        raise ContentError(place, "lists no vulnerability")
    return DatedFile(KIND, known, f"{SOURCE} {version}".strip(), "CC0-1.0", {"since": since})
