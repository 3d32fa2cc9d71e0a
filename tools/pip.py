"""Get a pip for a virtual environment that was made without one.

In order of preference: ensurepip; as root on Debian, the package that holds ensurepip; the pip of the Python that made
the environment; Debian's wheel of pip, unpacked without installing it, for which root is not needed.
"""

import shutil
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from tools import apt
from tools.process import Lacking, quietly, say


def for_environment(interpreter: Path) -> list[str]:
    """Return the command that is pip for the environment of `interpreter`. Raises Lacking where there is none."""
    inside = [str(interpreter), "-m", "pip"]
    if _works(inside) or _ensured(interpreter):
        return inside
    if find_spec("ensurepip") is None and apt.can_install() and _venv_package() and _ensured(interpreter):
        return inside
    # pip 22.3 and later can install into an environment that has no pip.
    outside = [sys.executable, "-m", "pip", "--python", str(interpreter)]
    if _works(outside):
        return outside
    wheel = _debian_wheel(interpreter.parent)
    if wheel is not None:
        return [str(interpreter), f"{wheel}/pip"]
    raise Lacking(
        f"{sys.executable} has neither ensurepip nor pip, so nothing can be installed into .venv.\n"
        f"On Debian and Ubuntu, as root: apt-get install {_venv_name()}; elsewhere install pip for this Python."
    )


def _works(pip: list[str]) -> bool:
    return quietly([*pip, "--version"]).status == 0


def _ensured(interpreter: Path) -> bool:
    return quietly([interpreter, "-m", "ensurepip", "--default-pip"]).status == 0


def _venv_name() -> str:
    return f"python{sys.version_info.major}.{sys.version_info.minor}-venv"


def _venv_package() -> bool:
    """Install the package in which Debian keeps ensurepip; tell whether that worked, and say why where it did not."""
    say(f"Installing {_venv_name()}, which Debian keeps apart from Python ...")
    try:
        apt.install([_venv_name()])
    except Lacking as problem:
        say(str(problem))
        return False
    return True


def _debian_wheel(folder: Path) -> Path | None:
    """Return Debian's own pip wheel, fetched by apt, which checks its signature, and copied into `folder`."""
    if not apt.is_debian():
        return None
    say("Fetching Debian's wheel of pip, since this Python has none ...")
    with tempfile.TemporaryDirectory(prefix="auditor-pip-") as scratch:
        apt.unpack("python3-pip-whl", Path(scratch))
        for found in Path(scratch).glob("usr/share/python-wheels/pip-*.whl"):
            return Path(shutil.copy(found, folder))
    return None
