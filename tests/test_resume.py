"""An audit that is killed, interrupted or begun twice: what was done is kept, and nobody is asked again for nothing."""

import random
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from auditor.errors import AuditRunning
from auditor.model.result import Result
from auditor.setup import open_store
from tests.lab.auditing import Watcher, audit
from tests.lab.fleet import Fleet
from tests.lab.sshd import SSHD, generate_key
from tests.lab.workspace import LabWorkspace

pytestmark = [pytest.mark.lab, pytest.mark.skipif(SSHD is None, reason="sshd is not installed")]

HOSTS, HELD = 6, 2


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    """Return hosts of which some keep whoever asks waiting, so that an audit has a middle."""
    with Fleet(tmp_path, policy="quick") as started:
        names = started.start_hosts(HOSTS, prefix="host")
        started.workspace.write()
        held = [started.workspace.assets[name]["addresses"][0] for name in names[-HELD:]]
        started.workspace.hold(*held)
        yield started
        started.workspace.release()


def test_a_killed_audit_is_resumed_by_the_same_command(fleet):
    """SIGKILL in the middle: the database opens, the rest is asked and nobody else, and the end is the same."""
    workspace = fleet.workspace
    with in_the_middle(workspace) as running:
        running.kill()
        running.wait()
    assert "ok" == sqlite3.connect(workspace.database).execute("PRAGMA integrity_check").fetchone()[0]
    assert HOSTS == len(workspace.asked) == logins(fleet)
    held = {path.name.removeprefix("hold-") for path in (workspace.folder / "state").glob("hold-*")}
    workspace.release()

    resumed = workspace.run("audit", "--enrol", "--format", "json")

    assert 0 == resumed.status, resumed.err
    assert f"auditing {HOSTS} assets, {HOSTS - HELD} of them finished before the interruption" in resumed.err
    assert HOSTS + HELD == len(workspace.asked) == logins(fleet)
    assert set(workspace.asked[HOSTS:]) == held
    unbroken = audit(workspace)
    with open_store(workspace.folder) as store:
        audits = [(one.id, one.outcome.value) for one in store.audits()]
        assert [comparable(one) for one in unbroken.results] == [comparable(one) for one in store.results("1")]
    assert [("2", "met"), ("1", "met")] == audits


def test_refusals_are_counted_on_after_a_kill(fleet, tmp_path):
    """An account that counts refusals counts those of one audit, however often that is killed and goes on."""
    workspace = fleet.workspace
    generate_key(tmp_path / "stranger", "ed25519")
    user = str(workspace.credentials["key"]["user"])
    workspace.credential("stranger", texts={"user": user, "key_file": str(tmp_path / "stranger")})
    names = list(workspace.assets)
    workspace.release()
    workspace.hold(workspace.assets["host-03"]["addresses"][0])
    for name in (one for one in names if one != "host-03"):
        workspace.assets[name]["transports"]["ssh"]["credential"] = "stranger"
    workspace.collect.update(workers=1, processes=1)
    workspace.write()
    running = workspace.start("audit", "--enrol")
    try:
        wait_until(lambda: "host-02" in workspace.said[1] and len(workspace.asked) == 1, running)
        running.send_signal(signal.SIGKILL)
        running.wait()
        assert 2 == fleet.sshd.log.count("Failed publickey")
    finally:
        running.kill()
    workspace.release()

    resumed = audit(workspace)

    assert 3 == fleet.sshd.log.count("Failed publickey")
    assert {"stranger": 3} == resumed.stopped
    reasons = {one.asset: one.reason for one in resumed.results if one.check == "lab.whole"}
    stopped = "credential stranger stopped after 3 refusals"
    assert [False, False, False, False, True, True] == [reasons[name] == stopped for name in names]
    again = audit(workspace)  # a new audit: whoever mended the credential may try it
    assert 6 == fleet.sshd.log.count("Failed publickey")
    assert {"stranger": 3} == again.stopped


def wait_until(there: Callable[[], bool], running: "subprocess.Popen[bytes]") -> None:
    """Wait for something while a process runs."""
    deadline = time.monotonic() + 60
    while not there():
        assert running.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_an_interrupted_audit_ends_cleanly_and_keeps_what_was_done(fleet):
    """Ctrl-C: status 130 at once, no traceback, and the same command goes on from there."""
    workspace = fleet.workspace
    with in_the_middle(workspace) as running:
        began = time.monotonic()
        running.send_signal(signal.SIGINT)
        assert 130 == running.wait(30)
        assert time.monotonic() - began < 10  # the held hosts would take a minute
    out, err = workspace.said
    assert "" == out
    assert "Traceback" not in err
    assert "internal error" not in err
    workspace.release()

    watcher = Watcher()
    assert audit(workspace, watcher=watcher).met
    assert ([(HOSTS, HOSTS - HELD)], HELD) == (watcher.begun, len(watcher.done))


