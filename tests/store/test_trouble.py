"""A full disk, a database in use elsewhere, a torn file, two auditors at once: said in words, and nothing is lost."""

import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from auditor.errors import AuditRunning, DatabaseProblem
from auditor.store.records import AuditOutcome
from auditor.store.store import Store
from tests.lab.postgres import Postgres
from tests.make import NOW, ROOT
from tests.store.given import failed, finding, plan, said

NAMES = [f"host-{number:03}" for number in range(200)]


def large(name: str):
    """Return an answer that cannot be compressed to less than 20 kB."""
    return said(name, f"{name}\n{os.urandom(20_000).hex()}")


@contextmanager
def small_disk(folder: Path, mebibytes: int) -> Iterator[Path]:
    """Give a file system of a few MiB, where this process may make one."""
    folder.mkdir()
    made = subprocess.run(
        [shutil.which("mount") or "mount", "-t", "tmpfs", "-o", f"size={mebibytes}m,mode=700", "none", str(folder)],
        capture_output=True,
        check=False,
    )
    if made.returncode:
        pytest.skip("only root can make a small disk")
    try:
        yield folder
    finally:
        subprocess.run([shutil.which("umount") or "umount", "-l", str(folder)], check=True)


def save_until_full(store: Store, audit: str) -> tuple[list[str], str]:
    """Save large assets until there is no room; return who was saved, and what was said."""
    done: list[str] = []
    for name in NAMES:
        given = large(name)
        try:
            store.save_asset(audit, given, [failed(given, found=name)], now=NOW)
        except DatabaseProblem as problem:
            return done, str(problem)
        done.append(name)
    raise AssertionError("there was room for all of them")


def test_a_disk_that_fills_up(tmp_path: Path) -> None:
    """What does not fit is said; what was saved is read from the full disk; with room again the audit goes on."""
    with small_disk(tmp_path / "disk", 3) as disk:
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(500_000))
        with Store.open(disk / "auditor.db") as store:
            audit = store.begin_audit(plan(*NAMES), now=NOW)
            done, problem = save_until_full(store, audit.id)
            assert "cannot grow: the disk is full; what was stored before is kept" in problem
            assert [one.asset for one in store.results(audit.id)] == done
        with Store.open(disk / "auditor.db") as store, store.audit_lock():
            assert store.finished_assets(audit.id) == frozenset(done)
            assert [one.violations[0].found for one in store.results(audit.id)] == done
            ballast.unlink()
            rest = said(NAMES[-1])
            store.save_asset(audit.id, rest, [failed(rest)], now=NOW)
            assert store.finish_audit(audit.id, [finding(NAMES[-1])], now=NOW) is AuditOutcome.NOT_MET
            assert len(list(store.results(audit.id))) == len(done) + 1
    assert done


def test_no_room_to_finish(tmp_path: Path) -> None:
    """Findings that do not fit leave the audit unfinished and all as it was; with room again it is finished."""
    many = [finding(name, subject=f"place {n}", found=os.urandom(40).hex()) for name in NAMES for n in range(50)]
    with small_disk(tmp_path / "disk", 3) as disk:
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(1_500_000))
        with Store.open(disk / "auditor.db") as store:
            audit = store.begin_audit(plan(*NAMES), now=NOW)
            store.save_asset(audit.id, said(NAMES[0]), [failed(said(NAMES[0]))], now=NOW)
            with pytest.raises(DatabaseProblem, match="the disk is full"):
                store.finish_audit(audit.id, many[:6000], now=NOW)
            assert (store.findings(), store.audit(audit.id).outcome) == ([], AuditOutcome.UNFINISHED)
            ballast.unlink()
            store.finish_audit(audit.id, many[:1000], now=NOW)
            assert (len(store.findings()), store.audit(audit.id).outcome) == (1000, AuditOutcome.NOT_MET)


