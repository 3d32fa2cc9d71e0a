"""What listens on a host as it sees itself, and which services start with it.

netstat is left alone, as it cuts long IPv6 addresses off: where ss is missing the kernel's own tables tell. Sources:
ss(8), proc_net_tcp(5) (addresses stand in the machine's own byte order: little-endian on x86 and ARM), systemctl(1),
rc-update(8), inetd.conf(5), xinetd.conf(5).
"""

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from auditor import Answer, Platform, Shell, Unreadable, probe
from auditor.facts.bundle import Bundle, read, section, show

_BIG_ENDIAN: Final = {"s390", "s390x", "ppc", "ppc64", "mips", "mips64", "sparc", "sparc64", "parisc", "m68k", "armeb"}
_LISTENING: Final = {"tcp": "0A", "udp": "07"}


@dataclass(frozen=True, slots=True, order=True)
class Socket:
    """A socket that takes connections or datagrams. `address` is "*" for every address of both families."""

    protocol: Literal["tcp", "udp"]
    port: int
    address: str

    @property
    def loopback(self) -> bool:
        """Whether only programs on the host itself can reach it."""
        if self.address == "*":
            return False
        address = ipaddress.ip_address(self.address.partition("%")[0])
        mapped = getattr(address, "ipv4_mapped", None)
        return address.is_loopback or bool(mapped and mapped.is_loopback)

    @property
    def name(self) -> str:
        """Return how policies name it: `tcp/22`."""
        return f"{self.protocol}/{self.port}"


@dataclass(frozen=True, slots=True)
class Listening:
    """Every listening socket. `ephemeral` are the ports that the kernel gives to outgoing traffic, ends included."""

    sockets: tuple[Socket, ...]
    ephemeral: tuple[int, int] = (32768, 60999)


@dataclass(frozen=True, slots=True)
class EnabledUnits:
    """Names of what starts with the host, without suffixes such as `.service`; `manager` starts them."""

    manager: str
    names: frozenset[str]


SOCKETS: Final = Shell(
    show(
        [],
        section("machine", "uname -m"),
        section("range", "cat /proc/sys/net/ipv4/ip_local_port_range"),
        "if command -v ss >/dev/null 2>&1; then "
        + section("ss", "ss -tuln")
        + "; else "
        + "; ".join(section(f"proc-{name}", f"cat /proc/net/{name}") for name in ("tcp", "tcp6", "udp", "udp6"))
        + "; fi",
    )
)
UNITS: Final = Shell(
    show(
        ["/etc/inetd.conf", "/etc/xinetd.d/*"],
        "if command -v systemctl >/dev/null 2>&1; then "
        + section("systemd", "{ systemctl list-unit-files --no-legend --no-pager --plain --type=service,socket || "
                  "systemctl --root=/ list-unit-files --no-legend --no-pager --type=service,socket; }")
        + "; elif command -v rc-update >/dev/null 2>&1; then "
        + section("openrc", "rc-update show -v")
        + "; else "
        + "true; fi",
        section("sysv", "ls /etc/rc2.d /etc/rc3.d /etc/rc5.d"),
    )
)  # fmt: skip


@probe(SOCKETS, on={Platform.LINUX})
def listening(answer: Answer) -> Listening:
    """Read what listens, from ss, else from /proc. Raises Unreadable when neither answered."""
    files = read(answer.text)
    ports = re.fullmatch(r"\s*(\d+)\s+(\d+)\s*", files.get("range") or "")
    ephemeral = (int(ports[1]), int(ports[2])) if ports else (32768, 60999)
    text = files.get("ss")
    sockets = _columns(text) if text is not None else _proc(files)
    return Listening(tuple(sorted(set(sockets))), ephemeral)


