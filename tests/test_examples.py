"""What the documents show works: policies and inventories are read, checks are judged, commands and options exist."""

import re
import shlex
from pathlib import Path

import pytest
import typer

from auditor.cli.main import app
from auditor.credentials import parse_credentials
from auditor.documents import read_toml
from auditor.inventory import load
from auditor.plugins import load_content
from auditor.policy.load import load_policy
from auditor.workspace import Workspace
from tests.make import ROOT

DOCUMENTS = [
    ROOT / name
    for name in (
        "README.md",
        "CONTRIBUTING.md",
        "checks/README.md",
        "policies/README.md",
        "inventory/README.md",
        "docs/operating.md",
    )
]
TEXTS = {document: document.read_text(encoding="utf-8") for document in DOCUMENTS}


def blocks(language: str, document: Path) -> list[str]:
    """Return the code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", TEXTS[document], re.DOTALL | re.MULTILINE)


def commands() -> list[tuple[str, str]]:
    """Return every `auditor ...` that a document shows, indented or in backticks, with the document's name."""
    found = []
    for document, text in TEXTS.items():
        lines = re.findall(r"^ {4,}(?:\.venv/bin/)?(auditor [a-z-].*)$", text, re.MULTILINE)
        inline = re.findall(r"`(auditor [a-z-][^`\n]*)`", text)
        found += [(str(document.relative_to(ROOT)), command) for command in lines + inline]
    return found


@pytest.mark.parametrize("document", [ROOT / "README.md", ROOT / "policies/README.md"], ids=["README", "policies"])
def test_a_shown_policy_is_read(document: Path, tmp_path: Path) -> None:
    """With its base, its frameworks and its waiver."""
    (policy,) = [block for block in blocks("yaml", document) if block.startswith("policy:")]
    (tmp_path / "auditor.toml").touch()
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies/acme.yaml").write_text(policy)
    workspace = Workspace(tmp_path)

    loaded = load_policy("acme", workspace, load_content(workspace))

    assert loaded.waivers[0].check == "ssh.root-login"
    assert next(control for control in loaded.controls if control.id == "ACC-01").severity == "critical"


def test_the_shown_inventory_is_read(tmp_path: Path) -> None:
    """With its included export, once the files that it names are there."""
    (inventory,) = [block for block in blocks("yaml", ROOT / "README.md") if block.startswith("scope:")]
    for name in ("configs/edge-rt-01.cfg", "exports/intune.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text((ROOT / "inventory/example/devices.csv").read_text())
    (tmp_path / "company.yaml").write_text(inventory)

    owned = load([tmp_path / "company.yaml"])

    assert {"web-01", "edge-rt-01", "LT-0107"} <= {asset.name for asset in owned.assets}


def test_the_shown_credential_is_understood(tmp_path: Path) -> None:
    """A reference in every form, and no secret."""
    (settings,) = blocks("toml", ROOT / "README.md")
    (tmp_path / "auditor.toml").write_text(settings)
    document = read_toml(tmp_path / "auditor.toml")
    assert isinstance(document.value, dict)
    tables = document.value["credentials"]
    assert isinstance(tables, dict)

    assert parse_credentials(tables, document).names == {"linux-audit"}


@pytest.mark.parametrize(("document", "command"), commands(), ids=[command for _, command in commands()])
def test_a_shown_command_exists_with_its_options(document: str, command: str) -> None:
    """Its words lead to a command, and each option is one of that command's."""
    del document
    here = typer.main.get_command(app)
    words = shlex.split(command.split(" > ", maxsplit=1)[0].split(" && ", maxsplit=1)[0].split("#", maxsplit=1)[0])[1:]
    options = {name for parameter in here.params for name in parameter.opts}
    for word in [word for word in words if not word.startswith("-")]:
        inner = getattr(here, "commands", {})
        names = [name for name in word.split("|") if name in inner]
        assert names or not inner, f"there is no command {word}"
        if names:
            here = inner[names[0]]
            options |= {name for parameter in here.params for name in parameter.opts}

    assert {word for word in words if word.startswith("--")} <= options | {"--help", "--version"}


def test_the_readme_shows_the_two_commands() -> None:
    """A newcomer needs no other."""
    assert re.search(r"^ {4}make audit\b", TEXTS[ROOT / "README.md"], re.MULTILINE)
    assert re.search(r"^ {4}make test\b", TEXTS[ROOT / "README.md"], re.MULTILINE)


def test_every_command_is_in_the_readme() -> None:
    """The table of commands is complete."""
    shown = TEXTS[ROOT / "README.md"]
    root = typer.main.get_command(app)

    assert [name for name in getattr(root, "commands", {}) if f"auditor {name}" not in shown] == []