def test_two_audits_at_once_are_one_too_many(fleet):
    """The second says so and asks nobody; the first is not disturbed, and afterwards another can run."""
    workspace = fleet.workspace
    with in_the_middle(workspace) as running:
        second = workspace.run("audit")
        with pytest.raises(AuditRunning):
            audit(workspace)
        assert (3, "") == (second.status, second.out)
        assert "Another audit of this workspace is under way" in second.err
        assert HOSTS == len(workspace.asked)
        workspace.release()
        assert 0 == running.wait(60), workspace.said
    assert HOSTS == len(workspace.asked)
    assert audit(workspace).met


def test_a_change_of_the_policy_begins_anew(fleet):
    """What was judged by other demands is not mixed in: every asset is asked again."""
    workspace = fleet.workspace
    with in_the_middle(workspace) as running:
        running.kill()
        running.wait()
    workspace.release()
    policy = workspace.folder / "policies" / "quick.yaml"
    policy.write_text(policy.read_text().replace("at_most: 4", "at_most: 3"))

    watcher = Watcher()
    audited = audit(workspace, watcher=watcher)

    assert [(HOSTS, 0)] == watcher.begun
    assert (False, 2 * HOSTS) == (audited.met, len(workspace.asked))
    with open_store(workspace.folder) as store:
        assert ["not-met", "abandoned"] == [one.outcome.value for one in store.audits()]


def test_killed_again_and_again_it_ends_as_if_undisturbed(fleet):
    """SIGKILL at moments of no choice, at the end too: who was done is not asked again, and the end is the same."""
    workspace, chance = fleet.workspace, random.Random()
    workspace.release()
    policy = workspace.folder / "policies" / "quick.yaml"
    policy.write_text(policy.read_text().replace("at_most: 4", "at_most: 3"))
    addresses = {name: asset["addresses"][0] for name, asset in workspace.assets.items()}
    for more in (1, 2, HOSTS):
        finished, before = newest(workspace)
        killed = killed_after(workspace, more, pause=chance.random() / 4)
        if not finished:
            assert not {addresses[name] for name in before} & set(killed)
            assert before <= newest(workspace)[1]

    disturbed = audit(workspace)
    undisturbed = audit(workspace)

    assert [comparable(one) for one in undisturbed.results] == [comparable(one) for one in disturbed.results]
    assert HOSTS == len(disturbed.findings)
    assert [one.id for one in undisturbed.findings] == [one.id for one in disturbed.findings]
    with open_store(workspace.folder) as store:
        assert {"not-met"} == {one.outcome.value for one in store.audits()}


def newest(workspace: LabWorkspace) -> tuple[bool, frozenset[str]]:
    """Return whether the newest audit came to its end, and who was done in it."""
    if not workspace.database.exists():
        return False, frozenset()
    with open_store(workspace.folder) as store:
        audits = store.audits()
        return bool(audits and audits[0].finished_at), store.finished_assets(audits[0].id) if audits else frozenset()


def killed_after(workspace: LabWorkspace, more: int, pause: float) -> list[str]:
    """Start an audit, kill it some time after so many hosts were asked, and return which were."""
    before = len(workspace.asked)
    running = workspace.start("audit", "--enrol")
    deadline = time.monotonic() + 90
    while len(workspace.asked) < before + more and running.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    time.sleep(pause)
    running.kill()
    running.wait()
    return workspace.asked[before:]


@contextmanager
def in_the_middle(workspace: LabWorkspace) -> Iterator["subprocess.Popen[bytes]"]:
    """Give a running audit that has saved all hosts but the held ones, and waits for those."""
    running = workspace.start("audit", "--enrol")
    try:
        until(lambda: len(workspace.asked) == HOSTS and workspace.said[1].count("host-") == HOSTS - HELD, running)
        yield running
    finally:
        running.kill()
        running.wait()


def until(true: Callable[[], bool], running: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 90
    while not true():
        assert running.poll() is None
        assert time.monotonic() < deadline, "the audit did not come to its middle"
        time.sleep(0.05)


def logins(fleet: Fleet) -> int:
    return fleet.sshd.log.count("Accepted publickey")


def comparable(result: Result) -> tuple[object, ...]:
    """Return all of a result but when its evidence was seen."""
    return (
        result.asset,
        result.control,
        result.check,
        result.verdict,
        result.reason,
        result.violations,
        result.settings,
    )
