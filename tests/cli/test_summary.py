"""The screen that an audit ends with: coverage first, and only what this audit saw."""

from dataclasses import replace
from datetime import timedelta

from auditor.cli.summary import Summary
from auditor.model.check import Severity
from auditor.model.finding import Finding, FindingState
from auditor.store.records import AssetOutcome
from tests.make import NOW

OUTCOMES = {"web-01": AssetOutcome(asset="web-01", reached=True, problem="", saved_at=NOW)}


def fixed(days_ago: int) -> Finding:
    """Return a finding that was seen fixed some days before this audit."""
    return Finding(
        asset="web-01",
        check="ssh.root-login",
        subject=f"PermitRootLogin {days_ago}",
        control="ACC-01",
        state=FindingState.FIXED,
        severity=Severity.HIGH,
        found="yes",
        wanted="no",
        solution="harden-ssh",
        first_seen=NOW - timedelta(days=90),
        last_seen=NOW - timedelta(days=60),
        fixed_at=NOW - timedelta(days=days_ago),
    )


def test_only_what_this_audit_saw_fixed_is_counted() -> None:
    """What was fixed a month ago is history."""
    assert "Findings: 1 fixed." in Summary(OUTCOMES, NOW).headline([fixed(0), fixed(30)], {})


def test_what_was_seen_fixed_while_the_clock_was_ahead_is_not_counted_by_every_audit_since() -> None:
    """Its day is yet to come; it belongs to the audit whose clock was wrong."""
    assert "Findings: none." in Summary(OUTCOMES, NOW).headline([fixed(-400)], {})


def test_what_this_audit_retired_is_counted_wherever_it_was() -> None:
    """An asset that left the inventory is not among those that were asked; it is told once."""
    left, long_ago = (
        replace(fixed(0), asset=name, state=FindingState.RETIRED, fixed_at=None, retired_at=NOW - timedelta(days=days))
        for name, days in (("gone-01", 0), ("gone-02", 30))
    )

    assert "Findings: 1 retired." in Summary(OUTCOMES, NOW).headline([left, long_ago], {})


def test_coverage_comes_first() -> None:
    """Before any count of verdicts; then which credentials were stopped."""
    first, second, *_ = Summary(OUTCOMES, NOW).headline([], {"key": 3})
    assert first == "Coverage: 1 of 1 assets answered; 0 of 0 demands decided."
    assert second == "Credential key stopped after 3 refusals."
