"""Configuration in several directories: which of the files counts, and in which order they are read.

The rule of sysctl.d(5), journald.conf(5) and timesyncd.conf(5): a file in an earlier directory replaces a file of the
same name in a later one, and what remains is read in the order of the names alone, wherever the files lie.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from posixpath import basename, dirname
from typing import Final

Lines = tuple[str, ...]

UNIT_FOLDERS: Final = (
    "/etc/systemd/system.control", "/run/systemd/system.control", "/run/systemd/transient", "/etc/systemd/system",
    "/run/systemd/system", "/run/systemd/generator", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
    "/lib/systemd/system", "/run/systemd/generator.late",
)  # fmt: skip
"""Where systemd looks for units; the first folder that has one counts (systemd.unit(5))."""


def in_order(files: Mapping[str, Lines], directories: Sequence[str]) -> list[tuple[str, Lines]]:
    """Return the `*.conf` files that count and their lines, in reading order; `directories` highest priority first."""
    chosen: dict[str, str] = {}
    folders = [(path, dirname(path)) for path in files if path.endswith(".conf")]
    for directory in reversed(directories):
        for path, folder in folders:
            if folder == directory:
                chosen[basename(path)] = path
    return [(path, files[path]) for _, path in sorted(chosen.items())]


def main_and_dropins(files: Mapping[str, Lines], name: str) -> list[tuple[str, Lines]]:
    """Return a systemd daemon's main file and the drop-ins after it, for a name such as `journald.conf`."""
    roots = ("/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd", "/lib/systemd")
    main = next((f"{root}/{name}" for root in roots if f"{root}/{name}" in files), None)
    dropins = in_order(files, [f"{root}/{name}.d" for root in roots])
    return ([(main, files[main])] if main else []) + dropins


def ini_values(files: Iterable[tuple[str, Lines]], section: str) -> Iterator[tuple[str, str]]:
    """Yield key and value of each assignment in a section, in reading order, as systemd.syntax(7) reads them.

    Keys keep their case; `#` and `;` begin a comment only at the start of a line; a backslash at the end continues it.
    """
    for _, lines in files:
        inside = False
        for line in _continued(lines):
            if line.startswith("["):
                inside = line.rstrip() == f"[{section}]"
            elif inside and "=" in line:
                key, _, value = line.partition("=")
                yield key.strip(), value.strip()


def _continued(lines: Lines) -> Iterator[str]:
    held = ""
    for line in lines:
        stripped = line.strip()
        if stripped.startswith(("#", ";")):
            continue
        if stripped.endswith("\\"):
            held += stripped[:-1] + " "
            continue
        yield held + stripped
        held = ""
    if held:
        yield held
