"""Install what a lock names, every file checked against its hash: by uv, and by pip where uv cannot.

One requirement has no wheel. What it is built with is locked and checked like the rest and installed beforehand, as an
isolated build would fetch it unchecked.
"""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tools import indexes
from tools.process import Ended, Lacking, quietly, say

BUILT_HERE = "python-nmap"
BUILT_WITH = "setuptools"
ADVICE = "Is the package index reachable? `pip config list` shows the one that pip, and through it uv, was told to use."


@dataclass(frozen=True, slots=True)
class Target:
    """Where to install: an environment's interpreter, and the command that is pip for it."""

    interpreter: Path
    pip: tuple[str, ...]


def install(target: Target, first: Path, lock: Path) -> None:
    """Install what `first` (uv and the build backend) and then what `lock` names. Raises Lacking."""
    attempt = by_pip(target, "-r", first)
    if attempt.status != 0:
        say(f"uv cannot be installed here, so pip installs all:\n{attempt.last_words}")
    else:
        attempt = by_uv(target, lock)
        if attempt.status != 0:
            say(f"uv could not install them, so pip will:\n{attempt.last_words}")
    if attempt.status != 0:
        all_by_pip(target, first, lock)


def by_pip(target: Target, *words: str | Path) -> Ended:
    """Run one hash-checked `pip install`."""
    return quietly([*target.pip, "install", "--quiet", "--disable-pip-version-check", "--require-hashes", *words])


def by_uv(target: Target, lock: Path) -> Ended:
    """Install a lock by the uv of the environment, from where pip would take it."""
    pip = indexes.settings(quietly([*target.pip, "config", "list"]).output)
    environ = {**os.environ, **indexes.for_uv(pip, os.environ)}
    environ |= indexes.trust(environ)
    options = ["--quiet", "--require-hashes", "--no-build-isolation-package", BUILT_HERE, *indexes.flags(pip)]
    uv = target.interpreter.with_name("uv")
    return quietly([uv, "pip", "install", "--python", target.interpreter, *options, "-r", lock], environ)


def all_by_pip(target: Target, first: Path, lock: Path) -> None:
    """Install the backend, then what it builds, then the rest. Raises Lacking with pip's last words."""
    with tempfile.TemporaryDirectory(prefix="auditor-locks-") as scratch:
        backend, built = Path(scratch, "backend.txt"), Path(scratch, "built.txt")
        backend.write_text(block(first.read_text(), BUILT_WITH))
        built.write_text(block(lock.read_text(), BUILT_HERE))
        steps: tuple[tuple[str | Path, ...], ...] = (
            ("-r", backend),
            ("--no-build-isolation", "--use-pep517", "--no-deps", "-r", built),
            ("-r", lock),
        )
        for step in steps:
            ended = by_pip(target, *step)
            if ended.status != 0:
                raise Lacking(f"The packages could not be installed:\n{ended.last_words}\n{ADVICE}")


def block(lock: str, name: str) -> str:
    """Return the lines of a lock that pin one package and give its hashes; empty where it does not name the package."""
    taken: list[str] = []
    for line in lock.splitlines():
        if taken and not line.startswith(" "):
            break
        if taken or line.startswith(f"{name}=="):
            taken.append(line)
    return "\n".join(taken) + "\n" if taken else ""
