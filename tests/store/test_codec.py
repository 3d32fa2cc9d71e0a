"""What was saved is what comes back: any value, any evidence, any result."""

import json
import zlib
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.model.check import Severity, Undecided, Violation
from auditor.model.evidence import Evidence
from auditor.model.result import Judged, Result, Verdict, judged_of
from auditor.store import codec
from tests.make import NOW, SEEN
from tests.store.given import failed, said

TEXT = st.text(st.characters(exclude_categories=()), max_size=20)  # lone surrogates and NUL among them
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT
VALUES = st.recursive(SCALARS, lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=3), max_leaves=8)
SETTINGS = st.recursive(
    SCALARS | st.dates() | st.timedeltas() | st.datetimes(timezones=st.just(UTC)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.frozensets(st.integers() | TEXT, max_size=3)
        | st.sets(TEXT, max_size=3)
        | st.dictionaries(TEXT | st.integers(), inner, max_size=3)
        | st.tuples(inner)
    ),
    max_leaves=8,
)
TIMES = st.none() | st.builds(
    lambda microseconds, zone: (NOW + timedelta(microseconds=microseconds)).astimezone(zone),
    st.integers(-(10**15), 10**15),
    st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))]),
)
EVIDENCE = st.builds(
    Evidence,
    asset=st.sampled_from(["web-01", "web-02", ""]),
    request=TEXT,
    channel=TEXT,
    asked_at=TIMES,
    digest=st.sampled_from(["", "0" * 64, "1" * 64]),
    problem=TEXT,
    privilege=TEXT,
    origin=TEXT,
    exit_status=st.none() | st.integers(0, 255),
)
VIOLATIONS = st.builds(Violation, TEXT, VALUES, VALUES)
UNDECIDED = st.builds(Undecided, TEXT, TEXT)


@st.composite
def results(draw: st.DrawFn) -> Result:
    violations = draw(st.lists(VIOLATIONS, max_size=3))
    verdict = Verdict.FAIL if violations else draw(st.sampled_from([v for v in Verdict if v is not Verdict.FAIL]))
    return Result(
        asset="web-01",
        control=draw(TEXT),
        check=draw(TEXT),
        verdict=verdict,
        reason=draw(TEXT) or "why",
        evidence=(*draw(st.lists(EVIDENCE, max_size=3)), SEEN),
        severity=draw(st.sampled_from(Severity)),
        violations=tuple(violations),
        undecided=tuple(draw(st.lists(UNDECIDED, max_size=2))),
        settings=draw(st.dictionaries(TEXT, SETTINGS, max_size=3)),
    )


def back(evidence: list[Evidence], given_results: list[Result]) -> tuple[list[Evidence], list[Result]]:
    judged = judged_of("web-01", evidence, given_results)
    shared = codec.judging(judged.judgements)
    seen = json.loads(codec.sights("web-01", judged.evidence).seen)
    texts = {"0" * 64: 17, "1" * 64: 4, SEEN.digest: 99}
    digests = {number: digest for digest, number in texts.items()}
    own = codec.asked_from(codec.asked("web-01", judged.evidence, texts))
    evidence_back = codec.evidence_from("web-01", seen, own, [digests[number] for number in own.texts])
    judgements = codec.judgements_from(codec.demands_from(json.loads(shared.plan)), json.loads(shared.judged))
    return evidence_back, list(Judged("web-01", judgements, tuple(evidence_back)).results)


def typed(value: object) -> object:
    """Return a value with its type at every level, since 1 == True == 1.0."""
    if isinstance(value, frozenset | set):
        return (type(value), frozenset(typed(item) for item in value))
    if isinstance(value, tuple | list):
        return (type(value), tuple(typed(item) for item in value))
    if isinstance(value, dict):
        return (dict, tuple((typed(key), typed(item)) for key, item in value.items()))
    return (type(value), value)


