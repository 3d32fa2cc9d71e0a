"""Rules as iptables-save(8) prints them, and as files for iptables-restore(8) hold them.

A match or target that is not known makes its rule one that may hold or not, or may accept or refuse. Source:
iptables(8), iptables-extensions(8).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from auditor.facts.filter_rules import (
    ALWAYS,
    BEGINS,
    NEVER,
    UNCLEAR,
    About,
    Action,
    Condition,
    Family,
    Rule,
    Span,
    Table,
    address_span,
    limited,
    port_span,
)

_HOOKS: Final = {"PREROUTING": "prerouting", "INPUT": "input", "FORWARD": "forward"}
_WITHOUT_VERDICTS: Final = frozenset({"nat", "broute"})
_TARGETS: Final[Mapping[str, Action]] = {
    "ACCEPT": "accept", "DROP": "refuse", "REJECT": "refuse", "RETURN": "return", "TARPIT": "refuse",
}  # fmt: skip
_IDLE: Final = frozenset(
    {"LOG", "NFLOG", "ULOG", "AUDIT", "MARK", "CONNMARK", "CONNSECMARK", "SECMARK", "CLASSIFY", "CHECKSUM", "CT",
     "NOTRACK", "TRACE", "SET", "TCPMSS", "TTL", "HL", "TOS", "DSCP", "ECN", "TEE", "RATEEST", "HMARK", "LED",
     "IDLETIMER", "TCPOPTSTRIP", "SYSRQ"}
)  # fmt: skip
# What --save writes after a match, and what that asks; those without a condition of their own stand for none.
_BARE: Final = frozenset(
    {"tcp", "udp", "comment", "limit", "multiport", "conntrack", "state", "addrtype", "pkttype", "iprange", "icmp",
     "icmp6", "rpfilter", "rt", "policy"}
)  # fmt: skip
_QUIET: Final = frozenset({"--limit", "--limit-burst", "--reject-with", "--comment", "--icmp-type", "--icmpv6-type"})
_TEXTS: Final = frozenset({"--comment", "--log-prefix", "--nflog-prefix"})
_WORD: Final = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')


def saved_tables(text: str, family: Family) -> dict[str, Table] | None:
    """Return the tables by name, or None for a text that is not whole."""
    tables: dict[str, Table] = {}
    name = ""
    for line in text.split("\n"):
        words = [quoted or plain for quoted, plain in _WORD.findall(line)]
        if not words or words[0].startswith("#"):
            continue
        if words[0].startswith("["):  # counters: iptables-save -c
            words = words[1:]
        if not name and words[0].startswith("*"):
            name = words[0][1:]
            tables[name] = Table(frozenset({family}))
        elif name and words[0] == "COMMIT":
            name = ""
        elif name and words[0].startswith(":") and len(words) > 1:
            _chain(tables[name], words[0][1:], words[1], verdicts=name not in _WITHOUT_VERDICTS)
        elif name and words[0] in {"-A", "-I"} and len(words) > 1:
            rules = tables[name].rules[words[1]]
            place = len(rules) if words[0] == "-A" else 0
            rules[place:place] = _rule(words[2:], frozenset(tables[name].rules))
        else:
            return None
    return None if name else tables


def _chain(table: Table, chain: str, policy: str, *, verdicts: bool) -> None:
    table.rules[chain] = []
    if policy != "-":
        table.policies[chain] = "refuse" if policy == "DROP" else "accept"
    if chain in _HOOKS and verdicts:
        table.hooks[_HOOKS[chain]].append(chain)


def _rule(words: list[str], chains: frozenset[str]) -> Iterator[Rule]:
    """Yield what a rule does, or nothing for one that only counts or marks. `chains` are those that it may jump to."""
    action: Action = "unclear"
    target, of_target, by_limit, conditions = "", False, False, list[Condition]()
    for option, values, negated in _options(words):
        if option in {"-j", "-g", "--jump", "--goto"}:
            target = values[0] if values else ""
            if target in _IDLE:
                return
            goes: Action = "jump" if option in {"-j", "--jump"} else "goto"
            action = goes if target in chains else _TARGETS.get(target, "unclear")
            of_target = True
        elif of_target and option.startswith("--"):
            continue  # such as --reject-with
        else:
            of_target = False
            by_limit = by_limit or (option, values) == ("-m", ["limit"])
            asked = _condition(option, values, negated=negated)
            conditions += [asked] if asked else []
    if target:
        yield Rule(action, target, (*conditions, *(limited(action) if by_limit else ())))


def _options(words: list[str]) -> Iterator[tuple[str, list[str], bool]]:
    """Yield each option, its values, and whether `!` stands before it."""
    option, values, negated, next_negated = "", list[str](), False, False
    for word in [*words, "-end"]:
        if word == "!":
            next_negated = True
        elif word.startswith("-") and (option not in _TEXTS or values):
            if option:
                yield option, values, negated
            option, values, negated, next_negated = word, [], next_negated, False
        else:
            values.append(word)


def _condition(option: str, values: list[str], *, negated: bool) -> Condition | None:
    """Return what one option asks, or None for nothing."""
    words = tuple(word for value in values[:1] for word in value.split(","))
    asked: Condition | None = None
    match option:
        case "-i" | "-o":
            names = tuple(re.sub(r"\+$", "*", word) for word in words)
            asked = Condition("in" if option == "-i" else "out", names, negated=negated)
        case "-p":
            asked = _protocol(words, negated=negated)
        case "-s" | "-d" | "--src-range" | "--dst-range":
            asked = _addresses("source" if option in {"-s", "--src-range"} else "destination", words, negated=negated)
        case "--dport" | "--dports":
            asked = _ports(words, negated=negated)
        case "--state" | "--ctstate":
            asked = Condition("state", tuple(word.lower() for word in words), negated=negated)
        case "-m":
            asked = None if words and words[0] in _BARE else UNCLEAR
        case _ if option not in _QUIET:
            asked = _told(option, values, negated=negated)
    return asked


def _told(option: str, values: list[str], *, negated: bool) -> Condition:
    """Return whether a new connection to this host, on its right way and not translated, meets a condition."""
    asked = set(values[0].split(",")) if values else set[str]()
    match option:
        case "--dst-type":
            holds = "LOCAL" in asked
        case "--pkt-type":
            holds = bool(asked & {"unicast", "host"})
        case "--syn":
            return replace(BEGINS, negated=negated)
        case "--tcp-flags" if len(values) == 2:
            seen = {"SYN"} & (asked | ({"SYN"} if "ALL" in asked else set()))
            return replace(BEGINS, negated=(seen == set(values[1].split(",")) - {"NONE"}) is negated)
        case "-f" | "--rt-type" | "--invert" | "--ctstatus" | "--pol":
            holds = option == "--pol" and "none" in asked
        case "--validmark" | "--loose" | "--dir":
            return ALWAYS
        case _:
            return UNCLEAR
    return ALWAYS if holds is not negated else NEVER


def _protocol(words: tuple[str, ...], *, negated: bool) -> Condition:
    numbers = {"6": "tcp", "17": "udp"}
    if words in {("all",), ("0",)}:
        return NEVER if negated else ALWAYS
    return Condition("protocol", tuple(numbers.get(word, word) for word in words), negated=negated)


def _ports(words: tuple[str, ...], *, negated: bool) -> Condition:
    spans = [_port(word) for word in words]
    known = tuple(span for span in spans if span is not None)
    return Condition("ports", (), known, negated) if len(known) == len(spans) else UNCLEAR


def _port(word: str) -> Span | None:
    """Return a port or a range: `22`, `1000:2000`, `:1023`."""
    if not re.fullmatch("[0-9]{1,5}|[0-9]{0,5}:[0-9]{0,5}", word):
        return None
    first, colon, last = word.partition(":")
    return port_span(int(first or 0), int(last or 65535) if colon else int(first))


def _addresses(about: About, words: tuple[str, ...], *, negated: bool) -> Condition:
    spans = [_span(word) for word in words]
    unclear = ("unclear",) if None in spans else ()
    return Condition(about, unclear, tuple(span for span in spans if span is not None), negated)


def _span(word: str) -> Span | None:
    if "-" in word:
        return address_span(*word.split("-", 1))
    address, slash, length = word.partition("/")
    return address_span(address, f"/{length}" if slash else address)
