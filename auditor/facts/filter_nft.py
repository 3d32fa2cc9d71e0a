"""Rules as nft(8) lists them: JSON of the schema in libnftables-json(5).

Maps from a value to a verdict are taken apart into one rule for each element. An expression that is not known makes
its rule one that may hold or not, or may accept or refuse; it is never passed over.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from auditor.errors import Unreadable
from auditor.facts.filter_rules import (
    ALWAYS,
    BEGINS,
    NEVER,
    UNCLEAR,
    About,
    Action,
    Condition,
    Rule,
    Table,
    address_span,
    limited,
    port_span,
)

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None

_MOST: Final = 20_000
_FAMILIES: Final = {"ip": {"ip"}, "ip6": {"ip6"}, "inet": {"ip", "ip6"}}
_NAMES: Final = {"ipv4": "ip", "ipv6": "ip6"}
_HOOKS: Final = frozenset({"prerouting", "input", "forward"})
_VERDICTS: Final[Mapping[str, Action]] = {
    "accept": "accept", "drop": "refuse", "reject": "refuse", "return": "return", "queue": "unclear",
    "tproxy": "unclear", "synproxy": "unclear", "fwd": "unclear", "xt": "unclear",
}  # fmt: skip
_MEANT_BY: Final = {
    "icmp": Condition("family", ("ip",)),
    "icmpv6": Condition("family", ("ip6",)),
    "tcp reset": Condition("protocol", ("tcp",)),
}
# Statements that do nothing to where a packet goes.
_IDLE: Final = frozenset(
    {"counter", "log", "comment", "mangle", "set", "map", "notrack", "dup", "last", "flow", "ct helper", "ct timeout",
     "ct expectation", "secmark", "nop"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Named:
    """The sets and maps of one table, by name: their elements."""

    sets: Mapping[str, Json]

    def elements(self, value: Json) -> list[Json] | None:
        """Return the elements of a set, named or not; one value is a set of one. None for what is not there."""
        if isinstance(value, str) and value.startswith("@"):
            value = {"set": self.sets[value[1:]]} if value[1:] in self.sets else None
        if isinstance(value, dict) and "set" in value:
            inside = value["set"]
            return inside if isinstance(inside, list) else [inside]
        if isinstance(value, list):
            return value
        return None if value is None else [value]


def nft_tables(text: str) -> dict[tuple[str, str], Table] | None:
    """Return the tables of nft's JSON by family and name, or None when it is not that.

    Raises Unreadable when there are too many rules to follow.
    """
    try:
        told: Json = json.loads(text)
    except (ValueError, RecursionError):  # not JSON, a number of 5,000 digits, or a thousand levels
        return None
    items = told.get("nftables") if isinstance(told, dict) else None
    if not isinstance(items, list):
        return None
    if len(items) > _MOST:
        raise Unreadable(f"there are {len(items)} rules, which is more than are followed")
    named = _named(items)
    tables: dict[tuple[str, str], Table] = {}
    for item in items:
        for kind in ("chain", "rule"):
            if isinstance(item, dict) and isinstance(one := item.get(kind), dict):
                place = str(one.get("family")), str(one.get("table"))
                table = tables.setdefault(place, Table(frozenset(_FAMILIES.get(place[0], ()))))
                if kind == "chain":
                    _chain(table, one)
                else:
                    table.rules[str(one.get("chain"))] += _rules(one.get("expr"), named.get(place, _Named({})))
    return tables


def _named(items: list[Json]) -> dict[tuple[str, str], _Named]:
    found: dict[tuple[str, str], dict[str, Json]] = {}
    for item in items:
        for kind in ("set", "map"):
            if isinstance(item, dict) and isinstance(one := item.get(kind), dict):
                elements = found.setdefault((str(one.get("family")), str(one.get("table"))), {})
                elements[str(one.get("name"))] = one.get("elem") or []
    return {place: _Named(elements) for place, elements in found.items()}


def _chain(table: Table, chain: dict[str, Json]) -> None:
    name, hook = str(chain.get("name")), str(chain.get("hook"))
    if hook in _HOOKS and chain.get("type") == "filter":
        table.hooks[hook].append(name)
        table.policies[name] = "refuse" if chain.get("policy") == "drop" else "accept"


def _rules(expressions: Json, named: _Named) -> Iterator[Rule]:
    """Yield what a rule does, in one rule or more: nothing for one that only counts or marks."""
    conditions, limits = tuple[Condition, ...](), tuple[bool, ...]()
    for expression in expressions if isinstance(expressions, list) else [{"unreadable": None}]:
        verb, value = next(iter(expression.items())) if isinstance(expression, dict) and expression else ("", None)
        if verb == "match" and isinstance(value, dict):
            conditions += tuple(_match(value.get("left"), value.get("right"), str(value.get("op")), named))
        elif verb == "limit" and isinstance(value, dict):
            limits += (bool(value.get("inv")),)
        elif verb == "vmap" and isinstance(value, dict):
            yield from _by_map(value, (*conditions, UNCLEAR) if limits else conditions, named)
            return
        elif (rule := _verdict(verb, value, conditions)) is not None:
            at_most = [one for over in limits for one in limited(rule.action, over=over)]
            yield replace(rule, conditions=(*rule.conditions, *at_most))
            return
        elif verb not in _IDLE:
            conditions += (UNCLEAR,)


def _verdict(verb: str, value: Json, conditions: tuple[Condition, ...]) -> Rule | None:
    if verb in {"jump", "goto"} and isinstance(value, dict):
        return Rule("jump" if verb == "jump" else "goto", str(value.get("target")), conditions)
    if verb == "xt" and isinstance(value, dict) and value.get("type") == "match":
        return None  # a match of iptables, which nft does not spell out: a condition that is not known
    # What is told the sender says which packets are meant: nft leaves the match for the family out of its list then.
    means = _MEANT_BY.get(str(value.get("type"))) if verb == "reject" and isinstance(value, dict) else None
    asked = (*conditions, means) if means else conditions
    return Rule(_VERDICTS[verb], "", asked) if verb in _VERDICTS else None


def _by_map(value: dict[str, Json], conditions: tuple[Condition, ...], named: _Named) -> Iterator[Rule]:
    """Yield a rule for each element of a map from values to verdicts."""
    elements = named.elements(value.get("data"))
    if elements is None:
        yield Rule("unclear", "", (*conditions, UNCLEAR))
        return
    for element in elements:
        key, verdict = element if isinstance(element, list) and len(element) == 2 else (None, None)
        verb, target = next(iter(verdict.items())) if isinstance(verdict, dict) and verdict else ("", None)
        if verb != "continue":
            asked = (*conditions, *_match(value.get("key"), key, "==", named))
            yield _verdict(verb, target, asked) or Rule("unclear", "", (*asked, UNCLEAR))


def _match(left: Json, right: Json, operator: str, named: _Named) -> Iterator[Condition]:
    """Yield the conditions that a match consists of."""
    negated = operator == "!="
    elements = named.elements(right)
    if isinstance(elements, list):
        elements = [_bare(element) for element in elements]
    parts = left.get("concat") if isinstance(left, dict) else None
    if elements is None or operator not in {"==", "!=", "in"}:
        yield from _asked_of_protocol(left)
        yield UNCLEAR
    elif isinstance(parts, list):
        yield from _concatenated(parts, elements, named, negated=negated)
    else:
        yield from _asked_of_protocol(left)
        yield _condition(left, elements, negated=negated)


def _concatenated(parts: list[Json], elements: list[Json], named: _Named, *, negated: bool) -> Iterator[Condition]:
    """Yield conditions for values of several fields: each field apart for one element, unclear for many."""
    words = elements[0].get("concat") if len(elements) == 1 and isinstance(elements[0], dict) else None
    if not elements:
        yield ALWAYS if negated else NEVER
    elif isinstance(words, list) and len(words) == len(parts) and not negated:
        for part, word in zip(parts, words, strict=True):
            yield from _match(part, word, "==", named)
    else:
        yield UNCLEAR


def _asked_of_protocol(left: Json) -> Iterator[Condition]:
    """Yield the condition that a field of a protocol's header brings along: that the packet is of this protocol."""
    payload = _payload(left)
    protocol = str(payload.get("protocol")) if payload else ""
    if protocol in {"ip", "ip6"}:
        yield Condition("family", (protocol,))
    elif protocol and protocol not in {"th", "ether", "vlan", "None"}:
        yield Condition("protocol", (protocol,))


