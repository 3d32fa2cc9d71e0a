"""Open TCP ports, as they look from where auditor stands: a port that a firewall hides from here does not answer."""

from collections.abc import Iterator, Mapping
from typing import Final

from auditor import Fix, Outcome, Severity, Undecided, Violation, check
from auditor.facts.ports import OpenPort, OpenPorts

Services = Mapping[int, frozenset[str]]  # usual port -> what nmap may recognise there


_CLEAR_TEXT: Final = {
    21: frozenset({"ftp"}),
    512: frozenset({"exec"}),
    513: frozenset({"login"}),
    514: frozenset({"shell"}),
}
_FORGOTTEN: Final = {
    7: frozenset({"echo"}),
    9: frozenset({"discard"}),
    13: frozenset({"daytime"}),
    19: frozenset({"chargen"}),
    37: frozenset({"time"}),
    79: frozenset({"finger"}),
}
_DATABASES: Final = {
    1433: frozenset({"ms-sql-s"}),
    1521: frozenset({"oracle-tns", "oracle"}),
    3306: frozenset({"mysql", "mariadb"}),
    5432: frozenset({"postgresql"}),
    6379: frozenset({"redis"}),
    9042: frozenset({"cassandra", "cassandra-native"}),
    9200: frozenset({"elasticsearch", "http"}),
    11211: frozenset({"memcache", "memcached"}),
    27017: frozenset({"mongodb", "mongod"}),
}
_SCREENS: Final = {
    3389: frozenset({"ms-wbt-server"}),
    5900: frozenset({"vnc"}),
    6000: frozenset({"X11", "X11:0"}),
}
_CONTROL: Final = {2375: frozenset({"docker", "http"}), 2379: frozenset({"etcd-client", "http"})}
_TELNET: Final = {23: frozenset({"telnet"})}
_SMART_INSTALL: Final = {4786: frozenset({"smart-install"})}
_SAYS_NOTHING: Final = frozenset({"", "unknown", "tcpwrapped"})


def _close(what: str) -> Fix:
    return Fix(f"Stop {what}, or let the firewall admit only those who need it.", solution="close-unneeded-ports")


def _found(port: OpenPort) -> str:
    guess = "" if port.recognised or not port.service else " by its number"
    return f"open: {port.product or port.service or 'unknown service'}{guess}"


def _is(port: OpenPort, services: Services) -> bool:
    """Whether a port is one of the services: by what answered there, or by its number where nothing told itself."""
    if not port.recognised or port.service in _SAYS_NOTHING:
        return port.number in services
    anywhere = frozenset[str]().union(*services.values()) - {"http"}  # HTTP tells nothing away from the usual port
    return port.service in services.get(port.number, frozenset()) | anywhere


def _closed(
    ports: OpenPorts, services: Services, allowed: frozenset[int] = frozenset(), *, in_tls: bool = False
) -> Iterator[Outcome]:
    """Yield what is open and should not be; a service inside TLS counts only when `in_tls`."""
    for port in ports.open:
        if _is(port, services) and (in_tls or port.tunnel != "ssl") and port.number not in allowed:
            yield Violation(f"{port.number}/tcp", found=_found(port), wanted="closed")
    for number, names in services.items():
        if number not in ports.scanned and number not in allowed:
            yield Undecided(f"{number}/tcp", f"the scan did not look at the port of {min(names)}")


@check(
    "ports.baseline",
    severity=Severity.MEDIUM,
    fix=_close("the service that listens"),
    references=("nist-800-53r5:CM-7", "cis-controls-8.1:4.8"),
)
def baseline(ports: OpenPorts, *, allowed: frozenset[int] = frozenset({22, 443})) -> Iterator[Outcome]:
    """Only allowed ports are open among those that were looked at

    Each open port is a door that somebody has to watch and to mend. One that nobody asked for is watched by nobody.
    """
    for port in ports.open:
        if port.number not in allowed:
            yield Violation(f"{port.number}/tcp", found=_found(port), wanted="closed")


