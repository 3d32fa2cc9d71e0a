"""What a Cisco IOS device serves and whom it tells: web server, small services, SNMP, time and logging.

Off by default in every release since 12.0 and shown when on: small servers, finger, identd, rcmd, TFTP and FTP servers,
`service config`. Not claimed, because releases differ: the HTTP servers, source routing from 15.0 on, Smart Install,
CDP.
"""

import ipaddress
import re
from collections.abc import Iterator
from typing import Final

from auditor.facts.ios_config import ConfigTree, Statement, number
from auditor.facts.ios_management import ios_tree
from auditor.facts.router import (
    Community,
    DeviceServices,
    NtpConfig,
    NtpServer,
    RunningConfig,
    SnmpConfig,
    SnmpGroup,
    SyslogConfig,
    TrapHost,
)
from auditor.facts.secrets import secret_at
from auditor.model.probe import derived

_EXTRAS: Final = (
    "service tcp-small-servers", "service udp-small-servers", "service finger", "ip finger", "ip identd", "service pad",
    "ip rcmd rsh-enable", "ip rcmd rcp-enable", "ip bootp server", "ip dns server", "service config", "tftp-server",
    "ftp-server enable",
)  # fmt: skip


@derived
def services(config: RunningConfig) -> DeviceServices:
    """Read what the device answers to besides its management lines."""
    tree = ios_tree(config)
    return DeviceServices(
        http=tree.switched("ip http server"),
        https=tree.switched("ip http secure-server"),
        http_acl=_http_acl(tree),
        source_route=_source_route(tree),
        smart_install=True if _shown(tree, "vstack") else tree.switched("vstack"),
        discovery=tree.switched("cdp run"),
        extras={command: found.line for command in _EXTRAS if (found := _shown(tree, command))},
    )


def _shown(tree: ConfigTree, command: str) -> Statement | None:
    """Return the last statement that begins with a command, unless `no` of it follows."""
    shown = tree.starting(command)
    undone = max((found.line for found in tree.starting(f"no {command}")), default=0)
    return shown[-1] if shown and shown[-1].line > undone else None


def _http_acl(tree: ConfigTree) -> str | None:
    names = [found.after("ip http access-class") for found in tree.starting("ip http access-class")]
    return next((rest[-1] for rest in reversed(names) if rest and rest[0] != "ipv6"), None)


def _source_route(tree: ConfigTree) -> bool | None:
    """Return whether source routing is on; up to 12.4 it is on unless switched off."""
    state = tree.switched("ip source-route")
    return True if state is None and (tree.version or "").startswith(("11.", "12.")) else state


# --- SNMP -----------------------------------------------------------------------------------------------------------


@derived
def snmp(config: RunningConfig) -> SnmpConfig:
    """Read the SNMP agent's communities, groups and trap receivers; without any line the agent is off."""
    tree = ios_tree(config)
    return SnmpConfig(
        tuple(found for line in tree.starting("snmp-server community") if (found := _community(line))),
        tuple(group for line in tree.starting("snmp-server group") if (group := _group(line))),
        tuple(_trap_hosts(tree)),
    )


def _community(statement: Statement) -> Community | None:
    """Return `snmp-server community X [view V] [RO|RW] [ipv6 ACL6] [ACL]`; read-only is the default."""
    rest = statement.after("snmp-server community")
    token = secret_at(rest[:1])
    if token is None:
        return None
    write, acl, acl6 = False, "", ""
    options = iter(rest[1:])
    for word in options:
        if word == "view":
            next(options, "")
        elif word == "ipv6":
            acl6 = next(options, "")
        elif word.lower() in {"ro", "rw"}:
            write = word.lower() == "rw"
        else:
            acl = word
    return Community(token=token, write=write, acl=acl or None, acl6=acl6 or None)


