"""What becomes of a demand: the six verdicts, and that none of them stands on nothing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from auditor.errors import Place
from auditor.evaluate import judge, judge_all
from auditor.model.check import Check, Fix, NotApplicable, Outcome, Severity, Undecided, Violation, check
from auditor.model.evidence import Absent, Evidence, Knowledge, Known, Unknown, evidence_of, inventory_evidence
from auditor.model.policy import Control, Demand
from auditor.model.probe import Shell
from auditor.model.result import Result, Verdict
from tests.make import ABSENT, NOW, SEEN, UNKNOWN, answer, asset, judged

FIX = Fix("Mend it.", solution="harden-ssh")


@dataclass(frozen=True)
class Left:
    """A fact."""

    number: int = 0


@dataclass(frozen=True)
class Right:
    """Another."""


def checking(body: Callable[[Left], object]) -> Check:
    """Return a check that does this with its one fact."""

    @check("test.left", severity=Severity.LOW, fix=FIX)
    def made(left: Left) -> Iterator[Outcome]:
        """The left is right"""
        return body(left)  # type: ignore[return-value]

    return made


@check("test.both", severity=Severity.LOW, fix=FIX)
def both(left: Left, right: Right, *, most: int = 3) -> Iterator[Outcome]:
    """Both are right"""
    del right
    if left.number > most:
        yield Violation("left", found=left.number, wanted=most)


def of(*outcomes: object) -> Result:
    """Return what becomes of a check that yields these."""
    return judged(checking(lambda _: list(outcomes)), Left())


BAD, UNSURE, NONE = Violation("a", "x", "y"), Undecided("b", "it is hidden"), NotApplicable("there is no b")


def test_yielding_nothing_is_a_pass_that_says_what_was_met() -> None:
    """With the evidence of its facts."""
    result = of()

    assert (result.verdict, result.reason, result.evidence) == (Verdict.PASS, "The left is right", (SEEN,))


@pytest.mark.parametrize(
    ("outcomes", "verdict", "reason"),
    [
        ([BAD], Verdict.FAIL, "Not met: a."),
        ([BAD, replace(BAD, subject="c")], Verdict.FAIL, "Not met: 2 places."),
        ([UNSURE], Verdict.UNKNOWN, "b: it is hidden"),
        ([NONE], Verdict.NOT_APPLICABLE, "there is no b"),
        ([NONE, UNSURE], Verdict.UNKNOWN, "b: it is hidden"),
        ([NONE, UNSURE, BAD], Verdict.FAIL, "Not met: a."),
        ([replace(UNSURE, subject=name) for name in "vwxyz"], Verdict.UNKNOWN, "v: it is hidden; w: it is hidden; "),
    ],
)
def test_the_worst_outcome_decides(outcomes: list[Outcome], verdict: Verdict, reason: str) -> None:
    """A violation outweighs a doubt, a doubt outweighs that there is nothing to judge."""
    result = of(*outcomes)

    assert verdict == result.verdict
    assert result.reason.startswith(reason)


def test_a_fail_keeps_its_doubts() -> None:
    """They are shown beside the violations."""
    result = of(BAD, UNSURE)

    assert ((BAD,), (UNSURE,)) == (result.violations, result.undecided)


def test_reasons_that_are_left_out_are_counted() -> None:
    """Three are read, ten are not."""
    assert of(*(replace(UNSURE, subject=name) for name in "vwxyz")).reason.endswith("(and 2 more)")


def test_too_many_violations_are_cut_and_the_reason_says_so() -> None:
    """The number found stays true."""
    result = of(*(replace(BAD, subject=str(number)) for number in range(1200)))

    assert len(result.violations) == 1000
    assert result.reason == "Not met: 1200 places, of which the first 1000 are listed."


@pytest.mark.parametrize(
    ("left", "right", "verdict"),
    [
        (Left(), Right(), Verdict.PASS),
        (Left(4), Right(), Verdict.FAIL),
        (Left(), UNKNOWN, Verdict.UNKNOWN),
        (UNKNOWN, Right(), Verdict.UNKNOWN),
        (Left(), ABSENT, Verdict.NOT_APPLICABLE),
        (ABSENT, UNKNOWN, Verdict.UNKNOWN),
    ],
)
def test_what_is_not_known_is_not_judged(left: object, right: object, verdict: Verdict) -> None:
    """Unknown goes before absent: what is hidden may be there."""
    assert verdict == judged(both, left, right).verdict


def test_reasons_of_unknown_facts_are_told_once() -> None:
    """Two facts of one broken answer have one reason."""
    assert judged(both, UNKNOWN, UNKNOWN).reason == UNKNOWN.reason


def test_evidence_is_listed_once() -> None:
    """Two facts of one answer rest on the same evidence."""
    assert judged(both, Left(), Right()).evidence == (SEEN,)


def test_settings_are_those_that_held() -> None:
    """The policy's, else the check's own."""
    assert judged(both, Left(4), Right(), most=4).settings == {"most": 4}
    assert judged(both, Left(), Right()).settings == {"most": 3}


def crash(_: Left) -> object:
    """Raise as a check with a mistake does."""
    raise KeyError("no such key")


def crash_late(_: Left) -> Iterator[Outcome]:
    """Raise after an outcome."""
    yield BAD
    raise RecursionError("too deep")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (crash, "The check failed: KeyError: 'no such key' (test_evaluate.py:"),
        (crash_late, "The check failed: RecursionError: too deep (test_evaluate.py:"),
        (lambda _: None, "The check failed: TypeError: 'NoneType' object is not iterable"),
        (lambda _: ["root may log in"], "The check failed: TypeError: it yields str, where a Violation, "),
        (lambda _: [None], "The check failed: TypeError: it yields NoneType, "),
        (lambda _: [Violation], "The check failed: TypeError: it yields type, "),
        (lambda left: left.nothing, "The check failed: AttributeError: "),
        (lambda _: [Undecided("x", "x" * 10), 1 / 0], "The check failed: ZeroDivisionError: division by zero "),
    ],
)
def test_a_check_that_fails_is_an_error_and_never_silence(body: Callable[[Left], object], said: str) -> None:
    """With type, message and place, and no violation of which one could not be sure."""
    result = judged(checking(body), Left())

    assert (Verdict.ERROR, ()) == (result.verdict, result.violations)
    assert result.reason.startswith(said)
    assert result.evidence == (SEEN,)


def test_a_probe_that_fails_is_an_error_of_what_needs_it() -> None:
    """And the other demands on the asset are judged."""

    def knowledge(fact: type[object]) -> Knowledge:
        if fact is Right:
            raise IndexError("list index out of range")
        return Known(Left(), (SEEN,))

    control = Control(id="C", title="c", policy="p")
    demands = [Demand(control=control, check=one) for one in (both, checking(lambda _: []))]
    first, second = judge_all(demands, asset(), knowledge)

    assert (Verdict.ERROR, Verdict.PASS) == (first.verdict, second.verdict)
    assert first.reason.startswith("The check failed: IndexError: list index out of range")
    assert first.evidence == (inventory_evidence(asset()),)


def test_a_long_complaint_is_cut() -> None:
    """An exception may carry a whole answer."""

    def complain(_: Left) -> object:
        raise ValueError("x" * 100_000)

    assert len(judged(checking(complain), Left()).reason) < 1000


def test_a_control_without_checks_is_for_a_person() -> None:
    """It rests on the inventory's entry."""
    demand = Demand(control=Control(id="C", title="c", policy="p"), check=None)
    result = judge(demand, asset(), lambda _: UNKNOWN)

    assert (result.verdict, result.check, result.severity) == (Verdict.MANUAL, "", Severity.MEDIUM)
    assert result.evidence[0].origin == "inventory/example.yaml:3"


