"""Every transition of a finding, and waivers to the day and the value."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from auditor import evaluate, findings
from auditor.findings import Retiring, WaiverReview, reconcile, review
from auditor.model.check import Severity, Undecided, Value, Violation
from auditor.model.finding import Finding, FindingState
from auditor.model.policy import Waiver
from auditor.model.result import Result, Verdict
from tests.make import NOW, SEEN

BEFORE = NOW - timedelta(days=7)
CHECK, SUBJECT = "ssh.root-login", "PermitRootLogin"
SOLUTIONS = {CHECK: "harden-ssh"}
NEW, OPEN, REOPENED = FindingState.NEW, FindingState.OPEN, FindingState.REOPENED
WAIVED, NOT_VERIFIED, FIXED = FindingState.WAIVED, FindingState.NOT_VERIFIED, FindingState.FIXED
RETIRED = FindingState.RETIRED


def result(verdict: Verdict, **changed: object) -> Result:
    fields: dict[str, object] = {
        "asset": "web-01",
        "control": "ACC-01",
        "check": CHECK,
        "verdict": verdict,
        "reason": "why",
        "evidence": (SEEN,),
        "severity": Severity.HIGH,
    }
    return Result(**{**fields, **changed})  # type: ignore[arg-type]


def seen(found: Value = "yes", subject: str = SUBJECT, **changed: object) -> Result:
    return result(Verdict.FAIL, violations=(Violation(subject, found, frozenset({"no"})),), **changed)


def known(state: FindingState = OPEN, **changed: object) -> Finding:
    fields: dict[str, object] = {
        "asset": "web-01",
        "check": CHECK,
        "subject": SUBJECT,
        "control": "ACC-01",
        "state": state,
        "severity": Severity.HIGH,
        "found": "yes",
        "wanted": "no",
        "solution": "harden-ssh",
        "first_seen": BEFORE,
        "last_seen": BEFORE,
        "fixed_at": BEFORE if state is FIXED else None,
        "retired_at": BEFORE if state is RETIRED else None,
    }
    return Finding(**{**fields, **changed})  # type: ignore[arg-type]


def waiver(**changed: object) -> Waiver:
    fields: dict[str, object] = {
        "check": CHECK,
        "assets": frozenset({"web-01"}),
        "reason": "The restore tool needs it.",
        "approved_by": "ciso@acme.example",
        "expires": date(2026, 12, 31),
    }
    return Waiver(**{**fields, **changed})  # type: ignore[arg-type]


def after(
    before: Iterable[Finding], results: Iterable[Result], waivers: Iterable[Waiver] = (), now: datetime = NOW
) -> list[Finding]:
    return reconcile(before, results, waivers, SOLUTIONS, now=now)


PASS = result(Verdict.PASS)
UNKNOWN = result(Verdict.UNKNOWN, reason="no route to host")
ERROR = result(Verdict.ERROR, reason="the check failed")
GONE = result(Verdict.NOT_APPLICABLE, reason="no SSH server is installed")
UNPROVEN = replace(GONE, evidence=(replace(SEEN, digest="", problem="refused"),))
ELSEWHERE = seen(subject="Match User backup")
OTHER_CHECK = result(Verdict.PASS, check="ssh.empty-passwords")
MANUAL = result(Verdict.MANUAL, check="")
IN_DOUBT = replace(ELSEWHERE, undecided=(Undecided(SUBJECT, "an included file is unreadable"),))
PART_IN_DOUBT = replace(ELSEWHERE, undecided=(Undecided(f"{SUBJECT} for bob", "unreadable"),))
WHOLE_IN_DOUBT = replace(ELSEWHERE, undecided=(Undecided("Permit", "unreadable"),))
DOUBT_ELSEWHERE = replace(ELSEWHERE, undecided=(Undecided("MaxAuthTries", "unreadable"),))
TOO_MANY = result(
    Verdict.FAIL, violations=tuple(Violation(f"place {number}", 1, 2) for number in range(findings.MOST_OUTCOMES))
)
STANDING = (NEW, OPEN, REOPENED, NOT_VERIFIED)
OTHER_POLICY = Retiring(policy=False)
UNDEMANDED = "The policy no longer demands it of this asset."

TRANSITIONS = [
    *((state, [seen()], OPEN, "") for state in STANDING),
    (FIXED, [seen()], REOPENED, ""),
    (WAIVED, [seen()], OPEN, "The waiver was withdrawn."),
    *((state, [PASS], FIXED, "") for state in (*STANDING, WAIVED, FIXED)),
    *((state, [ELSEWHERE], FIXED, "") for state in STANDING),
    *((state, [DOUBT_ELSEWHERE], FIXED, "") for state in STANDING),
    *((state, [GONE], FIXED, "No longer applies: no SSH server is installed") for state in STANDING),
    *((state, [UNPROVEN], NOT_VERIFIED, "Nothing was answered: no SSH server is installed") for state in STANDING),
    *((state, [UNKNOWN], NOT_VERIFIED, "no route to host") for state in STANDING),
    *((state, [ERROR], NOT_VERIFIED, "the check failed") for state in STANDING),
    *((state, [IN_DOUBT], NOT_VERIFIED, "an included file is unreadable") for state in STANDING),
    (OPEN, [PART_IN_DOUBT], NOT_VERIFIED, "unreadable"),
    (OPEN, [WHOLE_IN_DOUBT], NOT_VERIFIED, "unreadable"),
    (OPEN, [TOO_MANY], NOT_VERIFIED, "More than 999 places are not met; not all of them were kept."),
    (WAIVED, [UNKNOWN], NOT_VERIFIED, "no route to host; no waiver holds any more"),
    *((state, [OTHER_CHECK], RETIRED, UNDEMANDED) for state in (*STANDING, WAIVED)),
    (OPEN, [MANUAL], RETIRED, UNDEMANDED),
    (RETIRED, [seen()], REOPENED, ""),
    (RETIRED, [PASS], FIXED, ""),
    (RETIRED, [UNKNOWN], NOT_VERIFIED, "no route to host"),
    *((RETIRED, results, RETIRED, "") for results in ([OTHER_CHECK], [])),
    *((FIXED, results, FIXED, "") for results in ([UNKNOWN], [ERROR], [OTHER_CHECK], [GONE], [])),
    *((state, [], state, "") for state in (*STANDING, WAIVED)),
    *((state, [replace(PASS, asset="web-02")], state, "") for state in (*STANDING, WAIVED)),
    (OPEN, [PASS, replace(UNKNOWN, control="ACC-02")], NOT_VERIFIED, "no route to host"),
    (OPEN, [PASS, seen(control="ACC-02")], OPEN, ""),
    (OPEN, [PASS, replace(PASS, control="ACC-02")], FIXED, ""),
]


@pytest.mark.parametrize(("before", "results", "state", "reason"), TRANSITIONS)
def test_transitions(before: FindingState, results: list[Result], state: FindingState, reason: str) -> None:
    """What was known and what was seen make what is known now, and why."""
    found = {f.subject: f for f in after([known(before)], results)}[SUBJECT]

    assert (found.state, found.reason) == (state, reason)
    assert found.first_seen == BEFORE
    assert found.last_seen == (NOW if state in {OPEN, REOPENED} and _saw(results) else BEFORE)
    for ended, at in ((FIXED, found.fixed_at), (RETIRED, found.retired_at)):
        assert at == (None if state is not ended else BEFORE if before is ended else NOW)


def _saw(results: list[Result]) -> bool:
    return any(violation.subject == SUBJECT for result in results for violation in result.violations)


def test_what_was_never_seen_is_new() -> None:
    """A violation that nobody knew is new, with all that is known of it."""
    assert after([], [seen(found=None)]) == [known(NEW, found="not set", first_seen=NOW, last_seen=NOW)]


@pytest.mark.parametrize("result", [PASS, UNKNOWN, ERROR, GONE, MANUAL])
def test_nothing_seen_is_no_finding(result: Result) -> None:
    """Only violations become findings."""
    assert after([], [result]) == []


def test_controls_that_demand_the_same_give_one_finding() -> None:
    """The severest control speaks; among equals the first by name, whatever the order."""
    results = [
        seen(control="ACC-03", severity=Severity.LOW, found="a"),
        seen(control="ACC-02", severity=Severity.CRITICAL, found="b"),
        seen(control="ACC-01", severity=Severity.CRITICAL, found="c"),
    ]

    for order in (results, results[::-1]):
        (found,) = after([], order)
        assert (found.control, found.severity, found.found) == ("ACC-01", Severity.CRITICAL, "c")


def test_one_subject_given_twice_by_a_check_is_one_finding() -> None:
    """The same place twice in one result gives the same value in each audit."""
    pair = (Violation(SUBJECT, "yes", "no"), Violation(SUBJECT, "maybe", "no"))

    for violations in (pair, pair[::-1]):
        assert [found.found for found in after([], [result(Verdict.FAIL, violations=violations)])] == ["maybe"]


def test_what_changes_is_brought_up_to_date() -> None:
    """Value, wanted, severity, control and solution are as last seen."""
    (found,) = reconcile(
        [known()], [seen(found="ask", control="NEW-1", severity=Severity.LOW)], [], {CHECK: "other"}, now=NOW
    )

    assert found == known(OPEN, found="ask", control="NEW-1", severity=Severity.LOW, solution="other", last_seen=NOW)


def test_a_scoped_audit_leaves_other_assets_alone() -> None:
    """Assets without results keep their findings, waived ones whose waiver is over among them."""
    others = [known(state, asset=f"host-{state}") for state in FindingState]

    assert [f for f in after(others, [PASS]) if f.asset != "web-01"] == sorted(others, key=lambda f: f.asset)


def test_findings_of_an_asset_that_left_the_inventory_are_retired() -> None:
    """By the whole inventory's names; fixed stay fixed, retired keep their day and reason."""
    before = [
        known(asset="gone"),
        known(FIXED, asset="gone-fixed"),
        known(RETIRED, asset="gone-long-ago", reason="then"),
        known(WAIVED, asset="gone-waived", waived_until=EVE, waived_found="yes"),
        known(asset="web-02"),
    ]
    held = waiver(assets=frozenset({"gone-waived"}))
    found = reconcile(before, [PASS], [held], SOLUTIONS, now=NOW, retiring=Retiring(["web-01", "web-02"]))

    left = "The asset left the inventory."
    assert [(f.asset, f.state, f.reason, f.retired_at) for f in found] == [
        ("gone", RETIRED, left, NOW),
        ("gone-fixed", FIXED, "", None),
        ("gone-long-ago", RETIRED, "then", BEFORE),
        ("gone-waived", RETIRED, left, NOW),
        ("web-02", OPEN, "", None),
    ]


