"""Results and evidence as compact documents, and back. Pure.

What one audit got from one asset is split by how often it changes, so that each part is stored once for all the assets
and audits in which it is the same:

- `plan`: control, check, severity and settings of each demand; the same for all assets of a kind;
- `judged`: verdict, reason, violations and the numbers of the evidence for each demand; the same for like assets;
- `seen`: the evidence, without its times and texts; the same for all assets that are asked the same and answer;
- `asked`: the times, as microseconds since the one before, the numbers of the stored texts, each less the one before
  (the first since 1970 and since 0), and where the inventory names the asset;
- `told`: what the newest audit alone remembers, so that an asset need not send again what did not change.

Values keep their types: JSON has no tuples, sets or dates, so those are lists that begin with a letter for the type.
"""

import json
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import accumulate, pairwise
from types import MappingProxyType
from typing import Final, NamedTuple, cast

from auditor.model.check import Severity, Undecided, Value, Violation
from auditor.model.evidence import Evidence
from auditor.model.probe import Answer
from auditor.model.result import Judged, Judgement, Verdict
from auditor.store.records import LastAnswer

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_VERDICTS: Final = {verdict.value: verdict for verdict in Verdict}
_SEVERITIES: Final = {severity.value: severity for severity in Severity}
_BLANK: Final[list[Json]] = [""] * 8  # an item of evidence with nothing in it
_NOTHING: Final[list[Json]] = ["", "", [], [], []]  # a judgement with nothing in it
_RAW_BYTES: Final = 16
_OWN_ENTRY: Final = 0  # stands for the asset's own place in the inventory

Demanded = tuple[str, str, Severity, Mapping[str, object]]  # control, check, severity, settings


@dataclass(frozen=True, slots=True)
class Judging:
    """What all assets that were judged alike share, as JSON texts."""

    plan: str
    judged: str


@dataclass(frozen=True, slots=True)
class Sights:
    """What all assets that were asked and answered alike share, as a JSON text.

    `family` is what lists of evidence have in common when the same was asked: channels and requests.
    """

    seen: str
    family: str


def judging(judgements: Iterable[Judgement]) -> Judging:
    """Return judgements as documents."""
    listed = tuple(judgements)
    return Judging(_lined(map(_demand, listed)), _lined(map(_judgement, listed)))


def _lined(items: Iterable[str]) -> str:
    """Return JSON texts as a list of them, each on a line of its own: what changed in it is told by the line."""
    return "[" + ",\n".join(items) + "]"


def sights(asset: str, evidence: Sequence[Evidence]) -> Sights:
    """Return the evidence of an asset as documents, without times, texts, its name and its place in the inventory."""
    entry = _entry(asset, evidence)
    listed = [
        (
            seen.channel,
            seen.request,
            1 if seen.digest else "",
            seen.problem,
            seen.privilege,
            _OWN_ENTRY if _is_entry(asset, seen) and seen.origin == entry else seen.origin,
            None if seen.asset == asset else seen.asset,
            "" if seen.exit_status is None else seen.exit_status,
        )
        for seen in evidence
    ]
    return _sights(tuple(listed))


class Asked(NamedTuple):
    """What is an asset's own in its evidence: the steps from one time to the next, the numbers of the texts, and its
    place in the inventory.
    """

    steps: list[int | None]
    texts: list[int]
    entry: str = ""


def asked(asset: str, evidence: Sequence[Evidence], texts: Mapping[str, int]) -> bytes:
    """Return what is an asset's own in its evidence, compressed, given the texts' numbers.

    Raises ValueError for a time without a time zone.
    """
    moments = tuple([seen.asked_at for seen in evidence])
    return _asked(moments, tuple([texts[seen.digest] for seen in evidence if seen.digest]), _entry(asset, evidence))


def asked_from(body: bytes) -> Asked:
    """Return what is an asset's own in its evidence."""
    written = cast("list[list[int]] | list[int | None]", json.loads(zlib.decompress(body)))
    if written and isinstance(written[0], list):
        steps, numbers, *entry = written
        return Asked(cast("list[int | None]", steps), list(accumulate(numbers)), "".join(map(str, entry)))
    return Asked(cast("list[int | None]", written), [])  # as it was written before texts were named by their numbers


def _is_entry(asset: str, seen: Evidence) -> bool:
    return seen.channel == "inventory" and seen.asset == asset


def _entry(asset: str, evidence: Iterable[Evidence]) -> str:
    """Return an asset's place in the inventory, where that is evidence."""
    return next((seen.origin for seen in evidence if _is_entry(asset, seen)), "")


