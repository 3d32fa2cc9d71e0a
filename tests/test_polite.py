"""What an audit does not do to a fleet: all at once, and when it may not."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pytest

from auditor import pipeline
from auditor.model.asset import Asset
from auditor.setup import open_store, prepare
from auditor.windows import Windows
from tests.lab.auditing import Watcher, audit
from tests.lab.fleet import Fleet
from tests.lab.sshd import SSHD

pytestmark = [pytest.mark.lab, pytest.mark.skipif(SSHD is None, reason="sshd is not installed")]

HOSTS = 6
CLOSED = "outside its maintenance window: nights (every day 22:00 to 05:00 UTC)"


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    """Return a few hosts that are asked one after the other, by this process."""
    with Fleet(tmp_path, policy="quick") as started:
        started.start_hosts(HOSTS, prefix="host")
        started.workspace.collect.update(processes=1, workers=1)
        started.workspace.write()
        yield started


@dataclass(frozen=True)
class Closing(Windows):
    """Windows that close when two hosts have been asked."""

    asked: Path = Path()

    def closed(self, asset: Asset, now: datetime) -> str:
        """Return why an asset may not be asked any more."""
        del asset, now
        return CLOSED if self.asked.exists() and len(self.asked.read_text().split()) >= 2 else ""


def test_a_window_that_closes_meanwhile_keeps_those_who_wait_from_being_asked(fleet: Fleet) -> None:
    """They were let in when the audit began; their turn comes too late, and they read unknown with the reason."""
    closing = Closing(asked=fleet.workspace.folder / "state" / "asked")
    setup = replace(prepare(fleet.workspace.folder), windows=closing)

    with open_store(fleet.workspace.folder) as store:
        done = pipeline.audit(setup, store, Watcher(), enrol=True)
        results = list(store.results(done.audit))

    assert len(fleet.workspace.asked) == 2
    late = {one.asset for one in results if one.reason == CLOSED}
    assert len(late) == HOSTS - 2
    assert not done.met


def test_each_host_waits_for_a_moment_of_its_own(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a random pause, up to the one that is set: a thousand hosts do not reach a log-in server in one second."""
    pauses: list[tuple[float, float]] = []
    monkeypatch.setattr(random, "uniform", lambda least, most: pauses.append((least, most)) or 0.0)
    fleet.workspace.collect["jitter_seconds"] = 7
    fleet.workspace.write()

    assert audit(fleet.workspace).met
    assert pauses == [(0, 7.0)] * HOSTS
