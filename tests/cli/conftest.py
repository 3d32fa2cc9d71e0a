"""What the tests of the command line share."""

from functools import partial
from pathlib import Path

import pytest

from tests.cli.running import Auditor, in_process


@pytest.fixture
def auditor(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Auditor:
    """Return a function that runs a command in an empty folder."""
    (tmp_path / "here").mkdir()
    return partial(in_process, capsys, monkeypatch, folder=tmp_path / "here")
