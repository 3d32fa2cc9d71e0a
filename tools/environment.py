"""Make `.venv`: a virtual environment with hash-checked packages and this checkout importable in it."""

import hashlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from tools import link, packages, pip, python
from tools.process import Lacking, quietly, say

RUNTIME = "requirements.lock"
DEVELOPMENT = "requirements-dev.lock"
# uv, and the one build backend that a requirement without a wheel needs.
FIRST = "requirements-bootstrap.lock"


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment in `folder` for what the locks of `checkout` name."""

    checkout: Path
    folder: Path

    def program(self, name: str) -> Path:
        """Return the path of one of its programs."""
        return self.folder / "bin" / name

    @property
    def python(self) -> Path:
        """Return its interpreter."""
        return self.program("python")


def provide(environment: Environment, lock: str) -> None:
    """Make the environment hold what a lock names, and the checkout; at once when it already does. Raises Lacking."""
    if is_current(environment, lock):
        return
    try:
        fill(environment, lock)
        link.link(environment.checkout, environment.folder)
        _stamp_file(environment, lock).write_text(stamp(environment, lock))
    except PermissionError as error:
        message = f"{error.filename} is not writable for you (made by another user?). Remove .venv and start again."
        raise Lacking(message) from error


def fill(environment: Environment, lock: str) -> None:
    """Create the environment where it is not there, and install what a lock names. Raises Lacking."""
    create(environment)
    command = pip.for_environment(environment.python)
    say(f"Installing the packages of {lock}, each checked against its hash ...")
    packages.install(
        packages.Target(environment.python, tuple(command)), environment.checkout / FIRST, environment.checkout / lock
    )


def create(environment: Environment) -> None:
    """Make the folder with an interpreter in it, anew where the one there is too old or broken; pip comes later.

    `--without-pip` works where Debian's python3-venv is missing; only ensurepip is in that package.
    """
    if environment.python.exists() and python.choose([str(environment.python)]):
        return
    say(f"Creating {environment.folder} with Python {sys.version.split()[0]} ...")
    ended = quietly([sys.executable, "-m", "venv", "--clear", "--without-pip", environment.folder])
    if ended.status != 0:
        raise Lacking(f"{sys.executable} cannot create a virtual environment:\n{ended.last_words}")


def stamp(environment: Environment, lock: str) -> str:
    """Return a digest of what an installation follows from: locks, project, Python, and place (scripts hold paths)."""
    digest = hashlib.sha256(os.fsencode(environment.folder))
    root = environment.checkout
    for file in (root / lock, root / FIRST, root / "pyproject.toml", environment.folder / "pyvenv.cfg"):
        content = file.read_bytes() if file.is_file() else b""
        digest.update(b"%d:" % len(content) + content)
    return digest.hexdigest()


def is_current(environment: Environment, lock: str) -> bool:
    """Tell whether the last installation of this lock still stands."""
    file = _stamp_file(environment, lock)
    return environment.python.exists() and file.is_file() and file.read_text() == stamp(environment, lock)


def _stamp_file(environment: Environment, lock: str) -> Path:
    return environment.folder / f".{lock}.installed"
