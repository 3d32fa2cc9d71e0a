"""A fleet of real servers: asked in several processes, politely, and never more often than it was allowed."""

import multiprocessing
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor.model.result import Result
from auditor.setup import open_store
from tests.lab.auditing import Watcher, audit, invoke
from tests.lab.fleet import Fleet
from tests.lab.sshd import SSHD, generate_key

pytestmark = [pytest.mark.lab, pytest.mark.skipif(SSHD is None, reason="sshd is not installed")]

HOSTS = 12


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    """Return hosts that are asked by two processes."""
    with Fleet(tmp_path, policy="quick") as started:
        started.start_hosts(HOSTS, prefix="host")
        started.workspace.collect["processes"] = 2
        started.workspace.write()
        yield started


def without_times(results: tuple[Result, ...]) -> list[tuple[object, ...]]:
    """Return results without when their evidence was seen."""
    return [
        (one.asset, one.check, one.verdict, one.reason, one.violations, [(e.request, e.digest) for e in one.evidence])
        for one in results
    ]


def test_two_processes_come_to_what_one_does(fleet):
    """Verdicts, reasons and evidence are the same, and each host was asked once."""
    both = audit(fleet.workspace)
    assert HOSTS == len(fleet.workspace.asked)
    assert both.met
    fleet.workspace.collect["processes"] = 1
    fleet.workspace.write()
    assert without_times(audit(fleet.workspace).results) == without_times(both.results)


def test_what_did_not_change_is_not_sent_again_and_judged_the_same(fleet):
    """The second audit's evidence names the texts that the first one stored; one host that changed is seen to."""
    first = audit(fleet.workspace)
    (changed,) = fleet.workspace.assets["host-03"]["addresses"]  # type: ignore[misc]
    fleet.workspace.says(changed, "something else")
    heard: dict[str, int] = {}

    class Hearing(Watcher):
        def asked(self, collected, judged):
            heard[collected.asset.name] = sum(not answer.unchanged for answer in collected.answers.values())
            super().asked(collected, judged)

    fleet.workspace.collect["processes"] = 1
    fleet.workspace.write()
    second = audit(fleet.workspace, watcher=Hearing())

    assert {"host-03": 1} == {name: count for name, count in heard.items() if count}
    same = [one for one in without_times(second.results) if one[0] != "host-03"]
    assert same == [one for one in without_times(first.results) if one[0] != "host-03"]


def test_a_credential_is_tried_three_times_and_then_nowhere(fleet, tmp_path):
    """Two processes, twelve hosts and a key that nobody takes: three refusals, and the rest says why."""
    generate_key(tmp_path / "stranger", "ed25519")
    key = fleet.workspace.credentials["key"]
    fleet.workspace.credential("stranger", texts={"user": str(key["user"]), "key_file": str(tmp_path / "stranger")})
    for name in list(fleet.workspace.assets)[2:]:
        fleet.workspace.assets[name]["transports"]["ssh"]["credential"] = "stranger"  # type: ignore[index]
    fleet.workspace.write()

    done = invoke(fleet.workspace, "audit", "--enrol", "--format", "json")

    assert 1 == done.status, done.err
    assert "Credential stranger stopped after 3 refusals." in done.json["summary"]
    notes = Counter(line["note"] for line in done.json["assets"])
    stopped = notes["no answer: credential stranger stopped after 3 refusals"]
    refused = sum(count for note, count in notes.items() if "refused" in note and "stopped" not in note)
    assert (2, 3, HOSTS - 5) == (notes[""], refused, stopped)
    assert 3 == fleet.sshd.log.count("Failed publickey")
    assert "credential stranger" in Path(done.json["reports"]["management"]).read_text().lower()


def test_a_frozen_asset_gets_no_packet(fleet):
    """It reads unknown, with the reason that was written down; all others are asked."""
    fleet.workspace.more = [
        "[[freezes]]", "from = 2020-01-01", "to = 2099-12-31", 'reason = "the year-end close"', 'timezone = "UTC"',
        'applies_to = {assets = ["host-05"]}',
    ]  # fmt: skip
    fleet.workspace.write()
    done = audit(fleet.workspace)
    (frozen,) = fleet.workspace.assets["host-05"]["addresses"]  # type: ignore[misc]
    assert frozen not in fleet.workspace.asked
    assert HOSTS - 1 == len(fleet.workspace.asked)
    reasons = {one.reason for one in done.results if one.asset == "host-05"}
    assert {"frozen from 2020-01-01 to 2099-12-31: the year-end close"} == reasons


