"""OSV: records of https://ossf.github.io/osv-schema/, one JSON object, a list of them, or a zip file as osv.dev has it.

Only what distributions say of their own releases is read: `affected[].package.ecosystem` names the release, `name` the
source package (the binary one or the source in RPM's ecosystems), and `ranges[].events` from where to where versions
are affected. A record that says it in another way makes its packages undecided, never passed.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from auditor.errors import ContentError, Place
from auditor.facts.ambient import Advisory, State
from auditor.facts.distributions import release_of
from auditor.intel.advisories import KIND, written
from auditor.intel.dated import DatedFile, Json, day

_CVE: Final = re.compile(r"CVE-[0-9]{4}-[0-9]{1,12}")
_BY_SOURCE: Final = ("debian/", "ubuntu/", "alpine/")
_LONGEST: Final = 200  # characters of an ecosystem's name


@dataclass
class Collected:
    """The records of a file, sorted by release, and what was left out because its ecosystem is of no distribution."""

    releases: dict[str, dict[str, list[Advisory]]] = field(default_factory=dict)
    ecosystems: set[str] = field(default_factory=set)
    strangers: set[str] = field(default_factory=set)
    newest: date | None = None


def is_it(told: Json) -> bool:
    """Whether a value is a record, or a list of them."""
    first = told[0] if isinstance(told, list) and told else told
    return isinstance(first, dict) and {"id", "modified", "affected"} <= first.keys()


def dated(records: Iterable[Json], place: Place, as_of: date | None) -> DatedFile:
    """Return what records say of releases; without a day, that of the newest `modified`. Raises ContentError."""
    found = Collected()
    for record in records:
        _add(found, record, place)
    known = as_of or found.newest
    if not found.releases or known is None:
        others = ", ".join(sorted(found.strangers)[:5]) or "nothing"
        raise ContentError(place, f"speaks of no release of a distribution that auditor knows, but of {others}")
    content: dict[str, Json] = {
        release: {
            "by_source": release.startswith(_BY_SOURCE),
            "packages": {name: written(rows) for name, rows in sorted(packages.items())},
        }
        for release, packages in sorted(found.releases.items())
    }
    source = f"OSV, {', '.join(sorted({name.partition(':')[0] for name in found.ecosystems}))}"
    return DatedFile(KIND, known, source, "as each publisher says at https://osv.dev", {"releases": content})


def _add(found: Collected, record: Json, place: Place) -> None:
    if not isinstance(record, dict) or not isinstance(record.get("id"), str):
        raise ContentError(place, "a record has no id")
    modified = day(record.get("modified"))
    found.newest = max((one for one in (found.newest, modified) if one), default=None)
    if record.get("withdrawn"):
        return
    ids, affected = _ids(record), record.get("affected")
    for entry in affected if isinstance(affected, list) else []:
        package = entry.get("package") if isinstance(entry, dict) else None
        if not isinstance(entry, dict) or not isinstance(package, dict):
            continue
        ecosystem, name = str(package.get("ecosystem") or "")[:_LONGEST], str(package.get("name") or "")
        release = release_of(ecosystem)
        if release is None or not name:
            found.strangers.add(ecosystem)
            continue
        found.ecosystems.add(ecosystem)
        rows = list(_advisories(ids, entry, paid=release[1]))
        found.releases.setdefault(release[0], {}).setdefault(name, []).extend(rows)


def _ids(record: Mapping[str, Json]) -> tuple[str, ...]:
    """Return the CVEs that a record is about: by its own names and where it stems from, else those it relates to."""
    for fields in (("id", "aliases", "upstream"), ("related",)):
        told = [record.get(name) for name in fields]
        words = [str(word) for value in told for word in (value if isinstance(value, list) else [value])]
        if found := dict.fromkeys(cve[0] for word in words if (cve := _CVE.search(word))):
            return tuple(found)
    return (str(record["id"]),)


def _advisories(ids: tuple[str, ...], entry: Mapping[str, Json], *, paid: bool) -> Iterator[Advisory]:
    more = entry.get("ecosystem_specific")
    told = more if isinstance(more, dict) else {}
    if told.get("urgency") == "unimportant":
        return
    note = "end-of-life" if told.get("urgency") == "end-of-life" else ""
    bought = paid or "Ubuntu Pro" in str(told.get("availability") or "")
    ranges = entry.get("ranges")
    spans = [one for one in ranges if isinstance(one, dict)] if isinstance(ranges, list) else []
    if not spans or any(one.get("type") != "ECOSYSTEM" for one in spans):
        yield Advisory(ids, State.UNREAD, note="which versions are affected is not told as a range")
        return
    for span in spans:
        yield from _span(ids, span.get("events"), note, State.PAID if bought else State.FIXED)


def _span(ids: tuple[str, ...], events: Json, note: str, mended: State) -> Iterator[Advisory]:
    """Yield an advisory for each stretch of affected versions."""
    told = [one for one in events if isinstance(one, dict)] if isinstance(events, list) else []
    introduced = [one["introduced"] for one in told if "introduced" in one]
    fixed = [str(one["fixed"]) for one in told if one.get("fixed")]
    odd = any("last_affected" in one or "limit" in one for one in told)
    if odd or introduced != ["0"] or len(fixed) > 1:
        bound = fixed[0] if len(fixed) == 1 and not odd else ""
        yield Advisory(
            ids, State.UNREAD, bound, "which versions are affected is told in a way that auditor does not read"
        )
    elif fixed:
        yield Advisory(ids, mended, fixed[0], note, "*" if ".module" in fixed[0] else "")
    else:
        yield Advisory(ids, State.OPEN, "", note)