def test_the_policys_severity_goes_before_the_checks() -> None:
    """The company knows what it has to lose."""
    control = Control(id="C", title="c", policy="p", severity=Severity.CRITICAL)
    demand = Demand(control=control, check=both)

    assert judge(demand, asset(), lambda _: UNKNOWN).severity == Severity.CRITICAL
    assert judged(both, Left(), Right()).severity == Severity.LOW


@pytest.mark.parametrize(
    ("knowledge", "verdict"),
    [
        (Known(Left(), ()), Verdict.PASS),
        (Unknown("nothing can be asked", ()), Verdict.UNKNOWN),
        (Absent("none", ()), Verdict.NOT_APPLICABLE),
    ],
)
def test_facts_without_evidence_rest_on_the_inventory(knowledge: Knowledge, verdict: Verdict) -> None:
    """Such as the asset itself."""
    result = judged(checking(lambda _: []), knowledge)

    assert verdict == result.verdict
    assert [seen.channel for seen in result.evidence] == ["inventory"]


def test_an_attempt_is_no_evidence_for_a_pass() -> None:
    """Whatever claims to know something although nothing answered."""
    attempt = Evidence(asset="web-01", request="sshd -T", channel="ssh", problem="timed out")

    assert judged(checking(lambda _: []), Known(Left(), (attempt,))).verdict == Verdict.ERROR


