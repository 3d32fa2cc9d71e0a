"""Find a Python that auditor can run on.

This module and `bootstrap` are read by whatever `python3` the machine has, so they keep to the grammar of Python 3.6:
only then can an old Python say that it is too old. Hence the quoted annotations.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

MINIMUM = (3, 11)
NEWEST_TRIED = 19


def names() -> "list[str]":
    """Return the commands under which a Python new enough may be found, newest first."""
    return [f"python3.{minor}" for minor in range(NEWEST_TRIED, MINIMUM[1] - 1, -1)]


def version_of(command: str) -> "tuple[int, int] | None":
    """Return the version that a command's Python gives, or None where it does not run, as pyenv's shims may not."""
    code = "import sys; print(*sys.version_info[:2])"
    try:
        done = subprocess.check_output([command, "-c", code], stderr=subprocess.DEVNULL, timeout=30)
        major, minor = done.split()
        return int(major), int(minor)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def choose(commands: "Iterable[str]", version: "Callable[[str], tuple[int, int] | None]" = version_of) -> "str | None":
    """Return the first command whose Python is new enough, or None."""
    return next((command for command in commands if (version(command) or (0, 0)) >= MINIMUM), None)


def lacking(found: "tuple[int, int]", executable: str) -> str:
    """Return what to tell a person whose only Python is too old."""
    return (
        f"auditor needs Python {MINIMUM[0]}.{MINIMUM[1]} or newer, but {executable} is {found[0]}.{found[1]}, and no "
        "newer python3.N is on the PATH.\nInstall one (python3 of Debian 12 or Ubuntu 24.04 will do), or name one: "
        "make audit PYTHON=/path/to/python"
    )


def demand_new_enough(checkout: Path) -> None:
    """Go on under a Python that is new enough: this one, or start the same command again under another.

    Ends the process with status 2 and a sentence where there is none.
    """
    if sys.version_info[:2] >= MINIMUM:
        return
    other = choose([str(checkout / ".venv/bin/python"), *names()])
    if other is None:
        print(lacking(sys.version_info[:2], sys.executable), file=sys.stderr)
        sys.exit(2)
    os.execvp(other, [other, "-m", "tools.bootstrap", *sys.argv[1:]])  # noqa: S606 - a shell is not wanted