@probe(UNITS, on={Platform.LINUX})
def enabled_units(answer: Answer) -> EnabledUnits:
    """Read what starts with the host, inetd's services included. Raises Unreadable when nothing tells."""
    files = read(answer.text)
    names = {*_inetd(files.get("/etc/inetd.conf") or ""), *_xinetd(files)}
    for manager in ("systemd", "openrc", "sysv"):
        text = files.get(manager)
        if text is not None and (found := set(_STARTED[manager].findall(text))):
            scripts = _scripts(files, text) if manager == "systemd" else set()
            return EnabledUnits(manager, frozenset(names | found | scripts))
    raise Unreadable("nothing tells which services start with this host")


# An instance of a template, `telnet@1.service`, is named by its template.
_STARTED: Final = {
    "systemd": re.compile(r"^(\S+?)(?:@\S*)?\.(?:service|socket) +enabled(?:-runtime)?\b", re.MULTILINE),
    "openrc": re.compile(r"^ *(\S+) \|(?= *[a-z])", re.MULTILINE),
    "sysv": re.compile(r"^S\d\d(\S+)$", re.MULTILINE),
}


def _scripts(files: Bundle, units: str) -> set[str]:
    """Return the init scripts that systemd starts: those linked in a runlevel that no unit of their name replaces."""
    replaced = set(re.findall(r"^(\S+)\.service +(?!generated)\S", units, re.MULTILINE))
    return set(_STARTED["sysv"].findall(files.get("sysv") or "")) - replaced


def _columns(text: str) -> Iterator[Socket]:
    """Yield the sockets of ss's table, whose fifth column is the local address."""
    if "Netid" not in text:
        raise Unreadable("ss did not print its table")
    for line in text.split("\n"):
        words = line.split()
        if len(words) > 4 and words[0] in {"tcp", "udp"}:
            yield _socket(words[0], words[4])


def _socket(protocol: str, local: str) -> Socket:
    address, _, port = local.rpartition(":")
    address = address.strip("[]").replace("]%", "%") or "*"
    try:
        if address != "*":
            ipaddress.ip_address(address.partition("%")[0])
        return Socket("udp" if protocol == "udp" else "tcp", int(port), address)
    except ValueError as error:
        raise Unreadable(f"a socket's address cannot be read: {local[:60]}") from error


def _proc(files: Bundle) -> Iterator[Socket]:
    if "local_address" not in (files.get("proc-tcp") or ""):
        raise Unreadable("ss is not on this host, and /proc/net/tcp cannot be read")
    machine = (files.get("machine") or "").strip()
    for name in ("tcp", "tcp6", "udp", "udp6"):
        rows = re.findall(
            r"^\s*\d+: ([0-9A-F]+):([0-9A-F]{4}) \S+ ([0-9A-F]{2})", files.get(f"proc-{name}") or "", re.MULTILINE
        )
        protocol: Literal["tcp", "udp"] = "udp" if name.startswith("udp") else "tcp"
        for address, port, state in rows:
            if state == _LISTENING[protocol]:
                yield Socket(protocol, int(port, 16), _address(address, big_endian=machine in _BIG_ENDIAN))


def _address(text: str, *, big_endian: bool) -> str:
    """Return an address written as 32-bit words in the machine's byte order."""
    data = bytes.fromhex(text)
    words = [data[start : start + 4] for start in range(0, len(data), 4)]
    return str(ipaddress.ip_address(b"".join(words if big_endian else [word[::-1] for word in words])))


def _inetd(text: str) -> Iterator[str]:
    for line in text.split("\n"):
        words = line.split()
        if len(words) >= 6 and not words[0].startswith("#"):
            yield words[0]


def _xinetd(files: Bundle) -> Iterator[str]:
    for _, text in files.below("/etc/xinetd.d"):
        for name, body in re.findall(r"^\s*service\s+(\S+)\s*\{(.*?)\}", text, re.MULTILINE | re.DOTALL):
            disabled = re.findall(r"^\s*disable\s*=\s*(\S+)", body, re.MULTILINE)
            if not disabled or disabled[-1].lower() != "yes":
                yield name
