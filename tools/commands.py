"""What each of make's targets does once there is a Python new enough."""

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tools import apt, lock, wheel_check
from tools.environment import DEVELOPMENT, FIRST, RUNTIME, Environment, provide
from tools.process import Lacking, follow, quietly, say

LINTERS = (("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",), ("lint-imports",))


def run(checkout: Path, arguments: list[str]) -> int:
    """Run the command that the first argument names; return its exit status, 2 where something is missing."""
    name, *rest = arguments or [""]
    command = COMMANDS.get(name)
    if command is None:
        say(f"Unknown command {name!r}; there are: {', '.join(COMMANDS)}")
        return 2
    try:
        return command(Environment(checkout, checkout / ".venv"), rest)
    except Lacking as problem:
        say(str(problem))
        return 2
    except KeyboardInterrupt:
        return 130


def audit(environment: Environment, options: list[str]) -> int:
    """Audit the example company; once that was carried out it succeeded, though demands be not met (its status 1)."""
    _prepare(environment, RUNTIME)
    auditor = environment.program("auditor")
    status = follow([auditor, "audit", *options], environment.checkout)
    # Python itself also ends with 1 where a program cannot even be imported.
    return 0 if status == 1 and quietly([auditor, "--version"]).status == 0 else status


def test(environment: Environment, options: list[str]) -> int:
    """Run the tests, all of them in several processes, once the servers and tools that they drive are installed."""
    apt.provide(apt.FOR_TESTS, apt.FOR_ALL_TESTS, "make test")
    _prepare(environment, DEVELOPMENT)
    return follow([environment.python, "-m", "pytest", *(options or _spread())], environment.checkout)


def lint(environment: Environment, _options: list[str]) -> int:
    """Run every linter, also after one complained; return the worst status."""
    _prepare(environment, DEVELOPMENT)
    statuses = []
    for program, *words in LINTERS:
        say(f"$ {' '.join([program, *words])}")
        statuses.append(follow([environment.program(program), *words], environment.checkout))
    return max(statuses)


def check_wheel(environment: Environment, _options: list[str]) -> int:
    """Build the wheel and the source archive, install the wheel elsewhere, and try it there."""
    _prepare(environment, DEVELOPMENT)
    return wheel_check.check(environment)


def renew_locks(environment: Environment, options: list[str]) -> int:
    """Write the locks anew from pyproject.toml; versions stay where they can, unless --upgrade is given."""
    _prepare(environment, FIRST)
    lock.renew(environment, options)
    return 0


COMMANDS: Mapping[str, Callable[[Environment, list[str]], int]] = {
    "audit": audit,
    "test": test,
    "lint": lint,
    "wheel-check": check_wheel,
    "lock": renew_locks,
}


def _spread() -> list[str]:
    """Return pytest-xdist's options: tests wait for servers as long as they work, so two processes a core."""
    processes = min(2 * len(os.sched_getaffinity(0)), 8)
    return ["-n", str(processes), "--dist", "loadfile"]


def _prepare(environment: Environment, lock_file: str) -> None:
    with _alone(environment.checkout):
        provide(environment, lock_file)


@contextmanager
def _alone(checkout: Path) -> Iterator[None]:
    """Keep a second make in the same checkout waiting while one installs."""
    with (checkout / "pyproject.toml").open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
