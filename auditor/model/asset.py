"""What a company owns: an asset, how it is known again, and how it can be asked."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from auditor.errors import Place


class Kind(StrEnum):
    """What an asset is for."""

    ROUTER = "router"
    SWITCH = "switch"
    FIREWALL = "firewall"
    ACCESS_POINT = "access-point"
    SERVER = "server"
    WORKSTATION = "workstation"
    LAPTOP = "laptop"
    PHONE = "phone"
    IP_PHONE = "ip-phone"
    PRINTER = "printer"
    UPS = "ups"
    OTHER = "other"


FRAGILE: Final = frozenset({Kind.PRINTER, Kind.PHONE, Kind.IP_PHONE, Kind.UPS})  # these bear few requests
PRINTING: Final = range(9100, 9108)  # raw print ports: whatever is sent there comes out on paper


class Platform(StrEnum):
    """The operating system family that decides which probes apply."""

    LINUX = "linux"
    WINDOWS = "windows"
    MACOS = "macos"
    APPLE_IOS = "apple-ios"
    ANDROID = "android"
    CISCO_IOS = "cisco-ios"
    CISCO_NXOS = "cisco-nxos"
    CISCO_ASA = "cisco-asa"
    CISCO_IOSXR = "cisco-iosxr"
    JUNOS = "junos"
    ARISTA_EOS = "arista-eos"
    ROUTEROS = "routeros"
    FORTIOS = "fortios"
    PANOS = "panos"
    VYOS = "vyos"
    FRR = "frr"
    ARUBA = "aruba"
    UNKNOWN = "unknown"


class Criticality(StrEnum):
    """How much the company would miss the asset."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Channel(StrEnum):
    """A way of asking an asset; each is one transport."""

    LOCAL = "local"
    SSH = "ssh"
    CLI = "cli"
    SNMP = "snmp"
    NMAP = "nmap"
    FILE = "file"
    REPLAY = "replay"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """One way to ask one asset. A credential is named here, never written."""

    channel: Channel
    port: int = 0  # 0: the channel's own default
    user: str = ""
    credential: str = ""
    path: str = ""  # of a saved configuration or export
    holds: str = ""  # what the file is: "configuration" or "device-record"
    key: str = ""  # which record of an export is this asset's
    version: str = ""  # SNMP: "2c" or "3"
    columns: tuple[tuple[str, str], ...] = ()  # of an export: our field's name and the column that holds it
    jump: str = ""  # SSH: the asset, or USER@HOST:PORT, through which the way leads
    jump_credential: str = ""  # for a jump that is no asset with a credential of its own
    jump_host: "JumpHost | None" = None  # what `jump` stands for, once the whole inventory is read
    legacy: bool = False  # SSH: by the system's ssh, with algorithms that are no longer safe


@dataclass(frozen=True, slots=True, kw_only=True)
class JumpHost:
    """A host that takes SSH connections further; the way to it may lead through another one."""

    name: str
    addresses: tuple[str, ...]
    access: Access


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One thing that a company owns and answers for."""

    name: str
    kind: Kind = Kind.OTHER
    platform: Platform = Platform.UNKNOWN
    addresses: tuple[str, ...] = ()
    site: str = ""
    zone: str = ""
    owner: str = ""
    department: str = ""
    criticality: Criticality = Criticality.MEDIUM
    tags: frozenset[str] = frozenset()
    model: str = ""
    identities: frozenset[str] = (
        frozenset()
    )  # "serial:FCZ1234", "engine-id:80001f88", "host-key:SHA256:...", "imei:..."
    accesses: tuple[Access, ...] = ()
    declared_at: Place = Place("")
    aliases: frozenset[str] = frozenset()  # names that other sources of the inventory give it

    def access(self, channel: Channel, holds: str = "") -> Access | None:
        """Return the first way to ask over a channel, or None; `holds` chooses among files."""
        return next((a for a in self.accesses if a.channel is channel and (not holds or a.holds == holds)), None)
