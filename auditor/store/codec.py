"""Results and evidence as compact documents, and back. Pure.

What one audit got from one asset is split by how often it changes, so that each part is stored once for all the assets
and audits in which it is the same:

- `plan`: control, check, severity and settings of each demand; the same for all assets of a kind;
- `judged`: verdict, reason, violations and the numbers of the evidence for each demand; the same for like assets;
- `seen`: the evidence, without its times;
- `asked`: the times, as microseconds since the one before; the first since 1970.

Values keep their types: JSON has no tuples, sets or dates, so those are lists that begin with a letter for the type.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final, cast

from auditor.model.check import Severity, Undecided, Value, Violation
from auditor.model.evidence import Evidence
from auditor.model.result import Result, Verdict

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Documents:
    """The four parts of what one audit got from one asset, as JSON texts.

    `family` is what lists of evidence have in common when the same was asked: channels and requests.
    """

    plan: str
    judged: str
    seen: str
    asked: str
    family: str


def documents(asset: str, evidence: Iterable[Evidence], results: Sequence[Result]) -> Documents:
    """Return what an asset gave as documents; evidence that only results name is added to the rest."""
    numbers: dict[Evidence, int] = {}
    for seen in evidence:
        numbers.setdefault(seen, len(numbers))
    judged: list[Json] = []
    for result in results:
        at: list[Json] = [numbers.setdefault(seen, len(numbers)) for seen in result.evidence]
        judged.append(_judgement(result, at))
    plan: list[Json] = [[r.control, r.check, r.severity.value, _packed_settings(r.settings)] for r in results]
    return Documents(
        plan=_dump(plan),
        judged=_dump(judged),
        seen=_dump([_sight(seen, asset) for seen in numbers]),
        asked=_dump(_steps(seen.asked_at for seen in numbers)),
        family=_dump([[seen.channel, seen.request] for seen in numbers]),
    )


def evidence_from(asset: str, seen: Sequence[Sequence[Json]], asked: Sequence[int | None]) -> list[Evidence]:
    """Return the evidence of an asset from its two parsed documents."""
    found: list[Evidence] = []
    at = _EPOCH
    for sight, step in zip(seen, asked, strict=True):
        channel, request, digest, problem, privilege, origin, owner = _filled(sight, 7, "")
        at += timedelta(microseconds=step or 0)
        found.append(
            Evidence(
                asset=asset if owner == "" else cast("list[str]", owner)[0],
                request=str(request),
                channel=str(channel),
                asked_at=None if step is None else at,
                digest=str(digest),
                problem=str(problem),
                privilege=str(privilege),
                origin=str(origin),
            )
        )
    return found


def results_from(
    asset: str, plan: Sequence[Sequence[Json]], judged: Sequence[Sequence[Json]], evidence: Sequence[Evidence]
) -> list[Result]:
    """Return the results of an asset from its parsed documents."""
    results: list[Result] = []
    for (control, check, severity, settings), line in zip(plan, judged, strict=True):
        verdict, reason, at, violations, undecided = _filled(line, 5, [])
        results.append(
            Result(
                asset=asset,
                control=str(control),
                check=str(check),
                verdict=Verdict(str(verdict)),
                reason=str(reason),
                evidence=tuple(evidence[number] for number in cast("list[int]", at)),
                severity=Severity(str(severity)),
                violations=tuple(_violation(item) for item in cast("list[list[Json]]", violations)),
                undecided=tuple(Undecided(str(s), str(r)) for s, r in cast("list[list[Json]]", undecided)),
                settings=_unpacked_settings(settings),
            )
        )
    return results


def _judgement(result: Result, at: list[Json]) -> list[Json]:
    line: list[Json] = [result.verdict.value, result.reason, at]
    if result.violations or result.undecided:
        line.append([[seen.subject, packed(seen.found), packed(seen.wanted)] for seen in result.violations])
    if result.undecided:
        line.append([[place.subject, place.reason] for place in result.undecided])
    return line


def _violation(item: Sequence[Json]) -> Violation:
    subject, found, wanted = item
    return Violation(str(subject), cast("Value", unpacked(found)), cast("Value", unpacked(wanted)))


def _sight(seen: Evidence, asset: str) -> list[Json]:
    """Return an item of evidence without time; the asset only when it is another, and empty ends left out."""
    line: list[Json] = [seen.channel, seen.request, seen.digest, seen.problem, seen.privilege, seen.origin]
    if seen.asset != asset:
        return [*line, [seen.asset]]
    while line[-1] == "" and len(line) > 2:
        line.pop()
    return line


def _filled(line: Sequence[Json], length: int, filler: Json) -> list[Json]:
    return [*line, *(filler for _ in range(length - len(line)))]


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


def _packed_settings(settings: Mapping[str, object]) -> Json:
    return {name: packed(value) for name, value in settings.items()}


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
    return sorted(_pack_items(value), key=_dump)


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


def _dump(value: Json) -> str:
    return json.dumps(value, separators=(",", ":"))
