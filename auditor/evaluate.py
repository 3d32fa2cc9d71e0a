"""Facts and demands become results. Pure: no network, no clock, no store."""

import traceback
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from auditor.model.check import Check, NotApplicable, Outcome, Undecided, Violation
from auditor.model.evidence import Absent, Evidence, Known, Unknown, inventory_evidence
from auditor.model.evidence import Knowledge as KnownOrNot
from auditor.model.policy import Demand
from auditor.model.result import Result, Verdict

Knowledge = Callable[[type[object]], KnownOrNot]

_MOST_VIOLATIONS: Final = 1000  # of one check on one asset; a million-line file is one problem, not a million


def judge(demand: Demand, knowledge: Knowledge) -> Result:
    """Return what becomes of one demand. A check that raises gives an error for this asset, never silence."""
    if demand.check is None:
        return _result(
            demand,
            Verdict.MANUAL,
            "A person has to look: no check covers this control.",
            [inventory_evidence(demand.asset)],
        )
    known = {name: knowledge(fact) for name, fact in demand.check.needs.items()}
    evidence = _distinct(seen for fact in known.values() for seen in fact.evidence) or [
        inventory_evidence(demand.asset)
    ]
    if unknown := [fact.reason for fact in known.values() if isinstance(fact, Unknown)]:
        return _result(demand, Verdict.UNKNOWN, _sentence(unknown), evidence)
    if absent := [fact.reason for fact in known.values() if isinstance(fact, Absent)]:
        return _result(demand, Verdict.NOT_APPLICABLE, _sentence(absent), evidence)
    facts = {name: fact.value for name, fact in known.items() if isinstance(fact, Known)}
    try:
        outcomes = list(demand.check.judge(**facts, **demand.settings))
    except Exception as error:  # noqa: BLE001  (the one place where a check's own fault is caught)
        return _result(demand, Verdict.ERROR, f"The check failed: {_where(error)}", evidence)
    return _weigh(demand, outcomes, evidence)


def judge_all(demands: Iterable[Demand], knowledge: Knowledge) -> list[Result]:
    """Return a result for each demand, in order."""
    return [judge(demand, knowledge) for demand in demands]


def _weigh(demand: Demand, outcomes: list[Outcome], evidence: list[Evidence]) -> Result:
    assert demand.check is not None
    violations = tuple(outcome for outcome in outcomes if isinstance(outcome, Violation))
    undecided = tuple(outcome for outcome in outcomes if isinstance(outcome, Undecided))
    if violations:
        places = f"{len(violations)} places" if len(violations) > 1 else violations[0].subject
        return _result(
            demand, Verdict.FAIL, f"Not met: {places}.", evidence, violations=violations, undecided=undecided
        )
    if undecided:
        reason = _sentence(f"{place.subject}: {place.reason}" for place in undecided)
        return _result(demand, Verdict.UNKNOWN, reason, evidence, undecided=undecided)
    if reasons := [outcome.reason for outcome in outcomes if isinstance(outcome, NotApplicable)]:
        return _result(demand, Verdict.NOT_APPLICABLE, _sentence(reasons), evidence)
    return _result(demand, Verdict.PASS, demand.check.title, evidence)


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
        evidence=tuple(evidence),
        severity=demand.severity,
        violations=violations[:_MOST_VIOLATIONS],
        undecided=undecided[:_MOST_VIOLATIONS],
        settings=_effective(demand.check, demand.settings),
    )


def _effective(check: Check | None, chosen: Mapping[str, object]) -> dict[str, object]:
    return {name: chosen.get(name, setting.default) for name, setting in check.settings.items()} if check else {}


def _distinct(evidence: Iterable[Evidence]) -> list[Evidence]:
    return list({seen.id: seen for seen in evidence}.values())


def _sentence(reasons: Iterable[str]) -> str:
    distinct = list(dict.fromkeys(reasons))
    more = f" (and {len(distinct) - 3} more)" if len(distinct) > 3 else ""
    return "; ".join(distinct[:3]) + more


def _where(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    last = frames[-1] if frames else None
    place = f" ({last.filename.rsplit('/', 1)[-1]}:{last.lineno})" if last else ""
    return f"{type(error).__name__}: {error}{place}"
