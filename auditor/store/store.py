"""The store: one object for everything that is remembered between audits."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from sqlalchemy import text

from auditor.errors import AuditRunning, UsageError
from auditor.store.audits import AuditMemory
from auditor.store.engine import Database, create_file, database_url
from auditor.store.findings import FindingMemory
from auditor.store.history import HistoryMemory
from auditor.store.host_keys import StoredHostKeys
from auditor.store.private import locked, redaction_key
from auditor.store.schedules import Schedules

_AUDITING: Final = 0x61756474  # of pg_try_advisory_lock: "audt"


class Store(AuditMemory, FindingMemory, HistoryMemory):
    """Audits, evidence, results, findings, host keys and schedules of one workspace.

    Every method may be called from any thread; writers take turns. Every method raises DatabaseProblem when the
    database cannot be read or written. Use it as a context manager, or close it.
    """

    def __init__(self, database: Database, state: Path | None) -> None:
        """Stand on an open database, with a folder for what must not be in it."""
        super().__init__(database)
        self._state = state

    @classmethod
    def open(cls, where: str | Path, *, state: Path | None = None, patience: float = 30.0) -> Self:
        """Open the database at a path or URL; make it, or bring it to the newest version, as needed.

        `state` is the folder of the redaction key and the audit lock: beside an SQLite database when none is given, and
        required for PostgreSQL. `patience` is how many seconds to wait for another program that writes.
        Raises UsageError for a URL that cannot be, DatabaseProblem.
        """
        url = database_url(where)
        if url.drivername == "sqlite":
            path = Path(url.database or "")
            create_file(path)
            state = state or path.parent
        return cls(Database(url, patience=patience), state)

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def rest(self) -> None:
        """Close every connection until the next is needed: SQLite's locks do not survive a fork (its FAQ, 6)."""
        self._database.close()

    def again(self) -> Self:
        """Return the same memory with connections of its own, for another process."""
        return self.open(self._database.url.render_as_string(hide_password=False), state=self._state)

    def __enter__(self) -> Self:
        """Return the store."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the database."""
        self.close()

    def host_keys(self, order: Sequence[str] = ()) -> StoredHostKeys:
        """Return the pinned host keys; addresses will be asked for in about this order."""
        return StoredHostKeys(self._database, order)

    def schedules(self) -> Schedules:
        """Return the schedules."""
        return Schedules(self._database)

    def redaction_key(self) -> bytes:
        """Return the 32 bytes that redacted secrets are told apart by; they never leave this machine's state folder."""
        return redaction_key(self._state_folder() / "redaction.key")

    @contextmanager
    def audit_lock(self) -> Iterator[None]:
        """Be the only one to audit this workspace, until the end or the process's death. Raises AuditRunning."""
        if self._database.is_sqlite:
            with locked(self._state_folder() / "audit.lock"):
                yield
            return
        with self._database.apart() as connection:
            if not connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": _AUDITING}).scalar():
                raise AuditRunning("Another audit of this workspace is under way, here or elsewhere: wait for its end.")
            try:
                yield
            finally:
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _AUDITING})

    def _state_folder(self) -> Path:
        if self._state is None:
            raise UsageError(
                "A PostgreSQL store needs a folder of its own for the redaction key: set the state folder."
            )
        return self._state
