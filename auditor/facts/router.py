"""What can be known of a router's, switch's or firewall's management plane, in words that fit every vendor.

A field that is None was not shown and has no default that is certain for every release; a check says Undecided then.
The probes at the end read a whole configuration; how a platform's configuration becomes these nouns stands in a file of
its own (`ios_management`, `ios_services`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from auditor.facts.ios_config import Banner, ConfigTree, parse
from auditor.facts.secrets import SecretToken
from auditor.model.asset import Platform
from auditor.model.probe import Answer, Cli, Saved, probe


@dataclass(frozen=True, slots=True)
class RunningConfig:
    """A whole running configuration, as the device prints it."""

    platform: Platform
    tree: ConfigTree


@dataclass(frozen=True, slots=True)
class DeviceIdentity:
    """Who a device says it is. `version` is a release train (`17.9`), not a full release, where only that is shown."""

    hostname: str | None
    version: str | None
    model: str | None
    serial: str | None


class LineKind(StrEnum):
    """The sorts of lines that people manage a device over."""

    CONSOLE = "con"
    AUX = "aux"
    VTY = "vty"
    TTY = "tty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A run of management lines that are set alike.

    `protocols` are accepted inbound; `idle_seconds` 0 means never; `login` lists the methods in order, empty where the
    named list is not defined; `login_list` is its name under AAA.
    """

    kind: LineKind
    first: int
    last: int
    declared_at: int
    protocols: frozenset[str] | None = None
    idle_seconds: int = 600
    acl: str | None = None
    acl6: str | None = None
    login: tuple[str, ...] | None = None
    login_list: str = ""
    exec: bool = True

    @property
    def name(self) -> str:
        """Return how an administrator names the lines: `line vty 0 4`."""
        kind = "" if self.kind is LineKind.TTY else f"{self.kind} "
        return f"line {kind}{self.first}" + (f" {self.last}" if self.last != self.first else "")

    @property
    def open(self) -> bool:
        """Whether anybody can get a session on it: by a network protocol, or at the device itself."""
        return self.exec if self.kind in {LineKind.CONSOLE, LineKind.AUX} else self.protocols != frozenset()


@dataclass(frozen=True, slots=True)
class AccessList:
    """Whom a list lets in. `anybody` is None where that hangs on something that the configuration does not show."""

    name: str
    declared_at: int
    anybody: bool | None
    empty: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagementAccess:
    """How administrators reach the device. `ssh_version` is the only one accepted, None where that is not shown."""

    lines: tuple[Line, ...]
    access_lists: Mapping[str, AccessList]
    ipv6: bool  # whether any interface has an IPv6 address
    ssh_version: int | None
    banners: tuple[Banner, ...]


@dataclass(frozen=True, slots=True)
class LoginBlock:
    """For how long logins are refused after how many failures within how long."""

    seconds: int
    attempts: int
    within: int


@dataclass(frozen=True, slots=True)
class LoginRules:
    """How administrators are told apart. `lists` maps a login method list's name to its methods, in order."""

    central: bool  # AAA is switched on
    lists: Mapping[str, tuple[str, ...]]
    block: LoginBlock | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalUser:
    """An account in the configuration. `reversible` says that the `password` keyword was used instead of `secret`."""

    name: str
    privilege: int | None
    secret: SecretToken | None
    reversible: bool = False
    no_password: bool = False


@dataclass(frozen=True, slots=True)
class PlacedSecret:
    """A secret and where it stands; `place` names the statements up to it and holds no secret."""

    place: str
    token: SecretToken


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSecrets:
    """The secrets that a configuration stores, by class. Enable secrets and passwords are listed by privilege level."""

    enable_secrets: Mapping[int, SecretToken]
    enable_passwords: Mapping[int, SecretToken]
    users: tuple[LocalUser, ...]
    placed: tuple[PlacedSecret, ...]
    obscured: bool  # whether the device hides clear passwords at all, as `service password-encryption` does


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceServices:
    """What else the device answers to. `extras` are switched-on services that few need: name -> line number."""

    http: bool | None
    https: bool | None
    http_acl: str | None
    source_route: bool | None
    smart_install: bool | None
    discovery: bool | None  # CDP
    extras: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Community:
    """An SNMP v1/v2c community, what it may do and who may use it."""

    token: SecretToken
    write: bool
    acl: str | None
    acl6: str | None = None

    @property
    def name(self) -> str:
        """Return the word where it is no secret, else a digest, so that findings can name it."""
        return self.token.detail or self.token.digest or "(hidden)"


@dataclass(frozen=True, slots=True, kw_only=True)
class SnmpGroup:
    """An SNMP group: its security model (`v1` `v2c` `v3`), level (`noauth` `auth` `priv`) and write view."""

    name: str
    model: str
    level: str
    write_view: str | None
    acl: str | None


@dataclass(frozen=True, slots=True)
class TrapHost:
    """A receiver of traps, and the SNMP version (`1` `2c` `3`) that they are sent with."""

    address: str
    version: str


@dataclass(frozen=True, slots=True)
class SnmpConfig:
    """The SNMP agent as configured; all empty where there is none."""

    communities: tuple[Community, ...]
    groups: tuple[SnmpGroup, ...]
    hosts: tuple[TrapHost, ...]

    @property
    def configured(self) -> bool:
        """Whether the device speaks SNMP at all."""
        return bool(self.communities or self.groups or self.hosts)


@dataclass(frozen=True, slots=True)
class NtpServer:
    """A time source; `key` is the number of the key that it is authenticated with."""

    address: str
    key: int | None
    peer: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NtpConfig:
    """Where the device gets its time, and what it believes."""

    servers: tuple[NtpServer, ...]
    authenticate: bool
    keys: frozenset[int]
    trusted: frozenset[int]


@dataclass(frozen=True, slots=True)
class SyslogConfig:
    """Where the device sends its log, and whether entries carry a date: None where that is not shown."""

    hosts: tuple[str, ...]
    switched_on: bool
    dated: bool | None


@probe(Saved("configuration"), on={Platform.CISCO_IOS})
def saved_ios(answer: Answer) -> RunningConfig:
    """Read a saved running configuration."""
    return RunningConfig(Platform.CISCO_IOS, parse(answer.text))


@probe(Cli("show running-config", end=r"^end$", privileged=True), on={Platform.CISCO_IOS})
def shown_ios(answer: Answer) -> RunningConfig:
    """Read the configuration that the device runs."""
    return RunningConfig(Platform.CISCO_IOS, parse(answer.text))