def test_an_audit_whose_time_is_up_asks_nobody_else(fleet):
    """What was not asked says so; what was asked is judged."""
    names = list(fleet.workspace.assets)
    held = [fleet.workspace.assets[name]["addresses"][0] for name in names]  # type: ignore[index]
    fleet.workspace.collect.update(workers=2, asset_seconds=3.0, audit_seconds=4.0)
    fleet.workspace.hold(*held)
    fleet.workspace.write()
    done = audit(fleet.workspace)
    reasons = Counter(one.reason for one in done.results if one.check == "lab.max-tries")
    assert 0 < reasons["the time for the audit was up before it was asked"] < HOSTS
    assert not done.met


def test_a_zone_is_asked_as_often_at_once_as_it_bears(fleet):
    """Hosts that keep whoever asks waiting show how many are asked at once: two of the small zone, all others."""
    names = list(fleet.workspace.assets)
    for name in names[:6]:
        fleet.workspace.assets[name]["zone"] = "dmz"
    fleet.workspace.more = ["[limits.zones]", "dmz = 2"]
    fleet.workspace.hold(*(fleet.workspace.assets[name]["addresses"][0] for name in names))  # type: ignore[index]
    fleet.workspace.write()
    running = fleet.workspace.start("audit", "--enrol")
    try:
        deadline = time.monotonic() + 60
        while len(fleet.workspace.asked) < 8:
            assert running.poll() is None
            assert time.monotonic() < deadline, fleet.workspace.said
            time.sleep(0.05)
        time.sleep(0.5)
        assert 8 == len(fleet.workspace.asked)
        fleet.workspace.release()
        assert 0 == running.wait(60), fleet.workspace.said
    finally:
        running.kill()
        running.wait()
    assert HOSTS == len(fleet.workspace.asked)


def test_killing_every_process_loses_nothing_that_was_done(fleet):
    """SIGKILL for the parent: its children end as well, and the same command asks the rest only."""
    held = [fleet.workspace.assets[name]["addresses"][0] for name in ("host-01", "host-02")]  # type: ignore[index]
    fleet.workspace.hold(*held)
    running = fleet.workspace.start("audit", "--enrol")
    deadline = time.monotonic() + 60
    while fleet.workspace.said[1].count("host-") < HOSTS - 2:
        assert running.poll() is None
        assert time.monotonic() < deadline, fleet.workspace.said
        time.sleep(0.05)
    children = [int(pid) for pid in Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()]
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert 2 == len(children)
    while any(Path(f"/proc/{pid}").exists() and not ended(pid) for pid in children):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    fleet.workspace.release()
    watcher = Watcher()
    resumed = audit(fleet.workspace, watcher=watcher)
    assert ([(HOSTS, HOSTS - 2)], {"host-01", "host-02"}) == (watcher.begun, set(watcher.done))
    assert without_times(audit(fleet.workspace).results) == without_times(resumed.results)


def ended(pid: int) -> bool:
    """Whether a process is over, though nobody has waited for it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_access_is_shown_before_anything_is_audited(fleet):
    """Who answers, as whom, and why not; no audit is remembered and nothing is judged."""
    fleet.workspace.assets["host-02"]["transports"]["ssh"]["port"] = 1  # type: ignore[index]
    fleet.workspace.write()
    done = invoke(fleet.workspace, "audit", "--check-access", "--enrol", "--format", "json")
    rows = {row["asset"]: row for row in done.json}
    assert (1, HOSTS) == (done.status, len(rows))
    assert ("ssh (key)", True, "") == tuple(rows["host-01"][name] for name in ("way", "answers", "note"))
    assert "root" in (rows["host-01"]["account"], rows["host-01"]["privileged"])
    assert rows["host-02"]["answers"] is False
    assert "refused" in rows["host-02"]["note"]
    with open_store(fleet.workspace.folder) as store:
        assert [] == store.audits()


def test_a_fleet_that_is_not_let_in_is_told_by_the_status(fleet):
    """Nothing answers: 3, as for an audit that could not be carried out."""
    for name in fleet.workspace.assets:
        fleet.workspace.assets[name]["transports"]["ssh"]["port"] = 1  # type: ignore[index]
    fleet.workspace.write()
    assert 3 == invoke(fleet.workspace, "audit", "--check-access", "--enrol").status


def test_no_process_is_left_when_the_audit_is_done(fleet):
    """Neither of those that asked."""
    assert audit(fleet.workspace).met
    assert [] == multiprocessing.active_children()
