"""Ansible's INI inventories, which are not INI: host lines, `[group]`, `[group:children]` and `[group:vars]`."""

import ast
import re
import shlex
from pathlib import Path
from typing import Final

from auditor.documents import Plain, read_text
from auditor.errors import ContentError, Place
from auditor.inventory.ansible_groups import Group, Groups, expanded, host_and_port

_SECTION: Final = re.compile(r"\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?")
_MOST_VALUE: Final = 10_000  # characters that are worth reading as a Python literal


def read_ini(path: Path) -> Groups:
    """Return the groups of an INI inventory. Raises ContentError that names the line."""
    file = str(path)
    groups = Groups(file)
    group, sort = groups.group("ungrouped", Place(file)), "hosts"
    group.declared = True
    spoken: list[tuple[Group, Place]] = []
    for number, raw in enumerate(read_text(path).splitlines(), 1):
        line, place = raw.strip(), Place(file, number)
        if not line or line[0] in "#;":
            continue
        if _SECTION.fullmatch(line) or (line.startswith("[") and line.endswith("]")):
            group, sort = _section(groups, line, place)
            group.declared |= sort != "vars"
            spoken.append((group, place))
        else:
            _line(groups, group, sort, line, place)
    for named, place in spoken:
        if not named.declared:
            mend = "Add a section of its hosts, or correct the name."
            raise ContentError(place, f"variables are said of the group {named.name}, and there is no such group", mend)
    return groups


def _section(groups: Groups, line: str, place: Place) -> tuple[Group, str]:
    match = _SECTION.fullmatch(line)
    if match is None:
        raise ContentError(place, f"{line} is not a section", "Write [group], [group:children] or [group:vars].")
    sort = match[2] or "hosts"
    if sort not in {"hosts", "children", "vars"}:
        raise ContentError(place, f"there are no sections :{sort}", "Write [group], [group:children] or [group:vars].")
    return groups.group(match[1], place), sort


def _line(groups: Groups, group: Group, sort: str, line: str, place: Place) -> None:
    if sort == "vars":
        name, equals, value = line.partition("=")
        if not equals:
            raise ContentError(place, "a line of variables needs name=value")
        group.variables[name.strip()] = literal(value.strip())
    elif sort == "children":
        child = line.split("#", 1)[0].strip()
        group.children[child] = place
        groups.group(child, place)
    else:
        _hosts(groups, group, line, place)


def _hosts(groups: Groups, group: Group, line: str, place: Place) -> None:
    try:
        words = shlex.split(line, comments=True)
    except ValueError as error:
        raise ContentError(place, "a quote is not closed", "Close it, or write the value without quotes.") from error
    variables: dict[str, Plain] = {}
    for word in words[1:]:
        name, equals, value = word.partition("=")
        if not equals:
            raise ContentError(
                place, f"{name!r} is not name=value", "One host stands on a line; quote values with spaces."
            )
        variables[name] = literal(value)
    pattern, port = host_and_port(words[0])
    for host in expanded(pattern, place):
        groups.add_host(host, group, place, {**({"ansible_port": port} if port else {}), **variables})


def literal(text: str) -> Plain:
    """Return a value as Ansible reads it in INI: a Python literal, else the text itself; sets and bytes stay text."""
    if len(text) > _MOST_VALUE:
        return text
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return text
    return value if value is None or isinstance(value, str | int | float | bool | list | dict) else text