@check(
    "ports.telnet-closed",
    severity=Severity.HIGH,
    fix=Fix("Switch telnet off and use SSH instead.", solution="close-unneeded-ports"),
    references=("disa:CISC-ND-000470", "nist-800-53r5:AC-17(2)"),
)
def telnet_closed(ports: OpenPorts) -> Iterator[Outcome]:
    """Telnet does not answer

    Telnet sends passwords and commands readable to everybody on the way, and anybody there can change them.
    """
    yield from _closed(ports, _TELNET)


@check(
    "ports.clear-text-services",
    severity=Severity.MEDIUM,
    fix=Fix(
        "Replace FTP by SFTP and the r-commands by SSH, then stop the old service.", solution="close-unneeded-ports"
    ),
    references=("nist-800-53r5:SC-8",),
)
def clear_text_services(ports: OpenPorts, *, allowed: frozenset[int] = frozenset()) -> Iterator[Outcome]:
    """FTP and the r-commands do not answer

    FTP and the r-commands of old Unix send passwords readable to everybody on the way, or ask for none at all.
    """
    yield from _closed(ports, _CLEAR_TEXT, allowed)


@check(
    "ports.forgotten-services",
    severity=Severity.MEDIUM,
    fix=_close("the service (inetd or xinetd usually starts it)"),
    references=("nist-800-53r5:CM-7",),
)
def forgotten_services(ports: OpenPorts) -> Iterator[Outcome]:
    """Services from the early Internet do not answer

    Echo, chargen, finger and their like serve nobody today but attackers, who learn from them or aim them at others.
    """
    yield from _closed(ports, _FORGOTTEN)


@check(
    "ports.databases-unreachable",
    severity=Severity.HIGH,
    fix=Fix(
        "Let the database listen on the addresses its applications use, and admit only those.",
        solution="close-unneeded-ports",
    ),
    references=("nist-800-53r5:SC-7",),
)
def databases_unreachable(ports: OpenPorts, *, allowed: frozenset[int] = frozenset()) -> Iterator[Outcome]:
    """Databases do not answer over the network

    Applications talk to databases, people's machines need not. Some databases ask for no password as they come, and a
    reachable one is found within hours.
    """
    yield from _closed(ports, _DATABASES, allowed, in_tls=True)


@check(
    "ports.remote-screens-closed",
    severity=Severity.MEDIUM,
    fix=Fix("Reach remote screens over a VPN or a gateway, and close the port.", solution="close-unneeded-ports"),
    references=("nist-800-53r5:AC-17",),
)
def remote_screens_closed(ports: OpenPorts, *, allowed: frozenset[int] = frozenset()) -> Iterator[Outcome]:
    """Remote screens (RDP, VNC, X11) do not answer directly

    Stolen and guessed passwords for remote screens are the most common way in for extortion.
    """
    yield from _closed(ports, _SCREENS, allowed, in_tls=True)


@check(
    "ports.control-interfaces-closed",
    severity=Severity.CRITICAL,
    fix=_close("the unprotected interface, bind it to the machine itself"),
    references=("nist-800-53r5:AC-3",),
)
def control_interfaces_closed(ports: OpenPorts, *, allowed: frozenset[int] = frozenset()) -> Iterator[Outcome]:
    """Control interfaces of container platforms do not answer over the network

    Whoever reaches the Docker API on its clear-text port owns the machine, and etcd holds a cluster's secrets.
    """
    yield from _closed(ports, _CONTROL, allowed)


@check(
    "ports.smart-install-closed",
    severity=Severity.HIGH,
    fix=Fix("Enter `no vstack` on the switch.", solution="close-unneeded-ports"),
    references=("cisco:cisco-sa-20170214-smi",),
)
def smart_install_closed(ports: OpenPorts) -> Iterator[Outcome]:
    """Cisco Smart Install does not answer

    Smart Install lets anybody who reaches its port read and replace a switch's configuration without a password.
    """
    yield from _closed(ports, _SMART_INSTALL)
