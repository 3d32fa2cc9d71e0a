"""The text of sshd_config(5): what is written down, where, and which Match blocks set something of their own.

`sshd -T` tells the value for one connection; only the text tells under which other conditions it differs.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from auditor.facts.dropins import Lines

_LINE: Final = re.compile(r'\s*"?([A-Za-z0-9]+)"?(?:\s*=\s*|\s+)(.*)')
_WORD: Final = re.compile(r'"([^"]*)"|([^\s"]+)')
_MOST_INCLUDES: Final = 16  # as deep as sshd follows


@dataclass(frozen=True, slots=True)
class Written:
    """One line: keyword in lower case, its arguments without quotes, the conditions around it, and where it stands."""

    keyword: str
    arguments: tuple[str, ...]
    conditions: tuple[str, ...]  # the criteria of the Match blocks around it; empty in the global part
    place: str


@dataclass(slots=True)
class _Reader:
    files: Mapping[str, Lines]
    depth: int = 0
    lines: list[Written] = field(default_factory=list)

    def read(self, path: str, around: tuple[str, ...]) -> None:
        """Read a file under the conditions around its Include; a Match block ends where its own file ends."""
        conditions = around
        for number, line in enumerate(self.files.get(path, ()), 1):
            parsed = _LINE.match(line)
            if not parsed or line.lstrip().startswith("#"):
                continue
            keyword, arguments = parsed[1].lower(), words(parsed[2])
            if keyword == "match":
                conditions = (*around, " ".join(arguments))
            elif keyword == "include":
                self._include(arguments, conditions)
            else:
                self.lines.append(Written(keyword, arguments, conditions, f"{path}:{number}"))

    def _include(self, patterns: tuple[str, ...], conditions: tuple[str, ...]) -> None:
        if self.depth >= _MOST_INCLUDES:
            return
        self.depth += 1
        for pattern in patterns:
            for path in sorted(_matching(self.files, absolute(pattern))):
                self.read(path, conditions)
        self.depth -= 1


def written_lines(files: Mapping[str, Lines], main: str) -> tuple[Written, ...]:
    """Return every line that sets something, in the order in which sshd reads it, Include followed."""
    reader = _Reader(files)
    reader.read(main, ())
    return tuple(reader.lines)


def words(text: str) -> tuple[str, ...]:
    """Return the arguments on a line: double quotes hold one together, a word that starts with `#` ends the line."""
    found: list[str] = []
    for quoted, plain in _WORD.findall(text):
        if plain.startswith("#"):
            break
        found.append(plain or quoted)
    return tuple(found)


def absolute(path: str) -> str:
    """Return where an Include points: relative paths start in /etc/ssh."""
    return path if path.startswith("/") else f"/etc/ssh/{path}"


def could_be(conditions: tuple[str, ...], user: str) -> bool:
    """Whether a connection of this user could meet the criteria, as far as they name users."""
    return all(_one_could_be(criteria, user) for criteria in conditions)


def always(conditions: tuple[str, ...]) -> bool:
    """Whether the criteria hold for every connection."""
    return all(criteria.lower() == "all" for criteria in conditions)


def _one_could_be(criteria: str, user: str) -> bool:
    parts = criteria.replace("=", " ").split()
    pairs = {name.lower(): patterns for name, patterns in zip(parts[::2], parts[1::2], strict=False)}
    if "invalid-user" in (part.lower() for part in parts):
        return False
    return "user" not in pairs or _in_list(user, pairs["user"])


def _in_list(name: str, patterns: str) -> bool:
    """Return whether a pattern list of ssh_config(5) matches: a negated match refuses, whatever else matches."""
    fitting = [pattern for pattern in patterns.split(",") if _glob(pattern.removeprefix("!")).fullmatch(name)]
    return bool(fitting) and not any(pattern.startswith("!") for pattern in fitting)


def _glob(pattern: str, anything: str = ".") -> re.Pattern[str]:
    """Return a pattern in which only `*` and `?` are special, so that `[` is a letter like any other."""
    wild = {"*": f"{anything}*", "?": anything}
    return re.compile("".join(wild.get(letter, re.escape(letter)) for letter in pattern), re.DOTALL)


def _matching(files: Mapping[str, Lines], pattern: str) -> Iterator[str]:
    expression = _glob(pattern, anything="[^/]")
    return (path for path in files if expression.fullmatch(path) and not path.rpartition("/")[2].startswith("."))
