"""Groups of an Ansible inventory: who is in which, and whose variables win."""

import re
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from auditor.documents import Plain
from auditor.errors import ContentError, Place

_MOST_HOSTS: Final = 100_000
_RANGE: Final = re.compile(r"\[([A-Za-z0-9]*):([A-Za-z0-9]+)(?::([0-9]+))?\]")


@dataclass(slots=True)
class Entry:
    """A host's own variables and where it first stands."""

    place: Place
    variables: dict[str, Plain] = field(default_factory=dict)


@dataclass(slots=True)
class Group:
    """A group: its hosts, its children, its variables, and how far below `all` it stands."""

    name: str
    place: Place
    hosts: dict[str, None] = field(default_factory=dict)
    children: dict[str, Place] = field(default_factory=dict)
    variables: dict[str, Plain] = field(default_factory=dict)
    declared: bool = False
    depth: int = 0

    @property
    def priority(self) -> int:
        """Return `ansible_group_priority`, 1 when it is not said."""
        value = self.variables.get("ansible_group_priority", 1)
        return int(value) if isinstance(value, int | str) and re.fullmatch("-?[0-9]{1,9}", str(value)) else 1


class Groups:
    """What an inventory file says, while it is read; `settle` checks it and works out the order of groups."""

    def __init__(self, file: str) -> None:
        """Begin with the group that every host is in."""
        self.file = file
        self.groups: dict[str, Group] = {}
        self.hosts: dict[str, Entry] = {}
        self._parents: dict[str, list[str]] = {}
        self.group("all", Place(file)).declared = True

    def group(self, name: str, place: Place) -> Group:
        """Return a group, new or known."""
        return self.groups.setdefault(name, Group(name, place))

    def add_host(self, name: str, group: Group, place: Place, variables: Mapping[str, Plain]) -> None:
        """Put a host into a group; variables said later win. Raises ContentError beyond 100,000 hosts."""
        if len(self.hosts) >= _MOST_HOSTS and name not in self.hosts:
            raise ContentError(place, f"there are more than {_MOST_HOSTS:,} hosts", "Split the inventory.")
        self.hosts.setdefault(name, Entry(place)).variables.update(variables)
        group.hosts[name] = None

    def settle(self) -> None:
        """Work out depths. Raises ContentError for a child that is no group, and for a group within itself."""
        for group in self.groups.values():
            for child, place in group.children.items():
                if child not in self.groups or not self.groups[child].declared:
                    raise ContentError(place, f"{group.name} has the child {child}, and there is no such group")
                self._parents.setdefault(child, []).append(group.name)
        self._sink()

    def of_host(self, name: str) -> Iterator[Group]:
        """Yield the groups that name the host themselves."""
        return (group for group in self.groups.values() if name in group.hosts)

    def ancestry(self, name: str) -> list[Group]:
        """Return every group that a host is in, those first whose variables give way."""
        reached: dict[str, Group] = {"all": self.groups["all"]}
        waiting = [group.name for group in self.of_host(name)]
        while waiting:
            current = waiting.pop()
            if current not in reached:
                reached[current] = self.groups[current]
                waiting += self._parents.get(current, [])
        return sorted(reached.values(), key=lambda group: (group.depth, group.priority, group.name))

    def _sink(self) -> None:
        """Set each group's depth to its longest way below `all`; a longest way longer than all groups is a circle."""
        for group in self.groups.values():
            group.depth = 0 if group.name == "all" else 1
        for _ in range(len(self.groups) + 1):
            if not [group for group in self.groups.values() if self._deepen(group)]:
                return
        inside = next(group for group in self.groups.values() if self._deepen(group))
        raise ContentError(inside.place, f"the group {inside.name} is within itself")

    def _deepen(self, group: Group) -> bool:
        before = group.depth
        group.depth = max([group.depth, *(self.groups[name].depth + 1 for name in self._parents.get(group.name, []))])
        return group.depth != before


def expanded(pattern: str, place: Place) -> list[str]:
    """Return the names that a pattern such as `web[01:20:2].example.com` stands for. Raises ContentError."""
    match = _RANGE.search(pattern)
    if match is None:
        return [pattern]
    before, after = pattern[: match.start()], pattern[match.end() :]
    rests = expanded(after, place)
    middles = _steps(match[1], match[2], int(match[3] or 1), place)
    if len(rests) * len(middles) > _MOST_HOSTS:
        raise ContentError(place, f"{pattern} stands for more than {_MOST_HOSTS:,} hosts", "Correct the range.")
    return [before + middle + rest for middle in middles for rest in rests]


def _steps(begin: str, end: str, step: int, place: Place) -> list[str]:
    begin = begin or "0"
    if step < 1:
        raise ContentError(place, f"the range {begin}:{end} has a step of 0", "Write 1 or more.")
    if begin.isdecimal() and end.isdecimal():
        return _numbers(begin, end, step, place)
    letters = string.ascii_letters
    if len(begin) != 1 or len(end) != 1 or not (begin in letters and end in letters):
        raise ContentError(place, f"the range {begin}:{end} is neither of numbers nor of single letters")
    if letters.index(begin) > letters.index(end):
        raise ContentError(place, f"the range {begin}:{end} ends before it begins")
    return list(letters[letters.index(begin) : letters.index(end) + 1 : step])


def _numbers(begin: str, end: str, step: int, place: Place) -> list[str]:
    padded = len(begin) if len(begin) > 1 and begin.startswith("0") else 0
    if padded and len(begin) != len(end):
        raise ContentError(place, f"the range {begin}:{end} begins and ends with numbers of different lengths")
    if len(end) > 9 or (int(end) - int(begin)) // step > _MOST_HOSTS:
        raise ContentError(place, f"the range {begin}:{end} stands for more than {_MOST_HOSTS:,} hosts")
    if int(begin) > int(end):
        raise ContentError(place, f"the range {begin}:{end} ends before it begins")
    return [str(number).zfill(padded) for number in range(int(begin), int(end) + 1, step)]


def host_and_port(pattern: str) -> tuple[str, int]:
    """Return a host pattern without its port, and the port or 0: `web:2222`, `[2001:db8::1]:22`, `2001:db8::1`."""
    bracketed = re.fullmatch(r"\[([0-9A-Fa-f:.%]+)\](?::(\d{1,5}))?", pattern)
    if bracketed and bracketed[1].count(":") > 1 and "[" not in bracketed[1]:
        return bracketed[1], int(bracketed[2] or 0)
    bare = _RANGE.sub(lambda match: "x" * len(match[0]), pattern)
    if bare.count(":") == 1 and (port := bare.rsplit(":", 1)[1]).isdecimal() and len(port) <= 5:
        return pattern[: -len(port) - 1], int(port)
    return pattern, 0
