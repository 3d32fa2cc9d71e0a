"""Run `auditor` as a person does, here or in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from auditor.cli.main import run

Auditor = Callable[..., "Said"]
PROGRAM = "from auditor.cli.main import run; run()"


@dataclass(frozen=True)
class Said:
    """What a command left."""

    code: int
    out: str
    err: str


def in_process(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str, folder: Path | None = None
) -> Said:
    """Run a command in this process."""
    if folder is not None:
        monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["auditor", *words])
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    with pytest.raises(SystemExit) as stopped:
        run()
    written = capsys.readouterr()
    return Said(int(stopped.value.code or 0), written.out, written.err)


def on_its_own(
    *words: str, folder: Path, program: str = PROGRAM, more: Mapping[str, str] | None = None, stdin: str = ""
) -> Said:
    """Run a command in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=folder, env={**os.environ, **(more or {})}, input=stdin, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return Said(done.returncode, done.stdout, done.stderr)


__all__ = ["PROGRAM", "Auditor", "Said", "in_process", "on_its_own"]
