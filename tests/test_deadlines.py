"""Hosts that are dead and hosts that hang cost an audit the steps that they were given time for, and no more."""

import socket
import time
from collections.abc import Iterator

import pytest

from auditor.collect.ask import Collected
from auditor.model.result import Verdict
from tests.lab.apart import Apart
from tests.lab.auditing import Audited, Watcher, audit
from tests.lab.crowd import DEAD, HANGING, Crowd, Kind
from tests.lab.fleet import Fleet
from tests.lab.sshd import SSHD

pytestmark = [pytest.mark.lab, pytest.mark.skipif(SSHD is None, reason="sshd is not installed")]

HOSTS = 1000
STEP, ASSET, GRACE = 10.0, 60.0, 5.0  # seconds; the grace is for a busy machine, and shorter than a step
REASONS = {
    Kind.REFUSING: "port {port}: Connection refused",
    Kind.DROPPING: "port {port}: no connection in time",
    Kind.MUTE: "port {port}: never said that it speaks SSH",
    Kind.GREETING: "port {port}: did not finish the key exchange in time",
    Kind.STALLING: "port {port}: did not answer to the log-in of {user} in time",
}
STEPS = {Kind.REFUSING: 1, Kind.DROPPING: 1, Kind.MUTE: 2, Kind.GREETING: 2}  # that such a host may take


class Timing(Watcher):
    """Remembers what each asset was like, as the audit told it."""

    def __init__(self) -> None:
        super().__init__()
        self.collected: dict[str, Collected] = {}

    def asked(self, collected, judged):
        self.collected[collected.asset.name] = collected
        super().asked(collected, judged)


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    """Return a thousand hosts, of which 100 are dead and 50 hang."""
    with Fleet(tmp_path_factory.mktemp("crowd"), policy="one") as fleet:
        fleet.workspace.collect = {"connect_seconds": STEP, "asset_seconds": ASSET, "workers": 32}
        with Crowd(fleet, HOSTS) as started:
            yield started


@pytest.fixture(scope="module")
def seen(crowd: Crowd) -> tuple[Audited, dict[str, Collected]]:
    """Audit the crowd, once for all tests, and return what came of it."""
    watcher = Timing()
    done = audit(crowd.fleet.workspace, watcher=watcher)
    return done, watcher.collected


def test_the_crowd_is_what_it_is_said_to_be(crowd):
    """A tenth is dead, a twentieth hangs, in every way that there is."""
    assert (HOSTS // 10, HOSTS // 20) == (len(crowd.of(*DEAD)), len(crowd.of(*HANGING)))
    assert set(Kind) == set(crowd.kinds.values())


def test_everybody_who_can_answer_is_judged(crowd, seen):
    """Those who hang take nobody's time but their own; nobody is left out."""
    done, collected = seen
    assert crowd.kinds.keys() == collected.keys()
    assert crowd.of(Kind.ANSWERING) == {name for name, one in collected.items() if one.reached}
    judged = {one.asset: one.verdict for one in done.results if one.check == "lab.whole"}
    assert crowd.of(Kind.ANSWERING) == {name for name, verdict in judged.items() if verdict is not Verdict.UNKNOWN}
    assert crowd.kinds.keys() == judged.keys()


@pytest.mark.parametrize("kind", REASONS)
def test_whoever_does_not_answer_is_told_with_the_step_it_failed_in(crowd, seen, kind):
    """Refused, no connection, no greeting, no keys, no log-in: each is another thing to do for somebody."""
    done, collected = seen
    workspace = crowd.fleet.workspace
    reasons = {one.asset: one.reason for one in done.results if one.check == "lab.whole"}
    for name in crowd.of(kind):
        ((ssh,), user) = workspace.assets[name]["transports"].values(), workspace.credentials["key"]["user"]
        wanted = REASONS[kind].format(port=ssh["port"], user=user)
        (address,) = workspace.assets[name]["addresses"]
        assert f"{address} {wanted}" == collected[name].problem
        assert wanted in reasons[name]


def test_each_takes_no_longer_than_its_steps_may(crowd, seen):
    """The engine's own clock says so of every asset; who only waits for a turn to log in has the asset's time."""
    _, collected = seen
    for name, kind in crowd.kinds.items():
        limit = STEPS[kind] * STEP if kind in STEPS else ASSET
        assert collected[name].seconds <= limit + GRACE, (name, kind)


def test_a_host_that_is_a_round_trip_away_is_audited_as_well(tmp_path):
    """The relay that the bench measures with loses and reorders nothing, and a round trip takes what it says."""
    with Fleet(tmp_path, policy="quick") as fleet, Apart("tests.lab.relay", fleet.sshd.port, 0.2) as far:
        fleet.start_hosts(3, prefix="host")
        for asset in fleet.workspace.assets.values():
            asset["transports"]["ssh"]["port"] = far["port"]
        fleet.workspace.write()
        watcher = Timing()
        done = audit(fleet.workspace, watcher=watcher)
        assert done.met
        assert all(one.reached for one in watcher.collected.values())
        began = time.monotonic()
        with socket.create_connection((fleet.address(), far["port"]), timeout=30) as connection:
            assert b"SSH-2.0" == connection.recv(7)
        assert time.monotonic() - began >= 2 * 0.2  # the connection, and the first words
