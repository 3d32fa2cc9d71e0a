"""What a packet filter does with new connections, told from its rules without sending a packet.

A packet must be accepted by every base chain on its way, whatever table or priority: to accept ends a base chain only,
to drop ends all (nft(8), "verdict statement"). So each chain is followed for all ports at once: a set of ports is an
integer with a bit for each. A condition holds for a set of ports surely, and for a larger one possibly where it asks
for what is not known here, such as a mark. What may happen to a port is then never less than what does happen.
"""

import ipaddress
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from auditor.errors import Unreadable

Family = Literal["ip", "ip6"]
Hook = Literal["prerouting", "input", "forward"]
Action = Literal["accept", "refuse", "unclear", "jump", "goto", "return"]
About = Literal["in", "out", "source", "destination", "protocol", "ports", "state", "family", "known"]
Mask = int  # a set of ports

NONE: Final[Mask] = 0
ALL: Final[Mask] = (1 << 65536) - 1
BITS: Final[Mapping[Family, int]] = {"ip": 32, "ip6": 128}
_LOOPBACK: Final[Mapping[Family, int]] = {"ip": 0x7F000001, "ip6": 1}
_TO_MANY: Final[Mapping[Family, tuple[int, int]]] = {
    "ip": (0xE0000000, 0xFFFFFFFF),
    "ip6": (0xFF << 120, (1 << 128) - 1),
}


@dataclass(frozen=True, slots=True)
class Packet:
    """The first packet of new connections to every port, or an answer to a connection of the host's own.

    `source` is `anywhere` for an address that no rule names, `somewhere` for any address that one may name, and
    `loopback` for the host's own 127.0.0.1 or ::1.
    """

    family: Family
    interface: str
    protocol: Literal["tcp", "udp"]
    source: Literal["anywhere", "somewhere", "loopback"] = "anywhere"
    state: Literal["new", "established"] = "new"


