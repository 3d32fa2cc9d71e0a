"""Findings become recommendations that say on what they rest."""

from dataclasses import replace
from datetime import timedelta

from auditor.model.check import Severity
from auditor.model.finding import FindingState
from auditor.recommend import recommend
from tests.make import NOW
from tests.reports.made import POLICY, SOLUTIONS, finding

OPEN = finding("web-01", FindingState.OPEN)
SNMP = replace(
    OPEN,
    asset="edge-01",
    check="snmp.communities",
    control="NET-01",
    severity=Severity.CRITICAL,
    solution="secure-snmp",
)


def test_one_recommendation_for_each_solution() -> None:
    """Findings of one solution are one piece of work, whatever checks they come from; the weightiest is first."""
    other = replace(OPEN, asset="app-01", check="ssh.ciphers", severity=Severity.LOW)

    advice = recommend([OPEN, other, SNMP], SOLUTIONS, POLICY)

    assert [(one.solution.id, one.assets, one.risk) for one in advice] == [
        ("secure-snmp", ("edge-01",), 10.0),
        ("harden-ssh", ("app-01", "web-01"), 8.0),
    ]


def test_a_check_on_an_asset_weighs_once() -> None:
    """Sixty old packages on a host are one neglect: the worst of them counts."""
    many = [replace(OPEN, subject=f"package {n}", severity=Severity.LOW) for n in range(60)]

    (advice,) = recommend([*many, OPEN], SOLUTIONS, POLICY)

    assert (advice.risk, len(advice.findings)) == (7.0, 61)


def test_the_four_bases() -> None:
    """Experience, company policy, audit result and current trend: each is said, and none is made up."""
    old = replace(OPEN, asset="db-01", first_seen=NOW - timedelta(days=400), state=FindingState.NOT_VERIFIED)

    (advice,) = recommend([OPEN, old], SOLUTIONS, POLICY)

    assert advice.experience == "No earlier project with this solution is known; its estimates are the catalogue's own."
    assert advice.company_policy == "made 2026.1: ACC-01 Nobody logs in as root."
    assert advice.audit_result == (
        "2 findings on 2 assets, the worst high; the oldest seen first on 2025-10-18; 1 could not be verified again."
    )
    assert advice.current_trend == "A dated trend."


def test_a_solution_without_a_trend_says_so() -> None:
    """An empty field is not filled with something that sounds well."""
    quiet = {"harden-ssh": replace(SOLUTIONS["harden-ssh"], trend="")}

    assert (
        recommend([OPEN], quiet, POLICY)[0].current_trend == "The catalogue names no current trend for this solution."
    )


def test_a_control_that_is_gone_demands_nothing_any_more() -> None:
    """Findings outlive the control that they were found under."""
    gone = replace(OPEN, control="GONE-01")

    assert recommend([gone], SOLUTIONS, POLICY)[0].company_policy == "No control of made 2026.1 demands it any more."


def test_no_finding_drops_out_of_the_plan() -> None:
    """A solution that the catalogue lacks, or none at all, still is something to do."""
    advice = recommend([replace(OPEN, solution="nowhere"), replace(OPEN, solution="")], SOLUTIONS, POLICY)

    assert [(one.solution.id, len(one.findings), len(one.solution.tasks)) for one in advice] == [
        ("nowhere", 1, 1),
        ("unassigned", 1, 1),
    ]


def test_findings_are_listed_the_severest_first() -> None:
    low = replace(OPEN, asset="a", severity=Severity.LOW)

    assert recommend([low, OPEN], SOLUTIONS, POLICY)[0].findings == (OPEN, low)


def test_nothing_to_do() -> None:
    assert recommend([], SOLUTIONS, POLICY) == []