@settings(max_examples=300, deadline=None)
@given(st.lists(EVIDENCE, max_size=4), st.lists(results(), max_size=4))
def test_results_come_back_equal_and_of_the_same_types(evidence: list[Evidence], saved: list[Result]) -> None:
    """Tuples, sets, None, booleans and days survive; so do evidence of other assets, times and their order."""
    evidence_back, saved_back = back(evidence, saved)

    assert saved_back == saved
    assert [typed(v.found) for r in saved_back for v in r.violations] == [
        typed(v.found) for r in saved for v in r.violations
    ]
    assert [typed(dict(r.settings)) for r in saved_back] == [typed(dict(r.settings)) for r in saved]
    assert evidence_back[: len(set(evidence))] == list(dict.fromkeys(evidence))


def test_a_value_that_no_rule_knows_is_kept_as_its_text() -> None:
    """A setting of an unforeseen type must not lose a whole asset."""
    assert codec.unpacked(codec.packed(complex(1, 2))) == "(1+2j)"
    assert codec.unpacked(codec.packed((b"x",))) == ("b'x'",)


def test_an_enumerated_word_becomes_the_word() -> None:
    """Settings validated into StrEnum members compare equal to what comes back."""

    class Word(StrEnum):
        NO = "no"

    assert codec.unpacked(codec.packed(frozenset({Word.NO}))) == frozenset({Word.NO})


def test_sets_are_written_in_one_order() -> None:
    """Equal verdicts are one document, however a set happens to be iterated."""
    many = [f"value-{number}" for number in range(50)]

    assert codec.packed(frozenset(many)) == codec.packed(frozenset(reversed(many)))


def test_documents_of_like_assets_are_the_same() -> None:
    """Neither the asset's name nor the time nor its place in the inventory is in what like assets share."""
    listed = [
        judged_of(given.asset.name, [*given.evidence, entry(given.asset.name, line)], [failed(given)])
        for given, line in ((said("web-01"), 7), (said("web-02", at=NOW + timedelta(hours=1)), 9))
    ]

    numbers = {seen.digest: 1 for judged in listed for seen in judged.evidence}
    one, other = ((codec.judging(j.judgements), codec.sights(j.asset, j.evidence)) for j in listed)
    assert one == other
    own = [codec.asked(judged.asset, judged.evidence, numbers) for judged in listed]
    assert own[0] != own[1]
    assert [codec.asked_from(body).entry for body in own] == ["company.yaml:7", "company.yaml:9"]


def entry(asset: str, line: int) -> Evidence:
    return Evidence(asset=asset, request="inventory entry", channel="inventory", origin=f"company.yaml:{line}")


def test_places_in_an_inventory_come_back() -> None:
    """The asset's own and another's; and of two of its own, both."""
    evidence = [entry("web-01", 3), entry("web-02", 4), entry("web-01", 5)]

    assert back(evidence, [])[0] == evidence


def test_what_was_written_before_is_read() -> None:
    """Times alone, and times with the numbers of texts."""
    alone, numbered = (zlib.compress(written) for written in (b"[1,null,2]", b"[[1,null,2],[4,2]]"))

    assert codec.asked_from(alone) == ([1, None, 2], [], "")
    assert codec.asked_from(numbered) == ([1, None, 2], [4, 6], "")


def test_a_time_without_zone_is_refused() -> None:
    """It could be any moment."""
    naive = Evidence(asset="web-01", request="x", channel="ssh", asked_at=datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(ValueError, match="time zone"):
        codec.asked("web-01", [naive], {})


def test_days_and_moments_stay_apart() -> None:
    """A date is not a datetime, though Python's is a kind of it."""
    assert codec.unpacked(codec.packed((date(2026, 1, 1), NOW))) == (date(2026, 1, 1), NOW)
    assert [type(v) for v in codec.unpacked(codec.packed((date(2026, 1, 1), NOW)))] == [date, datetime]  # type: ignore[attr-defined]


def test_evidence_that_was_stored_before_exit_statuses_were_has_none() -> None:
    """Whose it is and what else was kept is read as ever."""
    lines: list[list[codec.Json]] = [["ssh", "uptime", 1, "", "root", "", ["web-02"]], ["ssh", "id", "", "refused"]]
    first, second = codec.evidence_from("web-01", lines, codec.Asked([0, 0], [1]), ["0" * 64])

    assert (first.asset, first.privilege, first.digest, first.exit_status) == ("web-02", "root", "0" * 64, None)
    assert (second.asset, second.problem, second.exit_status) == ("web-01", "refused", None)
