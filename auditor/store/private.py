"""Files beside the database that only their owner may read: the redaction key and the audit lock."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from auditor.errors import AuditRunning, DatabaseProblem

_KEY_BYTES: Final = 32


def redaction_key(path: Path) -> bytes:
    """Return the key in a file, made of 32 random bytes when there is none. Raises DatabaseProblem.

    A lost key cannot be made again: every redacted secret would look changed.
    """
    try:
        if not path.exists():
            _create_key(path)
        key, mode = path.read_bytes(), path.stat().st_mode
    except OSError as error:
        raise DatabaseProblem(f"The redaction key {path} cannot be read: {error.strerror or error}.") from error
    if len(key) != _KEY_BYTES:
        raise DatabaseProblem(
            f"The redaction key {path} has {len(key)} bytes and not {_KEY_BYTES}: restore it from a backup."
        )
    if mode & 0o077:
        raise DatabaseProblem(f"The redaction key {path} can be read by others: run chmod 600 on it.")
    return key


def _create_key(path: Path) -> None:
    """Make the file all at once: whoever comes second finds the first one's key, and never half of one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    file = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    try:
        try:
            os.write(file, secrets.token_bytes(_KEY_BYTES))
            os.fsync(file)
        finally:
            os.close(file)
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock that the kernel releases when the process ends, however it ends (flock(2)). Raises AuditRunning."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise DatabaseProblem(f"The lock {path} cannot be opened: {error.strerror or error}.") from error
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(file, 20, 0).decode("ascii", "replace").strip()
            by = f" by process {holder}" if holder.isdecimal() else ""
            raise AuditRunning(f"Another audit of this workspace is under way{by}: wait for its end.") from error
        with suppress(OSError):  # a full disk: the lock holds, only whose it is cannot be told
            os.ftruncate(file, 0)
            os.pwrite(file, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(file)
