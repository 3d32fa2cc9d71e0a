"""kill -9 at any point: the database opens, what was committed is there, and the rest can be done."""

import os
import random
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import pytest

from auditor.errors import AuditRunning
from auditor.findings import reconcile
from auditor.model.check import Violation
from auditor.model.evidence import text_digest
from auditor.model.result import Result, Verdict, judged_of
from auditor.store.records import AuditOutcome
from auditor.store.store import Store
from tests.make import NOW, ROOT
from tests.store.given import failed, finding, judged, plan, said

NAMES = tuple(f"host-{number:03}" for number in range(100))


def saving(where: str, state: str) -> None:
    """Run in a process of its own: hold the audit lock and save assets until killed, saying which are committed."""
    with Store.open(where, state=Path(state)) as store, store.audit_lock():
        audit = store.unfinished_audit(plan(*NAMES), since=NOW) or store.begin_audit(plan(*NAMES), now=NOW)
        print("begun", flush=True)  # noqa: T201
        for name in sorted(set(NAMES) - store.finished_assets(audit.id)):
            given = answer_of(name)
            store.save_asset(audit.id, given, [failed(given, found=name)], now=NOW)
            print(name, flush=True)  # noqa: T201


def answer_of(name: str):
    return said(name, f"permitrootlogin {name}\n" + random.Random(name).randbytes(5000).hex())


HOSTS = tuple(f"host-{number:03}" for number in range(40))
PLACES = 100  # violations of each host


def many(name: str) -> Result:
    given = answer_of(name)
    violations = tuple(Violation(f"place {number}", name, "no") for number in range(PLACES))
    return judged(given, "ssh.places", verdict=Verdict.FAIL, reason="Not met: 100 places.", violations=violations)


def auditing(where: str, state: str) -> None:
    """Run in a process of its own: a whole audit, ten assets at a time, with thousands of findings at its end."""
    with Store.open(where, state=Path(state)) as store, soon_alone(store):
        if store.latest_audit():  # the one before was killed when all was done
            return
        audit = store.unfinished_audit(plan(*HOSTS), since=NOW) or store.begin_audit(plan(*HOSTS), now=NOW)
        print("begun", flush=True)  # noqa: T201
        left = iter(sorted(set(HOSTS) - store.finished_assets(audit.id)))
        while names := list(islice(left, 10)):
            given = [answer_of(name) for name in names]
            batch = [(one, judged_of(name, one.evidence, [many(name)])) for name, one in zip(names, given, strict=True)]
            store.save_assets(audit.id, batch, now=NOW)
            print(*names, sep="\n", flush=True)  # noqa: T201
        print("following", flush=True)  # noqa: T201
        findings = reconcile(store.findings(), store.judged(audit.id), [], {}, now=NOW)
        print("finishing", flush=True)  # noqa: T201
        store.finish_audit(audit.id, findings, now=NOW)


@contextmanager
def soon_alone(store: Store) -> Iterator[None]:
    """Hold the audit lock, once PostgreSQL has noticed that a killed client is dead."""
    deadline = time.monotonic() + 60
    while True:
        try:
            with store.audit_lock():
                yield
                return
        except AuditRunning:
            assert time.monotonic() < deadline
            time.sleep(0.02)


@contextmanager
def process(where: str, state: Path, work: str = "saving") -> Iterator["subprocess.Popen[bytes]"]:
    program = f"import sys; from tests.store.test_killed import {work}; {work}(*sys.argv[1:])"
    started = subprocess.Popen(
        [sys.executable, "-c", program, where, str(state)], stdout=subprocess.PIPE, cwd=ROOT, bufsize=0
    )
    try:
        yield started
    finally:
        if started.poll() is None:
            started.kill()
        started.wait()
        assert started.stdout is not None
        started.stdout.close()


def read_until(started: "subprocess.Popen[bytes]", lines: int) -> list[str]:
    assert started.stdout is not None
    read = b""
    while read.count(b"\n") < lines:
        ready, _, _ = select.select([started.stdout], [], [], 60)
        assert ready, "the process said nothing for a minute"
        chunk = os.read(started.stdout.fileno(), 65536)
        assert chunk, "the process ended early"
        read += chunk
    return [line.decode() for line in read.split(b"\n")[:-1]]


