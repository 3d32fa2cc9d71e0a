"""Audits are saved asset by asset, resumed, finished all at once, and read again as they were."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from auditor.errors import UsageError
from auditor.model.check import Severity
from auditor.model.evidence import text_digest
from auditor.model.finding import FindingState
from auditor.model.policy import Policy
from auditor.model.result import Verdict
from auditor.store.records import AuditOutcome, Tally
from auditor.store.store import Store
from tests.make import NOW, asset
from tests.store.given import failed, finding, judged, passed, plan, said, silent

LATER = NOW + timedelta(minutes=5)


def test_results_come_back_as_they_were_saved(store: Store) -> None:
    """Results keep their evidence, violations, settings and times, by asset and in the order they were given."""
    web, backup = said("web-01"), said("backup-01", at=LATER)
    audit = store.begin_audit(plan("web-01", "backup-01"), now=NOW)
    store.save_asset(audit.id, web, [failed(web), passed(web, "ssh.empty")], now=NOW)
    store.save_asset(audit.id, backup, [passed(backup)], now=LATER)

    assert [passed(backup), failed(web), passed(web, "ssh.empty")] == list(store.results(audit.id))
    assert [failed(web), passed(web, "ssh.empty")] == list(store.results(audit.id, "web-01"))
    assert [*backup.evidence, *web.evidence] == list(store.evidence(audit=audit.id))


def test_texts_are_stored_once(store: Store) -> None:
    """An answer that another asset or audit gave before costs no second text, and reads back by its digest."""
    text = "permitrootlogin yes\n\ud800 é \x00\n"
    for name in ("web-01", "web-02"):
        audit = store.begin_audit(plan(name), now=NOW)
        store.save_asset(audit.id, said(name, text), [failed(said(name, text))], now=NOW)

    with store._database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM evidence_text").scalar() == 2
        assert connection.exec_driver_sql("SELECT count(DISTINCT judged_id) FROM asset_audit").scalar() == 1
    assert text == store.evidence_text(text_digest(text))


def test_a_text_that_was_never_stored_is_a_usage_error(store: Store) -> None:
    """Asking for a digest that there is not says so."""
    with pytest.raises(UsageError, match="No evidence with the digest 0000"):
        store.evidence_text("0" * 64)


def test_saving_again_replaces(store: Store) -> None:
    """Saving an asset once more leaves one answer, the last."""
    audit = store.begin_audit(plan("web-01"), now=NOW)
    for text in ("permitrootlogin yes\n", "permitrootlogin yes\n", "permitrootlogin no\n"):
        given = said("web-01", text)
        store.save_asset(audit.id, given, [failed(given) if "yes" in text else passed(given)], now=NOW)

    assert [passed(said("web-01", "permitrootlogin no\n"))] == list(store.results(audit.id))


def test_an_audit_resumes_only_with_the_same_plan_within_a_day(store: Store) -> None:
    """Policy, inventory and the assets in scope must be the same, and the answers not older than a day."""
    begun = store.begin_audit(plan("web-01", "web-02"), now=NOW)
    store.save_asset(begun.id, said("web-01"), [], now=NOW)
    hour = NOW - timedelta(hours=1)

    assert begun == store.unfinished_audit(plan("web-01", "web-02"), since=hour)
    assert frozenset({"web-01"}) == store.finished_assets(begun.id)
    assert None is store.unfinished_audit(plan("web-01"), since=hour)
    assert None is store.unfinished_audit(plan("web-01", "web-02", policy_digest="q"), since=hour)
    assert None is store.unfinished_audit(plan("web-01", "web-02", inventory_digest="j"), since=hour)
    assert None is store.unfinished_audit(plan("web-01", "web-02"), since=LATER)


def test_resume_or_begin(store: Store) -> None:
    """The same audit is taken up where it stopped; after a day a new one begins, and the old one is abandoned."""
    policy = Policy(id="baseline", version="1", digest="p")
    first = store.resume_or_begin(policy, "i", ["web-01", "web-02"], now=NOW)
    store.save_asset(first.id, silent("web-02"), [], now=NOW)
    second = store.resume_or_begin(policy, "i", ["web-02", "web-01"], now=LATER)
    third = store.resume_or_begin(policy, "i", ["web-02", "web-01"], now=NOW + timedelta(hours=25))

    assert (first.id, NOW, frozenset({"web-02"})) == (second.id, second.started_at, second.finished)
    assert (third.id != first.id, frozenset()) == (True, third.finished)
    assert [audit.outcome for audit in store.audits()] == [AuditOutcome.UNFINISHED, AuditOutcome.ABANDONED]
    with pytest.raises(UsageError, match="is abandoned: nothing can be added"):
        store.save_asset(first.id, said("web-01"), [], now=LATER)


def test_finishing_keeps_findings_and_counts(store: Store) -> None:
    """The outcome, the findings and the counts of verdicts are kept; finishing once more changes nothing."""
    audit = store.begin_audit(plan("web-01", "web-02", "web-03"), now=NOW)
    for name in ("web-01", "web-02"):
        store.save_asset(audit.id, said(name), [failed(said(name)), passed(said(name), "ssh.empty")], now=NOW)
    lost = silent("web-03")
    unknown = judged(lost, "ssh.root-login", verdict=Verdict.UNKNOWN, reason="no route to host")
    store.save_asset(audit.id, lost, [unknown], now=NOW)
    outcome = store.finish_audit(audit.id, [finding("web-01"), finding("web-02")], now=LATER)
    again = store.finish_audit(audit.id, [], now=LATER + timedelta(hours=1))
    finished = store.latest_audit()

    assert (outcome, again) == (AuditOutcome.NOT_MET, AuditOutcome.NOT_MET)
    assert finished is not None
    assert (audit.id, LATER, AuditOutcome.NOT_MET) == (finished.id, finished.finished_at, finished.outcome)
    assert [finding("web-01"), finding("web-02")] == store.findings()
    assert [
        Tally(control="ACC-01", check="ssh.empty", verdict=Verdict.PASS, count=2),
        Tally(control="ACC-01", check="ssh.root-login", verdict=Verdict.FAIL, count=2),
        Tally(control="ACC-01", check="ssh.root-login", verdict=Verdict.UNKNOWN, count=1),
    ] == store.tallies(audit.id)
    assert store.reached(audit.id) == 2
    assert {name: outcome.problem for name, outcome in store.collected(audit.id).items()} == {
        "web-01": "",
        "web-02": "",
        "web-03": "no route to host",
    }


@pytest.mark.parametrize(
    ("collected", "findings", "outcome"),
    [
        ([silent("web-01")], [finding("web-01")], AuditOutcome.FAILED),
        ([said("web-01"), silent("web-02")], [], AuditOutcome.MET),
        ([said("web-01")], [finding("web-01", state=FindingState.WAIVED)], AuditOutcome.MET),
        ([said("web-01")], [finding("web-01", state=FindingState.FIXED)], AuditOutcome.MET),
        ([said("web-01")], [finding("other", state=FindingState.OPEN)], AuditOutcome.MET),
        ([said("web-01")], [finding("web-01", state=FindingState.REOPENED)], AuditOutcome.NOT_MET),
    ],
)
def test_outcomes(store: Store, collected: list, findings: list, outcome: AuditOutcome) -> None:
    """An audit in which nobody answered failed; one is met when nothing seen on its assets is left standing."""
    audit = store.begin_audit(plan("web-01", "web-02"), now=NOW)
    for given in collected:
        store.save_asset(audit.id, given, [], now=NOW)

    assert outcome == store.finish_audit(audit.id, findings, now=LATER)


def test_history_has_the_numbers_of_earlier_audits(store: Store) -> None:
    """Verdicts as they were given, and the findings that stood then, oldest first; failed audits are left out."""
    standing = {state: finding("web-01", subject=state, state=state) for state in FindingState}
    for number, states in enumerate([list(FindingState), [FindingState.OPEN], []]):
        audit = store.begin_audit(plan("web-01"), now=NOW + timedelta(days=number))
        given = said("web-01") if number < 2 else silent("web-01")
        results = [failed(given), passed(given, "ssh.empty")] if number < 2 else []
        store.save_asset(audit.id, given, results, now=NOW)
        fixed = [replace(f, state=FindingState.FIXED) for state, f in standing.items() if state not in states]
        store.finish_audit(audit.id, [*(standing[state] for state in states), *fixed], now=NOW)
    first, second = store.history()

    assert (first.id, first.started_at, second.started_at) == ("1", NOW, NOW + timedelta(days=1))
    assert first.verdicts == second.verdicts == {Verdict.FAIL: 1, Verdict.PASS: 1}
    assert (first.standing, second.standing) == ({Severity.HIGH: 4}, {Severity.HIGH: 1})
    assert store.history(before=second.id) == [first]
    assert store.history(limit=1) == [second]


def test_a_finished_audit_takes_nothing_more(store: Store) -> None:
    """What was finished stays as it is."""
    audit = store.begin_audit(plan("web-01"), now=NOW)
    store.save_asset(audit.id, said("web-01"), [], now=NOW)
    store.finish_audit(audit.id, [], now=LATER)

    with pytest.raises(UsageError, match="is met: nothing can be added"):
        store.save_asset(audit.id, said("web-01"), [failed(said("web-01"))], now=LATER)
    assert list(store.results(audit.id)) == []


@pytest.mark.parametrize("audit", ["99", "x", "-1", "\u0661", "9" * 30, "1 OR 1=1"])
def test_an_audit_that_there_is_not(store: Store, audit: str) -> None:
    """Asking for it is a usage error, whatever was typed."""
    for read in (
        store.audit,
        store.tallies,
        store.reached,
        store.finished_assets,
        lambda id_: list(store.results(id_)),
    ):
        with pytest.raises(UsageError, match="There is no audit"):
            read(audit)


def test_a_result_needs_its_text(store: Store) -> None:
    """A verdict whose evidence was not given is refused, and leaves nothing behind."""
    audit = store.begin_audit(plan("web-01"), now=NOW)
    strange = said("web-01", "another text")
    with pytest.raises(ValueError, match="rests on a text that is not stored"):
        store.save_asset(audit.id, said("web-01"), [failed(strange)], now=NOW)
    with pytest.raises(ValueError, match="a result about web-02 was given for web-01"):
        store.save_asset(audit.id, said("web-01"), [failed(said("web-02"))], now=NOW)

    assert (frozenset(), []) == (store.finished_assets(audit.id), list(store.results(audit.id)))
    with pytest.raises(UsageError):
        store.evidence_text(text_digest("permitrootlogin yes\n"))


def test_what_a_rolled_back_save_stored_is_not_taken_for_stored(store: Store) -> None:
    """After a refused save the same texts and documents are stored by the next one."""
    audit = store.begin_audit(plan("web-01"), now=NOW)
    good, strange = said("web-01"), said("web-01", "another text")
    with pytest.raises(ValueError, match="not stored"):
        store.save_asset(audit.id, good, [failed(strange)], now=NOW)
    store.save_asset(audit.id, good, [failed(good)], now=NOW)

    assert [failed(good)] == list(store.results(audit.id))
    assert store.evidence_text(good.evidence[0].digest) == "permitrootlogin yes\n"


def test_without_an_audit_evidence_is_the_last_of_each_asset(store: Store) -> None:
    """Evidence is looked up where each asset was asked last."""
    old, new, other = said("web-01"), said("web-01", at=LATER), said("web-02")
    for given in (old, other, new):
        audit = store.begin_audit(plan(given.asset.name), now=NOW)
        store.save_asset(audit.id, given, [], now=NOW)

    assert [*new.evidence, *other.evidence] == list(store.evidence())
    assert list(other.evidence) == list(store.evidence(asset="web-02"))


def test_many_assets_read_in_pages(store: Store) -> None:
    """More assets than a page has come back all, once each, in order."""
    names = [f"host-{number:04}" for number in range(450)]
    audit = store.begin_audit(plan(*names), now=NOW)
    for name in names:
        store.save_asset(
            audit.id,
            said(name, f"permitrootlogin {name}\n"),
            [failed(said(name, f"permitrootlogin {name}\n"), found=name)],
            now=NOW,
        )

    assert names == [result.asset for result in store.results(audit.id)]
    assert names == [result.violations[0].found for result in store.results(audit.id)]


def test_threads_may_save_at_once(store: Store, open_store: Callable[[], Store]) -> None:
    """Many collecting threads save; nothing is lost, and another process's view agrees."""
    names = [f"host-{number:02}" for number in range(60)]
    audit = store.begin_audit(plan(*names), now=NOW)
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda name: store.save_asset(audit.id, said(name), [failed(said(name))], now=NOW), names))

    assert names == [result.asset for result in open_store().results(audit.id)]


def test_identities_keep_their_days(store: Store) -> None:
    """An asset's identities are remembered from the first day to the last."""
    store.note_assets([asset("web-01", identities=frozenset({"serial:A", "name:web"}))], now=NOW)
    store.note_assets([asset("web-01", identities=frozenset({"serial:B", "name:web"}))], now=LATER)

    assert [(mark.identity, mark.first_seen, mark.last_seen) for mark in store.identities("web-01")] == [
        ("name:web", NOW, LATER),
        ("serial:A", NOW, NOW),
        ("serial:B", LATER, LATER),
    ]
    assert store.identities("web-02") == []
