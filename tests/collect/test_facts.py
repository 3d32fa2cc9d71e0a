"""What is known of an asset, given what it answered: the first way that knows, else absent, else why not."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import pytest

from auditor.collect.facts import Facts, Readings
from auditor.collect.plan import AssetPlan, Way
from auditor.errors import NotPresent, Unreadable
from auditor.facts.ambient import Today
from auditor.model.asset import Asset
from auditor.model.evidence import Absent, Evidence, Knowledge, Known, Unknown, text_digest
from auditor.model.probe import ASKED_AS_ROOT, Answer, Probe, Request, Shell, derived, probe
from tests.make import answer, asset

FIRST, SECOND, MORE = Shell("first"), Shell("second"), Shell("more")


@dataclass(frozen=True)
class Word:
    """A word that the asset says."""

    text: str


@dataclass(frozen=True)
class Length:
    """How long it is."""

    letters: int


@dataclass(frozen=True)
class Both:
    """Two in one."""

    text: str


@dataclass(frozen=True)
class Even:
    """Whether a length is even."""

    even: bool


def heard(given: Answer) -> Word:
    """Read an answer: `-` is absence, `?` is noise."""
    if given.text == "-":
        raise NotPresent(f"no word ({given.request})")
    if given.text == "?":
        raise Unreadable(f"noise ({given.request})")
    return Word(given.text)


first, second = probe(FIRST)(heard), probe(SECOND)(heard)


@probe(FIRST, MORE)
def joined(one: Answer, two: Answer) -> Both:
    """Read two answers."""
    return Both(one.text + two.text)


@derived
def length(word: Word) -> Length:
    """Derive it; a word of seven letters is odd, and none has eight."""
    if len(word.text) == 7:
        raise Unreadable("seven letters")
    if len(word.text) == 8:
        raise NotPresent("eight letters")
    return Length(len(word.text))


@derived
def even(length: Length) -> Even:
    """Derive it from what is derived."""
    return Even(length.letters % 2 == 0)


WAYS: Mapping[type[object], tuple[Way, ...]] = {
    Word: (first, second),
    Length: (length,),
    Even: (even,),
    Both: (joined,),
}


def facts(
    ways: Mapping[type[object], tuple[Way, ...]] = WAYS,
    unasked: Mapping[type[object], str] | None = None,
    ambient: Mapping[type[object], Knowledge] | None = None,
    **said: str | Answer,
) -> Facts:
    """Return the facts of an asset that said these things."""
    requests: dict[str, Request] = {"first": FIRST, "second": SECOND, "more": MORE}
    answers = {
        requests[name]: text if isinstance(text, Answer) else answer(text, requests[name])
        for name, text in said.items()
    }
    return Facts(AssetPlan(asset(), (), ways, {}, unasked or {}), answers, ambient or {})


REFUSED = answer("half an ans", FIRST, problem="permission denied")


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        ("a", "b", Word("a")),
        ("?", "b", Word("b")),
        ("-", "b", Word("b")),
        ("a", "?", Word("a")),
        (REFUSED, "b", Word("b")),
    ],
)
def test_the_first_way_that_knows_is_believed(one: str | Answer, two: str, expected: Word) -> None:
    """Whatever the ways before it could not tell."""
    known = facts(first=one, second=two)(Word)

    assert isinstance(known, Known)
    assert known.value == expected
    assert [seen.request for seen in known.evidence] == ["first" if expected.text == "a" else "second"]


@pytest.mark.parametrize(("one", "two"), [("-", "?"), ("?", "-"), (REFUSED, "-")])
def test_absent_goes_before_unknown(one: str | Answer, two: str) -> None:
    """One way says that there is no such thing, another says nothing."""
    known = facts(first=one, second=two)(Word)

    assert isinstance(known, Absent)
    assert known.reason.startswith("no word")


def test_where_no_way_knows_all_reasons_are_told_once() -> None:
    """With the evidence of every try."""
    known = facts(first="?", second="?")(Word)
    same = facts(first=REFUSED, second=answer("", SECOND, problem="permission denied"))(Word)

    assert isinstance(known, Unknown)
    assert known.reason == "noise (first); noise (second)"
    assert [seen.request for seen in known.evidence] == ["first", "second"]
    assert isinstance(same, Unknown)
    assert same.reason == "permission denied"


def test_a_request_that_its_twin_answered_is_no_reason() -> None:
    """What was asked as root is the answer; that nothing was asked without is one only where nothing else is."""
    passed_over = answer("", SECOND, problem=ASKED_AS_ROOT)

    assert facts(first="?", second=passed_over)(Word).reason == "noise (first)"
    assert facts(first=replace(passed_over, request=FIRST), second=passed_over)(Word).reason == ASKED_AS_ROOT


def test_what_came_with_a_problem_is_not_read() -> None:
    """A truncated text may look whole."""
    assert isinstance(facts(first=REFUSED, second=answer("whole", SECOND, problem="cut"))(Word), Unknown)


def test_a_fact_of_two_answers_needs_both() -> None:
    """One of them is no fact, and the evidence says which was had."""
    missing = facts(first="a")(Both)

    assert facts(first="a", more="b")(Both) == Known(Both("ab"), facts(first="a", more="b")(Both).evidence)
    assert isinstance(missing, Unknown)
    assert (missing.reason, [seen.request for seen in missing.evidence]) == ("it was not asked for", ["first"])
    assert isinstance(facts(first=REFUSED, more="b")(Both), Unknown)


def test_a_fact_that_nothing_can_give_says_what_the_plan_says() -> None:
    """The evidence is then the inventory's entry."""
    planned = facts({Word: ()}, {Word: "the inventory offers no transport"})(Word)
    unplanned = facts({})(Word)

    assert isinstance(planned, Unknown)
    assert planned.reason == "the inventory offers no transport"
    assert [seen.channel for seen in planned.evidence] == ["inventory"]
    assert isinstance(unplanned, Unknown)
    assert unplanned.reason == "Word was not asked for"


