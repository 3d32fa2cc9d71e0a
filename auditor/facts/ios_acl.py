"""Whom the access lists of a Cisco IOS configuration let reach the device's own management lines.

Only the sources count, in the order of the entries, as a list under `access-class` is applied to TCP sessions. A list
without entries filters nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from auditor.facts.ios_config import ConfigTree, number
from auditor.facts.router import AccessList

_TCP: Final = frozenset({"ip", "ipv6", "tcp", "6"})
_MANAGEMENT: Final = frozenset({"22", "23", "telnet", "ssh"})

_Groups = dict[str, bool | None]


class _Everywhere(StrEnum):
    ADDRESS = "0.0.0.0"  # noqa: S104  (compared with, not bound to)
    WILDCARD = "255.255.255.255"


@dataclass(frozen=True, slots=True)
class _Entry:
    """Whether an entry permits, and whether its source is anybody; None: it hangs on an object group or a port."""

    permit: bool
    anybody: bool | None


def access_lists(tree: ConfigTree) -> dict[str, AccessList]:
    """Return every defined list by name or number; one of IPv6 may not share a name with one of IPv4 on IOS."""
    groups = _groups(tree)
    lists: dict[str, tuple[int, list[_Entry]]] = {}
    for line, name, standard, entry in _entries(tree):
        _, entries = lists.setdefault(name, (line, []))
        if entry and (read := _entry(entry, groups, standard=standard)):
            entries.append(read)
    return {
        name: AccessList(name, line, anybody=_anybody(entries), empty=not entries)
        for name, (line, entries) in lists.items()
    }


def _groups(tree: ConfigTree) -> _Groups:
    """Return of each network object group whether it takes in everybody; None where it takes in another group."""
    groups: _Groups = {}
    for block in tree.starting("object-group network"):
        members = [child.words for child in block.children]
        nested = any(member[:1] == ["group-object"] for member in members)
        anybody = any(_is_anybody(member, {}) for member in members)
        groups[next(iter(block.after("object-group network")), "")] = anybody or (
            None if nested or not members else False
        )
    return groups


def _entries(tree: ConfigTree) -> Iterator[tuple[int, str, bool, list[str]]]:
    """Yield line, list, whether it is a standard list, and the words of an entry; no words for a bare definition."""
    for statement in tree.starting("access-list"):
        name, *entry = statement.after("access-list") or [""]
        yield statement.line, name, _is_standard(name), entry
    for prefix in ("ip access-list standard", "ip access-list extended", "ipv6 access-list"):
        for block in tree.starting(prefix):
            name = next(iter(block.after(prefix)), "")
            yield block.line, name, prefix.endswith("standard"), []
            for child in block.children:
                yield block.line, name, prefix.endswith("standard"), child.words


def _is_standard(name: str) -> bool:
    found = number(name) or 0
    return 1 <= found <= 99 or 1300 <= found <= 1999


def _entry(entry: list[str], groups: _Groups, *, standard: bool) -> _Entry | None:
    """Return what an entry does to a TCP session, or None for a remark; what is about other traffic lets nobody in."""
    if entry[:1] == ["sequence"]:
        entry = entry[1:]
    if entry and entry[0].isdigit():
        entry = entry[1:]
    if entry[:1] not in (["permit"], ["deny"]):
        return None
    permit, rest = entry[0] == "permit", entry[1:]
    if standard:
        return _Entry(permit, _is_anybody(rest, groups))
    if rest[:1] == ["object-group"]:  # of services: whether management is among them is not looked up
        return _Entry(permit, False if _is_anybody(rest[2:], groups) is False else None)
    if (rest[:1] and rest[0] not in _TCP) or "established" in rest:
        return _Entry(permit=False, anybody=False)
    return _Entry(permit, _is_open(rest[1:], groups))


def _is_open(rest: list[str], groups: _Groups) -> bool | None:
    """Return whether source, ports and destination let anybody in."""
    anybody = _is_anybody(rest, groups)
    ports = {rest[index + 1] for index, word in enumerate(rest[:-1]) if word == "eq"}
    if anybody and ports and not ports & _MANAGEMENT:
        return None
    return anybody


def _is_anybody(source: list[str], groups: _Groups) -> bool | None:
    match source:
        case ["any" | "::/0", *_] | [_Everywhere.ADDRESS, _Everywhere.WILDCARD | _Everywhere.ADDRESS, *_]:
            return True
        case ["object-group", name, *_]:
            return groups.get(name)
        case _:
            return False


def _anybody(entries: list[_Entry]) -> bool | None:
    """Return whether a session from anywhere gets in: the first entry for anybody decides, else the implicit deny."""
    if not entries:
        return True
    doubtful = False
    for entry in entries:
        if entry.anybody:
            return True if entry.permit else (None if doubtful else False)
        doubtful = doubtful or (entry.permit and entry.anybody is None)
    return None if doubtful else False
