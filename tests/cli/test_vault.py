"""Secrets go into the vault unseen, and no command gives one out."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from auditor.cli.main import app
from auditor.errors import CredentialMissing, UsageError

KEY = "correct horse battery"
CANARY = "canary-7f2e9"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a workspace with an empty vault."""
    monkeypatch.setenv("AUDITOR_VAULT_KEY", KEY)
    (tmp_path / "auditor.toml").touch()
    made = run(tmp_path, "init")
    assert made.stdout == f"made {tmp_path}/vault.enc; keep its key where you keep other keys, and not beside it\n"
    return tmp_path


def run(workspace: Path, *words: str, given: str = "") -> Result:
    """Run a command, with a text on standard input; nothing it says has a secret in it."""
    result = CliRunner().invoke(app, ["-C", str(workspace), "vault", *words], input=given)
    assert CANARY not in result.output
    assert KEY not in result.output
    return result


def names(workspace: Path) -> list[str]:
    return [row["name"] for row in json.loads(run(workspace, "list", "--format", "json").stdout)]


def test_from_nothing_to_nothing(workspace: Path) -> None:
    """A secret is kept, replaced, listed by name, and forgotten."""
    assert run(workspace, "list").stdout == "The vault is empty: auditor vault set NAME\n"
    assert run(workspace, "set", "lab", given=f"{CANARY}\n").stdout == "lab: kept\n"
    assert run(workspace, "set", "lab", given=f"{CANARY} too").stdout == "lab: replaced\n"
    assert names(workspace) == ["lab"]
    assert run(workspace, "remove", "lab").stdout == "lab: removed\n"
    assert names(workspace) == []


@pytest.mark.parametrize("given", ["", "\n", f"{CANARY}\n{CANARY}\n"])
def test_what_is_no_secret(workspace: Path, given: str) -> None:
    """Half of it would be kept."""
    refused = run(workspace, "set", "lab", given=given)

    assert str(refused.exception) == "standard input should be one line with the secret"
    assert names(workspace) == []


def test_a_secret_is_no_argument(workspace: Path) -> None:
    """Everybody on the machine could read it."""
    assert run(workspace, "set", "lab", "word").exit_code == 2
    assert names(workspace) == []


def test_a_wrong_key_is_said_before_a_secret_is_read(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody types it in vain."""
    monkeypatch.setenv("AUDITOR_VAULT_KEY", "another key, and a long one")

    refused = run(workspace, "set", "lab")

    assert isinstance(refused.exception, CredentialMissing)
    assert str(refused.exception) == f"the vault {workspace}/vault.enc does not open with this key"


def test_another_key(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From standard input, or typed."""
    run(workspace, "set", "lab", given=CANARY)

    assert "has a new key" in run(workspace, "rekey", given=f"{CANARY} as a key").stdout

    assert isinstance(run(workspace, "list").exception, CredentialMissing)
    monkeypatch.setenv("AUDITOR_VAULT_KEY", f"{CANARY} as a key")
    assert names(workspace) == ["lab"]


def test_without_a_workspace(tmp_path: Path) -> None:
    """There is no place for a vault."""
    assert isinstance(run(tmp_path, "init").exception, UsageError)
    assert list(tmp_path.iterdir()) == []


def at_a_terminal(workspace: Path, *words: str, typed: tuple[str, ...]) -> tuple[int, str]:
    """Run a command at a terminal of its own, answer each question, and return its status and all that was shown."""
    ours, theirs = os.openpty()
    terminal = os.ttyname(theirs)  # that of the session whose first process opens it
    command = [
        "sh",
        "-c",
        f'exec "$0" "$@" < {terminal}',
        sys.executable,
        "-m",
        "auditor",
        "-C",
        str(workspace),
        "vault",
    ]
    child = subprocess.Popen([*command, *words], stdout=theirs, stderr=theirs, start_new_session=True)
    os.close(theirs)
    shown, answers = "", list(typed)
    try:
        while part := _read(ours):
            shown += part
            if shown.endswith(": ") and answers:
                os.write(ours, answers.pop(0).encode() + b"\n")
    finally:
        os.close(ours)
        status = child.wait(60)
    assert answers == []
    return status, shown


def _read(terminal: int) -> str:
    try:
        return os.read(terminal, 4096).decode()
    except OSError:  # EIO: the other side is gone
        return ""


def test_a_person_at_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is typed is not shown; a new key and a secret are typed twice, the vault's own key once."""
    monkeypatch.delenv("AUDITOR_VAULT_KEY", raising=False)
    monkeypatch.setenv("TERM", "dumb")
    (tmp_path / "auditor.toml").touch()

    told = [
        at_a_terminal(tmp_path, "init", typed=(KEY, KEY)),
        at_a_terminal(tmp_path, "set", "lab", typed=(KEY, CANARY, CANARY)),
        at_a_terminal(tmp_path, "set", "web", typed=(KEY, CANARY, "another")),
        at_a_terminal(tmp_path, "list", typed=(KEY,)),
    ]

    assert [status for status, _ in told] == [0, 0, 2, 0]
    assert "Key of the vault vault.enc, again: " in told[0][1]
    assert "Secret lab, again: " in told[1][1]
    assert "the two were not the same; nothing was changed" in told[2][1]
    assert told[3][1].split() == ["Key", "of", "the", "vault", "vault.enc:", "NAME", "lab"]
    assert [shown for _, shown in told if KEY in shown or CANARY in shown] == []


def test_without_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a scheduled audit: nothing waits for somebody to type."""
    monkeypatch.delenv("AUDITOR_VAULT_KEY", raising=False)
    (tmp_path / "auditor.toml").touch()
    command = [sys.executable, "-m", "auditor", "-C", str(tmp_path), "vault", "init"]

    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, start_new_session=True, check=False
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"auditor: the key of the vault {tmp_path}/vault.enc: there is no terminal to ask at; "
        "export AUDITOR_VAULT_KEY=..., or set key in [vault]\n"
    )
