"""The numbers of a report, on a company small enough to count them by hand."""

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta

import pytest

from auditor.errors import DatabaseProblem
from auditor.model.check import Severity
from auditor.model.evidence import text_digest
from auditor.model.finding import FindingState
from auditor.model.result import Verdict
from auditor.reports.coverage import by_kind
from auditor.reports.trend import HEIGHT
from auditor.reports.view import view
from tests.make import NOW, asset
from tests.reports.made import (
    CONFIG,
    CONTROLS,
    FINDINGS,
    HOSTILE,
    POLICY,
    RESULTS,
    ROOT_YES,
    WAIVER,
    WEEK,
    Past,
    audited,
    given,
    nobody,
    result,
    seen,
    texts,
)


def test_coverage_counts_what_was_decided_and_who_answered() -> None:
    """Unknown, error and manual are not decided; a part of a per cent is not rounded up."""
    seen = view(audited()).coverage

    assert (seen.demanded, seen.decided, seen.percent) == (8, 5, 62)
    assert (seen.listed, seen.asked, seen.reached) == (6, 5, 4)


def test_coverage_is_never_rounded_up_to_all() -> None:
    """One demand of 300 undecided is 99 per cent, not 100."""
    results = (*[result("app-01", Verdict.PASS)] * 299, result("app-01", Verdict.UNKNOWN))

    assert view(audited(judged=given(results))).coverage.percent == 99


def test_nothing_demanded_is_not_full_coverage() -> None:
    """Without a demand there is no share, neither 0 nor 100."""
    assert view(nobody(asset())).coverage.percent is None


def test_assets_that_nothing_was_learned_about_are_named() -> None:
    """Those outside the audit and those that gave no answer, with the reason and the last answer."""
    seen = view(audited()).coverage

    assert [(one.name, one.asked, one.reason, one.last_answer) for one in seen.unseen] == [
        ("spare-01", False, "was not part of this audit", NOW - timedelta(days=7)),
        (HOSTILE, True, f"{HOSTILE} hung up", None),
    ]
    assert [one.name for one in seen.never] == [HOSTILE]


def test_an_asset_that_the_inventory_dropped_is_still_told_of() -> None:
    """It was asked, so it is counted among the silent ones and has its details, without an inventory entry."""
    changed = audited(asked=frozenset({"gone-01"}), unreached={"gone-01": "timed out"}, judged=())

    assert [one.name for one in view(changed).coverage.unseen if one.asset is None] == ["gone-01"]
    assert [(one.name, one.asset, one.problem) for one in view(changed).assets] == [("gone-01", None, "timed out")]


def test_standing_findings_by_kind_the_worst_first() -> None:
    """Waived, fixed and retired findings do not stand; a finding on an asset no longer listed does."""
    rows = [(row.kind, row.listed, row.reached, row.affected, row.total) for row in by_kind(audited())]

    assert rows == [
        ("router", 2, 1, 1, 1),
        ("server", 3, 3, 1, 1),
        ("no longer listed", 0, 0, 1, 1),
        ("phone", 1, 0, 0, 0),
    ]
    assert by_kind(audited())[0].findings[Severity.CRITICAL] == 1


def test_a_framework_counts_each_requirement_once() -> None:
    """1.1, 1.2 and 2.1 fail; 3.1 waits for a person; 4.1 has no asset under it."""
    (row,) = view(audited()).frameworks

    assert (row.title, row.named) == ("The Frame, edition 8", 5)
    assert (row.met, row.not_met, row.undecided, row.unasked) == (0, 3, 1, 1)


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ((Verdict.PASS, Verdict.NOT_APPLICABLE), "met"),
        ((Verdict.PASS, Verdict.UNKNOWN), "undecided"),
        ((Verdict.NOT_APPLICABLE,), "unasked"),
        ((), "unasked"),
    ],
)
def test_a_requirement_is_met_only_when_seen_to_be(verdicts: tuple[Verdict, ...], expected: str) -> None:
    """One undecided demand leaves it undecided, and demands without an object prove nothing."""
    results = tuple(result("app-01", verdict) for verdict in verdicts)
    control = replace(CONTROLS[0], satisfies={"frame": ("1.1",)})
    (row,) = view(audited(judged=given(results), policy=replace(POLICY, controls=(control,)))).frameworks

    assert {"met": row.met, "undecided": row.undecided, "unasked": row.unasked}[expected] == 1


def test_a_failing_demand_outweighs_an_undecided_one() -> None:
    """A requirement with a failure and an unknown is not met."""
    control = replace(CONTROLS[0], satisfies={"frame": ("1.1",)})
    (row,) = view(audited(judged=given(RESULTS[1:4]), policy=replace(POLICY, controls=(control,)))).frameworks

    assert (row.not_met, row.undecided) == (1, 0)


