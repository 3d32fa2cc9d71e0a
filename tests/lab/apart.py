"""A part of the lab in a process of its own: whoever asks it may fork, and does not pay for its threads and CPU.

    with Apart("tests.lab.relay", port, 0.1) as said: ... said["port"]

Such a module prints one line of JSON when it is ready, and ends when its standard input does: also when whoever
started it is killed.
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
    _process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    def __init__(self, module: str, *words: object) -> None:
        """Say which module is to be run, and with which words."""
        self.module, self.words, self._process = module, words, None

    def __enter__(self) -> dict[str, int]:
        """Start, and return what it says: usually where it listens."""
        command = [sys.executable, "-m", self.module, *map(str, self.words)]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.module} ended with {self._process.wait()} before it was ready")
        said: dict[str, int] = json.loads(line)
        return said

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it, and wait until it has."""
        assert self._process is not None
        with self._process as process:  # closes its input, which ends it
            assert process.stdin is not None
            process.stdin.close()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def ready(**said: int) -> None:
    """Say that this process is ready, and wait until whoever started it wants it to end."""
    print(json.dumps(said), flush=True)  # noqa: T201
    sys.stdin.buffer.read()
