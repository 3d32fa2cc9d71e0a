"""Debian's security tracker, as JSON (https://security-tracker.debian.org/tracker/data/json).

{source package: {CVE: {"releases": {"bookworm": {"status": "resolved", "repositories": {"bookworm":
"3.0.17-1~deb12u2"}, "fixed_version": "3.0.17-1~deb12u2", "urgency": "low", "nodsa": "Minor issue", "nodsa_reason":
"postponed"}}}}}, written by bin/tracker_service.py of the security-tracker repository: `status` is resolved (of one
repository of the release), undetermined or open; a `fixed_version` of 0 means that the release was never affected;
where a fix came with a new upstream release, `fixed_version` is that of unstable and may be above all that the release
has.
"""

import json
import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from auditor.errors import ContentError, Place
from auditor.facts.ambient import Advisory, State
from auditor.facts.versions import newest, older
from auditor.intel.advisories import KIND, written
from auditor.intel.dated import DatedFile, Json

SOURCE: Final = "Debian security tracker"
_SPACE: Final = re.compile(r"[ \t\r\n]*")
_NAME: Final = re.compile(r"(?:CVE|TEMP)-[0-9A-F]{4,10}-[0-9A-Fa-f]{1,12}")
_ROLLING: Final = frozenset({"sid", "experimental"})
Releases = dict[str, dict[str, list[Advisory]]]


def is_it(text: str) -> bool:
    """Whether a text begins with a package that has weaknesses with releases."""
    try:
        _, issues = next(members(text), ("", None))
    except (ValueError, RecursionError):
        return False
    first = next(iter(issues.values()), None) if isinstance(issues, dict) else None
    return isinstance(first, dict) and "releases" in first


def dated(text: str, place: Place, as_of: date | None) -> DatedFile:
    """Return what the tracker says of each release. The file names no day. Raises ContentError."""
    if as_of is None:
        mend = "Give the day on which it was fetched with --as-of YYYY-MM-DD."
        raise ContentError(place, "the tracker's file does not say of which day it is", mend)
    releases: Releases = {}
    for package, issues in members(text):
        if not isinstance(issues, dict):
            raise ContentError(place, f"{package}: must hold weaknesses")
        for name, told in issues.items():
            _add(releases, package, name, told, place)
    if not releases:
        raise ContentError(place, "speaks of no release")
    content: dict[str, Json] = {
        f"debian/{release}": {"by_source": True, "packages": {name: written(rows) for name, rows in packages.items()}}
        for release, packages in sorted(releases.items())
    }
    return DatedFile(KIND, as_of, SOURCE, "https://security-tracker.debian.org", {"releases": content})


def members(text: str) -> Iterator[tuple[str, Json]]:
    """Yield the members of a JSON object one by one: 70 MB as values at once would take 700. Raises JSONDecodeError."""
    decoder = json.JSONDecoder()
    at = _after(text, 0, "{")
    if text[at : at + 1] == "}":
        return
    while True:
        key, at = decoder.raw_decode(text, at)
        if not isinstance(key, str):
            raise json.JSONDecodeError("Expecting property name enclosed in double quotes", text, at)
        value, at = decoder.raw_decode(text, _after(text, at, ":"))
        yield key, value
        at = _skip(text, at)
        if text[at : at + 1] == "}":
            return
        at = _after(text, at, ",")


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _after(text: str, at: int, sign: str) -> int:
    at = _skip(text, at)
    if text[at : at + 1] != sign:
        raise json.JSONDecodeError(f"Expecting '{sign}'", text, at)
    return _skip(text, at + 1)


def _add(releases: Releases, package: str, name: str, told: Json, place: Place) -> None:
    by_release = told.get("releases") if isinstance(told, dict) else None
    if not _NAME.fullmatch(name) or not isinstance(by_release, dict):
        raise ContentError(place, f"{package}: {name[:40]}: must be a CVE with releases")
    for release, entry in by_release.items():
        if not isinstance(entry, dict):
            raise ContentError(place, f"{package}: {name}: {release}: must be an object")
        packages = releases.setdefault(release, {}) if release not in _ROLLING else {}
        if advisory := _advisory(name, entry):
            packages.setdefault(package, []).append(advisory)


def _advisory(name: str, entry: dict[str, Json]) -> Advisory | None:
    """Return what an entry says of a release, or nothing where the release is not affected."""
    if entry.get("urgency") == "unimportant":  # no weakness in what Debian builds
        return None
    match entry.get("status"):
        case "resolved":
            return _resolved(name, entry)
        case "open":
            return Advisory((name,), State.OPEN, note=_note(entry))
        case "undetermined":
            return Advisory((name,), State.UNDETERMINED, note="undetermined")
        case other:
            return Advisory((name,), State.UNREAD, note=f"its status is {str(other)[:40]}")


def _resolved(name: str, entry: dict[str, Json]) -> Advisory | None:
    fixed, repositories = entry.get("fixed_version"), entry.get("repositories")
    held = [one for one in repositories.values() if isinstance(one, str)] if isinstance(repositories, dict) else []
    best = newest("dpkg", held)
    if fixed == "0":
        return None
    if not isinstance(fixed, str) or not fixed:
        return Advisory((name,), State.UNDETERMINED, best, "resolved, in which version is not told") if best else None
    # The release has mended it, so its newest version is mended, whatever unstable's fix is called.
    return Advisory((name,), State.FIXED, best if best and older("dpkg", best, fixed) else fixed)


def _note(entry: dict[str, Json]) -> str:
    if entry.get("urgency") == "end-of-life":
        return "end-of-life"
    reason = entry.get("nodsa_reason")
    return str(reason) if reason else ("no-dsa" if "nodsa" in entry else "")
