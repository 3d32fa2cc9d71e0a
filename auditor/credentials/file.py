"""A secret in a file that only its owner may read: `{file = "PATH"}`."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from auditor.credentials.secret import Secret, decoded, first_line
from auditor.errors import CredentialMissing

_MOST_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class FromFile:
    """The first line of a file."""

    path: Path

    def __str__(self) -> str:
        """Return which file it is."""
        return f"file {self.path}"

    def read(self) -> Secret:
        """Return the first line. Raises CredentialMissing."""
        with os.fdopen(open_private(self.path), "rb") as file:
            return first_line(decoded(file.read(_MOST_BYTES)), self)


def open_private(path: Path) -> int:
    """Open a file that only its owner may read. Raises CredentialMissing; the descriptor is judged, not the name."""
    try:
        opened = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a pipe must not keep us waiting
    except OSError as error:
        raise CredentialMissing(f"{path} cannot be read: {error.strerror}") from error
    if fault := _fault(os.fstat(opened), path):
        os.close(opened)
        raise CredentialMissing(f"{path} {fault}")
    return opened


def _fault(status: os.stat_result, path: Path) -> str:
    if not stat.S_ISREG(status.st_mode):
        return "is no regular file"
    if status.st_uid not in (os.geteuid(), 0):
        return f"belongs to another user; chown {os.geteuid()} {path}"
    return f"can be read by others; chmod 600 {path}" if status.st_mode & 0o077 else ""
