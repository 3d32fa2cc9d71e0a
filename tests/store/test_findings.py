"""Findings are kept as they stand, with every change, however strange their texts."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from auditor.errors import UsageError
from auditor.model.check import Severity
from auditor.model.finding import FindingState
from auditor.store.store import Store
from tests.make import NOW
from tests.store.given import finding, plan

LATER = NOW + timedelta(days=7)


def test_findings_come_back_as_they_were(store: Store) -> None:
    """Every field survives, by asset, check and subject."""
    kept = [
        finding("web-01", subject="a", state=FindingState.FIXED, fixed_at=LATER, severity=Severity.CRITICAL),
        finding(
            "web-01",
            subject="b",
            state=FindingState.WAIVED,
            reason="r",
            waived_until=date(2026, 12, 31),
            waived_found="yes",
        ),
        finding("web-02", found="", wanted="", solution="", control=""),
        finding("web-03", state=FindingState.RETIRED, retired_at=LATER, reason="The asset left the inventory."),
    ]
    store.save_findings("", kept[::-1], now=NOW)

    assert store.findings() == kept
    assert store.findings([FindingState.FIXED, FindingState.NEW]) == [kept[0], kept[2]]
    assert store.findings([FindingState.RETIRED]) == kept[3:]
    assert store.findings(asset="web-01") == kept[:2]
    assert store.findings([FindingState.NEW], "web-01") == []


@pytest.mark.parametrize(
    "text", ["nul \0 in it", "\ud800", "\x01json:", '\x01json:"x"', "é" * 5000, "x" * 100_000, "'; --"]
)
def test_hostile_texts(store: Store, text: str) -> None:
    """What an asset puts into a subject or value is stored and found again as it was."""
    hostile = finding(subject=text, found=text, wanted=text, reason=text, waived_found=text)
    store.save_findings("", [hostile], now=NOW)
    store.save_findings("", [replace(hostile, state=FindingState.FIXED)], now=NOW)

    assert store.findings() == [replace(hostile, state=FindingState.FIXED)]
    assert store.findings(asset="web-01") == store.findings([FindingState.FIXED])
    assert [event.found for event in store.finding_history(hostile.id)] == [text, text]


def test_each_change_of_state_or_value_is_an_event(store: Store) -> None:
    """History says when, in which audit, from what to what; that something new is still there is no event."""
    first, second = (store.begin_audit(plan("web-01"), now=when) for when in (NOW, LATER))
    opened = replace(finding(), state=FindingState.OPEN, last_seen=LATER)
    for audit, kept, now in [
        (first.id, finding(), NOW),
        (first.id, finding(), NOW),
        (second.id, opened, LATER),
        (second.id, opened, LATER),
        (second.id, replace(opened, last_seen=LATER + timedelta(1)), LATER),
        (second.id, replace(opened, found="ask"), LATER),
        (second.id, replace(opened, found="ask", state=FindingState.NOT_VERIFIED, reason="no route"), LATER),
    ]:
        store.save_findings(audit, [kept], now=now)
    history = store.finding(finding().id)

    assert history.finding.state is FindingState.NOT_VERIFIED
    assert [(e.at, e.audit, e.before, e.state, e.found, e.reason) for e in history.events] == [
        (NOW, first.id, None, FindingState.NEW, "yes", ""),
        (LATER, second.id, FindingState.OPEN, FindingState.OPEN, "ask", ""),
        (LATER, second.id, FindingState.OPEN, FindingState.NOT_VERIFIED, "ask", "no route"),
    ]


def test_findings_that_are_not_given_stay(store: Store) -> None:
    """Saving some findings leaves the others alone."""
    store.save_findings("", [finding("web-01"), finding("web-02")], now=NOW)
    store.save_findings("", [finding("web-02", state=FindingState.FIXED, fixed_at=LATER)], now=LATER)

    assert [found.state for found in store.findings()] == [FindingState.NEW, FindingState.FIXED]


def test_a_finding_is_found_by_the_beginning_of_its_id(store: Store) -> None:
    """As with commits, a few digits do, if they are enough."""
    many = [finding(f"host-{number:03}") for number in range(100)]
    store.save_findings("", many, now=NOW)
    wanted = many[50]

    assert store.finding(wanted.id).finding == wanted
    assert store.finding(wanted.id[:8]).finding == wanted
    for wrong, why in [
        (wanted.id[:1], "more than one finding begins like this"),
        ("0123456789abcdef", "there is no such finding"),
        ("", "an id has the digits 0-9 and a-f"),
        ("%", "an id has the digits 0-9 and a-f"),
        ("'", "an id has the digits 0-9 and a-f"),
    ]:
        with pytest.raises(UsageError, match=why):
            store.finding(wrong)


def test_many_findings(store: Store) -> None:
    """Thousands are kept at once, more than a statement has variables for."""
    many = [finding(f"host-{number:05}") for number in range(5000)]
    store.save_findings("", many, now=NOW)
    store.save_findings("", [replace(one, state=FindingState.OPEN) for one in many], now=NOW)

    assert store.findings() == [replace(one, state=FindingState.OPEN) for one in many]
