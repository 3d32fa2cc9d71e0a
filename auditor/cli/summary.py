"""What an audit comes to on one screen: coverage first, then verdicts, asset by asset."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from auditor.model.asset import Asset
from auditor.model.finding import Finding, FindingState
from auditor.model.result import Judged, Verdict

if TYPE_CHECKING:
    from auditor.store.records import AssetOutcome

COLUMNS = ("asset", "kind", "decided", "pass", "fail", "unknown", "error", "n/a", "worst", "note")
_MOST_REASONS = 5


@dataclass
class Summary:
    """What an audit comes to, counted asset by asset, so that no fleet has to be held at once."""

    outcomes: "Mapping[str, AssetOutcome]"
    finished_at: datetime
    counts: Counter[Verdict] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)  # of what assets that answered left unknown
    lines: dict[str, dict[str, object]] = field(default_factory=dict)

    def add(self, judged: Judged) -> None:
        """Count one asset."""
        outcome = self.outcomes[judged.asset]
        counts = Counter(judgement.verdict for judgement in judged.judgements)
        self.counts.update(counts)
        if outcome.reached:
            self.reasons.update(one.reason for one in judged.judgements if one.verdict is Verdict.UNKNOWN)
        failed = [one.severity for one in judged.judgements if one.verdict is Verdict.FAIL]
        self.lines[judged.asset] = {
            "decided": f"{_decided(counts)}/{counts.total()}",
            "pass": counts[Verdict.PASS],
            "fail": counts[Verdict.FAIL],
            "unknown": counts[Verdict.UNKNOWN],
            "error": counts[Verdict.ERROR],
            "n/a": counts[Verdict.NOT_APPLICABLE],
            "worst": max(failed, key=lambda severity: severity.rank).value if failed else "",
            "note": "" if outcome.reached else f"no answer: {outcome.problem}",
        }

    def rows(self, assets: Iterable[Asset]) -> list[dict[str, object]]:
        """Return a line for each asset that the audit asked, in the inventory's order."""
        asked = [asset for asset in assets if asset.name in self.lines]
        return [{"asset": one.name, "kind": one.kind.value, **self.lines[one.name]} for one in asked]

    def headline(self, findings: Iterable[Finding], stopped: "Mapping[str, int]") -> list[str]:
        """Return what comes first: coverage, stopped credentials, verdicts, what changed, then why what is unknown."""
        reached = sum(outcome.reached for outcome in self.outcomes.values())
        of_now = [one for one in findings if self._of_now(one)]
        states = Counter(finding.state for finding in of_now)
        given = ", ".join(f"{self.counts[verdict]} {verdict.value}" for verdict in Verdict if self.counts[verdict])
        changed = ", ".join(f"{states[state]} {state.value}" for state in FindingState if states[state])
        demands = f"{_decided(self.counts)} of {self.counts.total()} demands decided"
        return [
            f"Coverage: {reached} of {len(self.outcomes)} assets answered; {demands}.",
            *[f"Credential {name} stopped after {times} refusals." for name, times in stopped.items()],
            f"Verdicts: {given or 'none'}.",
            f"Findings: {changed or 'none'}.",
            *self._unknowns(),
        ]

    def _of_now(self, finding: Finding) -> bool:
        """Whether a finding belongs to this audit: on its assets, or retired by it; what ended in another does not."""
        if finding.asset not in self.outcomes and finding.state is not FindingState.RETIRED:
            return False
        began = min(outcome.saved_at for outcome in self.outcomes.values())
        return finding.ended_at is None or began <= finding.ended_at <= self.finished_at

    def _unknowns(self) -> list[str]:
        common = self.reasons.most_common()
        shown, rest = common[:_MOST_REASONS], sum(number for _, number in common[_MOST_REASONS:])
        lines = [f"{number:>6} {reason}" for reason, number in shown]
        more = [f"{rest:>6} for other reasons, which the technical report tells"] if rest else []
        return ["Unknown, and why:", *lines, *more] if lines else []


def _decided(counts: Counter[Verdict]) -> int:
    return sum(counts[verdict] for verdict in Verdict if verdict.decided)
