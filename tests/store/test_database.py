"""Databases are made, migrated, locked, damaged, full, foreign or too new; each is said in words."""

import os
import sqlite3
import stat
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, inspect, text

from auditor.errors import DatabaseProblem, UsageError
from auditor.store import tables, versions
from auditor.store.engine import database_url
from auditor.store.store import Store
from tests.lab.postgres import Postgres
from tests.make import NOW, ROOT
from tests.store.given import failed, plan, said


@contextmanager
def raw(where: str) -> Iterator[Connection]:
    engine = create_engine(database_url(where))
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def test_the_newest_version_is_the_one_that_the_program_expects() -> None:
    """HEAD in tables.py is the last step in migrations/."""
    assert versions.newest_version() == tables.HEAD


def test_the_steps_lead_to_the_tables(store: Store, where: str) -> None:
    """Nothing is in tables.py that no step makes, nor the other way round."""
    with raw(where) as connection:
        versions.check(connection)


def test_down_and_up_again(store: Store, where: str, open_store: Callable[[], Store]) -> None:
    """Every step can be undone to nothing and done again, and the database works."""
    store.close()
    with raw(where) as connection:
        versions.downgrade(connection, "base")
        assert inspect(connection).get_table_names() == [tables.VERSION_TABLE]
    audit = open_store().begin_audit(plan("web-01"), now=NOW)

    assert [found.id for found in open_store().audits()] == [audit.id]


def test_an_open_database_is_not_migrated_again(store: Store, open_store: Callable[[], Store]) -> None:
    """What is stored is there the next time."""
    audit = store.begin_audit(plan("web-01"), now=NOW)

    assert open_store().audit(audit.id) == audit


def test_many_may_open_a_new_database_at_once(where: str) -> None:
    """Programs started together make its tables once, and all of them get in."""
    program = "import sys; from auditor.store.store import Store; input(); Store.open(sys.argv[1]).close()"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program, where], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
        )
        for _ in range(3)
    ]
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()

    assert [(process.communicate(timeout=60)[1], process.returncode) for process in started] == [("", 0)] * 3


def test_a_newer_database_is_left_alone(store: Store, where: str, open_store: Callable[[], Store]) -> None:
    """A version that this program does not know is not touched."""
    store.close()
    with raw(where) as connection:
        connection.execute(text(f"UPDATE {tables.VERSION_TABLE} SET version_num = '9999'"))  # noqa: S608

    with pytest.raises(DatabaseProblem, match=r"written by a newer auditor \(version 9999, this one knows 0001\)"):
        open_store()


def test_another_programs_database_is_left_alone(where: str, open_store: Callable[[], Store]) -> None:
    """A database with somebody else's tables is not ours to fill."""
    Path(where).parent.mkdir(exist_ok=True) if "://" not in where else None
    with raw(where) as connection:
        connection.execute(text("CREATE TABLE finding (id INTEGER)"))

    with pytest.raises(DatabaseProblem, match="belongs to another program"):
        open_store()
    with raw(where) as connection:
        assert inspect(connection).get_table_names() == ["finding"]


def test_an_sqlite_database_is_for_its_owner_only(tmp_path: Path) -> None:
    """Database, log and folder cannot be read by others."""
    path = tmp_path / "state" / "auditor.db"
    with Store.open(path) as store:
        store.begin_audit(plan("web-01"), now=NOW)
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in [path.parent, *path.parent.iterdir()]}

    assert modes == {"state": 0o700, "auditor.db": 0o600, "auditor.db-wal": 0o600, "auditor.db-shm": 0o600}


def test_sqlite_is_set_for_safety_and_patience(tmp_path: Path) -> None:
    """Write-ahead log, no lost commits when killed, foreign keys, and waiting for others."""
    with Store.open(tmp_path / "auditor.db", patience=7.0) as store, store._database.reading() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }

    assert found == {"journal_mode": "wal", "synchronous": 1, "foreign_keys": 1, "busy_timeout": 7000}


def test_no_database_but_text(tmp_path: Path) -> None:
    """A file that is something else is named, and stays as it is."""
    path = tmp_path / "auditor.db"
    path.write_text("these are my notes\n" * 100)

    with pytest.raises(DatabaseProblem, match=r"auditor\.db is not a database; give another path"):
        Store.open(path)
    assert path.read_text().startswith("these are my notes")


def test_a_damaged_database(tmp_path: Path) -> None:
    """Overwritten pages are reported, not shown as nothing found."""
    path = tmp_path / "auditor.db"
    with Store.open(path) as store:
        audit = store.begin_audit(plan("web-01"), now=NOW)
        store.save_asset(audit.id, said(), [failed(said())], now=NOW)
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(size - 4096))

    with pytest.raises(DatabaseProblem, match="is damaged; restore it from a backup"), Store.open(path) as store:
        list(store.results(audit.id))


