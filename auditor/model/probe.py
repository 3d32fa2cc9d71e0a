"""How a fact is known: requests, the answers to them, and the probes that read a typed fact out of an answer.

A request is declared by a probe and by nothing else, so that auditor can print everything it will ever ask.
"""

import inspect
import typing
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final, Generic, Literal, TypeVar

from auditor.model.asset import Access, Asset, Channel, Platform

KIBIBYTE: Final = 1024
ASKED_AS_ROOT: Final = "not asked: the same was asked as root"
"""The problem of a request that was passed over because its privileged twin has the better answer."""
FactT = TypeVar("FactT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one request may cost: seconds until it is given up, and the bytes after which it counts as truncated."""

    seconds: float = 20.0
    bytes: int = 4096 * KIBIBYTE


@dataclass(frozen=True, slots=True)
class Shell:
    """A POSIX shell command, run with LC_ALL=C in the one script of the session.

    `ok` lists the exit statuses that mean an answer was given. An empty answer is no answer unless `may_be_empty`.
    """

    channels: ClassVar[tuple[Channel, ...]] = (Channel.LOCAL, Channel.SSH)
    command: str
    privileged: bool = False
    ok: tuple[int, ...] = (0,)
    may_be_empty: bool = False
    limits: Limits = Limits()

    def __str__(self) -> str:
        """Return the command as a person would type it."""
        return f"sudo {self.command}" if self.privileged else self.command


@dataclass(frozen=True, slots=True)
class Cli:
    """A read-only command on a network device's own command line.

    An answer without a line that matches the regular expression `end` is truncated.
    """

    channels: ClassVar[tuple[Channel, ...]] = (Channel.CLI,)
    command: str
    end: str = ""
    privileged: bool = False
    limits: Limits = Limits(seconds=120.0)

    def __str__(self) -> str:
        """Return the command."""
        return self.command


@dataclass(frozen=True, slots=True)
class Snmp:
    """Object identifiers to read: single instances, or whole subtrees when `walk`.

    The answer has one line an object: `OID|type|value`, types and values as `SnmpValue.parse` reads them.
    """

    channels: ClassVar[tuple[Channel, ...]] = (Channel.SNMP,)
    oids: tuple[str, ...]
    walk: bool = False
    limits: Limits = Limits(seconds=30.0)

    def __str__(self) -> str:
        """Return the operation and its OIDs."""
        return f"snmp {'walk' if self.walk else 'get'} {' '.join(self.oids)}"


@dataclass(frozen=True, slots=True)
class SnmpAccepts:
    """Does the agent answer a GET of sysDescr.0 with one of these communities (SNMP v1/v2c)?

    The answer has one line a community: `community|answered`, `community|refused` or `community|silent`. Where all are
    silent, the first line is `|alive|HOW` when the agent gave another sign of life; without any, there is no answer.
    """

    channels: ClassVar[tuple[Channel, ...]] = (Channel.SNMP,)
    communities: tuple[str, ...]
    limits: Limits = Limits(seconds=10.0)

    def __str__(self) -> str:
        """Return the operation and the communities, which are well-known words."""
        return f"snmp get sysDescr.0 with community {', '.join(self.communities)}"


@dataclass(frozen=True, slots=True)
class Nmap:
    """Ports to look at from outside, as nmap writes them (`22,80,8000-8100`), and scripts to run on them.

    The answer is nmap's own XML.
    """

    channels: ClassVar[tuple[Channel, ...]] = (Channel.NMAP,)
    ports: str
    scripts: tuple[str, ...] = ()
    versions: bool = False
    limits: Limits = Limits(seconds=180.0, bytes=16384 * KIBIBYTE)

    def __str__(self) -> str:
        """Return the nmap options that this amounts to."""
        return " ".join(
            [
                f"nmap -p {self.ports}",
                *(["-sV"] if self.versions else []),
                *([f"--script {','.join(self.scripts)}"] if self.scripts else []),
            ]
        )


@dataclass(frozen=True, slots=True)
class Saved:
    """A file handed to the auditor: a device's configuration, or its record in a device-management export.

    A configuration is answered as it is; a record as one JSON object whose keys are the export's columns.
    """

    channels: ClassVar[tuple[Channel, ...]] = (Channel.FILE,)
    holds: Literal["configuration", "device-record"] = "configuration"
    limits: Limits = Limits(bytes=64 * 1024 * KIBIBYTE)

    def __str__(self) -> str:
        """Return what is read."""
        return f"read the saved {self.holds}"


@dataclass(frozen=True, slots=True)
class KeyExchange:
    """What does the SSH server say before anybody logs in (RFC 4253, sections 4.2 and 7.1)?

    The answer has the lines `port NUMBER`, `version SSH-2.0-...`, one for each list of its KEXINIT (the list's name in
    the RFC, a space, and what is in it with commas between), and `[end]`. It needs no log-in, and is had where none is.
    """

    channels: ClassVar[tuple[Channel, ...]] = (Channel.SSH, Channel.CLI)
    limits: Limits = Limits(bytes=64 * KIBIBYTE)

    def __str__(self) -> str:
        """Return what is read."""
        return "read the SSH server's KEXINIT"


Request = Shell | Cli | Snmp | SnmpAccepts | Nmap | Saved | KeyExchange


def access_for(asset: Asset, request: Request) -> Access | None:
    """Return the way to put this request to this asset, or None when the asset offers none."""
    holds = request.holds if isinstance(request, Saved) else ""
    ways = [*(asset.access(channel, holds) for channel in request.channels), asset.access(Channel.REPLAY)]
    return next((way for way in ways if way is not None), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an asset said to one request, or why it said nothing.

    `text` is redacted before anything keeps or reads it. `problem` is empty for a complete and permitted answer;
    otherwise it is the reason, in words, and the probe is not run. `place` names the file that it came from, if any.
    `digest` is the SHA-256 of the text once it is redacted. `raw` is the keyed digest of the text as the asset sent it,
    where the transport makes one; an `unchanged` answer has no text, because the asset said that it would be the one of
    last time, which is stored.
    """

    request: Request
    channel: Channel
    asked_at: datetime
    text: str = ""
    problem: str = ""
    exit_status: int | None = None
    seconds: float = 0.0
    privilege: str = ""  # the account that asked: "root", "audit (uid 1001)", "level 15", "authPriv"
    place: str = ""
    digest: str = ""
    raw: str = ""
    unchanged: bool = False

    @property
    def reached(self) -> bool:
        """Whether the asset answered at all."""
        return not self.problem or bool(self.text) or self.exit_status is not None


@dataclass(frozen=True, slots=True)
class Probe(Generic[FactT]):
    """A function from the answers to some requests to one typed fact.

    With `takes_problems` it is given answers that were not had as well, and says itself what they amount to.
    """

    read: Callable[..., FactT]
    fact: type[FactT]
    requests: tuple[Request, ...]
    on: frozenset[Platform]  # empty: any platform
    takes_problems: bool = False

    @property
    def name(self) -> str:
        """Return where the probe is defined, for people."""
        return f"{self.read.__module__}.{self.read.__qualname__}"

    def applies(self, asset: Asset) -> bool:
        """Whether this probe is written for the asset's platform and the asset can be asked each of its requests."""
        return (not self.on or asset.platform in self.on) and all(
            access_for(asset, request) is not None for request in self.requests
        )


@dataclass(frozen=True, slots=True)
class Derived(Generic[FactT]):
    """A function from other facts to a fact, such as a router's SSH server from its configuration."""

    read: Callable[..., FactT]
    fact: type[FactT]
    needs: tuple[type[object], ...]


def probe(
    *requests: Request, on: frozenset[Platform] | set[Platform] = frozenset()
) -> Callable[[Callable[..., FactT]], Probe[FactT]]:
    """Declare that a function reads its return type out of the answers to these requests, one argument each."""

    def declare(read: Callable[..., FactT]) -> Probe[FactT]:
        return Probe(read, _returned(read), requests, frozenset(on))

    return declare


def derived(read: Callable[..., FactT]) -> Derived[FactT]:
    """Declare that a function computes its return type from the facts it takes."""
    hints = typing.get_type_hints(read)
    return Derived(read, _returned(read), tuple(hints[name] for name in inspect.signature(read).parameters))


def _returned(read: Callable[..., FactT]) -> type[FactT]:
    fact = typing.get_type_hints(read).get("return")
    if not isinstance(fact, type):
        raise TypeError(f"{read.__qualname__} must be annotated with the one fact type that it returns")
    return fact
