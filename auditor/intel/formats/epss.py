"""EPSS: the scores of FIRST as comma-separated values (https://www.first.org/epss/data_stats).

The first line is `#model_version:v2025.03.14,score_date:2025-08-25T00:00:00+0000`, the second `cve,epss,percentile`,
and then a line a CVE.
"""

import re
from collections.abc import Iterable
from datetime import date
from typing import Final

from auditor.errors import ContentError, Place
from auditor.intel.dated import DatedFile, Json, day
from auditor.intel.scores import KIND, ONE

SOURCE: Final = "FIRST EPSS"
_ROW: Final = re.compile(r"CVE-([0-9]{4})-([0-9]{1,12}),([01](?:\.[0-9]{1,12})?(?:[eE]-[0-9]{1,2})?),\S*")


def is_it(head: bytes) -> bool:
    """Whether a text begins as such a file does."""
    return head.startswith((b"#model_version", b"cve,epss"))


def dated(lines: Iterable[str], place: Place, as_of: date | None) -> DatedFile:
    """Return the scores. Raises ContentError that names the line."""
    model, scores, count = "", dict[str, dict[str, Json]](), 0
    known: date | None = None
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if text.startswith("#"):
            told = re.search(r"score_date:([0-9-]{10})", text)
            known = day(told[1] if told else None)
            model = (re.search(r"model_version:([\w.]{1,40})", text) or ["", ""])[1]
        elif row := _ROW.fullmatch(text):
            scores.setdefault(row[1], {})[row[2]] = min(round(float(row[3]) * ONE), ONE)
            count += 1
        elif text and not text.startswith("cve,"):
            raise ContentError(Place(place.file, number), "is not a CVE with its score: CVE-2024-3094,0.84,0.99")
    known = known or as_of
    if known is None:
        raise ContentError(place, "does not say of which day it is", "Give it with --as-of YYYY-MM-DD.")
    if not count:
        raise ContentError(place, "lists no score")
    content: dict[str, Json] = {"scores": {year: dict(numbers) for year, numbers in scores.items()}}
    return DatedFile(KIND, known, f"{SOURCE} {model}".strip(), "free to use, with FIRST named", content)
