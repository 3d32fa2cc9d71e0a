"""Settings of GNOME as an administrator gives them: dconf profiles, their databases of key files, and locks.

Checked with dconf 0.40: of key files in a folder the last by name counts, and within one the last line; hidden files
are left out, others are not, whatever their endings; a value that is not GVariant text, as with a comment after it,
keeps the whole folder from being compiled. A lock names one key, and holds against every database above its own
(dconf(7), dconf_engine.c). GSettings ignores a value of another type than the schema's: idle-delay has to be `uint32`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from auditor.facts.dropins import Lines

_DATABASES: Final = "/etc/dconf/db"
_PROFILES: Final = ("/etc/dconf/profile", "/usr/local/share/dconf/profile", "/usr/share/dconf/profile")


@dataclass(frozen=True, slots=True)
class Database:
    """One database of a profile: its values and locks by key; `why` says why it may hold something else."""

    name: str
    values: Mapping[str, str] = field(default_factory=dict)
    locks: frozenset[str] = frozenset()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """The databases of a profile that users cannot write to, the first counting most."""

    databases: tuple[Database, ...] = ()

    def locked(self, key: str) -> bool:
        """Whether users cannot change a key."""
        return any(key in database.locks for database in self.databases)

    def value(self, key: str) -> str | None:
        """Return the text of a key's value where users changed nothing, or None when no database sets it."""
        deepest = max((place for place, one in enumerate(self.databases) if key in one.locks), default=0)
        return next((one.values[key] for one in self.databases[deepest:] if key in one.values), None)

    @property
    def doubt(self) -> str:
        """Return why the databases may hold something else than their key files, or nothing."""
        return next((one.why for one in self.databases if one.why), "")


def profile(name: str, files: Mapping[str, Lines], states: Mapping[str, str]) -> Profile:
    """Return a profile by its files; `states` tells of each database that was compiled `newer` or `compiled`."""
    lines = next((files[path] for folder in _PROFILES if (path := f"{folder}/{name}") in files), ())
    given = [line.partition("#")[0].strip() for line in lines]
    names = [line.removeprefix("system-db:") for line in given if line.startswith("system-db:")]
    return Profile(tuple(_database(one, files, states) for one in names))


def values(files: Iterable[Lines]) -> dict[str, str]:
    """Return the values of key files, read one after the other, by whole key."""
    found: dict[str, str] = {}
    for lines in files:
        found.update(_of_one(lines))
    return found


def seconds(value: str | None) -> int | None:
    """Return the number of a `uint32` value; None for a value of any other type, which GSettings ignores."""
    number = re.fullmatch(r"uint32 ([0-9]{1,10})", value or "")
    return int(number[1]) if number else None


def _database(name: str, files: Mapping[str, Lines], states: Mapping[str, str]) -> Database:
    folder = f"{_DATABASES}/{name}.d"
    state = states.get(f"{_DATABASES}/{name}")
    inside = sorted(path for path in files if path.startswith(f"{folder}/"))
    if state is None:  # never compiled, so that its key files mean nothing
        return Database(name)
    locks = [line.strip() for path in inside if path.startswith(f"{folder}/locks/") for line in files[path]]
    return Database(
        name,
        values(files[path] for path in inside if "/" not in path.removeprefix(f"{folder}/")),
        frozenset(line for line in locks if line.startswith("/")),
        f"{_DATABASES}/{name} is older than its key files: dconf update was not run" if state == "newer" else "",
    )


def _of_one(lines: Lines) -> Iterator[tuple[str, str]]:
    group = ""
    for line in lines:
        text = line.strip()
        if text.startswith("[") and text.endswith("]"):
            group = text[1:-1]
        elif group and "=" in text and not text.startswith("#"):
            key, _, value = text.partition("=")
            yield f"/{group}/{key.strip()}", value.strip()
