"""What an audit comes to on one screen: coverage first, then verdicts, asset by asset."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from auditor.model.asset import Asset
from auditor.model.finding import Finding, FindingState
from auditor.model.result import Result, Verdict

if TYPE_CHECKING:
    from auditor.store.records import AssetOutcome

COLUMNS = ("asset", "kind", "decided", "pass", "fail", "unknown", "error", "n/a", "worst", "note")
_MOST_REASONS = 5


def rows(
    assets: Iterable[Asset], results: Sequence[Result], outcomes: "Mapping[str, AssetOutcome]"
) -> list[dict[str, object]]:
    """Return a line for each asset that the audit asked, in the inventory's order."""
    by_asset: dict[str, list[Result]] = {}
    for result in results:
        by_asset.setdefault(result.asset, []).append(result)
    return [
        _row(asset, by_asset.get(asset.name, []), outcomes[asset.name]) for asset in assets if asset.name in outcomes
    ]


def headline(
    results: Sequence[Result], findings: Iterable[Finding], outcomes: "Mapping[str, AssetOutcome]"
) -> list[str]:
    """Return what comes first: coverage, then counts, then what changed on what was asked, then why what is unknown."""
    counts = Counter(result.verdict for result in results)
    decided = sum(counts[verdict] for verdict in Verdict if verdict.decided)
    reached = sum(outcome.reached for outcome in outcomes.values())
    states = Counter(finding.state for finding in findings if finding.asset in outcomes and _of_now(finding, outcomes))
    given = ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in Verdict if counts[verdict])
    changed = ", ".join(f"{states[state]} {state.value}" for state in FindingState if states[state])
    return [
        f"Coverage: {reached} of {len(outcomes)} assets answered; {decided} of {len(results)} demands decided.",
        f"Verdicts: {given or 'none'}.",
        f"Findings: {changed or 'none'}.",
        *_unknowns(result.reason for result in results if _left_open(result, outcomes)),
    ]


def _of_now(finding: Finding, outcomes: "Mapping[str, AssetOutcome]") -> bool:
    """Whether a finding belongs to this audit: what earlier ones saw fixed does not."""
    began = min(outcome.saved_at for outcome in outcomes.values())
    return finding.fixed_at is None or finding.state is not FindingState.FIXED or finding.fixed_at >= began


def _left_open(result: Result, outcomes: "Mapping[str, AssetOutcome]") -> bool:
    """Whether an asset that answered left this unknown; of the others, the table says why."""
    return result.verdict is Verdict.UNKNOWN and outcomes[result.asset].reached


def _unknowns(reasons: Iterable[str]) -> list[str]:
    counts = Counter(reasons).most_common()
    shown, rest = counts[:_MOST_REASONS], sum(number for _, number in counts[_MOST_REASONS:])
    lines = [f"{number:>6} {reason}" for reason, number in shown]
    more = [f"{rest:>6} for other reasons, which the technical report tells"] if rest else []
    return ["Unknown, and why:", *lines, *more] if lines else []


def _row(asset: Asset, results: Sequence[Result], outcome: "AssetOutcome") -> dict[str, object]:
    counts = Counter(result.verdict for result in results)
    failed = [result.severity for result in results if result.verdict is Verdict.FAIL]
    decided = sum(result.verdict.decided for result in results)
    return {
        "asset": asset.name,
        "kind": asset.kind.value,
        "decided": f"{decided}/{len(results)}",
        "pass": counts[Verdict.PASS],
        "fail": counts[Verdict.FAIL],
        "unknown": counts[Verdict.UNKNOWN],
        "error": counts[Verdict.ERROR],
        "n/a": counts[Verdict.NOT_APPLICABLE],
        "worst": max(failed, key=lambda severity: severity.rank).value if failed else "",
        "note": "" if outcome.reached else f"no answer: {outcome.problem}",
    }
