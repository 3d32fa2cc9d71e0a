"""A part of the lab in a process of its own: whoever asks it may fork, and does not pay for its threads and CPU.

    with Apart("tests.lab.relay", port, 0.1) as said: ... said["port"]

Such a module prints one line of JSON when it is ready, and ends when its standard input does: also when whoever
started it is killed. It may print another line then, whose values are found in the same place.
"""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from types import TracebackType

from tests.lab.workspace import ROOT


@dataclass
class Apart:
    """A running part; entering the block waits until it is ready and gives what it said, leaving the block ends it."""

    module: str
    words: tuple[object, ...] = ()
    said: dict[str, int] = field(default_factory=dict)
    _process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    def __init__(self, module: str, *words: object) -> None:
        """Say which module is to be run, and with which words."""
        self.module, self.words, self.said, self._process = module, words, {}, None

    def __enter__(self) -> dict[str, int]:
        """Start, and return what it says: usually where it listens."""
        command = [sys.executable, "-m", self.module, *map(str, self.words)]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.module} ended with {self._process.wait()} before it was ready")
        self.said.update(json.loads(line))
        return self.said

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it, and wait until it has."""
        assert self._process is not None
        with self._process as process:  # closes its input, which ends it
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.close()
            if line := process.stdout.readline():
                self.said.update(json.loads(line))
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def ready(**said: int) -> None:
    """Say that this process is ready, and wait until whoever started it wants it to end."""
    say(**said)
    sys.stdin.buffer.read()


def say(**said: int) -> None:
    """Tell whoever started this process."""
    print(json.dumps(said), flush=True)  # noqa: T201
