"""Verdicts on a whole system: a good Debian root passes, each scenario breaks it in one place, asked over real SSH.

As root, as a user with sudo, and as one without, for whom a verdict may be unknown and never wrong.
"""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from auditor.model.result import Verdict
from auditor.plugins import load_content
from auditor.workspace import Workspace
from tests.lab.root import ACCOUNTS, RUNNING, Lab, cached, why_not
from tests.make import ROOT
from tests.system.good import MOUNTED
from tests.system.outcome import DAEMONS, Outcome, asked, good_roots, outcome
from tests.system.scenario import Scenario
from tests.system.scenarios import SCENARIOS

pytestmark = [pytest.mark.lab, pytest.mark.skipif(bool(why_not()), reason=f"a Debian root {why_not()}")]
CONTENT = load_content(Workspace(ROOT))
CHECKS = sorted({scenario.check for scenario in SCENARIOS})
FIRST = {
    check: min((one for one in SCENARIOS if one.check == check), key=lambda one: one.verdict is not Verdict.FAIL)
    for check in CHECKS
}
# Who asks matters to what is asked, not to how it is judged: of the checks that rest on the same facts one is asked for
# by all accounts. `python -m bench.accuracy --own` asks for every one.
BY_ALL = {tuple(CONTENT.checks[check].needs.values()): FIRST[check].name for check in CHECKS}
NOT_IN_GOOD = {"kernel.parameter", "kernel.ipv6-off"}  # needs a parameter's name; the good root has IPv6, and guards it
Outcomes = dict[str, "Future[Outcome]"]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Return a lab on the Debian that was made for it, if one was, else on the system that runs."""
    below = cached() if cached().exists() else RUNNING
    with good_roots(below, tmp_path_factory.mktemp("good")) as started:
        yield started


@pytest.fixture(scope="module")
def outcomes(lab: Lab, request: pytest.FixtureRequest) -> Outcomes:
    """Return what the chosen scenarios come to: several roots are up at a time.

    All are waited for here, as pytest writes to the environment between tests, which every audit reads.
    """
    chosen = {
        scenario.name: scenario
        for item in request.session.items
        if isinstance(scenario := getattr(item, "callspec", None) and item.callspec.params.get("scenario"), Scenario)
    }
    with ThreadPoolExecutor(4) as pool:
        return {
            name: pool.submit(outcome, one, lab, CONTENT, ACCOUNTS if name in BY_ALL.values() else ("root",))
            for name, one in chosen.items()
        }


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario.name for scenario in SCENARIOS])
def test_a_change_is_judged_right(scenario: Scenario, outcomes: Outcomes) -> None:
    """By every account that asks; without privilege it is right or unknown, and unknown where root has to be asked."""
    assert {} == outcomes[scenario.name].result().wrong


def test_names_tell_scenarios_apart() -> None:
    """None is lost because another has its name."""
    assert len({scenario.name for scenario in SCENARIOS}) == len(SCENARIOS)


def test_a_good_root_passes(lab: Lab) -> None:
    """All at once, as root and with sudo; without privilege what cannot be seen is unknown, and says who may see it."""
    wanted = [(CONTENT.checks[check], FIRST[check].settings) for check in CHECKS if check not in NOT_IN_GOOD]
    with lab.root(MOUNTED + DAEMONS) as root:
        results = {account: asked(root, account, wanted, CONTENT) for account in ACCOUNTS}

    for account in ("root", "sudo"):
        assert {} == {one.check: one.reason for one in results[account] if one.verdict is not Verdict.PASS}
    unsure = {one.check: one.reason for one in results["plain"] if one.verdict is not Verdict.PASS}
    assert {Verdict.PASS, Verdict.UNKNOWN} == {one.verdict for one in results["plain"]}
    assert {} == {check: why for check, why in unsure.items() if "needs root" not in why and "this account" not in why}
    assert {"accounts.empty-passwords", "passwords.max-age"} <= set(unsure)