def evidence_from(asset: str, seen: Sequence[Sequence[Json]], own: Asked, digests: Iterable[str]) -> list[Evidence]:
    """Return the evidence of an asset from its parsed documents and the digests of its texts, in their order."""
    found: list[Evidence] = []
    texts = iter(digests)
    at = _EPOCH
    for sight, step in zip(seen, own.steps, strict=True):
        channel, request, digest, problem, privilege, origin, owner, status = [*sight, *_BLANK[len(sight) :]]
        if step:
            at += timedelta(microseconds=step)
        found.append(
            Evidence(
                asset=asset if owner == "" else cast("list[str]", owner)[0],
                request=str(request),
                channel=str(channel),
                asked_at=None if step is None else at,
                digest=next(texts) if digest == 1 else str(digest),
                problem=str(problem),
                privilege=str(privilege),
                origin=own.entry if origin == _OWN_ENTRY else str(origin),
                exit_status=status if isinstance(status, int) else None,
            )
        )
    return found


@lru_cache(64)
def demanded(plan: str) -> Sequence[Demanded]:
    """Return the demands of a plan, the very same for the same text."""
    return demands_from(json.loads(plan))


def demands_from(plan: Sequence[Sequence[Json]]) -> list[Demanded]:
    """Return the demands of a parsed plan."""
    return [
        (str(control), str(check), _SEVERITIES[str(severity)], MappingProxyType(_unpacked_settings(settings)))
        for control, check, severity, settings in plan
    ]


def judgements_from(demands: Sequence[Demanded], judged: Sequence[Sequence[Json]]) -> tuple[Judgement, ...]:
    """Return what is the same in the results of all assets that share two documents, from these."""
    judgements: list[Judgement] = []
    for (control, check, severity, settings), line in zip(demands, judged, strict=True):
        verdict, reason, at, violations, undecided = [*line, *_NOTHING[len(line) :]]
        judgements.append(
            Judgement(
                control=control,
                check=check,
                verdict=_VERDICTS[str(verdict)],
                reason=str(reason),
                at=tuple(cast("list[int]", at)),
                severity=severity,
                violations=tuple([_violation(item) for item in cast("list[list[Json]]", violations)]),
                undecided=tuple([Undecided(str(s), str(r)) for s, r in cast("list[list[Json]]", undecided)]),
                settings=settings,
            )
        )
    return tuple(judgements)


def told(judged: Judged, answers: Iterable[Answer]) -> bytes:
    """Return what an asset need not send again while it stays the same: of each item of evidence, where it is known,
    the exit status and the digest of what was sent. Nothing when there is none. Raises ValueError for a strange digest.
    """
    given = {str(answer.request): answer for answer in answers if answer.raw and not answer.problem}
    if not given:
        return b""
    marks: list[Json] = []
    digests: list[bytes] = []
    for seen in judged.evidence:
        answer = given.get(seen.request) if seen.asset == judged.asset else None
        if answer is None or answer.channel.value != seen.channel:
            marks.append("")
            continue
        marks.append(answer.exit_status)
        digests.append(bytes.fromhex(answer.raw))
        if len(digests[-1]) != _RAW_BYTES:
            raise ValueError(f"{seen.request}: a digest of {len(digests[-1])} bytes was given, and not of {_RAW_BYTES}")
    return b"\n".join([_dump(marks).encode(), b"".join(digests)])


def told_from(evidence: Iterable[Evidence], body: bytes) -> dict[str, LastAnswer]:
    """Return what an asset told last, by request, from its evidence and what was kept beside it."""
    marks, _, digests = body.partition(b"\n")
    listed = zip(evidence, cast("list[int | str | None]", json.loads(marks)), strict=True)
    told: dict[str, LastAnswer] = {}
    for number, (one, exit_status) in enumerate((one, mark) for one, mark in listed if not isinstance(mark, str)):
        raw = digests[number * _RAW_BYTES : (number + 1) * _RAW_BYTES].hex()
        told[one.request] = LastAnswer(one.digest, raw, exit_status, one.privilege, one.origin)
    return told


_demands: Final[dict[tuple[object, ...], tuple[str, object]]] = {}
_MOST_DEMANDS: Final = 50_000


def _demand(judgement: Judgement) -> str:
    """Return a demand as it is written. Settings are the same objects for every asset, and are written once."""
    key = (judgement.control, judgement.check, judgement.severity, id(judgement.settings))
    known = _demands.get(key)
    if known is None:
        settings: Json = {name: packed(value) for name, value in judgement.settings.items()}
        text = _dump([judgement.control, judgement.check, str(judgement.severity), settings])
        if len(_demands) >= _MOST_DEMANDS:
            _demands.clear()
        known = _demands[key] = (text, judgement.settings)  # holding the settings keeps their id theirs
    return known[0]


