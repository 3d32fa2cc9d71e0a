"""Many assets saved at once, what they share stored once, and what an asset need not send again."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text as sql

from auditor.model.asset import Channel
from auditor.model.check import Violation
from auditor.model.evidence import Evidence, evidence_of, text_digest
from auditor.model.finding import FindingState
from auditor.model.probe import Answer, Snmp
from auditor.model.result import Judged, Verdict, judged_of
from auditor.store.records import LastAnswer
from auditor.store.saving import Saved
from auditor.store.store import Store
from tests.make import NOW, answer, asset
from tests.store.given import OS_RELEASE, SSHD, Collected, failed, finding, passed, plan, said, silent

WEEK = timedelta(weeks=1)
RAW = "0123456789abcdef0123456789abcdef"


def together(collected: Collected, *results: object) -> Saved:
    """Return what one asset said and was judged to be, as the pipeline has it."""
    return collected, judged_of(collected.asset.name, collected.evidence, results)  # type: ignore[arg-type]


def alike(names: list[str], text: str = "permitrootlogin yes\n") -> list[Saved]:
    """Return assets that said the same and share one tuple of judgements."""
    _, first = together(said(names[0], text), failed(said(names[0], text)))
    listed = [said(name, text) for name in names]
    return [(one, Judged(one.asset.name, first.judgements, one.evidence)) for one in listed]


def count(store: Store, table: str) -> int:
    with store._database.reading() as connection:
        return int(connection.execute(sql(f"SELECT count(*) FROM {table}")).scalar_one())  # noqa: S608


def test_assets_saved_together_come_back_each_as_it_was(store: Store, open_store: Callable[[], Store]) -> None:
    """Of a batch every asset is there, with its own name and times; what they share is stored once and read as one."""
    audit = store.begin_audit(plan("web-01", "web-02", "web-03"), now=NOW)
    store.save_assets(audit.id, [*alike(["web-01", "web-02"]), together(silent("web-03"))], now=NOW)
    saved = list(open_store().judged(audit.id))

    assert [one.asset for one in saved] == ["web-01", "web-02", "web-03"]
    assert saved[0].judgements is saved[1].judgements
    assert list(saved[1].results) == [failed(said("web-02"))]
    assert list(store.results(audit.id)) == [failed(said("web-01")), failed(said("web-02"))]
    assert store.finished_assets(audit.id) == {"web-01", "web-02", "web-03"}
    assert store.collected(audit.id)["web-03"].problem == "no route to host"
    assert count(store, "evidence_text") == 2


def test_a_batch_is_kept_whole_or_not_at_all(store: Store) -> None:
    """One asset that cannot be kept keeps the others of its batch out; without it they are stored."""
    audit = store.begin_audit(plan("web-01", "web-02"), now=NOW)
    good = together(said("web-01"), failed(said("web-01")))
    strange = judged_of("web-02", said("web-02").evidence, [failed(said("web-02", "another text"))])
    for bad, why in [
        ((said("web-02"), strange), "a result of web-02 rests on a text that is not stored"),
        ((said("web-02"), replace(good[1])), "a result about web-01 was given for web-02"),
    ]:
        with pytest.raises(ValueError, match=why):
            store.save_assets(audit.id, [good, bad], now=NOW)
        assert store.finished_assets(audit.id) == frozenset()
    store.save_assets(audit.id, [good], now=NOW)
    store.save_assets(audit.id, [], now=NOW)

    assert list(store.results(audit.id)) == [failed(said("web-01"))]


def test_a_text_that_is_stored_is_not_needed_again(store: Store, open_store: Callable[[], Store]) -> None:
    """An answer that did not change may come without its text: the digest finds the one that is stored."""
    first = store.begin_audit(plan("web-01"), now=NOW)
    store.save_assets(first.id, [together(said(), failed(said()))], now=NOW)
    later = said("web-01", at=NOW + WEEK)
    unsaid = {key: replace(one, text="", digest=text_digest(one.text)) for key, one in later.answers.items()}
    again = open_store()
    second = again.begin_audit(plan("web-01"), now=NOW + WEEK)
    again.save_assets(second.id, [(replace(later, answers=unsaid), together(later, failed(later))[1])], now=NOW + WEEK)

    assert list(again.results(second.id)) == [failed(later)]
    assert count(store, "evidence_text") == 2
    digests = [one.digest for one in later.evidence]
    assert again.evidence_texts([*digests, "0" * 64]) == dict(
        zip(digests, ["permitrootlogin yes\n", "ID=debian\n"], strict=True)
    )


def test_verdicts_that_change_week_by_week_come_back(store: Store) -> None:
    """Verdicts are kept against those of the week before, and read back after more weeks than that goes on for."""
    weeks, checks = 40, [f"subject.rule-{number}" for number in range(30)]
    audits = []
    for week in range(weeks):
        given = said("web-01", f"week {week}\n", at=NOW + week * WEEK)
        results = [
            failed(given, f"week {week}", c) if n % weeks == week % 30 else passed(given, c)
            for n, c in enumerate(checks)
        ]
        audits.append((store.begin_audit(plan("web-01"), now=NOW + week * WEEK).id, results))
        store.save_asset(audits[-1][0], given, results, now=NOW)

    for audit, results in audits:
        assert list(store.results(audit)) == results


def test_histories(store: Store) -> None:
    """What every finished audit made of an asset and of a check, oldest first; unfinished audits do not count."""
    for week in range(3):
        audit = store.begin_audit(plan("web-01", "web-02"), now=NOW + week * WEEK)
        for name in ("web-01", "web-02"):
            given = said(name, f"week {week}\n")
            results = [failed(given) if week == 1 else passed(given), passed(given, "ssh.empty")]
            store.save_asset(audit.id, given, results, now=NOW)
        if week < 2:
            store.finish_audit(audit.id, [], now=NOW)

    past = store.asset_history("web-02")
    assert [(one.audit, one.started_at, one.reached, one.problem) for one in past] == [
        ("1", NOW, True, ""),
        ("2", NOW + WEEK, True, ""),
    ]
    assert [[result.verdict.value for result in one.judged.results] for one in past] == [
        ["pass", "pass"],
        ["fail", "pass"],
    ]
    assert [(one.audit, one.verdicts) for one in store.check_history("ssh.root-login")] == [
        ("1", {Verdict.PASS: 2}),
        ("2", {Verdict.FAIL: 2}),
    ]
    assert store.asset_history("web-09") == store.check_history("no.such") == []


def sent(name: str = "web-01", raw: str = RAW, **changed: object) -> Collected:
    """Return answers of which one has a keyed digest of what was sent."""
    known = answer("permitrootlogin yes\n", SSHD, asked_at=NOW, privilege="root", raw=raw, **changed)
    other = answer("ID=debian\n", OS_RELEASE, asked_at=NOW)
    return Collected(asset(name), {SSHD: known, OS_RELEASE: other})


def told(given: Collected, exit_status: int | None = 0, raw: str = RAW) -> Mapping[str, LastAnswer]:
    return {str(SSHD): LastAnswer(given.evidence[0].digest, raw, exit_status, "root", given.answers[SSHD].place)}


def test_what_an_asset_last_told(store: Store, open_store: Callable[[], Store]) -> None:
    """Only complete answers with a digest of what was sent; only the newest; and others are left alone."""
    audit = store.begin_audit(plan("web-01", "web-02"), now=NOW)
    for given in (sent("web-02"), sent(raw=RAW[::-1]), sent(exit_status=1, place="etc/ssh")):
        store.save_asset(audit.id, given, [failed(given)], now=NOW)
    again = open_store()

    assert again.last_told(())("web-01") == told(sent(place="etc/ssh"), exit_status=1)
    assert again.last_told(())("web-02") == told(sent())
    assert again.last_told(())("web-09") == {}
    assert count(store, "last_told") == 2


def test_what_is_not_remembered_of_an_asset(store: Store) -> None:
    """A truncated answer is never compared with; a silent asset keeps what it told before."""
    audit = store.begin_audit(plan("web-01", "web-02"), now=NOW)
    cut = sent("web-02", problem="the answer is truncated")
    store.save_assets(audit.id, [together(sent()), together(cut)], now=NOW)
    store.save_asset(audit.id, silent(), [], now=NOW)

    assert store.last_told(())("web-02") == {}
    assert store.last_told(())("web-01") == told(sent())


def test_answers_without_an_exit_status_and_of_other_channels(store: Store) -> None:
    """What has no exit status says so; the same words over another channel are another answer."""
    walk = Snmp(("1.3.6.1.2.1.1",), walk=True)
    given = Answer(request=walk, channel=Channel.SNMP, asked_at=NOW, text="x", raw=RAW)
    seen = evidence_of("ups-01", given)
    elsewhere = Evidence(asset="ups-01", request=str(walk), channel="replay", digest=seen.digest)
    collected = Collected(asset("ups-01"), {walk: given})
    audit = store.begin_audit(plan("ups-01"), now=NOW)
    store.save_assets(audit.id, [(collected, Judged("ups-01", (), (elsewhere, seen)))], now=NOW)

    assert store.last_told(())("ups-01") == {str(walk): LastAnswer(seen.digest, RAW, None)}


def test_a_digest_that_cannot_be_is_refused(store: Store) -> None:
    """A transport that gives another kind of digest is at fault, and nothing of the asset is kept."""
    audit = store.begin_audit(plan("web-01"), now=NOW)
    with pytest.raises(ValueError, match="a digest of 4 bytes was given, and not of 16"):
        store.save_asset(audit.id, sent(raw="0123abcd"), [], now=NOW)
    assert store.finished_assets(audit.id) == frozenset()


def test_what_was_told_stays_small(store: Store) -> None:
    """However often an asset is audited, one row of it is kept, of some twenty bytes an answer."""
    for week in range(5):
        audit = store.begin_audit(plan("web-01"), now=NOW + week * WEEK)
        store.save_asset(audit.id, sent(raw=f"{week:032x}"), [], now=NOW)
    with store._database.reading() as connection:
        (size,) = connection.execute(sql("SELECT length(body) FROM last_told")).scalars()

    assert store.last_told(())("web-01") == told(sent(), raw=f"{4:032x}")
    assert size == len('[0,""]\n') + 16


def test_a_clock_that_steps_back_loses_nothing(store: Store) -> None:
    """Audits keep the order in which they were carried out, whatever the clock says of it."""
    early = NOW - 52 * WEEK
    for at, found in ((NOW, FindingState.NEW), (early, FindingState.FIXED)):
        audit = store.begin_audit(plan("web-01"), now=at)
        given = said(at=at)
        store.save_asset(audit.id, given, [failed(given) if at == NOW else passed(given)], now=at - WEEK)
        kept = finding(state=found, fixed_at=at if found is FindingState.FIXED else None)
        store.finish_audit(audit.id, [kept], now=at - 2 * WEEK)
    newest = store.latest_audit()

    assert newest is not None
    assert (newest.id, newest.started_at) == ("2", early)
    assert [one.audit for one in store.asset_history("web-01")] == ["1", "2"]
    assert [one.started_at for one in store.history()] == [NOW, early]
    assert store.last_answers("2") == {"web-01": early - WEEK}
    assert [event.state.value for event in store.finding_history(finding().id)] == ["new", "fixed"]
    assert [one.asked_at for one in store.evidence()] == [early, early]
    assert [one.violations for one in store.results("1")] == [(Violation("PermitRootLogin", "yes", frozenset({"no"})),)]


def test_a_text_that_another_of_the_batch_gave_is_not_given_again(store: Store) -> None:
    """Whoever asks in another process sends a text once; those that follow name it by its digest."""
    audit = store.begin_audit(plan("web-01", "web-02", "web-03"), now=NOW)
    whole, other = said("web-01"), said("web-02")
    unsaid = {key: replace(one, text="", digest=text_digest(one.text)) for key, one in other.answers.items()}
    named = (replace(other, answers=unsaid), together(other, failed(other))[1])
    store.save_assets(audit.id, [named, together(whole, failed(whole))], now=NOW)

    assert list(store.results(audit.id)) == [failed(whole), failed(other)]
    lost = said("web-03", "permitrootlogin no\n")
    bare = {key: replace(one, text="", digest=text_digest(one.text)) for key, one in lost.answers.items()}
    with pytest.raises(ValueError, match="a result of web-03 rests on a text that is not stored"):
        store.save_assets(audit.id, [(replace(lost, answers=bare), together(lost, failed(lost))[1])], now=NOW)