def test_an_empty_answer_that_may_be_empty_is_evidence() -> None:
    """`find` that finds nothing has said something; a request that was refused has not."""
    request = Shell("find / -perm -2", may_be_empty=True)
    said, refused = answer("", request), answer("", request, problem="permission denied")

    assert judged(checking(lambda _: []), Known(Left(), (evidence_of("web-01", said),))).verdict == Verdict.PASS
    assert (bool(evidence_of("web-01", said).digest), evidence_of("web-01", refused).digest) == (True, "")


RESULT = Result(
    asset="web-01",
    control="C",
    check="test.left",
    verdict=Verdict.PASS,
    reason="met",
    evidence=(SEEN,),
    severity=Severity.LOW,
)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"evidence": ()}, "a verdict needs evidence"),
        ({"evidence": (), "verdict": Verdict.UNKNOWN}, "a verdict needs evidence"),
        ({"evidence": (), "verdict": Verdict.ERROR}, "a verdict needs evidence"),
        ({"evidence": (), "verdict": Verdict.MANUAL, "check": ""}, "C on web-01: a verdict needs evidence"),
        ({"reason": ""}, "a verdict needs a reason"),
        ({"verdict": Verdict.FAIL}, "a fail has violations"),
        ({"violations": (BAD,)}, "a fail has violations, and nothing else has"),
        ({"violations": (BAD,), "verdict": Verdict.UNKNOWN}, "a fail has violations, and nothing else has"),
        ({"evidence": (replace(SEEN, digest=""),)}, "a pass needs an answer, not an attempt"),
    ],
)
def test_a_result_that_nothing_stands_behind_cannot_be_built(changed: dict[str, object], said: str) -> None:
    """Whoever builds it."""
    with pytest.raises(ValueError, match=said):
        replace(RESULT, **changed)  # type: ignore[arg-type]


def test_evidence_keeps_its_name_as_long_as_it_says_the_same() -> None:
    """Another text, request or asset is another evidence; another day is not."""
    same = replace(SEEN, asked_at=NOW.replace(year=2027))
    others = [replace(SEEN, digest="1" * 64), replace(SEEN, request="other"), replace(SEEN, asset="web-02")]

    assert SEEN.id == same.id
    assert len({SEEN.id, *(other.id for other in others)}) == 4


def test_an_asset_that_was_declared_nowhere_still_has_evidence() -> None:
    """One named on a command line."""
    assert inventory_evidence(asset(declared_at=Place(""))).origin == "inventory"