@dataclass(frozen=True, slots=True)
class Span:
    """Addresses or ports from the first to the last; `family` is that of addresses."""

    first: int
    last: int
    family: Family | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that a rule asks about a packet: one of these words or spans, or none of them when `negated`.

    About what is `known` there is one word: `yes`, `no`, `unclear`, or `begins`.
    """

    about: About
    words: tuple[str, ...] = ()
    spans: tuple[Span, ...] = ()
    negated: bool = False


ALWAYS: Final = Condition("known", ("yes",))
NEVER: Final = Condition("known", ("no",))
UNCLEAR: Final = Condition("known", ("unclear",))
BEGINS: Final = Condition("known", ("begins",))  # the packet begins a connection: of TCP's flags it has SYN alone


def limited(action: Action, *, over: bool = False) -> tuple[Condition, ...]:
    """Return what a limit of packets in a time amounts to: within it is who sends few, over it is who likes to be."""
    if over:
        return (NEVER,) if action == "refuse" else (UNCLEAR,)
    return () if action in {"accept", "return"} else (UNCLEAR,)


@dataclass(frozen=True, slots=True)
class Rule:
    """What is done to a packet that meets all conditions; `unclear` may accept it or refuse it."""

    action: Action
    target: str = ""
    conditions: tuple[Condition, ...] = ()


@dataclass(slots=True)
class Table:
    """Chains of rules; `hooks` are the base chains by hook, `policies` what becomes of what leaves one by its end."""

    families: frozenset[str]
    rules: defaultdict[str, list[Rule]] = field(default_factory=lambda: defaultdict(list))
    hooks: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    policies: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fate:
    """The ports that may be accepted, and those that may be refused: a port in both is undecided."""

    accepted: Mask = NONE
    refused: Mask = NONE

    @property
    def surely_accepted(self) -> Mask:
        """Return the ports that nothing refuses."""
        return self.accepted & ~self.refused


@dataclass(slots=True)
class Steps:
    """How many rules may still be met by all packets of one host together: its list may be as long as it likes."""

    left: int = 200_000


class Walk:
    """Follows one packet through base chains. Raises Unreadable when no steps are left."""

    def __init__(self, packet: Packet, steps: Steps) -> None:
        """Begin with a packet that has met no rule."""
        self.packet, self.steps = packet, steps
        self._ended: dict[tuple[int, str, Mask], tuple[Fate, Mask]] = {}

    def fate(self, tables: Iterable[Table], hooks: Iterable[Hook]) -> Fate:
        """Return what becomes of the packet after all base chains on these hooks."""
        accepted, refused = ALL, NONE
        for hook in hooks:
            for table in tables:
                for chain in table.hooks[hook] if self.packet.family in table.families else ():
                    told = self._base(table, chain)
                    accepted, refused = accepted & told.accepted, refused | told.refused
        return Fate(accepted, refused)

    def _base(self, table: Table, chain: str) -> Fate:
        told, left = self._chain(table, chain, ALL, ())
        if table.policies.get(chain, "accept") == "accept":
            return Fate(told.accepted | left, told.refused)
        return Fate(told.accepted, told.refused | left)

    def _chain(self, table: Table, chain: str, live: Mask, above: tuple[str, ...]) -> tuple[Fate, Mask]:
        """Return what becomes of ports in a chain, and which may leave it by its end."""
        key = (id(table), chain, live)
        if key not in self._ended:
            if chain in above or len(above) > 32:
                raise Unreadable(f"the rules jump in a circle, through {chain}")
            self._ended[key] = self._follow(table, chain, live, (*above, chain))
        return self._ended[key]

    def _follow(self, table: Table, chain: str, live: Mask, above: tuple[str, ...]) -> tuple[Fate, Mask]:
        accepted, refused, left = NONE, NONE, NONE
        for rule in table.rules[chain]:
            self.steps.left -= 1
            if self.steps.left < 0:
                raise Unreadable("there are too many rules to follow")
            sure, possible = met(rule.conditions, self.packet)
            caught, live = live & possible, live & ~sure
            if rule.action in {"jump", "goto"} and caught:
                told, back = self._chain(table, rule.target, caught, above)
                accepted, refused = accepted | told.accepted, refused | told.refused
                live, left = (live | back, left) if rule.action == "jump" else (live, left | back)
            accepted |= caught if rule.action in {"accept", "unclear"} else NONE
            refused |= caught if rule.action in {"refuse", "unclear"} else NONE
            left |= caught if rule.action == "return" else NONE
            if not live:
                break
        return Fate(accepted, refused), left | live


def met(conditions: Iterable[Condition], packet: Packet) -> tuple[Mask, Mask]:
    """Return the ports for which all conditions surely hold, and those for which they may."""
    sure, possible = ALL, ALL
    for condition in conditions:
        certain, maybe = _holds(condition, packet)
        if condition.negated:
            certain, maybe = ALL & ~maybe, ALL & ~certain
        sure, possible = sure & certain, possible & maybe
        if not possible:
            break
    return sure, possible


_YES: Final = (ALL, ALL)
_NO: Final = (NONE, NONE)
_PERHAPS: Final = (NONE, ALL)


def _holds(condition: Condition, packet: Packet) -> tuple[Mask, Mask]:
    """Return for which ports a condition holds surely and possibly, before it is negated."""
    match condition.about:
        case "ports":
            ports = mask(condition.spans)
            return ports, ports
        case "source" | "destination":
            spans = [span for span in condition.spans if span.family == packet.family]
            known = _source(spans, packet) if condition.about == "source" else _destination(spans, packet)
            return known if "unclear" not in condition.words else (known[0], ALL)
        case "out":
            return _YES if "*" in condition.words else _NO if set(condition.words) <= {"lo"} else _PERHAPS
        case "known" if condition.words == ("begins",):
            return _YES if packet.state == "new" else _PERHAPS
        case "known":
            return {"yes": _YES, "no": _NO}.get(condition.words[0], _PERHAPS)
        case _:
            return _YES if _is_one(condition, packet) else _NO


def _is_one(condition: Condition, packet: Packet) -> bool:
    if condition.about == "in":
        return any(_named(packet.interface, word) for word in condition.words)
    told = {"protocol": packet.protocol, "family": packet.family, "state": packet.state}[condition.about]
    return told in condition.words


def _named(interface: str, word: str) -> bool:
    return interface.startswith(word[:-1]) if word.endswith("*") else interface == word


def _source(spans: list[Span], packet: Packet) -> tuple[Mask, Mask]:
    if packet.source == "loopback":
        return _YES if _inside(spans, _LOOPBACK[packet.family]) else _NO
    part = sum(span.last - span.first + 1 for span in spans) / (1 << BITS[packet.family])
    if part >= 1:
        return _YES
    # Where a part of all addresses that is worth speaking of is meant, nobody can say that a packet is not from there.
    return _PERHAPS if spans and (packet.source == "somewhere" or part > 1 / 256) else _NO


def _destination(spans: list[Span], packet: Packet) -> tuple[Mask, Mask]:
    """Return whether a packet to an address of this host is meant: which it has is not asked, but none is multicast."""
    if packet.source == "loopback" and packet.interface == "lo":
        return _YES if _inside(spans, _LOOPBACK[packet.family]) else _NO
    first, last = _TO_MANY[packet.family]
    own = [span for span in spans if not (span.first >= first and span.last <= last) and not _is_loopback(span)]
    part = sum(span.last - span.first + 1 for span in own) / (1 << BITS[packet.family])
    return _YES if part >= 1 else _PERHAPS if own else _NO


def _is_loopback(span: Span) -> bool:
    return (span.first >> 24 == span.last >> 24 == 127) if span.family == "ip" else span.first == span.last == 1


def _inside(spans: Iterable[Span], number: int) -> bool:
    return any(span.first <= number <= span.last for span in spans)


def port_span(first: object, last: object) -> Span | None:
    """Return the ports from the first to the last, or None for what are no ports."""
    if isinstance(first, int) and isinstance(last, int) and 0 <= first <= last <= 65535:
        return Span(first, last)
    return None


def address_span(first: object, last: object) -> Span | None:
    """Return the addresses from the first to the last, or of a prefix whose length stands as `/8`; None for names."""
    try:
        if str(last).startswith("/"):
            network = ipaddress.ip_network(f"{first}{last}", strict=False)
            low, high = int(network.network_address), int(network.broadcast_address)
            version = network.version
        else:
            start, end = ipaddress.ip_address(str(first)), ipaddress.ip_address(str(last))
            if start.version != end.version:
                return None
            low, high, version = int(start), int(end), start.version
    except ValueError:
        return None
    family: Family = "ip" if version == 4 else "ip6"
    return Span(low, high, family) if low <= high else None


def mask(spans: Iterable[Span]) -> Mask:
    """Return a set of ports."""
    found = NONE
    for span in spans:
        found |= (1 << (span.last + 1)) - (1 << span.first)
    return found


def ranges(ports: Mask) -> tuple[tuple[int, int], ...]:
    """Return the ranges of which a set of ports consists, in order."""
    found: list[tuple[int, int]] = []
    place = 0
    while ports >> place:
        rest = ports >> place
        first = place + (rest & -rest).bit_length() - 1
        run = ~(ports >> first)
        place = first + (run & -run).bit_length() - 1
        found.append((first, place - 1))
    return tuple(found)
