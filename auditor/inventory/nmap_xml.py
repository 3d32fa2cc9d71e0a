"""What an nmap scan saw (`nmap -oX`): hosts that answered, their addresses and names, and how they could be asked.

Claims are low. A name from reverse DNS that several addresses share names none of them. A platform is taken only from a
match of 90 % or more in which every class agrees, or from services that all name the same system. A host that is "up"
because somebody said so (-Pn) counts only when one of its ports answered.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from auditor.documents import read_text
from auditor.errors import ContentError, Place
from auditor.inventory.listing import Listed, Source, listed
from auditor.inventory.words import address_problem, identity
from auditor.model.asset import Access, Asset, Channel, Kind, Platform

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_SURE: Final = 90  # per cent of an OS match
_FAMILIES: Final = {
    ("linux", "linux"): Platform.LINUX,
    ("microsoft", "windows"): Platform.WINDOWS,
    ("apple", "mac os x"): Platform.MACOS,
    ("apple", "macos"): Platform.MACOS,
    ("apple", "os x"): Platform.MACOS,
    ("apple", "ios"): Platform.APPLE_IOS,
    ("apple", "iphone os"): Platform.APPLE_IOS,
    ("google", "android"): Platform.ANDROID,
    ("cisco", "ios"): Platform.CISCO_IOS,
    ("cisco", "ios xe"): Platform.CISCO_IOS,
    ("cisco", "nx-os"): Platform.CISCO_NXOS,
    ("cisco", "ios xr"): Platform.CISCO_IOSXR,
    ("cisco", "asa"): Platform.CISCO_ASA,
    ("juniper", "junos"): Platform.JUNOS,
    ("arista", "eos"): Platform.ARISTA_EOS,
    ("mikrotik", "routeros"): Platform.ROUTEROS,
    ("fortinet", "fortios"): Platform.FORTIOS,
    ("palo alto", "pan-os"): Platform.PANOS,
}
_TYPES: Final = {
    "router": Kind.ROUTER,
    "broadband router": Kind.ROUTER,
    "switch": Kind.SWITCH,
    "firewall": Kind.FIREWALL,
    "wap": Kind.ACCESS_POINT,
    "printer": Kind.PRINTER,
    "print server": Kind.PRINTER,
    "voip phone": Kind.IP_PHONE,
    "phone": Kind.PHONE,
    "power-device": Kind.UPS,
}
# nmap's `ostype` of a service, where it names one platform; "Unix" and "embedded" name none.
_OSTYPES: Final = {
    "linux": Platform.LINUX,
    "windows": Platform.WINDOWS,
    "mac os x": Platform.MACOS,
    "ios": Platform.CISCO_IOS,
    "nx-os": Platform.CISCO_NXOS,
    "junos": Platform.JUNOS,
    "routeros": Platform.ROUTEROS,
    "fortios": Platform.FORTIOS,
}
_ASKED_BY_CLI: Final = frozenset(
    {
        Platform.CISCO_IOS, Platform.CISCO_NXOS, Platform.CISCO_ASA, Platform.CISCO_IOSXR, Platform.JUNOS,
        Platform.ARISTA_EOS, Platform.ROUTEROS, Platform.FORTIOS, Platform.PANOS,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Port:
    """An open port, and the service that nmap takes it for."""

    number: int
    protocol: str
    service: str
    ostype: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A host that answered the scan."""

    addresses: tuple[str, ...]
    mac: str
    given_name: str  # by which it was scanned
    reverse_names: tuple[str, ...]
    open_ports: tuple[Port, ...]
    platform: Platform
    kind: Kind


def read(path: Path) -> Source:
    """Return the hosts of a finished scan as assets. Raises ContentError for half a scan, and for what is none."""
    return parse(read_text(path), str(path))


def parse(text: str, file: str) -> Source:
    """Return the hosts of a scan's XML as assets. Raises ContentError."""
    answered, silent = [], 0
    for host in _root(text, file).iter("host"):
        if _answered(host):
            answered.append(_seen(host))
        else:
            silent += host.find("status[@state='up']") is not None
    shared = Counter(name for seen in answered for name in {name.casefold() for name in seen.reverse_names})
    entries = tuple(_asset(seen, shared, file) for seen in answered if seen.addresses or seen.mac or seen.given_name)
    warning = f"{file}: {silent} hosts count as up only because the scan was told so (-Pn), and are left out"
    return Source(entries, (warning,) if silent else ())


def seen_hosts(text: str, file: str) -> tuple[Seen, ...]:
    """Return what a scan saw of each host that answered. Raises ContentError."""
    return tuple(_seen(host) for host in _root(text, file).iter("host") if _answered(host))


