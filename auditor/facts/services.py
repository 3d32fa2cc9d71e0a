"""What listens on a host as it sees itself, and which services start with it.

netstat is left alone, as it cuts long IPv6 addresses off: where ss is missing the kernel's own tables tell. Sources:
ss(8), proc_net_tcp(5) (addresses stand in the machine's own byte order: little-endian on x86 and ARM), systemd.unit(5),
rc-update(8), inetd.conf(5), xinetd.conf(5).
"""

import ipaddress
import re
from collections.abc import Iterator, Mapping
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
    """Names of what starts with the host, without suffixes such as `.service`; `manager` starts them.

    Among the names are those `by_inetd`: services that inetd or xinetd would start on demand, if it runs itself.
    """

    manager: str
    names: frozenset[str]
    by_inetd: frozenset[str] = frozenset()


SOCKETS: Final = Shell(
    show(
        [],
        # dash reads a letter at a time, and of a file in /proc/sys gets no more than the first.
        section("range", "cat /proc/sys/net/ipv4/ip_local_port_range"),
        "if command -v ss >/dev/null 2>&1; then "
        + section("ss", "ss -tuln")
        + "; else "
        + section("machine", "uname -m")
        + "; "
        + "; ".join(section(f"proc-{name}", f"cat /proc/net/{name}") for name in ("tcp", "tcp6", "udp", "udp6"))
        + "; fi",
    )
)
# systemd.unit(5): what a unit is called is looked for in these folders, and the first that has it counts.
_FOLDERS: Final = (
    "/etc/systemd/system.control", "/run/systemd/system.control", "/run/systemd/transient",
    "/run/systemd/generator.early", "/etc/systemd/system", "/etc/systemd/system.attached", "/run/systemd/system",
    "/run/systemd/system.attached", "/run/systemd/generator", "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system", "/lib/systemd/system", "/run/systemd/generator.late",
)  # fmt: skip
# Folders in which a link enables a unit; what a vendor's own folders link is static.
_ENABLING: Final = tuple(folder for folder in _FOLDERS if folder.startswith(("/etc/", "/run/")))
_WANTS: Final = ("wants", "requires", "upholds")
_KINDS: Final = ("service", "socket")
_NAMES: Final = (
    f"for d in {' '.join(_FOLDERS)}; do [ -d $d ] || continue; "
    "[ $d != /lib/systemd/system ] || [ ! $d -ef /usr$d ] || continue; "
    'if [ -r $d ] && cd $d; then echo "in $d"; for u in *.service *.socket; do '
    'if [ -s "$u" ]; then echo "$u"; elif [ -e "$u" ] || [ -h "$u" ]; then echo "masked $u"; fi; done; '
    "for u in *.wants *.requires *.upholds; do "
    '[ ! -d "$u" ] || { [ -r "$u" ] && [ -x "$u" ]; } || echo "hidden $d/$u"; done; '
    'else echo "hidden $d"; fi; done; cd /'
)
_LINKS: Final = "ls -ld " + " ".join(
    [f"{folder}/*.{kind}" for folder in _ENABLING for kind in _KINDS]
    + [f"{folder}/*.{wants}/*.{kind}" for folder in _ENABLING for wants in _WANTS for kind in _KINDS]
)
UNITS: Final = Shell(
    show(
        ["/etc/inetd.conf", "/etc/xinetd.conf", "/etc/xinetd.d/*"],
        "if command -v systemctl >/dev/null 2>&1; then "
        + "; ".join([section("systemd", f"{{ {_NAMES}; }}"), section("links", _LINKS)])
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
    names = frozenset({*_inetd(files.get("/etc/inetd.conf") or ""), *_xinetd(files)})
    if units := files.get("systemd"):
        started = _by_systemd(units, files.get("links") or "")
        if started:
            return EnabledUnits("systemd", frozenset(names | started | _scripts(files, units)), names)
    for manager in ("openrc", "sysv"):
        if found := set(_STARTED[manager].findall(files.get(manager) or "")):
            return EnabledUnits(manager, frozenset(names | found), names)
    raise Unreadable("nothing tells which services start with this host")


_STARTED: Final = {
    "openrc": re.compile(r"^ *(\S+) \|(?= *[a-z])", re.MULTILINE),
    "sysv": re.compile(r"^S\d\d(\S+)$", re.MULTILINE),
}


_LINK: Final = re.compile(r"^l\S+ .* (/\S+)/(\S+) -> (\S+)$", re.MULTILINE)


def _by_systemd(units: str, links: str) -> set[str]:
    """Return the names of the services and sockets that are enabled and can start.

    As `systemctl list-unit-files` has it, which makes systemd read every unit there is: enabled is what a link in a
    folder of wants names or leads to, or what a link of another name leads to (Alias=, systemd.unit(5)). Masked units
    and links to none do not start. Raises Unreadable when a folder cannot be listed.
    """
    if hidden := re.search("^hidden (.+)$", units, re.MULTILINE):
        raise Unreadable(f"{hidden[1]} may not be listed by this account")
    here: dict[str, bool] = {}  # name -> can start; the first folder that has it decides
    for masked, name in re.findall(r"^(masked )?([^\s/]+\.(?:service|socket))$", units, re.MULTILINE):
        here.setdefault(name, not masked)
    named: set[str] = set()
    for folder, name, target in _LINK.findall(links):
        leads_to = target.rpartition("/")[2]
        named |= {name, leads_to} if folder.endswith(tuple(f".{wants}" for wants in _WANTS)) else {leads_to} - {name}
    return {re.sub("(@.*)?[.][a-z]+$", "", name) for name in named if _starts(name, here)}


def _starts(name: str, here: Mapping[str, bool]) -> bool:
    """Whether a unit is there and not masked; an instance, `telnet@1.socket`, is there when its template is."""
    template = re.sub("@.*(?=[.])", "@", name)
    return here.get(name, here.get(template, False))


def _scripts(files: Bundle, units: str) -> set[str]:
    """Return the init scripts that systemd starts: those linked in a runlevel that no unit of their name replaces."""
    made = "in /run/systemd/generator.late\n"  # where systemd-sysv-generator(8) puts the units that it makes of scripts
    replaced = set(re.findall(r"^(?:masked )?(\S+)\.service$", units.partition(made)[0], re.MULTILINE))
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
    """Yield the services that are not disabled: by themselves, or by a list of ids in the defaults."""
    folder = files.below("/etc/xinetd.d")
    included = [text for path, text in folder if re.fullmatch("[^.]*[^.~]", path.rpartition("/")[2])]
    texts = [
        re.sub("^[ \t]*#.*$", "", text, flags=re.MULTILINE) for text in (files.get("/etc/xinetd.conf") or "", *included)
    ]
    blocks = [
        part.rpartition("{") for text in texts for part in text.split("}")
    ]  # which ends with the first that closes
    defaults = "\n".join(body for header, _, body in blocks if header.split()[-1:] == ["defaults"])
    disabled, enabled = _listed(defaults, "disabled"), _listed(defaults, "enabled")
    for header, _, body in blocks:
        words = header.split()[-2:]
        name = words[1] if words[:1] == ["service"] and len(words) == 2 else ""
        named = next(iter(_listed(body, "id")), name)
        if name and "yes" not in _listed(body, "disable") and named not in disabled and named in (enabled or {named}):
            yield name


def _listed(body: str, key: str) -> set[str]:
    told = re.findall(rf"^[ \t]*{key}[ \t]*\+?=(.*)$", body, re.MULTILINE)
    return {word.lower() if key == "disable" else word for words in told for word in words.split()}
