"""Build the wheel and the source archive, install the wheel where nothing of the checkout is near, and use it there."""

import os
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

from tools import pip
from tools.environment import RUNTIME, Environment, fill
from tools.process import Ended, Lacking, quietly, say

CONTENT = ("checks", "policies", "inventory", "reports")
REPORTS = {"management.html", "technical.html", "technical.json"}
SOURCES = (
    "LICENSE",
    "Makefile",
    "README.md",
    "pyproject.toml",
    "requirements.lock",
    "tests/make.py",
    "tools/bootstrap.py",
)


def check(environment: Environment) -> int:
    """Print a line for each thing that must hold and a summary as a test runner does; return 1 where one does not."""
    with tempfile.TemporaryDirectory(prefix="auditor-wheel-") as scratch:
        problems = list(_checks(environment, Path(scratch)))
    for name, problem in problems:
        say(f"{'FAILED' if problem else 'ok    '} wheel: {name}{': ' + problem if problem else ''}")
    failed = sum(bool(problem) for _, problem in problems)
    say(f"wheel-check: {len(problems) - failed} passed, {failed} failed")
    return 1 if failed else 0


def _checks(environment: Environment, scratch: Path) -> Iterator[tuple[str, str]]:
    """Yield what is checked and what is wrong with it, "" for nothing."""
    say("Building the wheel and the source archive ...")
    wheel, archive = build(environment, scratch / "dist")
    with zipfile.ZipFile(wheel) as file:
        shipped = {name for name in file.namelist() if not name.endswith("/")}
    expected = expected_files(environment.checkout)
    yield "holds every file of the package and of the content folders", _listing("lacks", expected - shipped)
    surplus = {name for name in shipped - expected if ".dist-info/" not in name}
    yield "holds nothing else", _listing("also holds", surplus)
    yield "the source archive can be built and tested from", _listing("lacks", set(SOURCES) - _members(archive))
    elsewhere = Environment(environment.checkout, scratch / "venv")
    say("Installing the wheel elsewhere ...")
    fill(elsewhere, RUNTIME)
    done = quietly([*pip.for_environment(elsewhere.python), "install", "--quiet", "--no-index", "--no-deps", wheel])
    yield "installs", done.last_words if done.status else ""
    yield from _uses(elsewhere, scratch)


def build(environment: Environment, folder: Path) -> tuple[Path, Path]:
    """Build both into `folder`, the wheel from the source archive, and return their paths. Raises Lacking."""
    command: list[str | Path] = [
        environment.python,
        "-m",
        "build",
        "--no-isolation",
        "--outdir",
        folder,
        environment.checkout,
    ]
    ended = quietly(command)
    if ended.status != 0:
        raise Lacking(f"The wheel cannot be built:\n{ended.last_words}")
    return next(folder.glob("*.whl")), next(folder.glob("*.tar.gz"))


def expected_files(checkout: Path) -> set[str]:
    """Return the names that the wheel must hold: the package, and each content folder within it."""
    places = {"auditor": "auditor"} | {name: f"auditor/content/{name}" for name in CONTENT}
    return {
        f"{place}/{file.relative_to(checkout / folder).as_posix()}"
        for folder, place in places.items()
        for file in (checkout / folder).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }


def _members(archive: Path) -> set[str]:
    """Return the names in a source archive, without the folder that holds them all."""
    with tarfile.open(archive) as file:
        return {name.partition("/")[2] for name in file.getnames()}


def _listing(words: str, names: set[str]) -> str:
    return f"{words} {', '.join(sorted(names)[:8])} ({len(names)} in all)" if names else ""


def _uses(elsewhere: Environment, scratch: Path) -> Iterator[tuple[str, str]]:
    """Use the installed command as a newcomer does, from an empty folder, with an empty home."""
    empty = scratch / "empty"
    home = scratch / "home"
    empty.mkdir()
    home.mkdir()
    environ = {"HOME": str(home), "PATH": os.defpath, "LANG": "C.UTF-8", "NO_COLOR": "1"}

    def auditor(*words: str) -> Ended:
        return quietly([elsewhere.program("auditor"), *words], environ, empty)

    version = tomllib.loads((elsewhere.checkout / "pyproject.toml").read_text())["project"]["version"]
    yield "auditor --version", _unless(auditor("--version"), version)
    yield "auditor init DIR", _unless(auditor("init", "company"), "")
    made = {name for name in CONTENT if any((empty / "company" / name).glob("*"))}
    yield "auditor init made the four folders", _listing("lacks", set(CONTENT) - made)
    yield "auditor policy lint, of the policy made", _unless(auditor("-C", "company", "policy", "lint"), "")
    trusted = auditor("checks", "list", "--trust", "--subject", "ssh", "--format", "json")
    yield "auditor checks list --trust", _unless(trusted, "ssh.root-login")
    yield "auditor checks list --trust has counts", "a check has no pass" if '"pass": 0' in trusted.output else ""
    yield "auditor checks new", _unless(auditor("-C", "company", "checks", "new", "backup.recent"), "")
    yield "auditor checks test, without pytest", _unless(auditor("-C", "company", "checks", "test"), "0 differ")
    audit = auditor("-C", "company", "audit")
    yield "auditor audit, of this machine", _unless(audit, "Coverage: 1 of 1", statuses=(0, 1))
    written = {path.name for path in (empty / "company").glob("out/*/*")}
    yield "auditor audit wrote its reports", _listing("lacks", REPORTS - written)
    yield "auditor projects propose", _unless(auditor("-C", "company", "projects", "propose"), "Scope")


def _unless(ended: Ended, shown: str, statuses: tuple[int, ...] = (0,)) -> str:
    """Return what is wrong: a status other than these, or an output that does not show what it must."""
    if ended.status not in statuses:
        return f"status {ended.status}: {ended.last_words}"
    return "" if shown in ended.output else f"{shown!r} is not in its output: {ended.output[:300]!r}"