def test_derived_facts_follow_from_facts_and_keep_their_evidence() -> None:
    """Through a chain of two."""
    known = facts(first="four")(Even)

    assert isinstance(known, Known)
    assert (known.value, [seen.request for seen in known.evidence]) == (Even(even=True), ["first"])


@pytest.mark.parametrize(
    ("said", "kind", "reason"),
    [
        ("?", Unknown, "noise (first); it was not asked for"),
        ("-", Absent, "no word (first)"),
        ("sevenly", Unknown, "seven letters"),
        ("eightful", Absent, "eight letters"),
    ],
)
def test_what_is_not_known_is_not_derived_from(said: str, kind: type[object], reason: str) -> None:
    """Absent stays absent and unknown unknown, with the first reason."""
    known = facts(first=said)(Even)

    assert isinstance(known, kind)
    assert not isinstance(known, Known)
    assert known.reason == reason
    assert known.evidence


def test_what_is_the_same_for_all_assets_is_given() -> None:
    """The day, with where it comes from."""
    clock = Known(Today(date(2026, 11, 22)), (Evidence(asset="", request="today's date", channel="clock", origin="x"),))

    assert facts(ambient={Today: clock})(Today) == clock


def test_the_asset_itself_is_a_fact() -> None:
    """It rests on the line of the inventory."""
    known = facts()(Asset)

    assert isinstance(known, Known)
    assert (known.value, known.evidence[0].origin) == (asset(), "inventory/example.yaml:3")


def test_a_fact_is_worked_out_once() -> None:
    """A large configuration is parsed for the first of fifty checks only."""
    read: list[str] = []

    @probe(FIRST)
    def counted(given: Answer) -> Word:
        read.append(given.text)
        return Word(given.text)

    known = facts({Word: (counted,), Length: (length,)}, first="a")
    for fact in (Word, Length, Word):
        known(fact)

    assert read == ["a"]


def both_or_why(one: Answer, two: Answer) -> Both:
    """Read two answers, or say why one was not had."""
    return Both(f"{one.problem or one.text} {two.problem or two.text}")


def test_a_probe_that_takes_problems_says_itself_what_they_amount_to() -> None:
    """An answer that did not change is whole again beside one that was not had, and no reading is mixed up."""
    either = Probe(both_or_why, Both, (FIRST, MORE), frozenset(), takes_problems=True)
    readings = Readings({text_digest("stored"): "stored"}.__getitem__)
    same = answer("", FIRST, digest=text_digest("stored"), unchanged=True)

    def read(**said: Answer) -> Knowledge:
        asked = facts(ways={Both: (either,)}, **said)
        return replace(asked, readings=readings, _known={})(Both)

    late, refused = (answer("", MORE, problem=why) for why in ("too late", "refused"))
    known = [read(first=same, more=other) for other in (late, refused, late)]
    assert [one.value for one in known if isinstance(one, Known)] == [
        Both("stored too late"), Both("stored refused"), Both("stored too late"),
    ]  # fmt: skip
    assert known[0].evidence[1].problem == "too late"
    assert isinstance(facts(first=REFUSED, more="b")(Both), Unknown)
