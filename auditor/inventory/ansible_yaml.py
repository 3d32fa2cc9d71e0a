"""Ansible's YAML inventories: groups of `hosts`, `children` and `vars`, `all` or any others at the top."""

import re
from pathlib import Path
from typing import Final

from auditor.documents import Document, Key, Plain, parse_yaml, read_text
from auditor.errors import ContentError, Place
from auditor.inventory.ansible_groups import Group, Groups, expanded, host_and_port

_PARTS: Final = ("hosts", "children", "vars")
_TAGS: Final = re.compile(r"(?<=[:\-] )!(?:vault|vault-encrypted|unsafe)(?=\s)")


def read_yaml_groups(path: Path) -> Groups:
    """Return the groups of a YAML inventory. Raises ContentError that names the line.

    The tags !vault and !unsafe are taken off: what they mark is a secret, which is never used, or text.
    """
    document = parse_yaml(_TAGS.sub("", read_text(path)), str(path))
    if not isinstance(document.value, dict) or not document.value:
        raise ContentError(
            document.place(), "is not an Ansible inventory", "Groups stand at the top: `all:` and below."
        )
    if "plugin" in document.value:
        raise ContentError(
            document.key_place("plugin"),
            "this configures an inventory plugin, which only Ansible can run",
            "Give what it finds: ansible-inventory -i FILE --list --yaml > hosts.yaml",
        )
    groups = Groups(str(path))
    for name in document.value:
        _group(groups, document, name, document.value[name], (name,))
    return groups


def _group(groups: Groups, document: Document, name: str, value: Plain, path: tuple[Key, ...]) -> None:
    group = groups.group(name, document.key_place(*path))
    group.declared = True
    for part, inner in _mapping(document, value, path, name).items():
        if part not in _PARTS:
            problem = f"{part}: a group has hosts, children and vars, and nothing else"
            raise ContentError(document.key_place(*path, part), problem, "Move variables under vars:.")
        _part(groups, document, group, inner, (*path, part))


def _part(groups: Groups, document: Document, group: Group, value: Plain, path: tuple[Key, ...]) -> None:
    part = path[-1]
    for key, inner in _mapping(document, value, path, str(part)).items():
        if part == "vars":
            group.variables[key] = inner
        elif part == "children":
            group.children[key] = document.key_place(*path, key)
            _group(groups, document, key, inner, (*path, key))
        else:
            variables = _mapping(document, inner, (*path, key), key)
            _hosts(groups, group, key, document.key_place(*path, key), variables)


def _hosts(groups: Groups, group: Group, key: str, place: Place, variables: dict[str, Plain]) -> None:
    pattern, port = host_and_port(key)
    for host in expanded(pattern, place):
        groups.add_host(host, group, place, {**({"ansible_port": port} if port else {}), **variables})


def _mapping(document: Document, value: Plain, path: tuple[Key, ...], name: str) -> dict[str, Plain]:
    if value is None:
        return {}
    if isinstance(value, str):  # `hosts: web-01` is a host
        return {value: None}
    if not isinstance(value, dict):
        raise ContentError(document.place(*path), f"{name}: must be a mapping", "Write `name:` for each, not `- name`.")
    return value