def _root(text: str, file: str) -> "Element":
    from xml.etree.ElementTree import ParseError  # noqa: PLC0415  (only the error; defusedxml parses)

    from defusedxml.common import DefusedXmlException  # noqa: PLC0415
    from defusedxml.ElementTree import fromstring  # noqa: PLC0415

    try:
        root: Element = fromstring(text.encode())
    except DefusedXmlException as error:
        raise ContentError(Place(file), "declares XML entities, which nmap never does") from error
    except ParseError as error:
        line, column = error.position
        mend = "Scan again with -oX and let it finish; a scan that was stopped leaves half a file."
        raise ContentError(
            Place(file, line, column + 1), f"is not XML: {str(error).partition(': line')[0]}", mend
        ) from error
    if root.tag != "nmaprun":
        raise ContentError(
            Place(file, 1), f"is not nmap's XML: it begins with <{root.tag}>", "Give what nmap -oX wrote."
        )
    return root


def _answered(host: "Element") -> bool:
    status = host.find("status")
    if status is None or status.get("state") != "up":
        return False
    if status.get("reason") != "user-set":
        return True
    return any(state.get("state") in {"open", "closed"} for state in host.iter("state")) or any(
        extra.get("state") == "closed" for extra in host.iter("extraports")
    )


def _seen(host: "Element") -> Seen:
    addresses = [(each.get("addrtype", ""), each.get("addr", "")) for each in host.findall("address")]
    names = [(each.get("type", ""), each.get("name", "")) for each in host.findall("hostnames/hostname")]
    usable = [(sort, name) for sort, name in names if not address_problem(name)]
    ports = tuple(_open_ports(host))
    platform, kind = _guess(host, ports)
    return Seen(
        tuple(text for sort, text in addresses if sort in {"ipv4", "ipv6"} and not address_problem(text)),
        next((text for sort, text in addresses if sort == "mac"), ""),
        next((name for sort, name in usable if sort == "user"), ""),
        tuple(name for sort, name in usable if sort != "user"),
        ports,
        platform,
        kind,
    )


def _open_ports(host: "Element") -> Iterator[Port]:
    for port in host.findall("ports/port"):
        state, service = port.find("state"), port.find("service")
        if state is not None and state.get("state") == "open" and re.fullmatch("[0-9]{1,5}", port.get("portid", "")):
            told = service is not None and service.get("method") == "probed"
            name = service.get("name", "") if service is not None else ""
            ostype = service.get("ostype", "") if service is not None and told else ""
            yield Port(int(port.get("portid", "0")), port.get("protocol", ""), name, ostype)


def _guess(host: "Element", ports: tuple[Port, ...]) -> tuple[Platform, Kind]:
    matches = [match for match in host.findall("os/osmatch") if _accuracy(match) >= _SURE]
    classes = [each for match in matches for each in match.findall("osclass") if _accuracy(each) >= _SURE]
    kinds = {_TYPES.get(each.get("type", "").casefold(), Kind.OTHER) for each in classes}
    platforms = {_platform(each) for each in classes}
    platforms |= {_OSTYPES.get(port.ostype.casefold(), Platform.UNKNOWN) for port in ports if port.ostype}
    return (
        platforms.pop() if len(platforms) == 1 else Platform.UNKNOWN,
        kinds.pop() if len(kinds) == 1 else Kind.OTHER,
    )


def _platform(osclass: "Element") -> Platform:
    family = (osclass.get("vendor", "").casefold(), osclass.get("osfamily", "").casefold())
    platform = _FAMILIES.get(family, Platform.UNKNOWN)
    general = osclass.get("type") == "general purpose"
    return platform if general or platform is not Platform.LINUX else Platform.UNKNOWN


def _accuracy(element: "Element") -> int:
    text = element.get("accuracy", "0")
    return int(text) if re.fullmatch("[0-9]{1,3}", text) else 0


def _asset(seen: Seen, shared: Counter[str], file: str) -> Listed:
    own = [name for name in seen.reverse_names if shared[name.casefold()] == 1]
    name = seen.given_name or next(iter(own), "") or next(iter(seen.addresses), "") or seen.mac
    mac = identity("mac", seen.mac)
    asset = Asset(
        name=name,
        kind=seen.kind,
        platform=seen.platform,
        addresses=seen.addresses,
        identities=frozenset({mac} if mac else ()),
        accesses=(*_logins(seen), Access(channel=Channel.NMAP)),
        declared_at=Place(file),
    )
    return Listed(asset, listed(asset).said - {"kind", "platform"})  # guesses give way to every other source


def _logins(seen: Seen) -> Iterator[Access]:
    channel = Channel.CLI if seen.platform in _ASKED_BY_CLI else Channel.SSH
    if (shell := next((port for port in seen.open_ports if port.service == "ssh"), None)) is not None:
        yield Access(channel=channel, port=0 if shell.number == 22 else shell.number)
    if any((port.number, port.protocol) == (161, "udp") for port in seen.open_ports):
        yield Access(channel=Channel.SNMP)
