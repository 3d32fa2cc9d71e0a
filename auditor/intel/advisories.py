"""Advisories of distributions about the packages of their releases.

The content is {"releases": {"debian/bookworm": {"by_source": true, "packages": {"openssl": [{"ids": "CVE-2025-1
CVE-2025-2", "state": "fixed", "fixed": "3.0.17-1~deb12u2"}]}}}}; `state` is one of those of `State`, fixed where none
is told, and `note` and `stream` are left out where they are empty.
"""

from collections.abc import Iterable
from typing import Final

from auditor.facts.ambient import Advisory, ReleaseAdvisories, State
from auditor.intel.dated import DatedFile, Json

KIND: Final = "advisories"
_UNMENDED: Final = frozenset({State.OPEN, State.UNDETERMINED})
_USUAL: Final = ("state", State.FIXED.value)
_STATES: Final = {state.value: state for state in State}


def advisories_of(file: DatedFile) -> list[ReleaseAdvisories]:
    """Return the advisories that a file holds, release by release. Raises ContentError."""
    return [_release(file, name, told) for name, told in file.table("releases").items()]


def written(advisories: Iterable[Advisory]) -> Json:
    """Return the advisories of one package as they are kept in a file: those of one kind in one row."""
    rows: dict[tuple[str, ...], list[str]] = {}
    for one in advisories:
        rows.setdefault((one.state.value, one.fixed, one.note, one.stream), []).extend(one.ids)
    return [_row(" ".join(dict.fromkeys(ids)), row) for row, ids in rows.items()]


def _row(ids: str, told: tuple[str, ...]) -> Json:
    row: dict[str, Json] = {"ids": ids}
    names = ("state", "fixed", "note", "stream")
    return row | {name: value for name, value in zip(names, told, strict=True) if value and (name, value) != _USUAL}


def _release(file: DatedFile, name: str, told: Json) -> ReleaseAdvisories:
    packages = told.get("packages") if isinstance(told, dict) else None
    if not isinstance(told, dict) or not isinstance(packages, dict):
        raise file.wrong(f"releases.{name}: must hold packages")
    kept = {package: _advisories(file, f"{name}.{package}", rows) for package, rows in packages.items()}
    unmended = any(one.state in _UNMENDED for rows in kept.values() for one in rows)
    return ReleaseAdvisories(name, file.as_of, file.source, told.get("by_source") is True, kept, unmended)


def _advisories(file: DatedFile, where: str, rows: Json) -> tuple[Advisory, ...]:
    if not isinstance(rows, list):
        raise file.wrong(f"releases.{where}: must hold a list")
    return tuple([_advisory(file, where, row) for row in rows])


def _advisory(file: DatedFile, where: str, row: Json) -> Advisory:
    if not isinstance(row, dict) or not isinstance(row.get("ids"), str):
        raise file.wrong(f"releases.{where}: an advisory names no weakness")
    state = _STATES.get(str(row.get("state", State.FIXED.value)))
    if state is None:
        raise file.wrong(f"releases.{where}: {row['state']} is no state: {', '.join(_STATES)}")
    fixed, note, stream = (str(row.get(name) or "") for name in ("fixed", "note", "stream"))
    if state in {State.FIXED, State.PAID} and not fixed:
        raise file.wrong(f"releases.{where}: what is fixed needs the version that it is fixed in")
    return Advisory(tuple(str(row["ids"]).split()), state, fixed, note, stream)
