"""Facts and demands become results. Pure: no network, no clock, no store."""

import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from auditor.model.check import Check, NotApplicable, Outcome, Undecided, Violation
from auditor.model.evidence import Absent, Evidence, Known, Unknown, inventory_evidence
from auditor.model.evidence import Knowledge as KnownOrNot
from auditor.model.policy import Demand
from auditor.model.result import Result, Verdict

Knowledge = Callable[[type[object]], KnownOrNot]

_MOST_VIOLATIONS: Final = 1000  # of one check on one asset; a million-line file is one problem, not a million
_MOST_SAID: Final = 500  # characters of what an exception says


def judge(demand: Demand, knowledge: Knowledge) -> Result:
    """Return what becomes of one demand. A check or probe that raises gives an error for this asset, never silence."""
    evidence: list[Evidence] = []
    if demand.check is None:
        return _result(demand, Verdict.MANUAL, "A person has to look: no check covers this control.", evidence)
    try:
        known = {name: knowledge(fact) for name, fact in demand.check.needs.items()}
        evidence = list(dict.fromkeys(seen for fact in known.values() for seen in fact.evidence))
        return _judged(demand, demand.check, known, evidence)
    except Exception as error:  # noqa: BLE001  (the one place where a check's or a probe's own fault is caught)
        return _result(demand, Verdict.ERROR, f"The check failed: {_where(error)}", evidence)


def judge_all(demands: Iterable[Demand], knowledge: Knowledge) -> list[Result]:
    """Return a result for each demand, in order."""
    return [judge(demand, knowledge) for demand in demands]


def _judged(demand: Demand, check: Check, known: Mapping[str, KnownOrNot], evidence: list[Evidence]) -> Result:
    if unknown := [fact.reason for fact in known.values() if isinstance(fact, Unknown)]:
        return _result(demand, Verdict.UNKNOWN, _sentence(unknown), evidence)
    if absent := [fact.reason for fact in known.values() if isinstance(fact, Absent)]:
        return _result(demand, Verdict.NOT_APPLICABLE, _sentence(absent), evidence)
    facts = {name: fact.value for name, fact in known.items() if isinstance(fact, Known)}
    yielded: list[object] = list(check.judge(**facts, **demand.settings))
    outcomes = [outcome for outcome in yielded if isinstance(outcome, Outcome)]
    if len(outcomes) < len(yielded):  # a company's own check may yield anything; dropping it would be a pass
        kinds = {type(outcome).__name__ for outcome in yielded if not isinstance(outcome, Outcome)}
        raise TypeError(f"it yields {', '.join(sorted(kinds))}, where a Violation, Undecided or NotApplicable belongs")
    return _weigh(demand, check, outcomes, evidence)


def _weigh(demand: Demand, check: Check, outcomes: list[Outcome], evidence: list[Evidence]) -> Result:
    violations = tuple(outcome for outcome in outcomes if isinstance(outcome, Violation))
    undecided = tuple(outcome for outcome in outcomes if isinstance(outcome, Undecided))
    if violations:
        reason = f"Not met: {_places(violations)}."
        return _result(demand, Verdict.FAIL, reason, evidence, violations=violations, undecided=undecided)
    if undecided:
        reason = _sentence(f"{place.subject}: {place.reason}" for place in undecided)
        return _result(demand, Verdict.UNKNOWN, reason, evidence, undecided=undecided)
    if reasons := [outcome.reason for outcome in outcomes if isinstance(outcome, NotApplicable)]:
        return _result(demand, Verdict.NOT_APPLICABLE, _sentence(reasons), evidence)
    return _result(demand, Verdict.PASS, check.title, evidence)


def _result(
    demand: Demand,
    verdict: Verdict,
    reason: str,
    evidence: Iterable[Evidence],
    *,
    violations: tuple[Violation, ...] = (),
    undecided: tuple[Undecided, ...] = (),
) -> Result:
    return Result(
        asset=demand.asset.name,
        control=demand.control.id,
        check=demand.check.id if demand.check else "",
        verdict=verdict,
        reason=reason,
        evidence=tuple(evidence) or (inventory_evidence(demand.asset),),
        severity=demand.severity,
        violations=violations[:_MOST_VIOLATIONS],
        undecided=undecided[:_MOST_VIOLATIONS],
        settings=_effective(demand.check, demand.settings),
    )


def _effective(check: Check | None, chosen: Mapping[str, object]) -> dict[str, object]:
    return {name: chosen.get(name, setting.default) for name, setting in check.settings.items()} if check else {}


def _places(violations: Sequence[Violation]) -> str:
    """Return how many places there are, or the only one; what is not listed is said."""
    if len(violations) == 1:
        return violations[0].subject
    unlisted = f", of which the first {_MOST_VIOLATIONS} are listed" if len(violations) > _MOST_VIOLATIONS else ""
    return f"{len(violations)} places{unlisted}"


def _sentence(reasons: Iterable[str]) -> str:
    distinct = list(dict.fromkeys(reasons))
    more = f" (and {len(distinct) - 3} more)" if len(distinct) > 3 else ""
    return "; ".join(distinct[:3]) + more


def _where(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    last = frames[-1] if frames else None
    place = f" ({last.filename.rsplit('/', 1)[-1]}:{last.lineno})" if last else ""
    return f"{type(error).__name__}: {str(error)[:_MOST_SAID]}{place}"
