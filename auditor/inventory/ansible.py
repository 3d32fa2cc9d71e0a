"""Static Ansible inventories, INI and YAML, read as Ansible itself reads them: no host is contacted, no plugin run.

Rules (docs.ansible.com, "How to build your inventory"): variables of `all` give way to those of groups, parents' to
children's, siblings' in the order of depth, `ansible_group_priority` and name, and all of them to the host's own.
Variables are used and forgotten; those that hold secrets are only counted by name.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from auditor.documents import Plain
from auditor.errors import Place
from auditor.inventory.ansible_groups import Groups
from auditor.inventory.ansible_ini import read_ini
from auditor.inventory.ansible_yaml import read_yaml_groups
from auditor.inventory.listing import Listed, Source, listed
from auditor.inventory.secrets import is_secret
from auditor.inventory.words import address_problem, kind_of, name_problem, platform_of
from auditor.model.asset import Access, Asset, Channel, Kind, Platform

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_SSH: Final = frozenset({"", "ssh", "smart", "paramiko", "paramiko_ssh", "libssh"})
_CLI: Final = frozenset({"network_cli"})
_WINDOWS: Final = frozenset({"winrm", "psrp"})
_NETWORK_OS: Final = {"ios": Platform.CISCO_IOS, "iosxe": Platform.CISCO_IOS, "dellos10": Platform.UNKNOWN}
_POSIX_SIGNS: Final = ("ansible_python_interpreter", "ansible_shell_executable", "ansible_distribution")
_TEMPLATE: Final = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")
_FIREWALLS: Final = frozenset({Platform.CISCO_ASA, Platform.FORTIOS, Platform.PANOS})


@dataclass(frozen=True, slots=True)
class Host:
    """A host as Ansible sees it: its own groups (not their parents), all groups, and its effective variables."""

    name: str
    groups: tuple[str, ...]
    ancestry: tuple[str, ...]
    variables: Mapping[str, Plain]
    place: Place

    def text(self, *names: str) -> str:
        """Return the last of these variables that is set, as text with simple templates filled in, or nothing."""
        found = [self.variables[name] for name in names if self.variables.get(name) not in {None, ""}]
        return self._filled(str(found[-1])) if found else ""

    def _filled(self, text: str, depth: int = 0) -> str:
        known = {**self.variables, "inventory_hostname": self.name}
        result = _TEMPLATE.sub(lambda match: str(known.get(match[1], match[0])), text)
        return self._filled(result, depth + 1) if result != text and depth < 5 else result


def read(path: Path) -> Source:
    """Return the hosts of a static inventory as assets. Raises ContentError that names the line."""
    found = hosts(path)
    warnings: defaultdict[str, list[str]] = defaultdict(list)
    entries = tuple(_asset(host, warnings) for host in found)
    dropped = sorted({name for host in found for name in host.variables if is_secret(name)})
    if dropped:
        warnings[f"secrets in variables were not read ({', '.join(dropped)}); name credentials instead"] = []
    return Source(entries, tuple(_warning(path, text, names) for text, names in warnings.items()))


def hosts(path: Path) -> tuple[Host, ...]:
    """Return the hosts of a static inventory in the order in which they stand."""
    groups = read_yaml_groups(path) if path.suffix in {".yaml", ".yml", ".json"} else read_ini(path)
    groups.settle()
    return tuple(_host(name, groups) for name in groups.hosts)


def _host(name: str, groups: Groups) -> Host:
    own = tuple(sorted(group.name for group in groups.of_host(name) if group.name not in {"all", "ungrouped"}))
    ancestry = groups.ancestry(name)
    variables: dict[str, Plain] = {}
    for group in ancestry:
        variables.update(group.variables)
    entry = groups.hosts[name]
    variables.update(entry.variables)
    return Host(name, own, tuple(group.name for group in ancestry if group.name != "all"), variables, entry.place)


def _asset(host: Host, warnings: defaultdict[str, list[str]]) -> Listed:
    platform, kind = _platform(host), _kind(host)
    address = host.text("ansible_host", "ansible_ssh_host") or host.name
    if problem := address_problem(address):
        unfilled = "{{" in address
        why = "the address is computed when Ansible runs" if unfilled else f"the address {address!r} {problem}"
        warnings[f"{why}; no address is taken"].append(host.name)
        address = ""
    if platform is Platform.UNKNOWN:
        warnings["the platform is not said; write `defaults: {platform: ...}` where the file is included"].append(
            host.name
        )
    if kind is Kind.OTHER and platform in _FIREWALLS:
        kind = Kind.FIREWALL
    elif kind is Kind.OTHER and platform in {Platform.LINUX, Platform.WINDOWS}:
        kind = Kind.SERVER
    asset = Asset(
        name=host.name if not name_problem(host.name) else repr(host.name),
        kind=kind,
        platform=platform,
        addresses=(address,) if address else (),
        tags=frozenset(host.ancestry) - {"ungrouped"},
        accesses=_accesses(host, platform, warnings),
        declared_at=host.place,
    )
    entry = listed(asset)
    return replace(entry, said=entry.said - {"kind"})  # told from names of groups: any other source knows better


def _platform(host: Host) -> Platform:
    if network := host.text("ansible_network_os"):
        word = network.rsplit(".", 1)[-1]  # cisco.ios.ios
        return _NETWORK_OS.get(word) or platform_of(word) or Platform.UNKNOWN
    if host.text("ansible_connection").rsplit(".", 1)[-1] in _WINDOWS:
        return Platform.WINDOWS
    family = host.text("ansible_os_family", "ansible_distribution")
    if family:
        return platform_of(family) or Platform.UNKNOWN
    return Platform.LINUX if any(host.text(sign) for sign in _POSIX_SIGNS) else Platform.UNKNOWN


def _kind(host: Host) -> Kind:
    """Return the kind that the names of the host's groups agree on."""
    kinds = {kind for group in host.ancestry if (kind := kind_of(group)) is not None}
    return kinds.pop() if len(kinds) == 1 else Kind.OTHER


def _accesses(host: Host, platform: Platform, warnings: defaultdict[str, list[str]]) -> tuple[Access, ...]:
    connection = host.text("ansible_connection").rsplit(".", 1)[-1]
    if connection == "local":
        if host.name in _LOOPBACK:
            return (Access(channel=Channel.LOCAL),)
        warnings["ansible_connection is local, so nothing says how to reach it; no transport is taken"].append(
            host.name
        )
        return ()
    if connection not in _SSH | _CLI:
        warnings[f"the connection {connection} is not one of ours; no transport is taken"].append(host.name)
        return ()
    network = connection in _CLI or platform not in {Platform.LINUX, Platform.MACOS, Platform.UNKNOWN}
    user = host.text("ansible_user", "ansible_ssh_user")
    return (Access(channel=Channel.CLI if network else Channel.SSH, port=_port(host, warnings), user=user),)


def _port(host: Host, warnings: defaultdict[str, list[str]]) -> int:
    text = host.text("ansible_port", "ansible_ssh_port") or "0"
    if text.isdecimal() and len(text) <= 5 and int(text) <= 65535:
        return int(text)
    warnings[f"ansible_port {text!r} is not a port; the transport's own is used"].append(host.name)
    return 0


def _warning(path: Path, text: str, names: list[str]) -> str:
    return f"{path}: {text}" + (f": {_some(names)}" if names else "")


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more
