"""What SSH servers offer before anybody logs in (RFC 4253, section 7.1).

Listed by nmap's `ssh2-enum-algos`, or by the server itself when it is connected to, be it in vain: who speaks only
what nobody should accept any more is told from its own words.
"""

import re
from dataclasses import dataclass
from typing import Final

from auditor.errors import Unreadable
from auditor.facts.nmap_xml import ScannedPort, ScriptTable, need, parse_answering
from auditor.model.probe import Answer, KeyExchange, Limits, Nmap, probe

_SCRIPT: Final = "ssh2-enum-algos"
_PORT: Final = re.compile("[0-9]{1,5}")
_BOTH_WAYS: Final = ("", "_client_to_server", "_server_to_client")  # nmap splits lists that differ by direction


@dataclass(frozen=True, slots=True, kw_only=True)
class SshOffer:
    """The algorithms of one server, most wanted first; None where no list came out of it."""

    port: int
    product: str = ""
    key_exchange: tuple[str, ...] | None = None
    host_keys: tuple[str, ...] | None = None
    ciphers: tuple[str, ...] | None = None
    macs: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class SshAlgorithms:
    """The SSH servers of an asset, one a port."""

    servers: tuple[SshOffer, ...]


@probe(Nmap(ports="22,2222", scripts=(_SCRIPT,), versions=True, limits=Limits(seconds=90.0)))
def offered(answer: Answer) -> SshAlgorithms:
    """Read every SSH server that the scan met. Raises NotPresent when it met none."""
    scan = parse_answering(answer.text)
    servers = tuple(_offer(port) for port in scan.open if port.service == "ssh" or _SCRIPT in port.scripts)
    need(servers, "SSH server", 22, scan)
    return SshAlgorithms(servers)


@probe(KeyExchange())
def said(answer: Answer) -> SshAlgorithms:
    """Read what the one server said that the inventory has asked. Raises Unreadable when it is not that."""
    lists = dict(line.split(" ", 1) for line in answer.text.splitlines() if " " in line)
    whole = answer.text.endswith("\n[end]\n") and _PORT.fullmatch(lists.get("port", ""))
    if not whole or "kex_algorithms" not in lists:
        raise Unreadable("the answer is cut off, or has no list of key exchanges")
    server = SshOffer(
        port=int(lists["port"]),
        product=lists.get("version", "").removeprefix("SSH-2.0-"),
        key_exchange=_joined(lists, "kex_algorithms"),
        host_keys=_joined(lists, "server_host_key_algorithms"),
        ciphers=_joined(lists, "encryption_algorithms"),
        macs=_joined(lists, "mac_algorithms"),
    )
    return SshAlgorithms((server,))


def _joined(lists: dict[str, str], name: str) -> tuple[str, ...] | None:
    words = (word for way in _BOTH_WAYS for word in lists.get(name + way, "").split(","))
    return tuple(dict.fromkeys(filter(None, words))) or None


def _offer(port: ScannedPort) -> SshOffer:
    table = port.scripts.get(_SCRIPT, ScriptTable())
    return SshOffer(
        port=port.number,
        product=f"{port.product} {port.version}".strip(),
        key_exchange=_listed(table, "kex_algorithms"),
        host_keys=_listed(table, "server_host_key_algorithms"),
        ciphers=_listed(table, "encryption_algorithms"),
        macs=_listed(table, "mac_algorithms"),
    )


def _listed(table: ScriptTable, name: str) -> tuple[str, ...] | None:
    items = (item for way in _BOTH_WAYS for item in table.table(name + way).items)
    return tuple(dict.fromkeys(items)) or None
