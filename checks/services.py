"""What a Linux host offers to the network: listening ports against a baseline, retired services, its own firewall."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from auditor import Fix, NotApplicable, Outcome, Severity, Undecided, Violation, check
from auditor.facts.host_firewall import HostFirewall
from auditor.facts.services import EnabledUnits, Listening

_ALL_PORTS = 65536
_RETIRED_PORTS = {
    "tcp/7": "echo", "tcp/9": "discard", "tcp/13": "daytime", "tcp/19": "chargen", "tcp/21": "ftp", "tcp/23": "telnet",
    "tcp/79": "finger", "tcp/512": "exec", "tcp/513": "login", "udp/7": "echo", "udp/9": "discard", "udp/13": "daytime",
    "udp/19": "chargen", "udp/69": "tftp", "udp/517": "talk", "udp/518": "talk",
}  # fmt: skip
_SUPER_SERVERS = frozenset({"inetd", "xinetd", "openbsd-inetd", "inetutils-inetd", "rlinetd"})
_RETIRED_UNITS = frozenset(
    {
        "telnet", "telnetd", "in.telnetd", "inetutils-telnetd", "rsh", "shell", "rlogin", "login", "rexec", "exec",
        "finger", "talk", "ntalk", "tftp", "tftpd-hpa", "atftpd", "in.tftpd", "vsftpd", "proftpd", "pure-ftpd", "ftp",
        "ypserv", "ypbind", "nis", "chargen", "daytime", "discard", "echo",
    }
)  # fmt: skip


@check(
    "services.listening-baseline",
    severity=Severity.MEDIUM,
    fix=Fix("Stop the service, bind it to 127.0.0.1, or add the port to the policy.", solution="close-unneeded-ports"),
    references=("cis-debian12:2.1.22", "cis-controls-8.1:4.8", "nist-800-53r5:CM-7"),
)
def listening_baseline(
    seen: Listening, *, allowed: frozenset[str] = frozenset({"tcp/22", "udp/68", "udp/546"})
) -> Iterator[Outcome]:
    """Only services of the baseline listen on the network.

    Every listening port is a door with a program behind it that somebody has to keep patched. `allowed` names ports as
    `tcp/443`. What listens on the loopback address only is not counted. A UDP port that the kernel hands out to
    clients may be an answer being waited for, so it is unknown rather than a violation.
    """
    first, last = seen.ephemeral
    outside = [socket for socket in seen.sockets if not socket.loopback and socket.name not in allowed]
    unclear = [socket for socket in outside if socket.protocol == "udp" and first <= socket.port <= last]
    for socket in outside:
        if socket not in unclear:
            yield Violation(socket.name, found=f"listens on {socket.address}", wanted=allowed)
    if unclear:
        ports = ", ".join(str(socket.port) for socket in unclear[:10])
        yield Undecided(
            "udp", f"ports that the kernel gives to clients are open, whether for a service or not: {ports}"
        )


@check(
    "services.legacy-off",
    severity=Severity.HIGH,
    fix=Fix("Disable and remove the service; use SSH and SFTP instead.", solution="close-unneeded-ports"),
    references=("cis-debian12:2.1.9", "cis-debian12:2.2.4", "nist-800-53r5:CM-7"),
)
def legacy_off(seen: Listening, units: EnabledUnits, *, allowed: frozenset[str] = frozenset()) -> Iterator[Outcome]:
    """Retired services such as telnet, rsh, FTP, TFTP and NIS are off.

    They send passwords in clear or ask for none. `allowed` names services of this list that the company still needs.
    """
    for socket in seen.sockets:
        service = _RETIRED_PORTS.get(socket.name)
        if service and service not in allowed and not socket.loopback:
            yield Violation(socket.name, found=f"{service} listens on {socket.address}", wanted="nothing listens")
    for name in sorted(units.names & _RETIRED_UNITS - allowed):
        yield Violation(name, found=f"started by {units.manager} or inetd", wanted="disabled")


@check(
    "services.firewall-active",
    severity=Severity.MEDIUM,
    fix=Fix("Enable ufw, firewalld or nftables with a policy that drops.", solution="close-unneeded-ports"),
    references=("cis-debian12:4.2.8", "cis-controls-8.1:4.4", "nist-800-53r5:SC-7(5)"),
)
def firewall_active(
    firewall: HostFirewall, *, most_open: int = 16384, trusted: frozenset[str] = frozenset()
) -> Iterator[Outcome]:
    """The host refuses what no firewall rule lets in, over IPv4 and IPv6.

    A service that somebody starts by mistake is then not reachable at once. What is judged are the rules that are
    loaded: more than `most_open` ports of one protocol that anybody may reach are no longer rules for services.
    `trusted` are interfaces, such as `wg*`, that may let in everything. IPv6 counts where the host has an address.
    """
    for family in ("IPv4", "IPv6") if firewall.ipv6 else ("IPv4",):
        ways = [way for way in firewall.ways if way.family == family and not _trusted(way.interfaces, trusted)]
        opened = [way for way in ways if way.open.most > most_open]
        if firewall.unseen and opened:
            yield Undecided(family, firewall.unseen)
        elif any(way.outer for way in opened):
            most = max(way.open.most for way in opened if way.outer)
            found = "everything accepted" if most == _ALL_PORTS else f"{most} ports accepted"
            yield Violation(family, found=found, wanted="dropped or rejected")
        else:
            for way in opened:
                yield Undecided(family, f"{', '.join(way.interfaces)} lets in everything, and is not named as trusted")
        if any(way.open.most <= most_open < way.open.most + way.unclear.most for way in ways):
            yield Undecided(family, "whether everything is let in depends on conditions that only the kernel knows")


def _trusted(interfaces: tuple[str, ...], trusted: frozenset[str]) -> bool:
    return all(any(fnmatchcase(name, pattern) for pattern in trusted) for name in interfaces)


@check(
    "services.mail-local",
    severity=Severity.MEDIUM,
    fix=Fix(
        "Bind the mail server to 127.0.0.1 and ::1 (postfix: inet_interfaces = loopback-only).",
        solution="close-unneeded-ports",
    ),
    references=("cis-debian12:2.1.21",),
)
def mail_local(
    seen: Listening, *, ports: frozenset[str] = frozenset({"tcp/25", "tcp/465", "tcp/587"})
) -> Iterator[Outcome]:
    """The host takes mail from itself only.

    Every server has a mail program for its own reports; only mail servers need to take mail from others.
    """
    for socket in seen.sockets:
        if socket.name in ports and not socket.loopback:
            yield Violation(socket.name, found=f"listens on {socket.address}", wanted="loopback only")


@check(
    "services.unneeded-off",
    severity=Severity.LOW,
    fix=Fix(
        "Disable the service with systemctl disable --now, or allow it in the policy.", solution="close-unneeded-ports"
    ),
    references=("cis-debian12:2.1", "nist-800-53r5:CM-7"),
)
def unneeded_off(
    units: EnabledUnits,
    *,
    unwanted: frozenset[str] = frozenset(
        {
            "autofs",
            "avahi-daemon",
            "cups",
            "cups-browsed",
            "dhcpd",
            "inetd",
            "isc-dhcp-server",
            "nfs-kernel-server",
            "nfs-server",
            "nmb",
            "nmbd",
            "openbsd-inetd",
            "rpcbind",
            "slapd",
            "smb",
            "smbd",
            "xinetd",
        }
    ),
    allowed: frozenset[str] = frozenset(),
) -> Iterator[Outcome]:
    """Services that a server rarely needs are off.

    What is installed by default and used by nobody is patched by nobody either.
    """
    for name in sorted((units.names & unwanted) - allowed):
        yield Violation(name, found=f"enabled in {units.manager}", wanted="disabled")


@check(
    "services.no-super-server",
    severity=Severity.MEDIUM,
    fix=Fix("Remove inetd or xinetd, and the services that it has in its files.", solution="close-unneeded-ports"),
    references=("cis-debian12:2.1.19", "nist-800-53r5:CM-7"),
)
def no_super_server(units: EnabledUnits, *, allowed: frozenset[str] = frozenset()) -> Iterator[Outcome]:
    """No service waits behind inetd or xinetd.

    What they start is seen in no list of services, and what is left in their files starts again with them. `allowed`
    names services that may stay; a super server that has only those may run.
    """
    left = units.by_inetd - allowed
    for name in sorted(left):
        yield Violation(name, found="in the files of inetd or xinetd", wanted="absent, or disabled")
    for name in sorted(units.names & _SUPER_SERVERS - allowed):
        if left or not units.by_inetd:
            yield Violation(name, found=f"enabled in {units.manager}", wanted="disabled")


@check(
    "services.enabled-baseline",
    severity=Severity.LOW,
    fix=Fix("Disable what the host is not for, or add it to the policy of its role.", solution="close-unneeded-ports"),
    references=("nist-800-53r5:CM-7", "cis-controls-8.1:4.8"),
)
def enabled_baseline(units: EnabledUnits, *, allowed: frozenset[str] = frozenset()) -> Iterator[Outcome]:
    """Only services of the baseline start with the host.

    What starts unasked is kept up to date by nobody. `allowed` names all that may start on hosts of a role, as `ssh` or
    `systemd-*`; which hosts have that role a control says by what it applies to.
    """
    if not allowed:
        yield NotApplicable("the policy names no services that may start")
        return
    for name in sorted(units.names):
        if not any(fnmatchcase(name, pattern) for pattern in allowed):
            yield Violation(name, found=f"started by {units.manager} or inetd", wanted="not started")
