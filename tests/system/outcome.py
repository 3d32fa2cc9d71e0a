"""What a scenario comes to: the verdict of its check on a root of its own, audited over SSH by several accounts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from auditor.checking import Target, try_checks
from auditor.model.check import Check
from auditor.model.result import Result, Verdict
from auditor.plugins import Content
from tests.lab.root import ACCOUNTS, Lab, Root
from tests.system.good import SYSCTL, good_layer
from tests.system.scenario import UNKNOWN, Scenario

Demanded = Sequence[tuple[Check, Mapping[str, object]]]
DAEMONS: Final = "for daemon in $(cat /srv/daemons); do $daemon 1d & done\n"
"""What ends a script: the daemons that it left in their list are started."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a scenario's script ended and what it said, and the results by account."""

    scenario: Scenario
    status: int
    said: str
    results: Mapping[str, Result]

    @property
    def wrong(self) -> dict[str, str]:
        """Return what is wrong, by account: without privilege `unknown` is never wrong where root has to be asked."""
        if self.status:
            return {"script": f"ended with {self.status}: {self.said}"}
        return {
            account: f"{result.verdict.value} ({result.reason}) instead of {self.scenario.verdict.value}"
            for account, result in self.results.items()
            if not self._right(account, result.verdict)
        }

    def _right(self, account: str, verdict: Verdict) -> bool:
        if account != "plain":
            return verdict is self.scenario.verdict
        return verdict is UNKNOWN or (verdict is self.scenario.verdict and self.scenario.without is None)


@contextmanager
def good_roots(below: Path, folder: Path) -> Iterator[Lab]:
    """Give a lab whose roots are good until a scenario breaks them; the folder holds what makes them so."""
    with Lab(below, good_layer(below, folder), SYSCTL) as lab:
        yield lab


def outcome(scenario: Scenario, lab: Lab, content: Content, accounts: Iterable[str] = ACCOUNTS) -> Outcome:
    """Return what a scenario comes to in a new root."""
    wanted = [(content.checks[scenario.check], scenario.settings)]
    with lab.root(f"set -e\n{scenario.does}\n{DAEMONS}") as root:
        results = {account: asked(root, account, wanted, content)[0] for account in accounts}
        return Outcome(scenario, root.status, root.said, results)


def asked(root: Root, account: str, wanted: Demanded, content: Content) -> tuple[Result, ...]:
    """Return what an account's audit of a root over SSH comes to: `root`, `sudo` or `plain`."""
    target = Target(
        ssh=f"{ACCOUNTS[account]}@127.0.0.1:{root.port}", key=root.lab.client_key, known_hosts=root.known_hosts
    )
    return try_checks(root.lab.folder, target, wanted, content).results