def _group(statement: Statement) -> SnmpGroup | None:
    """Return `snmp-server group NAME {v1|v2c|v3 {noauth|auth|priv}} [read V] [write V] [access [ipv6 N] ACL]`."""
    rest = statement.after("snmp-server group")
    if len(rest) < 2:
        return None
    level = rest[2] if len(rest) > 2 and rest[1] == "v3" else "noauth"
    named = {word: rest[index + 1] for index, word in enumerate(rest[:-1]) if word in {"write", "access"}}
    acl = rest[-1] if "access" in named else None
    return SnmpGroup(name=rest[0], model=rest[1], level=level, write_view=named.get("write"), acl=acl)


def _trap_hosts(tree: ConfigTree) -> Iterator[TrapHost]:
    """Yield receivers; traps are sent with version 1 unless another is named."""
    for statement in tree.starting("snmp-server host"):
        rest = statement.after("snmp-server host")
        if rest:
            version = rest[rest.index("version") + 1 :][:1] if "version" in rest else []
            yield TrapHost(rest[0], version[0] if version else "1")


# --- time and logging -----------------------------------------------------------------------------------------------


@derived
def time_sources(config: RunningConfig) -> NtpConfig:
    """Read the time sources and how they are authenticated."""
    tree = ios_tree(config)
    sources = [
        (rest, prefix == "ntp peer")
        for prefix in ("ntp server", "ntp peer", "sntp server")
        for found in tree.starting(prefix)
        if (rest := found.after(prefix))
    ]
    return NtpConfig(
        servers=tuple(server for rest, peer in sources if (server := _source(rest, peer=peer))),
        authenticate=bool(tree.switched("ntp authenticate")),
        keys=frozenset(_numbers(tree, "ntp authentication-key", most=1)),
        trusted=frozenset(_numbers(tree, "ntp trusted-key", most=3)),
    )


def _source(rest: list[str], *, peer: bool) -> NtpServer | None:
    """Return `[vrf V] [ip|ipv6] HOST [key N] ...` as a source."""
    if rest[:1] == ["vrf"]:
        rest = rest[2:]
    if rest[:1] in (["ip"], ["ipv6"]):
        rest = rest[1:]
    if not rest:
        return None
    key = rest[rest.index("key") + 1 :][:1] if "key" in rest else []
    return NtpServer(rest[0], number(key[0]) if key else None, peer)


def _numbers(tree: ConfigTree, prefix: str, *, most: int) -> Iterator[int]:
    """Yield key numbers; `1 - 3` is a range."""
    for statement in tree.starting(prefix):
        found = [key for word in statement.after(prefix)[:most] if (key := number(word)) is not None]
        yield from range(found[0], min(found[-1], found[0] + 1000) + 1) if found else ()


@derived
def logging(config: RunningConfig) -> SyslogConfig:
    """Read where the log goes; logging is on unless switched off."""
    tree = ios_tree(config)
    return SyslogConfig(tuple(_log_hosts(tree)), tree.switched("logging on") is not False, _dated(tree))


def _log_hosts(tree: ConfigTree) -> Iterator[str]:
    """Yield each receiver once: `logging host [ipv6] H ...`, or `logging A.B.C.D` of older releases."""
    seen: set[str] = set()
    for statement in tree.starting("logging"):
        rest = [word for word in statement.after("logging") if word != "ipv6"]
        host = rest[1] if rest[:1] == ["host"] and len(rest) > 1 else rest[0] if rest and _is_address(rest[0]) else ""
        if host and host not in seen:
            seen.add(host)
            yield host


def _is_address(word: str) -> bool:
    try:
        return bool(ipaddress.ip_address(word))
    except ValueError:
        return re.fullmatch(r"\d+\.\d+\.\d+\.\d+", word) is not None


def _dated(tree: ConfigTree) -> bool | None:
    shown = _shown(tree, "service timestamps log")
    if shown:
        return "datetime" in shown.words
    return False if tree.starting("no service timestamps log") else None
