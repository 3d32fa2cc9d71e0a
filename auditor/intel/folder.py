"""The workspace's `intel` folder: what is imported, fetched and shown."""

import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final

from auditor.errors import ContentError, NotFetched, Place, UsageError
from auditor.intel import advisories, exploited, lifecycles, scores
from auditor.intel.dated import SHIPPED, DatedFile, dated_files, read_dated, write_dated
from auditor.intel.fetch import ALWAYS, PUBLISHERS, Fetched, fetch
from auditor.intel.given import dated_from

_RELEASE: Final = re.compile(r"[a-z][a-z0-9-]{0,30}/[a-z0-9][a-z0-9._-]{0,30}")
_READ: Final = {
    lifecycles.KIND: lifecycles.lifecycles_of,
    exploited.KIND: exploited.exploited_of,
    scores.KIND: scores.scores_of,
    advisories.KIND: advisories.advisories_of,
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A dated file as people look at it."""

    kind: str
    about: str
    as_of: date
    entries: int
    source: str
    licence: str
    path: Path
    used: bool  # whether an audit of today would judge by it


def bring(
    path: Path, folder: Path, *, today: date, as_of: date | None = None, source: str = ""
) -> tuple[DatedFile, ...]:
    """Take a publisher's file into the folder, of advisories each release on its own.

    `source` is where it was fetched from, where that says more than the file. Raises ContentError, and UsageError for
    what is older than what is there.
    """
    found = dated_from(path, today=today, as_of=as_of)
    if found.kind not in _READ:
        raise ContentError(found.place, f"{found.kind[:40]} is no kind that auditor knows: {', '.join(_READ)}")
    _READ[found.kind](found)
    named = replace(found, source=source or found.source or path.name)
    parts = {folder / f"{name}.json": part for name, part in _parts(named, Place(str(path)))}
    for written, part in parts.items():
        if written.exists() and (there := read_dated(written)).as_of > part.as_of:
            mend = f"Remove {written} first if you mean it."
            raise UsageError(f"{path} is of {part.as_of}, and what is there of {there.as_of}. {mend}")
    return tuple(write_dated(part, written) for written, part in parts.items())


def update(
    names: Iterable[str], folder: Path, urls: Mapping[str, str], *, today: date
) -> Iterator[tuple[str, tuple[DatedFile, ...] | NotFetched]]:
    """Fetch what some publishers give, and yield of each what came of it.

    Without names: what is small, and whatever the folder holds advisories of. Raises UsageError for a name that is
    none.
    """
    chosen = list(names) or [*ALWAYS, *sorted(set(_followed(folder)))]
    if unknown := sorted(set(chosen) - PUBLISHERS.keys()):
        raise UsageError(f"there is no publisher {', '.join(unknown)}; there are {', '.join(PUBLISHERS)}")
    for name in chosen:
        url = urls.get(name) or PUBLISHERS[name]
        with tempfile.TemporaryDirectory() as room:
            try:
                fetched = fetch(url, Path(room, "fetched"))
                yield name, _brought(fetched, folder, url, today)
            except NotFetched as why:
                yield name, why


def shown(folder: Path | None) -> list[Shown]:
    """Return every dated file, those in use first of their kind. Raises ContentError."""
    files = dated_files(folder)
    best: dict[tuple[str, str], date] = {}
    for file in files:
        for about in _abouts(file):
            best[file.kind, about] = max(best.get((file.kind, about), date.min), file.as_of)
    rows = [
        Shown(
            file.kind,
            _summary(file),
            file.as_of,
            _entries(file),
            file.source,
            file.licence,
            file.path or SHIPPED,
            any(best[file.kind, about] == file.as_of for about in _abouts(file)),
        )
        for file in files
    ]
    return sorted(rows, key=lambda row: (row.kind, not row.used, row.about))


def _brought(fetched: Fetched, folder: Path, url: str, today: date) -> tuple[DatedFile, ...]:
    try:
        return bring(fetched.path, folder, today=today, as_of=fetched.changed, source=url)
    except (ContentError, UsageError) as error:
        raise NotFetched(str(error).replace(str(fetched.path), url)) from error


def _parts(file: DatedFile, place: Place) -> Iterator[tuple[str, DatedFile]]:
    """Yield what a file is kept as, with the name of each part: of advisories one a release."""
    if file.kind != advisories.KIND:
        yield file.kind, file
        return
    for release, told in file.table("releases").items():
        if not _RELEASE.fullmatch(release):
            raise ContentError(place, f"{release[:40]!r} is not a release such as debian/bookworm")
        yield f"{file.kind}-{release.replace('/', '-')}", replace(file, content={"releases": {release: told}})


def _followed(folder: Path) -> Iterator[str]:
    for file in dated_files(folder):
        if file.kind == advisories.KIND:
            yield from (name for about in _abouts(file) if (name := about.partition("/")[0]) in PUBLISHERS)


def _abouts(file: DatedFile) -> list[str]:
    return list(file.table("releases")) if file.kind == advisories.KIND else [""]


def _summary(file: DatedFile) -> str:
    return ", ".join(_abouts(file))


def _entries(file: DatedFile) -> int:
    key = {lifecycles.KIND: "products", exploited.KIND: "since", scores.KIND: "scores"}.get(file.kind)
    if key is not None:
        table = file.table(key)
        return sum(len(one) if isinstance(one, dict) and key == "scores" else 1 for one in table.values())
    releases = file.content.get("releases")
    told = releases.values() if isinstance(releases, dict) else []
    packages = [one.get("packages") for one in told if isinstance(one, dict)]
    return sum(len(one) for one in packages if isinstance(one, dict))
