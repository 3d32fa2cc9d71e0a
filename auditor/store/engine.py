"""Open a database, keep it at the newest version, and say in words what is wrong with it.

SQLite: write-ahead log with synchronous=NORMAL, so that a killed process loses nothing that was committed and leaves a
database that opens (sqlite.org/wal.html); writers begin with BEGIN IMMEDIATE, since a reader that turns writer fails
at once when another wrote in between, whatever the busy timeout (sqlite.org/lang_transaction.html).
"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from auditor.errors import DatabaseProblem, UsageError
from auditor.store.tables import HEAD, VERSION_TABLE, Row

_WRITES: Final = "auditor_writes"
_KEPT: Final = 32  # SQLite connections: to open one costs more than what it is mostly asked
_MIGRATING: Final = 0x61756469  # of pg_advisory_xact_lock: "audi"
_MENDS: Final = {
    "SQLITE_BUSY": "is in use by another program",
    "SQLITE_LOCKED": "is in use by another program",
    "SQLITE_CORRUPT": "is damaged; restore it from a backup, or move it away to begin anew",
    "SQLITE_NOTADB": "is not a database; give another path, or move the file away to begin anew",
    "SQLITE_READONLY": "cannot be written; check the owner and mode of the file and of its folder",
    "SQLITE_CANTOPEN": "cannot be opened; check that its folder exists and may be written",
    "SQLITE_PERM": "cannot be opened; check the owner and mode of the file and of its folder",
    "SQLITE_FULL": "cannot grow: the disk is full; what was stored before is kept",
    "SQLITE_IOERR": "cannot be read or written: the disk reports an error",
    # PostgreSQL, by SQLSTATE (its manual, appendix A)
    "55P03": "is in use by another program",
    "53100": "cannot grow: the disk is full; what was stored before is kept",
    "25006": "cannot be written: the server is read-only",
    "42501": "cannot be written: the account lacks the right",
    "57P": "is shut down by its administrator; what was stored before is kept",
    "XX00": "is damaged; restore it from a backup",
}


class Database:
    """A database at the newest version. Any thread may read; writers take turns."""

    def __init__(self, url: URL, *, patience: float) -> None:
        """Open, creating and migrating as needed. Raises DatabaseProblem.

        `patience` is how many seconds to wait for another program that is writing.
        """
        self.url = url
        self.name = (url.database or "") if url.drivername == "sqlite" else url.render_as_string(hide_password=True)
        self._patience = patience
        self._write_lock = threading.RLock()
        with self._explained():
            self._engine = _engine(url, patience)
            try:
                self._bring_up_to_date()
            except BaseException:
                self.close()
                raise

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file on this machine."""
        return self.url.drivername == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one state of the database. Raises DatabaseProblem."""
        with self._explained(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection whose changes are kept all together, or, after an error, not at all.

        Raises DatabaseProblem.
        """
        with self._write_lock, self._explained(), self._engine.connect() as connection:
            connection.execution_options(**{_WRITES: True})
            with connection.begin():
                if not self.is_sqlite:  # for this transaction only: a pooler may give the connection to another program
                    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {int(self._patience * 1000)}")
                yield connection

    @contextmanager
    def apart(self) -> Iterator[Connection]:
        """Give a PostgreSQL connection without a transaction, for a lock that is held for long."""
        with self._explained(), self._engine.connect() as connection:
            yield connection.execution_options(isolation_level="AUTOCOMMIT")

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def _bring_up_to_date(self) -> None:
        with self._engine.connect() as connection, connection.begin():
            if _version(connection) == HEAD:
                return
        migrating = _engine(self.url, self._patience, migrating=True)
        try:
            with migrating.connect() as connection:
                connection.execution_options(**{_WRITES: True})
                with connection.begin():
                    self._migrate(connection)
        finally:
            migrating.dispose()

    def _migrate(self, connection: Connection) -> None:
        if not self.is_sqlite:  # two programs that open a new database at once take turns
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATING})
        version = _version(connection)
        if version is None and self._holds_something_else(connection):
            raise DatabaseProblem(f"The database {self.name} belongs to another program: give another path.")
        from auditor.store.versions import known_versions, upgrade  # noqa: PLC0415  (Alembic takes half a second)

        if version is not None and version not in known_versions():
            raise DatabaseProblem(
                f"The database {self.name} was written by a newer auditor (version {version}, this one knows {HEAD}): "
                "update this program."
            )
        upgrade(connection)
        if self.is_sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
            raise DatabaseProblem(f"The database {self.name} has rows that point nowhere; it was not changed.")

    def _holds_something_else(self, connection: Connection) -> bool:
        tables = set(inspect(connection).get_table_names()) - {VERSION_TABLE}
        return bool(tables) if self.is_sqlite else bool(tables & set(Row.metadata.tables))

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what a driver raises into a sentence."""
        try:
            yield
        except (DBAPIError, sqlite3.Error) as error:
            raise DatabaseProblem(f"The database {self.name} {_explanation(error)}.") from error
        except ModuleNotFoundError as error:
            if error.name != "psycopg":
                raise
            raise DatabaseProblem(
                'PostgreSQL needs the driver psycopg: install it with pip install "auditor[postgresql]".'
            ) from error


def database_url(where: str | Path) -> URL:
    """Return where a database is: a path is an SQLite file; a URL is sqlite:///path or postgresql://user@host/name.

    Raises UsageError.
    """
    if isinstance(where, Path) or "://" not in where:
        return URL.create("sqlite", database=str(Path(where).expanduser().absolute()))
    try:
        url = make_url(where)
    except (ArgumentError, ValueError) as error:
        raise UsageError(
            "The database URL cannot be read: write postgresql://user@host:port/name or a path."
        ) from error
    match url.drivername.partition("+")[0]:
        case "sqlite" if url.database:
            return URL.create("sqlite", database=str(Path(url.database).absolute()))
        case "postgresql" | "postgres":
            return url.set(drivername="postgresql+psycopg")
        case kind:
            raise UsageError(
                f"The database URL begins with {kind}://, but only sqlite:///path and postgresql:// will do."
            )


def create_file(path: Path) -> None:
    """Create an empty file, and the folder it is in, for the owner's eyes only. Raises DatabaseProblem."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise DatabaseProblem(f"The database {path} cannot be opened: {error.strerror or error}.") from error


def _engine(url: URL, patience: float, *, migrating: bool = False) -> Engine:
    """Return an engine; one for migrations leaves foreign keys alone, as a table that is rebuilt is dropped first."""
    if url.drivername != "sqlite":
        return create_engine(url, pool_pre_ping=True, **({"poolclass": NullPool} if migrating else {}))
    kept = {"poolclass": NullPool} if migrating else {"pool_size": _KEPT}
    engine = create_engine(url, connect_args={"timeout": patience}, **kept)

    def prepare(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", f"foreign_keys={'OFF' if migrating else 'ON'}"):
            connection.execute(f"PRAGMA {pragma}")

    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", begin)
    return engine


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608
    return None if found is None else str(found)


def _explanation(error: DBAPIError | sqlite3.Error) -> str:
    cause = error.orig if isinstance(error, DBAPIError) else error
    name = str(getattr(cause, "sqlite_errorname", "") or getattr(cause, "sqlstate", None) or "")
    for known, mend in _MENDS.items():
        if name.startswith(known):
            return mend
    words = " ".join(str(cause).split())
    return f"cannot be used: {words[:300].rstrip('.')}"
