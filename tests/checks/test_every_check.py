"""Every check that ships: it says what it demands and why, its cases cover it, and it never passes on nothing."""

import re
from collections.abc import Iterable

import pytest

from auditor.model.check import Check, Outcome, Severity
from auditor.plugins import load_content
from auditor.policy.settings import settings_schema
from auditor.recommend import load_solutions
from auditor.workspace import Workspace
from tests.checks.cases import CASES
from tests.make import ABSENT, ROOT, UNKNOWN, Case, Verdict, judged

CONTENT = load_content(Workspace(ROOT))
SOLUTIONS = load_solutions([ROOT / "policies"])
ID = re.compile(r"[a-z][a-z0-9-]*\.[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
SENTENCE = re.compile(r"[A-Z0-9/`'\"].{20,}?[.!?](?:\s|$)", re.DOTALL)

every_check = pytest.mark.parametrize("check", CONTENT.checks.values(), ids=list(CONTENT.checks))


def cases(check: Check, *verdicts: Verdict) -> list[Case]:
    """Return the cases of a check, or those of some verdicts."""
    return [case for case in CASES if case.check.id == check.id and (case.verdict in verdicts or not verdicts)]


def test_there_are_at_least_thirty_checks_in_eight_subjects() -> None:
    """And the cases of all of them are found here."""
    assert len(CONTENT.checks) >= 30
    assert len({check.subject for check in CONTENT.checks.values()}) >= 8
    assert {case.check.id for case in CASES} <= set(CONTENT.checks)


@every_check
def test_it_says_what_it_demands_and_why(check: Check) -> None:
    """A title on one line, without a full stop, and at least one sentence for a manager."""
    assert 10 <= len(check.title) <= 110
    assert check.title[0].isupper() or not check.title[0].isalpha()
    assert not check.title.endswith(".")
    assert SENTENCE.search(check.rationale), check.rationale
    assert isinstance(check.severity, Severity)
    assert all(re.fullmatch(r"[a-z0-9.-]+:\S+", reference) for reference in check.references), check.references


@every_check
def test_its_id_is_its_files_name_and_its_own(check: Check) -> None:
    """`ssh.root-login` stands in ssh.py, or in a further file of that subject such as ssh_sessions.py."""
    stem, subject = CONTENT.files[check.id].stem, check.subject.replace("-", "_")

    assert ID.fullmatch(check.id)
    assert stem == subject or stem.startswith(f"{subject}_")


@every_check
def test_its_fix_is_said_and_its_solution_is_in_the_catalogue(check: Check) -> None:
    """A sentence, or the very line of configuration; without a solution a finding would lead to no project."""
    assert re.search(r"\S \S", check.fix.text)
    assert check.fix.solution in SOLUTIONS


@every_check
def test_its_settings_have_a_schema_and_defaults_that_fit_it(check: Check) -> None:
    """Editors and the policy reader know each of them."""
    schema = settings_schema(check)

    assert set(check.settings) == set(schema.get("properties", {}))
    assert not schema.get("required")
    assert schema["additionalProperties"] is False


@every_check
def test_it_has_a_case_that_passes_one_that_fails_and_one_that_is_unknown(check: Check) -> None:
    """A verdict that no test shows may never come."""
    assert {Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN} <= {case.verdict for case in cases(check)}


@every_check
def test_it_raises_nothing_and_yields_outcomes_only(check: Check) -> None:
    """On each of its cases whose facts are known."""
    for case in cases(check):
        if not any(fact in (UNKNOWN, ABSENT) for fact in case.facts):
            outcomes: Iterable[Outcome] = case.check.judge(*case.facts, **case.settings)
            assert all(isinstance(outcome, Outcome) for outcome in outcomes), case


@every_check
def test_each_fail_says_where_what_was_found_and_what_is_wanted(check: Check) -> None:
    """Found and wanted differ, and each place is named once."""
    for case in cases(check, Verdict.FAIL):
        violations = judged(case.check, *case.facts, **case.settings).violations
        assert all(one.subject and one.found != one.wanted for one in violations), violations
        assert len({one.subject for one in violations}) == len(violations), violations


@every_check
def test_it_says_the_same_twice(check: Check) -> None:
    """Places in the same order, whatever sets they came from."""
    for case in cases(check):
        first, again = (judged(case.check, *case.facts, **case.settings) for _ in range(2))
        assert (first.verdict, first.violations, first.undecided) == (again.verdict, again.violations, again.undecided)


@every_check
def test_nothing_known_is_unknown(check: Check) -> None:
    """All facts unknown, or any one of them."""
    count = len(check.needs)
    seen = [judged(check, *[UNKNOWN] * count)]
    for case in cases(check, Verdict.PASS, Verdict.FAIL):
        for place in range(count):
            seen.append(judged(check, *case.facts[:place], UNKNOWN, *case.facts[place + 1 :]))  # noqa: PERF401

    assert {Verdict.UNKNOWN} == {result.verdict for result in seen}
    assert all(UNKNOWN.reason in result.reason for result in seen)


@every_check
def test_nothing_there_is_no_pass(check: Check) -> None:
    """All facts absent, or any one of them: the demand does not apply."""
    count = len(check.needs)
    seen = [judged(check, *[ABSENT] * count)]
    for case in cases(check, Verdict.PASS):
        for place in range(count):
            seen.append(judged(check, *case.facts[:place], ABSENT, *case.facts[place + 1 :]))  # noqa: PERF401

    assert {Verdict.NOT_APPLICABLE} == {result.verdict for result in seen}