def _payload(left: Json) -> dict[str, Json]:
    if isinstance(left, dict) and isinstance(masked := left.get("&"), list) and masked:
        left = masked[0]
    payload = left.get("payload") if isinstance(left, dict) else None
    return payload if isinstance(payload, dict) else {}


def _condition(left: Json, elements: list[Json], *, negated: bool) -> Condition:
    """Return what is asked of one field."""
    kind, field = next(iter(left.items())) if isinstance(left, dict) and left else ("", None)
    if kind == "&" and isinstance(field, list) and len(field) == 2:
        return _flags(_payload(left), field[1], elements, negated=negated)
    asked = field if isinstance(field, dict) else {}
    key = str(asked.get("key") or asked.get("field") or asked.get("result"))
    words = tuple(str(element).lower() if kind != "meta" else str(element) for element in elements)
    match kind, key:
        case "meta", "iif" | "iifname" | "oif" | "oifname":
            asked_for: Condition = Condition("in" if key.startswith("i") else "out", words, negated=negated)
        case ("meta", "l4proto") | ("payload", "protocol" | "nexthdr"):
            asked_for = Condition("protocol", words, negated=negated)
        case ("meta", "nfproto" | "protocol") | ("payload", "type") if asked.get("protocol") in {None, "ether"}:
            asked_for = Condition("family", tuple(_NAMES.get(word, word) for word in words), negated=negated)
        case "payload", "dport":
            asked_for = _ports(elements, negated=negated)
        case "payload", "saddr" | "daddr" if asked.get("protocol") in {"ip", "ip6"}:
            asked_for = _addresses("source" if key == "saddr" else "destination", elements, negated=negated)
        case "ct", "state":
            asked_for = Condition("state", words, negated=negated)
        case _:
            asked_for = _told(kind, key, words, negated=negated)
    return asked_for


