"""Ask this very machine, as the user who runs auditor: the script of `script`, run by /bin/sh."""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from auditor.errors import ToolMissing
from auditor.model.asset import Access, Asset, Channel
from auditor.model.probe import Answer, Request
from auditor.transports.script import compose, new_nonce, shell_requests
from auditor.transports.transcript import Transcript

_SHELL: Final = "/bin/sh"
_ROUNDS: Final = 5  # of killing: a shell whose child is killed first may start another
_PIECE: Final = 256 * 1024
_PASSED_ON: Final = ("HOME", "USER", "LOGNAME", "PATH", "TZ")  # not auditor's own environment: it may hold secrets


class Local:
    """The transport to this machine: one shell and one script for all requests."""

    def __init__(self, asset_seconds: float = 300.0) -> None:
        """Give the machine this many seconds to answer everything."""
        self._seconds = asset_seconds

    def ask(self, asset: Asset, access: Access, requests: Sequence[Request]) -> list[Answer]:
        """Return one answer a request. Raises ToolMissing where there is no /bin/sh, Undeclared for other requests."""
        del asset, access
        shells = shell_requests(requests)
        nonce = new_nonce()
        transcript = Transcript(shells, nonce)
        asked_at = datetime.now(UTC)
        try:
            process = _start(compose(shells, nonce))
        except FileNotFoundError as error:
            raise ToolMissing(f"this machine has no {_SHELL}") from error
        try:
            stopped = _follow(process, transcript, time.monotonic() + self._seconds)
        finally:
            _end(process)
        return transcript.answers(Channel.LOCAL, asked_at, stopped)


def _start(script: bytes) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [_SHELL, "-s"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
        bufsize=0,
    )
    assert process.stdin is not None
    try:
        with process.stdin:
            _write_all(process.stdin.fileno(), script)  # the shell says nothing before it has read all of it
    except BrokenPipeError:
        pass  # a shell that ended at once has said why on standard error
    return process


def _write_all(to: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(to, rest) :]


def _follow(process: subprocess.Popen[bytes], transcript: Transcript, deadline: float) -> str:
    """Read until the script is through; return why it was not, or nothing."""
    assert process.stdout is not None
    assert process.stderr is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        selector.register(process.stderr, selectors.EVENT_READ)
        while not transcript.done and selector.get_map():
            now = time.monotonic()
            if why := transcript.stop(now, deadline):
                return why
            for key, _ in selector.select(transcript.left(now, deadline)):
                data = os.read(key.fd, _PIECE)
                if not data:
                    selector.unregister(key.fileobj)
                elif key.fileobj is process.stdout:
                    transcript.out(data, time.monotonic())
                else:
                    transcript.complain(data)
    return "" if transcript.started else f"the shell did not run the script: {transcript.noise or 'it said nothing'}"


def _end(process: subprocess.Popen[bytes]) -> None:
    """Leave nothing behind: `timeout` puts commands into process groups of their own, so the whole session goes."""
    for pipe in (process.stdout, process.stderr):
        assert pipe is not None
        pipe.close()
    for _ in range(_ROUNDS):
        alive = _session(process.pid)
        for pid in alive:
            try:
                os.kill(pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                continue  # ended by itself; or runs as root through sudo, under a time limit of its own
        if not alive:
            break
    process.wait()


def _session(leader: int) -> list[int]:
    """Return the living processes of a session (proc_pid_stat(5)); its leader, where there is no /proc."""
    if not Path("/proc/self/stat").exists():
        return [leader]
    members = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, session, *_ = stat.read_bytes().rpartition(b")")[2].split()
        except (OSError, ValueError):
            continue
        if int(session) == leader and state not in (b"Z", b"X"):
            members.append(int(stat.parent.name))
    return members
