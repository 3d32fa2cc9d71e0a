"""Facts and demands become results. Pure: no network, no clock, no store."""

import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from auditor.model.asset import Asset
from auditor.model.check import Check, NotApplicable, Undecided, Violation
from auditor.model.evidence import Absent, Evidence, Known, Unknown, inventory_evidence
from auditor.model.evidence import Knowledge as KnownOrNot
from auditor.model.policy import Demand
from auditor.model.result import Result, Verdict

Knowledge = Callable[[type[object]], KnownOrNot]

_MOST_VIOLATIONS: Final = 1000  # of one check on one asset; a million-line file is one problem, not a million
_MOST_SAID: Final = 500  # characters of what an exception says


class _Weighed(NamedTuple):
    """What a demand comes to, whatever it rests on."""

    verdict: Verdict
    reason: str
    violations: tuple[Violation, ...] = ()
    undecided: tuple[Undecided, ...] = ()


def judge(demand: Demand, asset: Asset, knowledge: Knowledge) -> Result:
    """Return what becomes of a demand on an asset, of which `knowledge` tells what is known.

    A check or probe that raises gives an error for this asset, never silence.
    """
    evidence: tuple[Evidence, ...] = ()
    if demand.check is None:
        by_hand = _Weighed(Verdict.MANUAL, "A person has to look: no check covers this control.")
        return _result(demand, asset, evidence, by_hand)
    try:
        known = [knowledge(fact) for fact in demand.check.needs.values()]
        evidence = _evidence(known)
        return _result(demand, asset, evidence, _weighed(demand.check, demand.settings, known))
    except Exception as error:  # noqa: BLE001  (the one place where a check's or a probe's own fault is caught)
        return _result(demand, asset, evidence, _Weighed(Verdict.ERROR, f"The check failed: {_where(error)}"))


def judge_all(demands: Iterable[Demand], asset: Asset, knowledge: Knowledge) -> list[Result]:
    """Return a result for each demand, in order."""
    return [judge(demand, asset, knowledge) for demand in demands]


def _evidence(known: Sequence[KnownOrNot]) -> tuple[Evidence, ...]:
    """Return what facts rest on, each once; of one fact the very tuple, which all results that rest on it share."""
    if len(known) == 1:
        return known[0].evidence
    return tuple(dict.fromkeys(seen for fact in known for seen in fact.evidence))


def _weighed(check: Check, settings: Mapping[str, object], known: Sequence[KnownOrNot]) -> _Weighed:
    facts = [fact.value for fact in known if isinstance(fact, Known)]
    if len(facts) < len(known):
        return _without(known)
    yielded: list[object] = list(check.judge(*facts, **settings))
    return _weigh(yielded) if yielded else _Weighed(Verdict.PASS, check.title)


def _without(known: Iterable[KnownOrNot]) -> _Weighed:
    """Return what a demand comes to of which not all facts are known."""
    if unknown := [fact.reason for fact in known if isinstance(fact, Unknown)]:
        return _Weighed(Verdict.UNKNOWN, _sentence(unknown))
    return _Weighed(Verdict.NOT_APPLICABLE, _sentence(fact.reason for fact in known if isinstance(fact, Absent)))


def _weigh(yielded: Sequence[object]) -> _Weighed:
    violations = tuple([outcome for outcome in yielded if isinstance(outcome, Violation)])
    undecided = tuple([outcome for outcome in yielded if isinstance(outcome, Undecided)])
    reasons = [outcome.reason for outcome in yielded if isinstance(outcome, NotApplicable)]
    if len(violations) + len(undecided) + len(reasons) < len(yielded):
        raise _strange(yielded)  # a company's own check may yield anything; dropping it would be a pass
    if violations:
        kept, doubts = violations[:_MOST_VIOLATIONS], undecided[:_MOST_VIOLATIONS]
        return _Weighed(Verdict.FAIL, f"Not met: {_places(violations)}.", kept, doubts)
    if undecided:
        reason = _sentence(f"{place.subject}: {place.reason}" for place in undecided)
        return _Weighed(Verdict.UNKNOWN, reason, undecided=undecided[:_MOST_VIOLATIONS])
    return _Weighed(Verdict.NOT_APPLICABLE, _sentence(reasons))


def _strange(yielded: Iterable[object]) -> TypeError:
    known = (Violation, Undecided, NotApplicable)
    kinds = {type(outcome).__name__ for outcome in yielded if not isinstance(outcome, known)}
    return TypeError(f"it yields {', '.join(sorted(kinds))}, where a Violation, Undecided or NotApplicable belongs")


def _result(demand: Demand, asset: Asset, evidence: tuple[Evidence, ...], weighed: _Weighed) -> Result:
    return Result(
        asset=asset.name,
        control=demand.control.id,
        check=demand.check.id if demand.check else "",
        verdict=weighed.verdict,
        reason=weighed.reason,
        evidence=evidence or (inventory_evidence(asset),),
        severity=demand.severity,
        violations=weighed.violations,
        undecided=weighed.undecided,
        settings=demand.effective,
    )


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
