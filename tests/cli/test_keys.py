"""Pinned keys can be seen and forgotten, and recordings made of what was asked."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from auditor.cli.main import app
from auditor.errors import UsageError
from auditor.store.store import Store
from auditor.transports.host_keys import public_key

KEY = public_key("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBtdMzOoWSmlqRDvXh7T9Zx2VbUd5Mg5S5tPMRV1Qf3b")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Return a workspace in which one host is enrolled."""
    (tmp_path / "auditor.toml").touch()
    with Store.open(tmp_path / ".auditor/auditor.db") as store:
        store.host_keys().pin("192.0.2.10", 22, KEY)
    return tmp_path


def run(workspace: Path, *words: str) -> Result:
    """Run a command in a workspace."""
    return CliRunner().invoke(app, ["-C", str(workspace), *words])


def test_keys_are_listed_with_the_fingerprint_that_openssh_prints(workspace: Path) -> None:
    """So that a person can compare."""
    shown = run(workspace, "keys", "list").stdout

    assert "192.0.2.10" in shown
    assert KEY.fingerprint in shown


def test_a_forgotten_host_can_be_enrolled_anew(workspace: Path) -> None:
    """Its keys are gone, and forgetting it again is a mistake."""
    assert run(workspace, "keys", "forget", "192.0.2.10").stdout == "192.0.2.10 port 22: 1 forgotten\n"

    again = run(workspace, "keys", "forget", "192.0.2.10")

    assert isinstance(again.exception, UsageError)


def test_another_port_is_another_host(workspace: Path) -> None:
    """A key belongs to an address and a port."""
    assert isinstance(run(workspace, "keys", "forget", "192.0.2.10", "--port", "2222").exception, UsageError)
    assert KEY.fingerprint in run(workspace, "keys", "list").stdout


def test_nothing_can_be_recorded_of_an_asset_that_was_never_asked(workspace: Path, tmp_path: Path) -> None:
    """And nothing is written."""
    recorded = run(workspace, "evidence", "record", "web-01", "--to", str(tmp_path / "recording"))

    assert isinstance(recorded.exception, UsageError)
    assert not (tmp_path / "recording").exists()