@pytest.mark.parametrize("state", [*STANDING, WAIVED])
def test_another_policy_than_the_company_s_own_retires_nothing(state: FindingState) -> None:
    """A look with another policy does not say that the usual one demands no more what it demanded."""
    (found,) = reconcile([known(state)], [OTHER_CHECK], [], SOLUTIONS, now=NOW, retiring=OTHER_POLICY)

    lapsed = "; no waiver holds any more" if state is WAIVED else ""
    assert (found.state, found.retired_at) == (NOT_VERIFIED, None)
    assert found.reason == f"This audit's policy does not demand it of this asset.{lapsed}"


@pytest.mark.parametrize("state", [FIXED, RETIRED])
def test_another_policy_wakes_nothing_that_has_ended(state: FindingState) -> None:
    """What is over stays over, unless it is demanded again and cannot be told, or is seen."""
    assert reconcile([known(state)], [OTHER_CHECK], [], SOLUTIONS, now=NOW, retiring=OTHER_POLICY) == [known(state)]


def test_what_is_retired_and_comes_back_is_another_thing_each_time() -> None:
    """Retired, reopened, retired again with the later day: and never fixed on the way."""
    retired = after([known()], [OTHER_CHECK])
    back = after(retired, [seen()], now=NOW + timedelta(days=7))
    again = after(back, [OTHER_CHECK], now=NOW + timedelta(days=14))

    assert [f.state for f in (*retired, *back, *again)] == [RETIRED, REOPENED, RETIRED]
    assert [f.retired_at for f in (*retired, *back, *again)] == [NOW, None, NOW + timedelta(days=14)]
    assert {f.fixed_at for f in (*retired, *back, *again)} == {None}