def limited(path: str, audit: str) -> None:
    """Run in a process of its own whose files must not grow beyond a megabyte."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
    with Store.open(path) as store:
        done, problem = save_until_full(store, audit)
    print(len(done), problem)  # noqa: T201


def test_a_file_that_must_not_grow(tmp_path: Path) -> None:
    """A quota is met like a full disk: said, and what was saved is there."""
    path = tmp_path / "auditor.db"
    with Store.open(path) as store:
        audit = store.begin_audit(plan(*NAMES), now=NOW)
        program = "import sys; from tests.store.test_trouble import limited; limited(*sys.argv[1:])"
        ran = subprocess.run(
            [sys.executable, "-c", program, str(path), audit.id], capture_output=True, text=True, cwd=ROOT, check=True
        )
        saved, problem = ran.stdout.split(" ", 1)
        assert "auditor.db cannot be read or written: the disk reports an error" in problem
        assert len(store.finished_assets(audit.id)) == len(list(store.results(audit.id))) == int(saved) > 0


@contextmanager
def holding(where: str) -> Iterator[None]:
    """Let another process hold the database for itself."""
    sqlite = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); c.execute('BEGIN IMMEDIATE')"
    server = (
        "import psycopg, sys; c = psycopg.connect(sys.argv[1]); c.execute('LOCK TABLE audit, asset_audit, finding')"
    )
    program = f"{server if '://' in where else sqlite}; print('held', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", program, where], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        try:
            yield
        finally:
            other.kill()


def test_another_program_holds_the_database(where: str, tmp_path: Path, open_store: Callable[[], Store]) -> None:
    """Whoever waits too long is told so, and as soon as the other is gone everything goes on."""
    audit = open_store().begin_audit(plan("web-01"), now=NOW)
    with Store.open(where, state=tmp_path / "state", patience=0.2) as store:
        with holding(where):
            for write in (
                lambda: store.save_asset(audit.id, said(), [failed(said())], now=NOW),
                lambda: store.finish_audit(audit.id, [finding()], now=NOW),
                lambda: store.begin_audit(plan("web-02"), now=NOW),
            ):
                with pytest.raises(DatabaseProblem, match="is in use by another program"):
                    write()
        store.save_asset(audit.id, said(), [failed(said())], now=NOW)
        assert store.finish_audit(audit.id, [finding()], now=NOW) is AuditOutcome.NOT_MET


def test_a_server_that_is_shut_down(postgres: Postgres, tmp_path: Path) -> None:
    """A connection that the administrator ends is said to be; the next one works."""
    with Store.open(postgres.new_database(), state=tmp_path) as store:
        audit = store.begin_audit(plan("web-01"), now=NOW)
        with (
            pytest.raises(DatabaseProblem, match="is shut down by its administrator"),
            store._database.writing() as one,
        ):
            one.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")
        store.save_asset(audit.id, said(), [failed(said())], now=NOW)

        assert list(store.results(audit.id)) == [failed(said())]


@pytest.mark.parametrize("keep", [0.3, 0.7])
def test_a_torn_file(tmp_path: Path, keep: float) -> None:
    """A database of which the end is missing is damaged, and is neither read as empty nor written to."""
    path = tmp_path / "auditor.db"
    with Store.open(path) as store:
        audit = store.begin_audit(plan(*NAMES), now=NOW)
        for name in NAMES[:20]:
            store.save_asset(audit.id, large(name), [], now=NOW)
    size = path.stat().st_size
    os.truncate(path, int(size * keep))

    with pytest.raises(DatabaseProblem, match="is damaged; restore it from a backup"):
        read_everything(path)


def read_everything(path: Path) -> None:
    with Store.open(path) as store:
        for seen in store.evidence():
            store.evidence_text(seen.digest)


def test_a_document_that_is_missing(tmp_path: Path) -> None:
    """What points nowhere is damage, whatever took it away."""
    path = tmp_path / "auditor.db"
    with Store.open(path) as store:
        audit = store.begin_audit(plan("web-01"), now=NOW)
        store.save_asset(audit.id, said(), [failed(said())], now=NOW)
        with closing(sqlite3.connect(path)) as other, other:
            other.execute("DELETE FROM evidence_text")
        with pytest.raises(DatabaseProblem, match="A stored text is missing: restore the database from a backup"):
            list(store.evidence())
        with closing(sqlite3.connect(path)) as other, other:
            other.execute("DELETE FROM record WHERE id IN (SELECT judged_id FROM asset_audit)")
        with pytest.raises(DatabaseProblem, match="A stored result is damaged: restore the database from a backup"):
            list(store.results(audit.id))


def contending(where: str, state: str, log: str) -> None:
    """Run in a process of its own: be the auditor again and again, and write down when."""
    file = os.open(log, os.O_WRONLY | os.O_APPEND)
    with Store.open(where, state=Path(state)) as store:
        input()
        turns = 0
        while turns < 10:
            try:
                with store.audit_lock():
                    os.write(file, b"in\n")
                    store.begin_audit(plan("web-01"), now=NOW)
                    os.write(file, b"out\n")
                    turns += 1
            except AuditRunning:
                time.sleep(0.005)


def test_never_two_auditors_at_once(where: str, tmp_path: Path, open_store: Callable[[], Store]) -> None:
    """However many processes want to audit a workspace, one at a time does."""
    store = open_store()
    log = tmp_path / "log"
    log.touch()
    program = "import sys; from tests.store.test_trouble import contending; contending(*sys.argv[1:])"
    words = [sys.executable, "-c", program, where, str(tmp_path / "state"), str(log)]
    started = [subprocess.Popen(words, stdin=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) for _ in range(3)]
    for process in started:
        assert process.stdin is not None
        process.stdin.write(b"\n")
        process.stdin.flush()

    assert [process.communicate(timeout=120)[1] for process in started] == [b""] * 3
    assert log.read_text().split() == ["in", "out"] * 30
    assert len(store.audits()) == 30
