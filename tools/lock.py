"""Resolve the dependencies of pyproject.toml into locks that hold on every Python from 3.11 on and on every platform.

A lock made on one Python release fails on another (`async-timeout; python < "3.11.3"` was missing on Debian's 3.11.2),
hence `--universal`. Locks carry hashes of all files of a release and no index address: a machine asks its own index.
"""

import os

from tools import indexes, pip
from tools.environment import DEVELOPMENT, FIRST, RUNTIME, Environment
from tools.process import Lacking, quietly, say

HEADER = "# Made by `make lock` from pyproject.toml: change that, not this.\n"
SOURCES: dict[str, tuple[str, ...]] = {
    FIRST: ("--group", "bootstrap"),
    RUNTIME: ("pyproject.toml",),
    DEVELOPMENT: ("pyproject.toml", "--group", "dev", "--constraint", RUNTIME),
}
FORM = (
    "--universal",
    "--python-version",
    "3.11",
    "--generate-hashes",
    "--no-header",
    "--no-annotate",
    "--no-emit-index-url",
)


def renew(environment: Environment, options: list[str]) -> None:
    """Write the three locks; raise Lacking with uv's words where they cannot be resolved."""
    listing = quietly([*pip.for_environment(environment.python), "config", "list"]).output
    # An extra index or wheel folder of this machine may hold some files of a release only, too few hashes for others.
    known = {option: value for option, value in indexes.settings(listing).items() if option not in indexes.LISTS}
    environ = {**os.environ, **indexes.for_uv(known, os.environ)}
    environ |= indexes.trust(environ)
    for name, sources in SOURCES.items():
        say(f"Resolving {name} ...")
        output = environment.checkout / name
        words = ["pip", "compile", "--quiet", *FORM, *options, *sources, "--output-file", name]
        ended = quietly([environment.program("uv"), *words], environ, environment.checkout)
        if ended.status != 0:
            raise Lacking(f"{name} cannot be resolved:\n{ended.last_words}")
        output.write_text(HEADER + output.read_text())
