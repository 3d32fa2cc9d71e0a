"""Run other programs: quietly, or with a person watching."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


class Lacking(Exception):
    """What must be there is not; the message says what, and what a person can do."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a quiet program ended: its exit status, standard output, and standard error."""

    status: int
    output: str
    complaint: str

    @property
    def last_words(self) -> str:
        """Return the last lines that it wrote on standard error, or else on standard output."""
        lines = (self.complaint.strip() or self.output.strip() or f"exit status {self.status}").splitlines()
        return "\n".join(lines[-12:])


def quietly(command: Sequence[str | Path], environ: Mapping[str, str] | None = None, cwd: Path | None = None) -> Ended:
    """Run a program to its end with no input and its output kept; one that cannot start ends with status 127."""
    try:
        done = subprocess.run(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            env=None if environ is None else dict(environ),
            cwd=cwd,
        )
    except OSError as error:
        return Ended(127, "", str(error))
    return Ended(done.returncode, done.stdout, done.stderr)


def follow(command: Sequence[str | Path], cwd: Path) -> int:
    """Run a program on this terminal and return its exit status as a shell would (128 + n for signal n).

    Ctrl-C reaches the program too; it decides how to end, and this waits for that.
    """
    sys.stdout.flush()
    process = subprocess.Popen([str(word) for word in command], cwd=cwd)
    while True:
        try:
            status = process.wait()
        except KeyboardInterrupt:
            continue
        return status if status >= 0 else 128 - status


def say(sentence: str) -> None:
    """Tell the person who waits what goes on; on stderr, since stdout is for results."""
    print(sentence, file=sys.stderr, flush=True)
