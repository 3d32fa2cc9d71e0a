"""What ssh(1) logs while it logs in, read as it comes: whether it got in, and if not, why, in our own words.

The lines are those of OpenSSH at LogLevel DEBUG1, written to a pipe of its own (-E), so that they do not mix with what
the far end says.
"""

import os
import re
import select
import subprocess
import time
from pathlib import Path
from typing import Final

from auditor.errors import (
    AuthenticationRefused,
    CollectionError,
    HostKeyChanged,
    HostKeyUnknown,
    ProofInsufficient,
    TimedOut,
    ToolMissing,
    Unreachable,
)
from auditor.transports.ssh_wire import Target, left, said

_MOST: Final = 256 * 1024  # characters of log that are kept
_TICK: Final = 0.25
_IN: Final = re.compile(r"^Authenticated to ", re.MULTILINE)
_KEY: Final = re.compile(r"^debug1: Server host key: (\S+) (SHA256:\S+)", re.MULTILINE)
_TRIED: Final = re.compile(
    r"^debug1: (?:Offering public key|Next authentication method: (?:password|keyboard))", re.MULTILINE
)
_TAKES: Final = re.compile(r"^debug1: Authentications that can continue: (\S+)", re.MULTILINE)
_NO_DEAL: Final = re.compile(r"^Unable to negotiate with .*?: (.*)", re.MULTILINE)
_NO_WAY: Final = re.compile(r"^(?:debug1: )?connect to (?:host|address) \S+ port \d+: (.*)", re.MULTILINE)


class Log:
    """The log of one connection."""

    def __init__(self, path: Path, target: Target, user: str) -> None:
        """Make the pipe that ssh is to log into."""
        os.mkfifo(path, 0o600)
        self._opened = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        self._target, self._user = target, user
        self._text = ""

    def close(self) -> None:
        """Hear no more."""
        os.close(self._opened)

    def wait_for_login(self, process: "subprocess.Popen[bytes]", until: float) -> None:
        """Return when ssh is logged in. Raises CollectionError when it is not: refused, too late, or not the host."""
        while not _IN.search(self._text):
            ended = process.poll() is not None
            self._read(0 if ended else min(_TICK, left(until)))
            if _IN.search(self._text):
                return
            if ended:
                raise self._why()
            if time.monotonic() >= until:
                raise TimedOut(f"{self._target}: ssh was not logged in as {self._user} in time")

    def _read(self, seconds: float) -> None:
        while select.select([self._opened], [], [], seconds)[0]:
            piece = os.read(self._opened, 65536)
            if not piece:  # ssh has not opened it yet, or has ended
                time.sleep(min(seconds, 0.02))
                return
            self._text = (self._text + piece.decode("utf-8", "replace"))[-_MOST:]
            seconds = 0

    def _why(self) -> CollectionError:
        shown = _KEY.search(self._text)
        key = f"shows the {said(shown[1])} key {said(shown[2])}" if shown else "shows a key"
        if "REMOTE HOST IDENTIFICATION HAS CHANGED" in self._text or "REVOKED HOST KEY" in self._text:
            return HostKeyChanged(
                f"{self._target}: {key}, which is not the one that is pinned, or is revoked; no credential was sent"
            )
        if "Host key verification failed" in self._text:
            return HostKeyUnknown(
                f"{self._target}: {key}, which is not known; compare it with the device's own, then audit with --enrol"
            )
        if "ssh_askpass: exec(" in self._text:
            return ToolMissing("ssh could not run its askpass: programs may not be run in TMPDIR (noexec)")
        return self._refusal() or self._no_connection()

    def _refusal(self) -> CollectionError | None:
        if "Permission denied (" not in self._text and not _TRIED.search(self._text):
            return None
        takes = _TAKES.findall(self._text)
        accepted = f"; it takes {said(takes[-1])}" if takes else ""
        if not _TRIED.search(self._text):
            return ProofInsufficient(f"{self._target}: wants other proofs of {self._user} than there are{accepted}")
        return AuthenticationRefused(f"{self._target}: refused {self._user}{accepted}")

    def _no_connection(self) -> CollectionError:
        if deal := _NO_DEAL.search(self._text):
            return Unreachable(f"{self._target}: this machine's ssh and the device do not agree: {said(deal[1])}")
        if way := _NO_WAY.search(self._text):
            kind = TimedOut if "timed out" in way[1] else Unreachable
            return kind(f"{self._target}: {said(way[1])}")
        lines = [line for line in self._text.splitlines() if line and not line.startswith("debug")]
        last = said(lines[-1]) if lines else "it said nothing"
        return (TimedOut if "timed out" in last else Unreachable)(f"{self._target}: ssh ended: {last}")
