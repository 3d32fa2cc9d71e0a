"""Write what an asset answered as a recording, and write over nothing that a person made or changed."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path

from auditor.errors import UsageError
from auditor.model.asset import Access, Asset, Channel
from auditor.model.evidence import Evidence
from auditor.transports.recorded import INDEX, MOST_INDEX, SUMS, Recording, read_regular


def save_recording(
    folder: Path,
    asset: Asset,
    seen: Iterable[tuple[Evidence, str]],
    *,
    called: Mapping[str, str] | None = None,
    overwrite: bool = False,
) -> int:
    """Write evidence with its redacted texts as a recording, and return how many answers it holds.

    `called` names the file of a request by its words. What was not an answer (the inventory's entry, today's date) is
    left out. A recording that is there is replaced, unless somebody edited it or it is of another asset: then, and when
    it cannot be written, UsageError is raised, and nothing is touched; `overwrite` replaces that as well.
    """
    listed = list(seen)
    given = [(one, text) for one, text in listed if one.asked_at is not None and one.channel in set(Channel)]
    answers = _named(given, called or {})
    texts = {name: text for name, (one, text) in answers.items() if _has_text(one, text)}
    index = {
        "asset": _described(asset),
        **_day(listed),
        "asked_at": _times(one for one, _ in answers.values()),
        "answers": [_entry(one, name if name in texts else "") for name, (one, _) in answers.items()],
    }
    contents = {name: text.encode("utf-8", "surrogatepass") for name, text in texts.items()}
    contents[INDEX] = (json.dumps(index, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "surrogatepass")
    try:
        before = _sums(folder)
        if not overwrite:
            _refuse_loss(folder, asset.name, before, contents)
        _write(folder, before.keys() - contents.keys(), contents)
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror}") from error
    return len(answers)


def _entry(seen: Evidence, text: str) -> dict[str, object]:
    """Return what stands of an answer in the index; what is empty is left out, and the longest comes last."""
    told: dict[str, object] = {"text": text, "channel": seen.channel, "privilege": seen.privilege}
    told |= {"place": seen.origin, "problem": seen.problem}
    status = {} if seen.exit_status is None else {"exit_status": seen.exit_status}
    return {**{name: value for name, value in told.items() if value}, **status, "request": seen.request}


def _named(answers: Sequence[tuple[Evidence, str]], called: Mapping[str, str]) -> dict[str, tuple[Evidence, str]]:
    """Return the answers by the names of their files, in order: which else have a text matters to namesakes only."""
    stems = [called.get(one.request, "") for one, _ in answers]
    often = Counter(stem.lower() for stem, (one, text) in zip(stems, answers, strict=True) if _has_text(one, text))
    names = [
        f"{stem}.txt"
        if stem and often[stem.lower()] == 1 and _has_text(one, text)
        else f"{stem or 'answer'}-{_short(one)}.txt"
        for stem, (one, text) in zip(stems, answers, strict=True)
    ]
    return dict(sorted(zip(names, answers, strict=True), key=lambda named: named[0]))


def _has_text(seen: Evidence, text: str) -> bool:
    """Whether something was said: a complete answer may be empty."""
    return bool(seen.digest or text)


def _short(seen: Evidence) -> str:
    words = f"{seen.channel}\0{seen.request}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(words).hexdigest()[:8]


def _described(asset: Asset) -> Mapping[str, object]:
    """Return what a check may look at in an asset, and over what it was asked, without ports, paths and credentials."""
    from pydantic import TypeAdapter  # noqa: PLC0415

    ways = tuple(dict.fromkeys(Access(channel=one.channel, holds=one.holds) for one in asset.accesses))
    shown = replace(asset, accesses=ways)
    plain = TypeAdapter(Asset).dump_python(shown, mode="json", exclude_defaults=True, exclude={"declared_at"})
    sets = {field.name for field in fields(asset) if isinstance(getattr(asset, field.name), frozenset)}
    return {name: sorted(value) if name in sets else value for name, value in plain.items()}


def _times(seen: Iterable[Evidence]) -> dict[str, str]:
    """Return the earliest time of each channel: one that differs by a second in every line would bury what changed."""
    times: dict[str, datetime] = {}
    for one in seen:
        if one.asked_at is not None:
            times[one.channel] = min(times.get(one.channel, one.asked_at), one.asked_at)
    return {channel: at.isoformat(timespec="seconds") for channel, at in sorted(times.items())}


def _day(listed: Iterable[tuple[Evidence, str]]) -> dict[str, str]:
    """Return the day that checks were told it was; where none asked, that of the newest answer, if there is any."""
    seen = [one for one, _ in listed]
    told = [one.origin[:10] for one in seen if one.channel == "clock"]
    days = told[:1] or [f"{one.asked_at.astimezone(UTC):%Y-%m-%d}" for one in seen if one.asked_at]
    return {"day": max(days)} if days else {}


def _refuse_loss(folder: Path, asset: str, sums: Mapping[str, str], contents: Iterable[str]) -> None:
    mend = "name another folder, or write over it with --overwrite"
    edited = sorted(_edited(folder, sums, contents))
    if edited:
        raise UsageError(f"{folder}: {', '.join(edited)} was edited by hand, or not written by a recording; {mend}")
    if INDEX in sums:
        recorded = Recording.read(folder).index.get("asset")
        name = recorded.get("name") if isinstance(recorded, Mapping) else recorded
        if name != asset:
            raise UsageError(f"{folder} holds a recording of {name}; {mend}")


def _edited(folder: Path, sums: Mapping[str, str], contents: Iterable[str]) -> Iterator[str]:
    """Yield the files that are in the way and not as a recording wrote them."""
    for name in {*sums, *contents}:
        path = folder / name
        if path.is_symlink() or path.exists():
            if path.is_symlink() or not path.is_file() or _sum(path.read_bytes()) != sums.get(name):
                yield name
        elif name in sums:
            yield f"{name} (removed)"


def _sums(folder: Path) -> dict[str, str]:
    """Return what was written last, by name; only names of the folder itself. Raises OSError."""
    try:
        lines = read_regular(folder / SUMS, MOST_INDEX).decode("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return {}
    pairs = [line.partition("  ") for line in lines]
    return {name: digest for digest, _, name in pairs if name and name == Path(name).name}


def _write(folder: Path, stale: Iterable[str], contents: Mapping[str, bytes]) -> None:
    """Write the files, the sums last. What is there is removed first, so that no link leads elsewhere."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in stale:
        (folder / name).unlink(missing_ok=True)
    sums = "".join(f"{_sum(raw)}  {name}\n" for name, raw in contents.items())
    for name, raw in {**contents, SUMS: sums.encode()}.items():
        (folder / name).unlink(missing_ok=True)
        with (folder / name).open("xb") as file:
            file.write(raw)


def _sum(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
