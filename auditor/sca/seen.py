"""What was seen of the things that rules look at. Nothing here is guessed: what was not seen says why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal

from auditor.sca.rules import Kind, Rule

Lines = tuple[str, ...]


class Depth(IntEnum):
    """How far a rule looks into a directory."""

    ITSELF = 0
    NAMES = 1
    CONTENTS = 2


@dataclass(frozen=True, slots=True)
class Target:
    """One thing that a rule looks at."""

    kind: Kind
    name: str
    depth: Depth = Depth.ITSELF


@dataclass(frozen=True, slots=True)
class FileSeen:
    """A file: a regular one with its lines, something else of that name, or nothing."""

    kind: Literal["regular", "other", "missing"]
    lines: Lines = ()


@dataclass(frozen=True, slots=True)
class DirectorySeen:
    """A directory with the paths of all files below it, links left out; `unread` are those that could not be read.

    Without `whole`, some of it could not be looked into.
    """

    kind: Literal["directory", "other", "missing"]
    paths: tuple[str, ...] = ()
    contents: Mapping[str, Lines] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()
    whole: bool = True


@dataclass(frozen=True, slots=True)
class CommandSeen:
    """A command: what it wrote, on standard output and error, whatever its exit status. `missing`: it is not there."""

    text: str = ""
    missing: bool = False


@dataclass(frozen=True, slots=True)
class ProcessesSeen:
    """The names of all processes, and the paths of their programs; without `whole`, others are hidden."""

    names: frozenset[str]
    whole: bool = True


@dataclass(frozen=True, slots=True)
class NotSeen:
    """Why it was not seen. `late`: it did not answer in time."""

    reason: str
    late: bool = False


Thing = FileSeen | DirectorySeen | CommandSeen | ProcessesSeen | NotSeen


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything that was seen for one check."""

    things: Mapping[Target, Thing]

    def of(self, target: Target) -> Thing:
        """Return what was seen of a target."""
        return self.things.get(target) or NotSeen("it was not asked for")


def targets(rule: Rule) -> tuple[Target, ...]:
    """Return what a rule looks at."""
    if rule.kind is Kind.PROCESS:
        return (Target(rule.kind, ""),)
    depth = Depth.ITSELF
    if rule.kind is Kind.DIRECTORY and rule.pattern is not None:
        depth = Depth.CONTENTS if " -> " in rule.pattern else Depth.NAMES
    return tuple(Target(rule.kind, name, depth) for name in rule.targets)