def test_a_waiver_for_what_is_retired_is_unused() -> None:
    """Nobody answers for what nobody demands."""
    (found,) = after([HELD], [OTHER_CHECK], [waiver()])

    assert review([waiver()], [found], now=NOW) == WaiverReview(unused=(waiver(),))


def test_reconciling_the_same_twice_differs_only_in_new() -> None:
    """A second audit that sees the same opens what was new, and changes nothing else."""
    once = after([known(FIXED, subject="other")], [seen(), seen(subject="other")])
    twice = after(once, [seen(), seen(subject="other")])

    assert [f.state for f in once] == [NEW, REOPENED]
    assert [f.state for f in twice] == [OPEN, OPEN]
    assert after(twice, [seen(), seen(subject="other")]) == twice


def test_an_audit_needs_a_time_zone() -> None:
    """A time without a zone could be any day."""
    with pytest.raises(ValueError, match="time zone"):
        after([], [], now=datetime(2026, 11, 22, 3, 0))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (datetime(2026, 12, 30, 12, tzinfo=UTC), WAIVED),
        (datetime(2026, 12, 31, 0, 0, tzinfo=UTC), WAIVED),
        (datetime(2026, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), WAIVED),
        (datetime(2027, 1, 1, 0, 0, tzinfo=UTC), NEW),
        # New year in Tokyo is still the last day in UTC; in New York the last evening is already the next day in UTC
        (datetime(2027, 1, 1, 8, 59, tzinfo=timezone(timedelta(hours=9))), WAIVED),
        (datetime(2027, 1, 1, 9, 0, tzinfo=timezone(timedelta(hours=9))), NEW),
        (datetime(2026, 12, 31, 18, 59, tzinfo=timezone(timedelta(hours=-5))), WAIVED),
        (datetime(2026, 12, 31, 19, 0, tzinfo=timezone(timedelta(hours=-5))), NEW),
    ],
)
def test_a_waiver_holds_to_the_end_of_its_last_day_in_utc(now: datetime, state: FindingState) -> None:
    """The last valid day is valid, in UTC, wherever the audit runs."""
    (found,) = after([], [seen()], [waiver()], now=now)

    assert found.state is state


