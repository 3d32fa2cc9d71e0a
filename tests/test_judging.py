"""Like answers are judged once, and what comes of it is what judging each asset alone would come to."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from auditor.collect.ask import Collected
from auditor.collect.plan import Planner
from auditor.judging import Judge
from auditor.model.asset import Asset
from auditor.model.check import Check, Fix, Outcome, Severity, Violation, check
from auditor.model.evidence import text_digest
from auditor.model.policy import Control, Demand
from auditor.model.probe import Answer, Shell, derived, probe
from auditor.model.result import Result, Verdict
from auditor.plugins import Content
from auditor.testing import an_answer, an_asset

READ: list[str] = []
WHO, LIMIT = Shell("id -un"), Shell("ulimit -n", privileged=True)
FIX = Fix("Mend it.", solution="harden-kernel")


@dataclass(frozen=True, slots=True)
class Who:
    """The account that asks."""

    name: str


@dataclass(frozen=True, slots=True)
class Limit:
    """How many files may be open."""

    files: int


@probe(WHO)
def who(answer: Answer) -> Who:
    """Read the account, and remember how often."""
    READ.append(answer.text)
    return Who(answer.text.strip())


@probe(LIMIT)
def limit(answer: Answer) -> Limit:
    """Read the limit."""
    return Limit(int(answer.text))


@check("t.not-root", severity=Severity.HIGH, fix=FIX)
def not_root(account: Who) -> Iterator[Outcome]:
    """Nobody asks as root."""
    if account.name == "root":
        yield Violation("account", found=account.name, wanted="another")


@check("t.enough", severity=Severity.LOW, fix=FIX)
def enough(files: Limit, *, least: int = 100) -> Iterator[Outcome]:
    """Enough files may be open."""
    if files.files < least:
        yield Violation("limit", found=files.files, wanted=least)


@check("t.named", severity=Severity.LOW, fix=FIX)
def named(asset: Asset, account: Who) -> Iterator[Outcome]:
    """The account is named for the asset."""
    if account.name != asset.name:
        yield Violation("account", found=account.name, wanted=asset.name)


@dataclass(frozen=True, slots=True)
class Greeting:
    """Whether the asset is greeted by its name."""

    right: bool


@derived
def greeting(asset: Asset, account: Who) -> Greeting:
    """Compare the names."""
    return Greeting(asset.name == account.name)


@check("t.greeted", severity=Severity.LOW, fix=FIX)
def greeted(said: Greeting) -> Iterator[Outcome]:
    """The asset is greeted by its name."""
    if not said.right:
        yield Violation("greeting", found="another", wanted="its own")


CONTENT = Content({one.id: one for one in (not_root, enough, named, greeted)}, (who, limit), (greeting,), {})
CONTROL = Control(id="T-1", title="A control", policy="test")
PLANNER = Planner(CONTENT)


@cache
def demanded(check: Check) -> Demand:
    """Return what the control demands, one value for every asset as in an audit."""
    return Demand(control=CONTROL, check=check)


def told(name: str, account: str, files: str = "1024", *checks: Check, judge: Judge) -> tuple[Result, ...]:
    """Return the results of an asset that answers this, as the engine gives them."""
    asset = an_asset(name)
    chosen = checks or (not_root, enough)
    plan = PLANNER.plan(asset, map(demanded, chosen))
    said = {WHO: account, LIMIT: files}
    answers = [
        replace(an_answer(said[one], one), digest=text_digest(said[one]))
        for requests in plan.requests.values()
        for one in requests
    ]
    return tuple(judge.judge(plan, Collected(asset, {one.request: one for one in answers})).results)


def test_like_answers_are_read_once_and_judged_alike():
    """A hundred hosts give one answer: it is read once, and each host has verdicts with evidence of its own."""
    READ.clear()
    judge = Judge({})
    lots = [told(f"web-{number}", "alice", judge=judge) for number in range(100)]
    assert ["alice"] == READ
    assert {(Verdict.PASS, Verdict.PASS)} == {tuple(one.verdict for one in lot) for lot in lots}
    assert [f"web-{number}" for number in range(100)] == [lot[0].asset for lot in lots]
    assert all(seen.asset == lot[0].asset for lot in lots for one in lot for seen in one.evidence)


def test_what_judging_alone_would_come_to_is_what_comes():
    """Whatever came before, every result equals that of a judge who has seen nothing else."""
    judge = Judge({})
    for name, account, files in [
        ("a", "root", "10"), ("b", "root", "10"), ("c", "alice", "10"), ("d", "root", "1024"), ("e", "root", "10"),
        ("f", "root", "not a number"), ("g", "alice", "1024"),
    ]:  # fmt: skip
        assert told(name, account, files, judge=Judge({})) == told(name, account, files, judge=judge)


def test_other_demands_are_judged_anew():
    """The same answers to fewer checks are not the same judgements."""
    judge = Judge({})
    told("a", "root", judge=judge)
    (only,) = told("b", "root", "1024", not_root, judge=judge)
    assert ("t.not-root", Verdict.FAIL) == (only.check, only.verdict)


def test_a_check_that_looks_at_the_asset_is_asked_about_each():
    """Its verdict cannot be another asset's."""
    judge = Judge({})
    verdicts = [told(name, "web-1", "1024", named, judge=judge)[0].verdict for name in ("web-1", "web-2", "web-1")]
    assert [Verdict.PASS, Verdict.FAIL, Verdict.PASS] == verdicts


def test_what_looks_at_the_asset_leaves_the_rest_shared():
    """One such check among many: the others are judged once, and where it comes to the same all are one value."""
    READ.clear()
    judge, alone = Judge({}), []
    for name, account in [("a", "alice"), ("b", "alice"), ("alice", "alice"), ("c", "alice")]:
        shared = told(name, account, "1024", named, not_root, enough, judge=judge)
        alone.append(shared)
        assert shared == told(name, account, "1024", named, not_root, enough, judge=Judge({}))
    assert [Verdict.FAIL, Verdict.FAIL, Verdict.PASS, Verdict.FAIL] == [lot[0].verdict for lot in alone]


def test_a_fact_that_rests_on_the_asset_is_worked_out_for_each():
    """Though the check itself names no asset."""
    judge = Judge({})
    verdicts = [told(name, "alice", "1024", greeted, judge=judge)[0].verdict for name in ("alice", "bob", "alice")]
    assert [Verdict.PASS, Verdict.FAIL, Verdict.PASS] == verdicts


def test_another_account_is_another_answer():
    """The same words said to somebody with less privilege rest on other evidence."""
    judge, asset = Judge({}), an_asset("web-1")
    plan = PLANNER.plan(asset, [demanded(not_root)])
    for privilege in ("root", "alice (uid 1000)"):
        answer = replace(an_answer("alice", WHO), digest=text_digest("alice"), privilege=privilege)
        (result,) = judge.judge(plan, Collected(asset, {WHO: answer})).results
        assert [privilege] == [seen.privilege for seen in result.evidence]


def test_an_unchanged_answer_is_read_from_what_is_stored():
    """The host sent no text; its digest finds the one of last time."""
    asset = an_asset("web-1")
    plan = PLANNER.plan(asset, [demanded(not_root)])
    stored = {text_digest("root"): "root"}
    answer = replace(an_answer("", WHO), digest=text_digest("root"), unchanged=True)
    (result,) = Judge({}, stored.__getitem__).judge(plan, Collected(asset, {WHO: answer})).results
    assert Verdict.FAIL == result.verdict