@pytest.mark.parametrize(
    ("table", "read"),
    [("evidence_text", "evidence_text"), ("record", "results")],
)
def test_damage_within_a_blob(tmp_path: Path, table: str, read: str) -> None:
    """A blob that does not decompress is reported."""
    path = tmp_path / "auditor.db"
    with Store.open(path) as store:
        audit = store.begin_audit(plan("web-01"), now=NOW)
        store.save_asset(audit.id, said(), [failed(said())], now=NOW)
        with store._database.writing() as connection:
            connection.exec_driver_sql(f"UPDATE {table} SET body = x'00112233'")  # noqa: S608
        with pytest.raises(DatabaseProblem, match="damaged: restore the database from a backup"):
            list(store.results(audit.id)) if read == "results" else store.evidence_text(said().evidence[0].digest)


def test_evidence_that_was_changed_is_not_shown(tmp_path: Path) -> None:
    """A text that no longer has the digest it is stored by was tampered with."""
    with Store.open(tmp_path / "auditor.db") as store:
        audit = store.begin_audit(plan("web-01"), now=NOW)
        store.save_asset(audit.id, said(), [], now=NOW)
        with store._database.writing() as connection:
            connection.exec_driver_sql("UPDATE evidence_text SET body = ?", (zlib.compress(b"permitrootlogin no\n"),))
        with pytest.raises(DatabaseProblem, match="was changed after it was stored"):
            store.evidence_text(said().evidence[0].digest)


def test_a_locked_database(tmp_path: Path) -> None:
    """Another program that writes for longer than our patience is said to."""
    path = tmp_path / "auditor.db"
    with Store.open(path, patience=0.1) as store, closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseProblem, match="is in use by another program"):
            store.begin_audit(plan("web-01"), now=NOW)
        assert store.audits() == []
        other.execute("ROLLBACK")
        store.begin_audit(plan("web-01"), now=NOW)


def test_a_full_disk_loses_nothing_that_was_stored(tmp_path: Path) -> None:
    """What does not fit is refused whole; what was there stays."""
    path = tmp_path / "auditor.db"
    with Store.open(path) as store:
        audit = store.begin_audit(plan("web-01", "web-02"), now=NOW)
        store.save_asset(audit.id, said("web-01"), [failed(said("web-01"))], now=NOW)
        with store._database.reading() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        large = said("web-02", os.urandom(200_000).hex())
        with pytest.raises(DatabaseProblem, match="cannot grow: the disk is full; what was stored before is kept"):
            store.save_asset(audit.id, large, [failed(large)], now=NOW)

        assert store.finished_assets(audit.id) == frozenset({"web-01"})
        assert list(store.results(audit.id)) == [failed(said("web-01"))]


def test_a_folder_in_the_way(tmp_path: Path) -> None:
    """A path that is a folder is said to be none that can be opened."""
    with pytest.raises(DatabaseProblem, match="cannot be opened: Is a directory"):
        Store.open(tmp_path)


def test_a_path_below_a_file(tmp_path: Path) -> None:
    """A folder that cannot be made is said so."""
    (tmp_path / "file").touch()
    with pytest.raises(DatabaseProblem, match=r"file/state/auditor\.db cannot be opened"):
        Store.open(tmp_path / "file" / "state" / "auditor.db")


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite://", "://", "postgresql://host:port:x/y", "oracle+cx://"])
def test_urls_that_cannot_be(url: str) -> None:
    """Only SQLite and PostgreSQL will do."""
    with pytest.raises(UsageError, match="The database URL"):
        Store.open(url)


def test_paths_and_urls() -> None:
    """A path, a relative path, a URL with and without a driver."""
    assert database_url("sqlite:////var/lib/auditor.db").database == "/var/lib/auditor.db"
    assert database_url(Path("/a b/100%.db")).database == "/a b/100%.db"
    assert database_url("state/auditor.db").database == str(Path.cwd() / "state/auditor.db")
    for url in ("postgresql://u@h/d", "postgres://u@h/d", "postgresql+psycopg://u@h/d"):
        assert database_url(url).render_as_string() == "postgresql+psycopg://u@h/d"


def test_a_strange_path_works(tmp_path: Path) -> None:
    """Signs that mean something in URLs or configuration files mean nothing in a path."""
    path = tmp_path / "50% of ?a=b#c" / "auditor.db"
    with Store.open(path) as store:
        store.begin_audit(plan("web-01"), now=NOW)

    assert path.stat().st_size > 0


def test_no_server_and_no_password_in_the_message(tmp_path: Path) -> None:
    """A server that does not answer is named, without the password."""
    with pytest.raises(DatabaseProblem, match=r"postgresql\+psycopg://bob:\*\*\*@/x.* cannot be used") as caught:
        Store.open(f"postgresql://bob:hunter2@/x?host={tmp_path}")
    assert "hunter2" not in str(caught.value)


def test_a_database_that_the_server_does_not_have(postgres: Postgres) -> None:
    """The server's own words are kept."""
    with pytest.raises(DatabaseProblem, match='database "nowhere" does not exist'):
        Store.open(postgres.url("nowhere"))
