"""Judge what assets said: like answers to like demands are judged once, however many assets gave them. Pure."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from auditor.collect.ask import Collected
from auditor.collect.distinct import Distinct
from auditor.collect.facts import Facts, Readings
from auditor.collect.plan import AssetPlan, Way
from auditor.evaluate import judge_all
from auditor.model.asset import Asset
from auditor.model.evidence import Evidence, Knowledge, inventory_evidence
from auditor.model.policy import Demand
from auditor.model.probe import Derived
from auditor.model.result import Judged, Judgement, Result, Verdict, judged_of

_ROOM: Final = 100_000  # judgements that are remembered


@dataclass(frozen=True, slots=True)
class _Known:
    """What was judged of some answers: the judgements, and what they rest on besides the answers."""

    judgements: tuple[Judgement, ...]
    besides: tuple[Evidence, ...]


@dataclass
class Judge:
    """Judges the assets of one audit. `given` are the facts that are the same for all of them, such as the day.

    `text_of` gives the stored text of an answer that did not change, by its digest; `said` is what becomes of the
    message of a check that broke, which may repeat a secret.
    """

    given: Mapping[type[object], Knowledge]
    text_of: Callable[[str], str] | None = None
    said: Callable[[str], str] = str
    _readings: Readings = field(init=False, repr=False)
    _known: Distinct[tuple[object, ...], _Known] = field(default_factory=lambda: Distinct(_ROOM), repr=False)
    _first: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _personal: dict[int, tuple[tuple[int, ...], AssetPlan]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Remember what is read as well."""
        self._readings = Readings(self.text_of)

    def judge(self, plan: AssetPlan, collected: Collected) -> Judged:
        """Return what becomes of one asset's demands."""
        personal, key = self._personal_of(plan), _alike(plan, collected)
        facts = Facts(plan, collected.answers, self.given, self._readings)
        known = self._known.get(key)
        if known is None:
            with self._first:  # who heard the same at the same time waits, instead of working it out as well
                known = self._known.get(key)
                if known is None:
                    return self._anew(key, plan, facts)
        besides = [_own(evidence, plan.asset) for evidence in known.besides]
        alike = Judged(plan.asset.name, known.judgements, (*facts.seen, *besides))
        return self._again(personal, alike, plan, facts) if personal else alike

    def _anew(self, key: tuple[object, ...], plan: AssetPlan, facts: Facts) -> Judged:
        """Judge everything, and remember it for those who say the same."""
        seen = facts.seen
        judged = judged_of(plan.asset.name, seen, self._results(plan.demands, plan.asset, facts))
        if judged.evidence[: len(seen)] == seen:  # two equal answers would shift the places
            kept = _Known(judged.judgements, judged.evidence[len(seen) :])
            self._known.put(key, kept, len(judged.judgements) + 1)
        return judged

    def _again(self, personal: Sequence[int], judged: Judged, plan: AssetPlan, facts: Facts) -> Judged:
        """Judge once more what looks at the asset itself; where that comes to the same, all stays shared."""
        results = self._results([plan.demands[place] for place in personal], plan.asset, facts)
        own = judged_of(judged.asset, judged.evidence, results)
        if own.judgements == tuple([judged.judgements[place] for place in personal]):
            return judged
        changed = dict(zip(personal, own.judgements, strict=True))
        mixed = [changed.get(place, one) for place, one in enumerate(judged.judgements)]
        return Judged(judged.asset, tuple(mixed), own.evidence)

    def _personal_of(self, plan: AssetPlan) -> tuple[int, ...]:
        """Return the places of the demands that look at the asset itself: the same wherever the ways are the same."""
        known = self._personal.get(id(plan.ways))
        if known is None:
            known = self._personal[id(plan.ways)] = (tuple(_personal(plan)), plan)  # holding it keeps the id its own
        return known[0]

    def _results(self, demands: Iterable[Demand], asset: Asset, facts: Facts) -> list[Result]:
        results = judge_all(demands, asset, facts)
        return [self._told(one) if one.verdict is Verdict.ERROR else one for one in results]

    def _told(self, result: Result) -> Result:
        return replace(result, reason=self.said(result.reason))


def _alike(plan: AssetPlan, collected: Collected) -> tuple[object, ...]:
    """Return what decides the judgements, but for what looks at the asset itself."""
    answers = collected.answers.values()
    return (
        id(plan.ways),
        *[(one.digest, one.problem, one.exit_status, one.privilege, one.place, one.channel) for one in answers],
    )


def _personal(plan: AssetPlan) -> Iterator[int]:
    """Yield the places of the demands whose facts rest on the asset itself, at however many removes."""
    resting: set[type[object]] = {Asset}
    while more := {fact for fact, ways in plan.ways.items() if fact not in resting and _rests(ways, resting)}:
        resting |= more
    for place, demand in enumerate(plan.demands):
        if demand.check and resting & set(demand.check.needs.values()):
            yield place


def _rests(ways: Iterable[Way], facts: set[type[object]]) -> bool:
    return any(isinstance(way, Derived) and facts & set(way.needs) for way in ways)


def _own(evidence: Evidence, asset: Asset) -> Evidence:
    """Return another asset's inventory entry as this one's; what belongs to no asset is the same for all."""
    if evidence.channel == "inventory":
        return inventory_evidence(asset)
    return replace(evidence, asset=asset.name) if evidence.asset else evidence