def _judgement(judgement: Judgement) -> str:
    at = judgement.at
    if not (judgement.violations or judgement.undecided):
        places = at[0] if len(at) == 1 else ",".join(map(str, at))
        return f'["{judgement.verdict}",{_quoted(judgement.reason)},[{places}]]'
    line: list[Json] = [str(judgement.verdict), judgement.reason, list(at)]
    line.append([[seen.subject, packed(seen.found), packed(seen.wanted)] for seen in judgement.violations])
    if judgement.undecided:
        line.append([[place.subject, place.reason] for place in judgement.undecided])
    return _dump(line)


def _violation(item: Sequence[Json]) -> Violation:
    subject, found, wanted = item
    return Violation(str(subject), cast("Value", unpacked(found)), cast("Value", unpacked(wanted)))


@lru_cache(1000)
def _sights(listed: tuple[tuple[Json, ...], ...]) -> Sights:
    family: Json = [[one[0], one[1]] for one in listed]
    return Sights(_lined([_dump(_sight_line(*one)) for one in listed]), _dump(family))


def _sight_line(*sight: Json) -> list[Json]:
    """Return an item of evidence as it is written; empty ends are left out, the asset too when it is no other."""
    *line, owner, status = sight
    line += ["" if owner is None else [owner], status]
    while line[-1] == "" and len(line) > 2:
        line.pop()
    return line


@lru_cache(1000)
def _asked(moments: tuple[datetime | None, ...], texts: tuple[int, ...], entry: str) -> bytes:
    numbers: list[Json] = [number - before for before, number in pairwise((0, *texts))]
    return zlib.compress(_dump([_steps(moments), numbers, *([entry] if entry else [])]).encode())


def _steps(times: Iterable[datetime | None]) -> list[Json]:
    steps: list[Json] = []
    last = 0
    for time in times:
        if time is None:
            steps.append(None)
            continue
        if time.utcoffset() is None:
            raise ValueError("the time of an answer needs a time zone")
        now = (time - _EPOCH) // _MICROSECOND
        steps.append(now - last)
        last = now
    return steps


def _unpacked_settings(settings: Json) -> dict[str, object]:
    return {name: unpacked(value) for name, value in cast("dict[str, Json]", settings).items()}


def packed(value: object) -> Json:
    """Return any value of a setting or violation as JSON. What JSON and these rules do not know becomes its text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return value.value if isinstance(value, StrEnum) else value
    for letter, kind, pack in _PACKERS:
        if isinstance(value, kind):
            return [letter, *pack(value)]
    return str(value)


def unpacked(value: Json) -> object:
    """Return the value that was packed."""
    if not isinstance(value, list):
        return value
    letter, *items = value
    return _UNPACKERS[str(letter)](items)


def _pack_items(value: object) -> list[Json]:
    return [packed(item) for item in cast("Iterable[object]", value)]


def _pack_set(value: object) -> list[Json]:
    items = _pack_items(value)
    words = [item for item in items if isinstance(item, str)]
    return [*sorted(words), *sorted((item for item in items if not isinstance(item, str)), key=_dump)]


def _pack_mapping(value: object) -> list[Json]:
    return [[packed(key), packed(item)] for key, item in cast("Mapping[object, object]", value).items()]


def _pack_day(value: object) -> list[Json]:
    return [cast("date", value).isoformat()]


_PACKERS: Final[tuple[tuple[str, type[object], Callable[[object], list[Json]]], ...]] = (
    ("t", tuple, _pack_items),
    ("f", frozenset, _pack_set),
    ("s", set, _pack_set),
    ("l", list, _pack_items),
    ("m", Mapping, _pack_mapping),
    ("n", datetime, _pack_day),  # before date, which it is a kind of
    ("d", date, _pack_day),
    ("z", timedelta, lambda value: [cast("timedelta", value) // _MICROSECOND]),
)

_UNPACKERS: Final[dict[str, Callable[[list[Json]], object]]] = {
    "t": lambda items: tuple(unpacked(item) for item in items),
    "f": lambda items: frozenset(unpacked(item) for item in items),
    "s": lambda items: {unpacked(item) for item in items},
    "l": lambda items: [unpacked(item) for item in items],
    "m": lambda items: {unpacked(key): unpacked(item) for key, item in cast("list[list[Json]]", items)},
    "n": lambda items: datetime.fromisoformat(str(items[0])),
    "d": lambda items: date.fromisoformat(str(items[0])),
    "z": lambda items: timedelta(microseconds=cast("int", items[0])),
}


_dump: Final[Callable[[Json], str]] = json.JSONEncoder(separators=(",", ":")).encode
_quoted: Final[Callable[[str], str]] = lru_cache(10_000)(_dump)
