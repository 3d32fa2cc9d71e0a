"""Group standing findings by solution and say on which four bases each solution is recommended."""

from collections.abc import Iterable, Mapping
from typing import Final

from auditor.model.check import Severity
from auditor.model.finding import Finding, FindingState
from auditor.model.policy import Policy
from auditor.model.recommendation import Estimate, Recommendation, Solution, SolutionKind, TaskTemplate

# How much a finding counts when solutions are put in order. Not a probability and not money: a critical finding
# outweighs a few low ones, and nothing else is claimed for these numbers.
_WEIGHTS: Final = {
    Severity.INFO: 0.0,
    Severity.LOW: 1.0,
    Severity.MEDIUM: 3.0,
    Severity.HIGH: 7.0,
    Severity.CRITICAL: 10.0,
}
_NO_EXPERIENCE: Final = "No earlier project with this solution is known; its estimates are the catalogue's own."
_NO_TREND: Final = "The catalogue names no current trend for this solution."


def recommend(findings: Iterable[Finding], solutions: Mapping[str, Solution], policy: Policy) -> list[Recommendation]:
    """Return a recommendation for each solution of the findings, the one that takes most risk away first."""
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.solution, []).append(finding)
    advice = [_advice(solutions.get(name) or _unassigned(name), group, policy) for name, group in groups.items()]
    return sorted(advice, key=lambda one: (-one.risk, one.solution.id))


def weight(finding: Finding) -> float:
    """Return how much a finding counts: by its severity alone."""
    return _WEIGHTS[finding.severity]


def _advice(solution: Solution, findings: list[Finding], policy: Policy) -> Recommendation:
    ordered = sorted(findings, key=lambda one: (-one.severity.rank, one.asset, one.check, one.subject))
    return Recommendation(
        solution=solution,
        findings=tuple(ordered),
        assets=tuple(sorted({finding.asset for finding in findings})),
        experience=_NO_EXPERIENCE,
        company_policy=_clauses(findings, policy),
        audit_result=_result(ordered),
        current_trend=solution.trend or _NO_TREND,
        risk=_risk(findings),
    )


def _risk(findings: Iterable[Finding]) -> float:
    """Return the sum of the weights, a check on an asset counted once: 60 old packages on a host are one neglect."""
    worst: dict[tuple[str, str], float] = {}
    for finding in findings:
        key = (finding.asset, finding.check)
        worst[key] = max(worst.get(key, 0.0), weight(finding))
    return sum(worst.values())


def _clauses(findings: Iterable[Finding], policy: Policy) -> str:
    named = {finding.control for finding in findings}
    clauses = [f"{control.id} {control.title}" for control in policy.controls if control.id in named]
    if not clauses:
        return f"No control of {policy.id} {policy.version} demands it any more."
    return f"{policy.id} {policy.version}: {'; '.join(clauses)}."


def _result(findings: list[Finding]) -> str:
    assets = len({finding.asset for finding in findings})
    first = min(finding.first_seen for finding in findings)
    unsure = sum(finding.state is FindingState.NOT_VERIFIED for finding in findings)
    return (
        f"{_count(len(findings), 'finding')} on {_count(assets, 'asset')}, the worst {findings[0].severity.value}; "
        f"the oldest seen first on {first:%Y-%m-%d}"
        f"{f'; {unsure} could not be verified again' if unsure else ''}."
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _unassigned(name: str) -> Solution:
    """Return a stand-in for a solution that the catalogue lacks, so that no finding drops out of the plan."""
    task = TaskTemplate(title="Find out how to mend this", role="security", hours=Estimate(2, 4, 16))
    title = f"Mend what no solution of the catalogue covers ({name or 'none named'})"
    summary = (
        "These findings name a solution that policies/solutions/ does not hold; somebody has to decide what to do."
    )
    return Solution(
        id=name or "unassigned", title=title, kind=SolutionKind.CHANGE_PROCESS, summary=summary, tasks=(task,)
    )