def test_findings_that_ended_in_another_audit_are_no_news() -> None:
    """Only what this audit saw fixed is shown as fixed, and what it retired as retired; neither stands.

    Not what was fixed before, nor after, be it that the clock was ahead then.
    """
    ahead = replace(FINDINGS[2], subject="with the clock ahead", fixed_at=NOW + 52 * WEEK)
    seen = view(audited(findings=(*FINDINGS, ahead)))

    for state in (FindingState.FIXED, FindingState.RETIRED):
        assert [one.subject for one in seen.changes[state]] == ["PermitRootLogin"]
    assert seen.standing == 3
    assert view(audited()).standing == 3


def test_a_waiver_with_its_last_day() -> None:
    """39 days from 22 November to 31 December, and the one finding that it covers."""
    (row,) = view(audited()).waivers

    assert (row.waiver, row.fate, row.findings, row.days_left) == (WAIVER, "matched", 1, 39)


def test_the_trend_ends_with_this_audit() -> None:
    """Not applicable is left out; unknown, error and manual are undecided."""
    seen = view(audited()).trend

    assert [(one.audit, one.met, one.not_met, one.undecided) for one in seen.points] == [
        ("1", 0, 0, 5),
        ("2", 2, 4, 2),
        ("3", 1, 3, 3),
    ]
    assert seen.before == seen.points[1]
    assert seen.not_alike == ()


def test_bars_are_drawn_to_one_scale() -> None:
    """The audit with most demands is full height, and the pieces of a bar stand on each other."""
    first, second, third = view(audited()).trend.bars

    assert sum(piece.height for piece in second.segments) == HEIGHT
    assert [piece.height for piece in first.segments] == [5 / 8 * HEIGHT]
    assert [(piece.name, piece.count, piece.y) for piece in third.segments] == [
        ("met", 1, 157.5),
        ("not-met", 3, 90.0),
        ("undecided", 3, 22.5),
    ]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"assets": frozenset({"web-01"})}, "this audit was of 4 more and of 0 fewer of the assets"),
        ({"reached": 1}, "4 assets answered, and 1 before"),
        ({"policy": "made 2025.4", "policy_digest": "x"}, "the policy is made 2026.1, and was made 2025.4"),
        ({"policy_digest": "x"}, "the policy or one of its checks was edited"),
        ({"started_at": NOW + WEEK}, "this machine's clock was set back between them"),
    ],
)
def test_audits_that_differ_are_not_compared_in_silence(changed: dict[str, object], why: str) -> None:
    """Fewer failures because fewer assets were asked is no progress."""
    past = Past(id="2", started_at=NOW, verdicts={}, standing={})

    assert view(audited(history=(replace(past, **changed),))).trend.not_alike == (why,)


def test_violations_carry_their_evidence_and_finding() -> None:
    """Found and wanted as people read them, the line that shows it, and the finding that follows it."""
    (failed,) = view(audited()).assets[0].failed
    (place,), (seen,) = failed.places, failed.seen

    assert (place.subject, place.found, place.wanted) == ("PermitRootLogin", "yes", "no")
    assert place.finding is not None
    assert (place.id, place.finding.state) == (place.finding.id, FindingState.NEW)
    assert "permitrootlogin yes" in seen.lines


def test_undecided_demands_carry_their_reason_errors_first() -> None:
    """Also those places that are not known within a demand that fails."""
    told = {
        one.name: [(open_.result.verdict, open_.result.reason) for open_ in one.undecided]
        for one in view(audited()).assets
    }

    assert told["app-01"] == [(Verdict.ERROR, "The check failed: ValueError")]
    assert [verdict for verdict, _ in told["web-01"]] == [Verdict.MANUAL, Verdict.FAIL]
    assert told[HOSTILE] == [(Verdict.UNKNOWN, f"{HOSTILE} hung up")]


def test_evidence_that_is_gone_is_said_to_be_gone() -> None:
    """A text that the store lacks costs its excerpt, not the report."""
    (failed,) = view(audited(texts=lambda _: {})).assets[0].failed

    assert failed.seen[0].lines == ()
    assert failed.seen[0].gone == f"No evidence with the digest {failed.seen[0].evidence.digest} is stored."


def test_one_damaged_text_costs_no_other() -> None:
    """They are read together, and one by one where that fails."""

    def damaged(digests: Collection[str]) -> dict[str, str]:
        if text_digest(CONFIG) in digests:
            raise DatabaseProblem("The evidence is damaged.")
        return texts(digests)

    both = result("web-01", Verdict.FAIL, violations=(ROOT_YES,), evidence=(seen("web-01"), seen("web-01", CONFIG)))
    (failed,) = view(audited(texts=damaged, judged=given([both]))).assets[0].failed

    assert "permitrootlogin yes" in failed.seen[0].lines
    assert failed.seen[1].gone == "The evidence is damaged."


def test_a_check_and_control_that_are_gone_leave_the_violation() -> None:
    """An old audit can be reported after its check was removed: the id stands in for the title."""
    changed = audited(checks={}, policy=replace(POLICY, controls=()))
    (failed,) = view(changed).assets[0].failed

    assert (failed.title, failed.control) == ("ssh.root", None)