def test_a_killed_audit_resumes_with_the_rest(where: str, tmp_path: Path, open_store: Callable[[], Store]) -> None:
    """Every asset that was reported as saved is there, whole; only the others are asked again; the end is the same."""
    with process(where, tmp_path) as started:
        said_to_be_saved = read_until(started, 1 + 20)[1:]
        started.send_signal(signal.SIGKILL)
        started.wait()

    store = open_store()
    (audit,) = store.audits()
    saved = store.finished_assets(audit.id)
    assert audit.outcome is AuditOutcome.UNFINISHED
    assert set(said_to_be_saved) <= saved < set(NAMES)
    assert list(store.results(audit.id)) == [failed(answer_of(name), found=name) for name in sorted(saved)]
    for name in saved:
        digest = answer_of(name).evidence[0].digest
        assert text_digest(store.evidence_text(digest)) == digest

    with process(where, tmp_path) as again:
        assert again.stdout is not None
        asked_again = again.stdout.read().decode().split()[1:]
        assert again.wait(60) == 0
    assert set(asked_again) == set(NAMES) - saved
    assert [result.asset for result in store.results(audit.id)] == list(NAMES)
    assert [found.id for found in store.audits()] == [audit.id]


def test_killed_anywhere_and_often(where: str, tmp_path: Path, open_store: Callable[[], Store]) -> None:
    """Killed at its beginning, between batches, and three times while findings are followed and written: what was
    reported is there each time, and in the end all is as after an audit that nobody disturbed.
    """
    chance = random.Random()
    store = open_store()
    reported: set[str] = set()
    for word in ("begun", "begun", HOSTS[25], "following", "finishing", "finishing", "finishing"):
        with process(where, tmp_path, "auditing") as started:
            said_so = read_to(started, word)
            time.sleep(chance.random() / 20)
            started.send_signal(signal.SIGKILL)
            started.wait()
        reported |= set(said_so) & set(HOSTS)
        (audit,) = store.audits()
        assert reported <= store.finished_assets(audit.id)
        if audit.outcome is AuditOutcome.UNFINISHED:
            assert store.findings() == []
    with process(where, tmp_path, "auditing") as last:
        assert last.wait(120) == 0
    undisturbed = open_store_apart(tmp_path)

    assert contents(store) == contents(undisturbed)
    undisturbed.close()


def open_store_apart(folder: Path) -> Store:
    """Return a store in which the same audit was carried out without a break."""
    path = folder / "undisturbed.db"
    auditing(str(path), str(folder / "undisturbed"))
    return Store.open(path)


def contents(store: Store) -> tuple[object, ...]:
    """Return everything that the newest audit left."""
    (audit, *_) = store.audits()
    findings = store.findings()
    return (
        audit.outcome,
        list(store.results(audit.id)),
        findings,
        store.tallies(audit.id),
        [store.finding_history(one.id) for one in findings[::97]],
        {seen.digest: store.evidence_text(seen.digest) for seen in store.evidence()},
    )


def read_to(started: "subprocess.Popen[bytes]", word: str) -> list[str]:
    """Return the lines up to one that has this word, or all of them where the process ends by itself."""
    assert started.stdout is not None
    lines: list[str] = []
    for line in iter(started.stdout.readline, b""):
        lines.append(line.decode().strip())
        if lines[-1] == word:
            break
    return lines


def test_the_kernel_releases_the_audit_lock(where: str, tmp_path: Path, open_store: Callable[[], Store]) -> None:
    """While a process audits another cannot, and as soon as it is killed another can."""
    store = open_store()
    state = tmp_path / "state"
    with process(where, state) as started:
        read_until(started, 1)
        with pytest.raises(AuditRunning, match="Another audit of this workspace is under way"), store.audit_lock():
            pass
        started.send_signal(signal.SIGKILL)
        started.wait()

    with soon_alone(store):
        pass


def test_the_lock_can_be_taken_again_and_again(store: Store, open_store: Callable[[], Store]) -> None:
    """It is released at the end, after an error too; within it nobody else gets it, not even the same process."""
    other = open_store()
    with pytest.raises(ZeroDivisionError), store.audit_lock():
        1 / 0  # noqa: B018
    with store.audit_lock():
        with pytest.raises(AuditRunning), other.audit_lock():
            pass
        store.begin_audit(plan("web-01"), now=NOW)
    with other.audit_lock():
        pass


def test_finishing_is_all_or_nothing(store: Store) -> None:
    """An error while an audit is finished leaves findings as they were, so that finishing again gives the same."""
    audit = store.begin_audit(plan("web-01"), now=NOW)
    store.save_asset(audit.id, said(), [failed(said())], now=NOW)
    broken = finding("web-02", found=None)
    with pytest.raises(Exception, match=r"NOT NULL|null value|NoneType"):
        store.finish_audit(audit.id, [finding(), broken], now=NOW)
    assert (store.findings(), store.audit(audit.id).outcome) == ([], AuditOutcome.UNFINISHED)

    again = reconcile(store.findings(), store.results(audit.id), [], {"ssh.root-login": "harden-ssh"}, now=NOW)
    store.finish_audit(audit.id, again, now=NOW)
    assert store.findings() == [finding()]
