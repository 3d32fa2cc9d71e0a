"""Judge what assets said: like answers to like demands are judged once, however many assets gave them. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from auditor.collect.ask import Collected
from auditor.collect.distinct import Distinct
from auditor.collect.facts import Facts, Readings
from auditor.collect.plan import AssetPlan, Way
from auditor.evaluate import judge_all
from auditor.model.asset import Asset
from auditor.model.evidence import Evidence, Knowledge, evidence_of, inventory_evidence
from auditor.model.policy import Demand
from auditor.model.probe import Derived
from auditor.model.result import Judged, Judgement, Result, Verdict, judged_of

_ROOM: Final = 100_000  # judgements that are remembered


@dataclass(frozen=True, slots=True)
class _Known:
    """What was judged of some answers: the judgements, and what they rest on besides the answers."""

    plan: AssetPlan  # keeps the identity of its ways its own
    judgements: tuple[Judgement, ...]
    besides: tuple[Evidence, ...]
    personal: tuple[int, ...]  # places of the demands that look at the asset itself


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

    def __post_init__(self) -> None:
        """Remember what is read as well."""
        self._readings = Readings(self.text_of)

    def judge(self, plan: AssetPlan, collected: Collected) -> Judged:
        """Return what becomes of one asset's demands."""
        key = _alike(plan, collected)
        known = self._known.get(key)
        name = plan.asset.name
        seen = [evidence_of(name, answer) for answer in collected.answers.values()]
        if known is not None:
            besides = [_own(evidence, plan.asset) for evidence in known.besides]
            return self._again(known, plan, collected, Judged(name, known.judgements, (*seen, *besides)))
        results = self._results(plan.demands, plan, collected)
        judged = judged_of(name, seen, results)
        if judged.evidence[: len(seen)] == tuple(seen):  # two equal answers would shift the places
            others = judged.evidence[len(seen) :]
            kept = _Known(plan, judged.judgements, others, tuple(_personal(plan)))
            self._known.put(key, kept, len(judged.judgements) + 1)
        return judged

    def _again(self, known: _Known, plan: AssetPlan, collected: Collected, judged: Judged) -> Judged:
        """Judge once more what looks at the asset itself; where that comes to the same, all stays shared."""
        if not known.personal:
            return judged
        results = self._results([plan.demands[place] for place in known.personal], plan, collected)
        own = judged_of(judged.asset, judged.evidence, results)
        if own.judgements == tuple([judged.judgements[place] for place in known.personal]):
            return judged
        changed = dict(zip(known.personal, own.judgements, strict=True))
        mixed = [changed.get(place, one) for place, one in enumerate(judged.judgements)]
        return Judged(judged.asset, tuple(mixed), own.evidence)

    def _results(self, demands: Iterable[Demand], plan: AssetPlan, collected: Collected) -> list[Result]:
        facts = Facts(plan, collected.answers, self.given, self._readings)
        return [self._told(one) for one in judge_all(demands, facts)]

    def _told(self, result: Result) -> Result:
        return replace(result, reason=self.said(result.reason)) if result.verdict is Verdict.ERROR else result


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