@dataclass(frozen=True)
class Waiving:
    """What was known, what is seen and what is agreed, and what becomes of it."""

    why: str
    before: Finding | None
    seen: Result
    waivers: tuple[Waiver, ...]
    state: FindingState
    reason: str
    remembered: tuple[date | None, str] = (None, "")
    now: datetime = NOW

    def __str__(self) -> str:
        return self.why


AGREED = "The restore tool needs it. (approved by ciso@acme.example)"
EVE = date(2026, 12, 31)
LAPSED = date(2026, 11, 21)
HELD = known(WAIVED, waived_until=EVE, waived_found="yes", reason=AGREED)
ENDED = known(OPEN, found="ask", waived_until=EVE, waived_found="yes")
CHANGED = "The waiver was granted for the value yes; another value ends it."

WAIVING = [
    Waiving("a new violation", None, seen(), (waiver(),), WAIVED, AGREED, (EVE, "yes")),
    Waiving("an open one", known(), seen(), (waiver(),), WAIVED, AGREED, (EVE, "yes")),
    Waiving("one that is back", known(FIXED), seen(), (waiver(),), WAIVED, AGREED, (EVE, "yes")),
    Waiving("the same value again", HELD, seen(), (waiver(),), WAIVED, AGREED, (EVE, "yes")),
    Waiving("another value", HELD, seen("ask"), (waiver(),), OPEN, CHANGED, (EVE, "yes")),
    Waiving("another value, still", ENDED, seen("ask"), (waiver(),), OPEN, CHANGED, (EVE, "yes")),
    Waiving("the first value back", ENDED, seen(), (waiver(),), WAIVED, AGREED, (EVE, "yes")),
    Waiving(
        "another grant",
        ENDED,
        seen("ask"),
        (waiver(expires=date(2027, 6, 30)),),
        WAIVED,
        AGREED,
        (date(2027, 6, 30), "ask"),
    ),
    Waiving("a written value", None, seen("ask"), (waiver(found="ask"),), WAIVED, AGREED, (EVE, "ask")),
    Waiving("a written value that is not found", None, seen("ask"), (waiver(found="yes"),), NEW, CHANGED),
    Waiving("a value written later", ENDED, seen("ask"), (waiver(found="ask"),), WAIVED, AGREED, (EVE, "ask")),
    Waiving("a boolean", None, seen(found=True), (waiver(found="yes"),), WAIVED, AGREED, (EVE, "yes")),
    Waiving(
        "its last day over",
        HELD,
        seen(),
        (waiver(expires=LAPSED),),
        OPEN,
        "The waiver's last day was 2026-11-21.",
        (EVE, "yes"),
    ),
    Waiving(
        "its last day over before it was seen",
        None,
        seen(),
        (waiver(expires=LAPSED),),
        NEW,
        "The waiver's last day was 2026-11-21.",
    ),
    Waiving("withdrawn", HELD, seen(), (), OPEN, "The waiver was withdrawn."),
    Waiving("about another asset", None, seen(), (waiver(assets=frozenset({"web-02"})),), NEW, ""),
    Waiving("about another check", None, seen(), (waiver(check="ssh.other"),), NEW, ""),
    Waiving("about another subject", None, seen(), (waiver(subject="Match User"),), NEW, ""),
    Waiving("about this subject", None, seen(), (waiver(subject=SUBJECT),), WAIVED, AGREED, (EVE, "yes")),
    Waiving(
        "one over and one that holds", None, seen(), (waiver(expires=LAPSED), waiver()), WAIVED, AGREED, (EVE, "yes")
    ),
    Waiving(
        "of two, the one that names it",
        None,
        seen(),
        (waiver(reason="Any.", expires=date(2028, 1, 1)), waiver(subject=SUBJECT)),
        WAIVED,
        AGREED,
        (EVE, "yes"),
    ),
    Waiving("mended", HELD, PASS, (waiver(),), FIXED, "", (EVE, "yes")),
    Waiving(
        "mended and back with another value",
        replace(HELD, state=FIXED, fixed_at=BEFORE),
        seen("ask"),
        (waiver(),),
        REOPENED,
        CHANGED,
        (EVE, "yes"),
    ),
    Waiving(
        "not verified",
        HELD,
        UNKNOWN,
        (waiver(),),
        WAIVED,
        f"{AGREED}; not verified in this audit: no route to host",
        (EVE, "yes"),
    ),
    Waiving(
        "not verified and over",
        HELD,
        UNKNOWN,
        (waiver(expires=LAPSED),),
        NOT_VERIFIED,
        "no route to host; no waiver holds any more",
        (EVE, "yes"),
    ),
    Waiving("not asked", HELD, replace(PASS, asset="web-02"), (), WAIVED, AGREED, (EVE, "yes")),
]


