"""One view of an audit: the numbers and lists that every report shows, so that no two reports disagree."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from auditor.model.finding import Finding, FindingState
from auditor.model.policy import Waiver
from auditor.model.project import Project
from auditor.model.recommendation import Recommendation
from auditor.model.result import Verdict
from auditor.reports.alike import Cell
from auditor.reports.audited import Audited
from auditor.reports.coverage import Coverage, FrameworkRow, KindRow, by_framework, by_kind, coverage
from auditor.reports.details import AssetDetails, AssetRow
from auditor.reports.passed_over import PassedOver
from auditor.reports.tally import Teller, tally
from auditor.reports.trend import Trend, trend


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """A recommendation and the draft project that would carry it out, where there is one."""

    recommendation: Recommendation
    project: Project | None

    @property
    def hours(self) -> float | None:
        """Return the hours that the work is expected to take."""
        return sum(task.hours.expected for task in self.project.tasks) if self.project else None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverRow:
    """A waiver, what became of it, and how many findings it covers. `days_left` counts from the audit's day."""

    waiver: Waiver
    fate: str  # matched, changed, expired or unused
    findings: int
    days_left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandRow:
    """How one demand fared on all the assets it was made of. `check` is empty where a person has to look."""

    check: str
    control: str  # the first that demands it
    title: str
    severity: str  # of the check itself; empty where nothing judges
    met: int
    not_met: int
    undecided: int
    idle: int  # not applicable


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Everything that a report tells, in the order in which it should be told."""

    audited: Audited
    coverage: Coverage
    verdicts: Mapping[Verdict, int]
    kinds: tuple[KindRow, ...]
    frameworks: tuple[FrameworkRow, ...]
    advice: tuple[Advice, ...]
    trend: Trend
    passed_over: PassedOver
    knowledge: tuple[tuple[str, str], ...]  # dated knowledge that results rest on: what it is, whose and of when
    demands: tuple[DemandRow, ...]  # what fails on most assets first
    changes: Mapping[FindingState, tuple[Finding, ...]]  # the severest first
    waivers: tuple[WaiverRow, ...]
    rows: tuple[AssetRow, ...]  # every asset of the audit
    assets: tuple[AssetDetails, ...]  # the same with all details; of a large fleet only the worst

    @property
    def standing(self) -> int:
        """Return how many findings stand."""
        return sum(len(found) for state, found in self.changes.items() if state.stands)

    @property
    def policy_changed(self) -> bool:
        """Whether the policy is no longer the one that the results rest on."""
        return self.audited.policy.digest != self.audited.judged_digest


def view(audited: Audited, *tellers: Teller) -> View:
    """Return the one view of an audit, and tell of each asset on the way, since its results are gone through once.

    Reads the texts of the evidence of violations, and nothing else.
    """
    counted = tally(audited, *tellers)
    verdicts = counted.verdicts
    return View(
        audited=audited,
        coverage=coverage(audited, verdicts),
        verdicts=verdicts,
        kinds=tuple(by_kind(audited)),
        frameworks=tuple(by_framework(audited, counted.by_control)),
        advice=tuple(
            Advice(recommendation=one, project=audited.projects.get(one.solution.id)) for one in audited.recommendations
        ),
        trend=trend(audited, verdicts),
        passed_over=counted.passed_over,
        knowledge=counted.knowledge,
        demands=_demands(audited, counted.cells),
        changes=_changes(audited),
        waivers=_waivers(audited),
        rows=counted.rows,
        assets=counted.assets,
    )


def _demands(audited: Audited, cells: Mapping[Cell, int]) -> tuple[DemandRow, ...]:
    counts: dict[tuple[str, str], Counter[Verdict]] = {}
    controls: dict[tuple[str, str], str] = {}
    for (control, check, verdict), number in cells.items():
        key = (check, "" if check else control)  # a check that two controls demand is one demand
        counts.setdefault(key, Counter())[verdict] += number
        controls.setdefault(key, control)
    rows = [_demand(audited, check, controls[check, control], counts[check, control]) for check, control in counts]
    return tuple(sorted(rows, key=lambda row: (-row.not_met, -row.undecided, row.check, row.control)))


def _demand(audited: Audited, check: str, control: str, counts: Counter[Verdict]) -> DemandRow:
    judged = audited.checks.get(check)
    titles = {one.id: one.title for one in audited.policy.controls}
    return DemandRow(
        check=check,
        control=control,
        title=judged.title if judged else check or titles.get(control, control),
        severity=judged.severity.value if judged else "",
        met=counts[Verdict.PASS],
        not_met=counts[Verdict.FAIL],
        undecided=counts[Verdict.UNKNOWN] + counts[Verdict.ERROR] + counts[Verdict.MANUAL],
        idle=counts[Verdict.NOT_APPLICABLE],
    )


def _changes(audited: Audited) -> dict[FindingState, tuple[Finding, ...]]:
    """Return findings by state. What was fixed or retired in another audit is left out."""
    ordered = sorted(audited.findings, key=lambda one: (-one.severity.rank, one.asset, one.check, one.subject))
    told = [one for one in ordered if not one.state.ended or _ended_by_this(one, audited)]
    return {state: tuple(one for one in told if one.state is state) for state in FindingState}


def _ended_by_this(finding: Finding, audited: Audited) -> bool:
    """Whether it ended in this audit; not in a later one, nor in an earlier one whose clock was ahead."""
    ended = finding.ended_at
    return ended is not None and audited.started_at <= ended <= (audited.finished_at or ended)


def _waivers(audited: Audited) -> tuple[WaiverRow, ...]:
    waived = [finding for finding in audited.findings if finding.state is FindingState.WAIVED]
    day = (audited.finished_at or audited.started_at).date()
    rows = [
        WaiverRow(waiver=waiver, fate=fate, findings=_covered(waiver, waived), days_left=_days(day, waiver.expires))
        for fate, waivers in audited.waivers.items()
        for waiver in waivers
    ]
    return tuple(sorted(rows, key=lambda row: (row.waiver.expires, row.waiver.check, row.waiver.reason)))


def _covered(waiver: Waiver, waived: list[Finding]) -> int:
    return sum(waiver.matches(finding.asset, finding.check, finding.subject) for finding in waived)


def _days(day: date, expires: date) -> int:
    return (expires - day).days
