"""Run scripts and read what they print, as the transports do."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from auditor.model.asset import Channel
from auditor.model.probe import Answer, Shell
from auditor.transports.base import Last
from auditor.transports.become import SUDO, Becoming
from auditor.transports.script import DIRECTORIES, compose
from auditor.transports.transcript import Transcript

NONCE = "5d41402abc4b2a76b9719d911017c592"
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def run(
    requests: Sequence[Shell],
    shell: Sequence[str] = ("/bin/sh",),
    *,
    folder: Path | None = None,
    user: int | None = None,
    becoming: Becoming = SUDO,
    last: Last | None = None,
) -> Transcript:
    """Return what a shell says to the script; `folder` is then the only place where programs are."""
    script = compose(requests, NONCE, becoming, last)
    path = os.environ["PATH"]
    if folder is not None:
        path, script = str(folder), script.replace(DIRECTORIES.encode(), str(folder).encode())
    program = shutil.which(shell[0])
    assert program is not None
    done = subprocess.run(
        [program, *shell[1:], "-s"],
        input=script,
        capture_output=True,
        check=False,
        timeout=60,
        env={"PATH": path},
        user=user,
        extra_groups=None if user is None else [],
    )
    return heard(requests, done.stdout, done.stderr, last=last)


def heard(
    requests: Sequence[Shell], out: bytes, err: bytes, *, piece: int = 1 << 20, last: Last | None = None
) -> Transcript:
    transcript = Transcript(requests, NONCE, last)
    for start in range(0, len(out), piece):
        transcript.out(out[start : start + piece], float(start))
    for start in range(0, len(err), piece):
        transcript.complain(err[start : start + piece])
    return transcript


def answers(transcript: Transcript, stopped: str = "") -> list[Answer]:
    return transcript.answers(Channel.SSH, NOW, stopped)


def problems(transcript: Transcript, stopped: str = "") -> list[str]:
    return [answer.problem for answer in answers(transcript, stopped)]
