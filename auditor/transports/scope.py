"""Which addresses may be asked: a scope list that no transport can leave.

A name is resolved once, and the transport connects to the address that was judged, so that a name that answers
differently a second later leads nowhere else. Addresses that stand for others are judged as those: IPv4-mapped IPv6
(RFC 4291 2.5.5.2), NAT64 (RFC 6052), 6to4 (RFC 3056). Spellings that only C libraries read (`0177.1`, `2130706433`)
are refused.
"""

import queue
import re
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from auditor.documents import Document
from auditor.errors import ContentError, OutOfScope, Place, Unreachable, UsageError
from auditor.model.asset import Asset, Channel

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str], Sequence[str]]

RESOLVING: Final = 64  # names at once, where a fleet is looked up; each may wait for a name server that is gone

_NAME: Final = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)(?:\.(?!-)[A-Za-z0-9_-]{1,63}(?<!-))*\.?")
_NUMBER: Final = re.compile(r"(?:.*\.)?(?:[0-9]+|0[xX][0-9A-Fa-f]*)\.?")
_OVER_THE_NETWORK: Final = frozenset({Channel.SSH, Channel.CLI, Channel.SNMP, Channel.NMAP})
_NAT64: Final = IPv6Network("64:ff9b::/96")
_MAPPED: Final = IPv6Network("::ffff:0:0/96")