@pytest.mark.parametrize("case", WAIVING, ids=str)
def test_waivers(case: Waiving) -> None:
    """A waiver holds for its asset, check, subject, days and value, and a finding says why one does not."""
    (found,) = after([case.before] if case.before else [], [case.seen], case.waivers)

    assert (found.state, found.reason) == (case.state, case.reason)
    assert (found.waived_until, found.waived_found) == case.remembered


def test_review_puts_each_waiver_in_one_place() -> None:
    """Matched, changed, expired or unused."""
    matched, changed = waiver(), waiver(assets=frozenset({"web-02"}), found="yes")
    expired, unused = waiver(expires=LAPSED), waiver(assets=frozenset({"web-03"}))
    mended = waiver(assets=frozenset({"web-04"}))
    waivers = [matched, changed, expired, unused, mended]
    found = after(
        [known(asset="web-04")], [seen(), seen("ask", asset="web-02"), replace(PASS, asset="web-04")], waivers
    )

    assert review(waivers, found, now=NOW) == WaiverReview(
        matched=(matched,), changed=(changed,), expired=(expired,), unused=(unused, mended)
    )


def test_evaluation_keeps_as_many_outcomes_as_findings_expect() -> None:
    """At that number a place that is not named may still be violated."""
    assert evaluate._MOST_VIOLATIONS == findings.MOST_OUTCOMES
