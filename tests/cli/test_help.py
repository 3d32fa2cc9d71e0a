"""Every command explains itself with an example, and help costs nothing."""

import re
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
import typer

from auditor.cli.main import EPILOG, app
from tests.cli.running import Auditor

ROOT: click.Command = typer.main.get_command(app)
HEAVY = (
    "alembic", "cryptography", "defusedxml", "jinja2", "netmiko", "nmap", "paramiko", "pydantic", "pydantic_settings",
    "pysnmp", "rich", "sqlalchemy", "sqlmodel", "structlog", "yaml",
)  # fmt: skip


def commands(command: click.Command, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command and group, with the words that lead to it."""
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, *path, name)


ALL = dict(commands(ROOT))
LEAVES = {path: command for path, command in ALL.items() if not hasattr(command, "commands")}


def test_the_whole_command_line_is_there() -> None:
    """What the README promises."""
    wanted = {
        "init", "audit", "audits", "assets list", "assets show", "assets import", "checks list", "checks show",
        "checks run", "checks test", "checks new", "policy show", "policy lint", "policy explain", "policy schema",
        "findings list", "findings show", "evidence list", "evidence show", "evidence record", "report",
        "projects propose", "privileges", "discover", "schedule add", "schedule list", "schedule remove", "scheduler",
    }  # fmt: skip

    assert wanted <= {" ".join(path) for path in LEAVES}


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_every_command_explains_itself(auditor: Auditor, path: tuple[str, ...]) -> None:
    """What it does, what each option means, and how it is used."""
    said = auditor(*path, "--help")

    assert (said.code, said.err) == (0, "")
    assert re.fullmatch(r"[A-Z].{15,}\.", LEAVES[path].help or "", re.DOTALL), said.out
    assert " ".join((LEAVES[path].help or "").split()) in " ".join(said.out.split())
    assert re.search(rf"Examples?:\s.*auditor\s+{'.*'.join(path)}", said.out, re.DOTALL), said.out
    assert auditor(*path, "-h").out == said.out


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_every_option_says_what_it_is_for(path: tuple[str, ...]) -> None:
    """And every argument."""
    silent = [one.name for one in LEAVES[path].params if not getattr(one, "help", "") and one.name != "help"]

    assert silent == []


@pytest.mark.parametrize("path", [path for path in ALL if path not in LEAVES], ids=lambda path: " ".join(path) or "-")
def test_a_group_alone_shows_what_is_in_it(auditor: Auditor, path: tuple[str, ...]) -> None:
    """It was not asked for anything, which is a usage error."""
    said = auditor(*path)

    assert said.code == 2
    assert "Commands:" in said.out + said.err


def test_lists_take_a_format(auditor: Auditor) -> None:
    """Wherever something is listed or shown."""
    writing = {
        "init", "policy lint", "policy schema", "policy import-sca", "policy from-asset", "assets import", "checks new",
        "schedule add", "schedule remove", "scheduler", "evidence record", "keys forget",
        "intel import", "intel update", "vault init", "vault set", "vault remove",
        "vault rekey",
    }  # fmt: skip
    without = {
        " ".join(path)
        for path, command in LEAVES.items()
        if "--format" not in {name for one in command.params for name in one.opts}
    }

    assert without <= writing


def test_help_says_what_exit_codes_mean(auditor: Auditor) -> None:
    """Scripts depend on them."""
    said = auditor("--help")

    assert said.code == 0
    assert " ".join(EPILOG.split()) in " ".join(said.out.split())
    assert all(f"{code} " in EPILOG for code in (0, 1, 2, 3))


def test_the_version_is_said(auditor: Auditor) -> None:
    """As one line."""
    assert re.fullmatch(r"auditor \d+\.\d+\.\d+\S*\n", auditor("--version").out)


def test_help_imports_nothing_heavy() -> None:
    """Each of these costs more than the whole of the help."""
    program = f"import sys, auditor.cli.main; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.split() == []


def test_completion_is_there(auditor: Auditor) -> None:
    """For the shell that is in use."""
    assert "--install-completion" in auditor("--help").out