def resolved(name: str, *, seconds: float = 5.0, look_up: Resolve | None = None) -> Sequence[str]:
    """Return the addresses of a name, best first, as this machine's resolver gives them. Raises Unreachable.

    getaddrinfo(3) has no deadline and cannot be stopped: a resolver that does not answer holds it for half a minute
    and more (resolv.conf(5), timeout and attempts). So it is waited for no longer than `seconds`.
    """
    told: queue.SimpleQueue[Sequence[str] | OSError | UnicodeError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            told.put((look_up or _looked_up)(name))
        except (OSError, UnicodeError) as error:
            told.put(error)

    threading.Thread(target=ask, name=f"resolve-{name}", daemon=True).start()
    try:
        found = told.get(timeout=seconds)
    except queue.Empty:
        mend = "is this machine's name server there (/etc/resolv.conf)?"
        raise Unreachable(f"the name {name} does not resolve: no answer within {seconds:g} s; {mend}") from None
    if isinstance(found, OSError | UnicodeError):
        raise Unreachable(f"the name {name} does not resolve: {found}") from found
    return found


def _looked_up(name: str) -> Sequence[str]:
    found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


@dataclass(frozen=True, slots=True)
class Scope:
    """Networks that may be asked and networks that never may. An empty `allow` allows all that is not denied.

    `allowed_at` and `denied_at` are the lines that say so.
    """

    allow: tuple[Network, ...] = ()
    deny: tuple[Network, ...] = ()
    allowed_at: tuple[Place, ...] = field(default=(), compare=False)
    denied_at: tuple[Place, ...] = field(default=(), compare=False)

    @classmethod
    def parse(cls, allow: Sequence[str], deny: Sequence[str], document: Document | None = None) -> "Scope":
        """Return the scope that the table `[scope]` of a file describes. Raises ContentError with every wrong entry."""
        problems: list[ContentError] = []
        lists: dict[str, list[Network]] = {"allow": [], "deny": []}
        for name, texts in (("allow", allow), ("deny", deny)):
            for index, text in enumerate(texts):
                try:
                    lists[name].append(network(text))
                except ValueError as error:
                    place = document.place("scope", name, index) if document else Place(f"scope.{name}")
                    problems.append(ContentError(place, str(error)))
        if problems:
            raise ContentError.of(problems)
        places = {name: (document.place("scope", name),) if document and lists[name] else () for name in lists}
        return cls(tuple(lists["allow"]), tuple(lists["deny"]), places["allow"], places["deny"])

    @classmethod
    def both(cls, one: "Scope", other: "Scope") -> "Scope":
        """Return what two scopes both allow. Raises ContentError (UsageError without a line) when it is nothing."""
        deny = tuple(dict.fromkeys(one.deny + other.deny))
        allowed_at, denied_at = one.allowed_at + other.allowed_at, one.denied_at + other.denied_at
        if not one.allow or not other.allow:
            return cls(one.allow or other.allow, deny, allowed_at, denied_at)
        common = tuple(narrow for a in one.allow for b in other.allow if (narrow := _common(a, b)) is not None)
        if not common:
            raise _refused("the scope of the settings and that of the inventory have no address in common", allowed_at)
        return cls(tuple(dict.fromkeys(common)), deny, allowed_at, denied_at)

    def refuse_none_of(self, assets: Iterable[Asset]) -> None:
        """Raise ContentError at the line to change when no asset could be asked: all lie outside, by their addresses.

        Names are not resolved here: one that could lie inside is left to the transports, and so are assets that are
        asked on this machine or from files.
        """
        reasons: list[str] = []
        for asset in (asset for asset in assets if asset.accesses):
            found = [self._reason(host) for host in asset.addresses] if _is_asked_over_the_network(asset) else [""]
            if not all(found):
                return
            reasons += found
        if not reasons:
            return
        denied = self.denied_at if all("scope.deny" in reason for reason in reasons) else self.allowed_at
        raise _refused(f"the scope leaves nothing of this audit: {reasons[0]}{_more(reasons)}", denied)

    def _reason(self, host: str) -> str:
        """Return why a host may not be asked; nothing when it may, or has to be resolved to know."""
        try:
            if not _is_name(host):
                self.admit(host)
        except OutOfScope as error:
            return str(error)
        return ""

    def admit(self, host: str, *, resolve: Resolve = resolved) -> Address:
        """Return the address to connect to for a host: an address or a name. Raises OutOfScope, Unreachable."""
        return self.admit_all(host, resolve=resolve)[0]

    def admit_all(self, host: str, *, resolve: Resolve = resolved) -> tuple[Address, ...]:
        """Return every address of a host that may be asked, best first. Raises OutOfScope, Unreachable.

        A host that is denied by one of its addresses is denied by all of them.
        """
        addresses = tuple(_address(text) for text in (resolve(host) if _is_name(host) else [host]))
        if not addresses:
            raise Unreachable(f"the name {host} has no address")
        for address in addresses:
            if why := self._denied(address):
                raise OutOfScope(f"{_shown(host, address)} {why}")
        admitted = tuple(address for address in addresses if self._allowed(address))
        if not admitted:
            raise OutOfScope(f"{_shown(host, addresses[0])} is not in scope.allow")
        return admitted

    def _denied(self, address: Address) -> str:
        if address.is_unspecified or address.is_multicast or address == IPv4Address("255.255.255.255"):
            return "is no single host's address"
        denying = (net for form in _forms(address) for net in self.deny if form in net)
        return next((f"is denied by scope.deny ({net})" for net in denying), "")

    def _allowed(self, address: Address) -> bool:
        return not self.allow or any(address in network for network in self.allow)


def network(text: str) -> Network:
    """Return a network or a single address. Raises ValueError with a sentence for a person."""
    try:
        found = ip_network(text, strict=False)
    except ValueError:
        raise ValueError(
            f"{text!r} is no address and no network; write 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32"
        ) from None
    if "%" in text:
        raise ValueError(f"{text!r} names an interface; write the address alone")
    if "/" in text and str(found.network_address) != str(ip_address(text.partition("/")[0])):
        raise ValueError(f"{text!r} is an address with the length of a network; write {found}, or the address alone")
    if isinstance(found, IPv6Network) and found.subnet_of(_MAPPED):
        return IPv4Network((int(found.network_address) & 0xFFFFFFFF, found.prefixlen - 96))
    return found


def _common(one: Network, other: Network) -> Network | None:
    if one.version != other.version or not one.overlaps(other):
        return None
    return max(one, other, key=lambda net: net.prefixlen)


def _is_asked_over_the_network(asset: Asset) -> bool:
    return all(access.channel in _OVER_THE_NETWORK for access in asset.accesses)


def _more(reasons: Sequence[str]) -> str:
    return f", and so on for {len(reasons) - 1} more" if len(reasons) > 1 else ""


def _refused(problem: str, places: Sequence[Place]) -> ContentError | UsageError:
    if not places:
        return UsageError(problem)
    also = f" See {', '.join(map(str, places[1:]))} as well." if len(places) > 1 else ""
    return ContentError(places[0], problem, f"Widen the scope here, or choose other assets.{also}")


def _is_name(host: str) -> bool:
    """Whether a host is written as a name. Raises OutOfScope for what is neither a name nor an address."""
    try:
        ip_address(host)
    except ValueError:
        pass
    else:
        return False
    if _NUMBER.fullmatch(host):
        raise OutOfScope(f"{host!r} is a number in an unusual spelling; write the address as four decimal numbers")
    if len(host) > 253 or not _NAME.fullmatch(host):
        raise OutOfScope(f"{host[:80]!r} is neither an address nor a host name")
    return True


def _address(text: str) -> Address:
    if "%" in text:
        raise OutOfScope(f"{text!r} names an interface of this machine; only addresses without a zone can be judged")
    address = ip_address(text)
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


def _forms(address: Address) -> Iterator[Address]:
    """Yield an address and those that packets to it would reach by translation."""
    yield address
    if isinstance(address, IPv6Address):
        if address in _NAT64 or int(address) >> 32 == 0:
            yield IPv4Address(int(address) & 0xFFFFFFFF)
        if address.sixtofour:
            yield address.sixtofour


def _shown(host: str, address: Address) -> str:
    return host if host == str(address) else f"{host} ({address})"