def _flags(payload: dict[str, Json], asked: Json, elements: list[Json], *, negated: bool) -> Condition:
    """Return whether the flags of a first packet of TCP, SYN alone, are those that are wanted among those asked for."""
    if payload.get("field") != "flags":
        return UNCLEAR
    seen = {"syn"} & set(_flag_names(asked))
    wanted = {name for element in elements for name in _flag_names(element)}
    return replace(BEGINS, negated=(seen == wanted) is negated)


def _flag_names(value: Json) -> list[str]:
    if isinstance(value, dict) and isinstance(several := value.get("|"), list):
        value = several
    return [str(name) for name in value] if isinstance(value, list) else [] if value == 0 else [str(value)]


def _told(kind: str, key: str, words: tuple[str, ...], *, negated: bool) -> Condition:
    """Return whether a new connection to this host, on its right way and not translated, meets a condition."""
    match kind, key:
        case "meta", "pkttype":
            holds = bool({"host", "unicast"} & set(words))
        case "fib", "type":
            holds = "local" in words
        case "fib", "oif" | "oifname":
            holds = "false" not in words and "missing" not in words
        case "ct", "status":
            holds = False
        case _:
            return UNCLEAR
    return ALWAYS if holds is not negated else NEVER


def _ports(elements: list[Json], *, negated: bool) -> Condition:
    spans = [port_span(*_ends(element)) for element in elements]
    known = tuple(span for span in spans if span is not None)
    return Condition("ports", (), known, negated) if len(known) == len(spans) else UNCLEAR


def _addresses(about: About, elements: list[Json], *, negated: bool) -> Condition:
    spans = [address_span(*_ends(element)) for element in elements]
    words = ("unclear",) if None in spans else ()
    return Condition(about, words, tuple(span for span in spans if span is not None), negated)


def _bare(element: Json) -> Json:
    """Return an element of a set without its time limit or comment."""
    inside = element.get("elem") if isinstance(element, dict) else None
    return inside.get("val") if isinstance(inside, dict) else element


def _ends(element: Json) -> tuple[Json, Json]:
    """Return the first and last of a value, a range or a prefix (whose last is its length, with a slash)."""
    if not isinstance(element, dict):
        return element, element
    ends, prefix = element.get("range"), element.get("prefix")
    if isinstance(ends, list) and len(ends) == 2:
        return ends[0], ends[1]
    return (prefix.get("addr"), f"/{prefix.get('len')}") if isinstance(prefix, dict) else (None, None)
