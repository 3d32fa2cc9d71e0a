"""Grade Linux verdicts on the project's own scenarios (tests/system), each asked as root, with sudo and without."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from auditor.model.asset import Platform
from auditor.model.result import Verdict
from auditor.plugins import Content
from bench.grades import Grade, Graded, Tables, grade_of
from tests.lab.root import LabFailed
from tests.system.outcome import Outcome, good_roots, outcome
from tests.system.scenario import Scenario
from tests.system.scenarios import SCENARIOS

_TITLES: Final = {"root": "as root", "sudo": "with sudo", "plain": "without privilege"}
_ROOTS_AT_ONCE: Final = 6


def grade(below: Path, content: Content, check: str = "") -> Tables:
    """Return the grades by account of the scenarios of checks whose id contains a word. Raises LabFailed."""
    wanted = [scenario for scenario in SCENARIOS if check in scenario.check]
    with (
        TemporaryDirectory(prefix="auditor-good-") as folder,
        good_roots(below, Path(folder)) as lab,
        ThreadPoolExecutor(_ROOTS_AT_ONCE) as pool,
    ):
        outcomes = list(pool.map(lambda one: outcome(one, lab, content), wanted))
    if broken := next((done for done in outcomes if done.status), None):
        raise LabFailed(f"the script of {broken.scenario.name} ended with {broken.status}: {broken.said}")
    return {title: [_graded(done, account) for done in outcomes] for account, title in _TITLES.items()}


def _graded(done: Outcome, account: str) -> Graded:
    scenario, result = done.scenario, done.results[account]
    hidden = account == "plain" and result.verdict is scenario.without
    worth = Grade.RIGHT if hidden else grade_of(result.verdict, scenario.verdict)
    return Graded(scenario.check.partition(".")[0], scenario.name, worth, f"{result.verdict.value}: {result.reason}")


def lacking(content: Content, scenarios: Iterable[Scenario] = SCENARIOS) -> dict[str, list[str]]:
    """Return the Linux checks that no scenario breaks, and those that pass in none, the good root included."""
    given = list(scenarios)
    broken = {one.check for one in given if one.verdict is Verdict.FAIL}
    tried = {one.check for one in given}
    facts = {probe.fact for probe in content.probes if Platform.LINUX in probe.on}
    ours = [check for check in content.checks.values() if facts & set(check.needs.values())]
    return {
        "broken in no scenario": [check.id for check in ours if check.id not in broken],
        "tried in no scenario": [check.id for check in ours if check.id not in tried],
    }
