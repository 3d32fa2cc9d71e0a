"""The refusals of one audit in a file, so that an audit that was killed and goes on counts on where it stopped.

An account's own count goes on as well, and locks it.
"""

import json
import os
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Refusals:
    """What was refused in an audit: the file's first line is the audit, each other one a credential, all in JSON.

    Any number of processes may add to it. That the file cannot be read or written ends nothing: refusals are then
    counted for as long as this process lives.
    """

    file: Path
    audit: str

    def begin(self) -> Counter[str]:
        """Return how often each credential was refused so far; forget what was counted in another audit."""
        counted = self.counted()
        if not counted:
            with suppress(OSError):
                self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._write(os.O_TRUNC, f"{json.dumps(self.audit)}\n")
        return counted

    def counted(self) -> Counter[str]:
        """Return how often each credential was refused in this audit, as far as the file can be read."""
        try:
            lines = self.file.read_bytes().decode("utf-8", "replace").split("\n")
        except OSError:
            return Counter()
        audit, *credentials = map(_said, lines)
        return Counter(filter(None, credentials)) if audit == self.audit else Counter()

    def note(self, credential: str) -> None:
        """Remember one more."""
        with suppress(OSError):
            self._write(os.O_APPEND, f"\n{json.dumps(credential)}\n")  # a power cut may have left half a line

    def _write(self, how: int, text: str) -> None:
        """Write at one go, so that processes do not write into each other's lines."""
        file = os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | how, 0o600)
        try:
            os.write(file, text.encode())
        finally:
            os.close(file)


def _said(line: str) -> str:
    try:
        found = json.loads(line)
    except ValueError:
        return ""
    return found if isinstance(found, str) else ""
