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
from functools import lru_cache
from types import MappingProxyType
from typing import Final, cast

from auditor.model.check import Severity, Undecided, Value, Violation
from auditor.model.evidence import Evidence
from auditor.model.result import Result, Verdict

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_VERDICTS: Final = {verdict.value: verdict for verdict in Verdict}


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


@dataclass(frozen=True, slots=True)
class Demanded:
    """What a result says of its demand."""

    control: str
    check: str
    severity: Severity
    settings: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A result without its asset: `at` has the numbers of its evidence."""

    demanded: Demanded
    verdict: Verdict
    reason: str
    at: tuple[int, ...]
    violations: tuple[Violation, ...]
    undecided: tuple[Undecided, ...]


def documents(asset: str, evidence: Iterable[Evidence], results: Sequence[Result]) -> Documents:
    """Return what an asset gave as documents; evidence that only results name is added to the rest."""
    numbers: dict[Evidence, int] = {}
    for seen in evidence:
        numbers.setdefault(seen, len(numbers))
    judged = [
        _judgement(result, [numbers.setdefault(seen, len(numbers)) for seen in result.evidence]) for result in results
    ]
    return Documents(
        plan=f"[{','.join(map(_demand, results))}]",
        judged=f"[{','.join(judged)}]",
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


def demands_from(plan: Sequence[Sequence[Json]]) -> list[Demanded]:
    """Return the demands of a parsed plan."""
    return [
        Demanded(str(control), str(check), Severity(str(severity)), MappingProxyType(_unpacked_settings(settings)))
        for control, check, severity, settings in plan
    ]


def judgements_from(demands: Sequence[Demanded], judged: Sequence[Sequence[Json]]) -> list[Judgement]:
    """Return what is the same in the results of all assets that share two documents, from these."""
    judgements: list[Judgement] = []
    for demanded, line in zip(demands, judged, strict=True):
        verdict, reason, at, violations, undecided = _filled(line, 5, []) if len(line) > 3 else (*line, (), ())
        judgements.append(
            Judgement(
                demanded=demanded,
                verdict=_VERDICTS[str(verdict)],
                reason=str(reason),
                at=tuple(cast("list[int]", at)),
                violations=tuple([_violation(item) for item in cast("list[list[Json]]", violations)]),
                undecided=tuple([Undecided(str(s), str(r)) for s, r in cast("list[list[Json]]", undecided)]),
            )
        )
    return judgements


def results_from(asset: str, judgements: Iterable[Judgement], evidence: Sequence[Evidence]) -> list[Result]:
    """Return the results of an asset."""
    return [
        Result(
            asset=asset,
            control=judgement.demanded.control,
            check=judgement.demanded.check,
            verdict=judgement.verdict,
            reason=judgement.reason,
            evidence=tuple([evidence[number] for number in judgement.at]),
            severity=judgement.demanded.severity,
            violations=judgement.violations,
            undecided=judgement.undecided,
            settings=judgement.demanded.settings,
        )
        for judgement in judgements
    ]


_demands: Final[dict[tuple[object, ...], tuple[str, tuple[object, ...]]]] = {}
_MOST_DEMANDS: Final = 50_000


def _demand(result: Result) -> str:
    """Return a demand as it is written. Settings are the same objects for every asset, and are written once."""
    values = tuple(result.settings.values())
    key = (result.control, result.check, result.severity, *result.settings, *map(id, values))
    known = _demands.get(key)
    if known is None:
        settings: Json = {name: packed(value) for name, value in result.settings.items()}
        text = _dump([result.control, result.check, result.severity.value, settings])
        if len(_demands) >= _MOST_DEMANDS:
            _demands.clear()
        known = _demands[key] = (text, values)  # holding the values keeps their ids theirs
    return known[0]


def _judgement(result: Result, at: Sequence[int]) -> str:
    if not (result.violations or result.undecided):
        return f'["{result.verdict.value}",{_quoted(result.reason)},[{",".join(map(str, at))}]]'
    line: list[Json] = [result.verdict.value, result.reason, list(at)]
    line.append([[seen.subject, packed(seen.found), packed(seen.wanted)] for seen in result.violations])
    if result.undecided:
        line.append([[place.subject, place.reason] for place in result.undecided])
    return _dump(line)


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
