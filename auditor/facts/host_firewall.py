"""What a host's own packet filter does with what no rule lets in, for IPv4 and IPv6.

A chain's policy alone does not tell: firewalld accepts by policy and rejects by its last rule, and a rule that accepts
everything makes a dropping policy idle. So each input chain is followed as a packet would that matches no condition.
A packet must be accepted by every table, so one chain that refuses is enough. Sources: nft(8), libnftables-json(5),
iptables-save(8), iptables-extensions(8).
"""

import json
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final, Literal

from auditor import Answer, Platform, Shell, Unreadable, probe
from auditor.facts.bundle import Bundle, read, section, show, which

Outcome = Literal["accept", "refuse"]
_DEEPEST: Final = 20
_BROAD: Final = "broad "  # before an action that has conditions which hold for most packets
_SAVED: Final = {"ip": "iptables", "ip6": "ip6tables"}
_IDLE: Final = {"counter", "log", "comment"}

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class HostFirewall:
    """What happens to an incoming packet that no rule expects: True refused, False accepted, by family.

    `tools` are the programs that told, and `ipv6` whether the host has IPv6 addresses other than loopback. `broad` are
    chains in which a rule lets in everything of one interface or protocol, which may leave nothing to refuse.
    """

    refuses_ipv4: bool
    refuses_ipv6: bool
    ipv6: bool
    tools: tuple[str, ...] = ()
    broad: tuple[str, ...] = ()


@dataclass(slots=True)
class _Chains:
    """Chains of one table: what each unconditional rule does, in order, and where each chain ends."""

    rules: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    policies: dict[str, str] = field(default_factory=dict)
    inputs: list[str] = field(default_factory=list)
    broad: list[str] = field(default_factory=list)
    foreign: bool = False  # holds iptables' own matches, which nft does not spell out

    def refuses(self) -> bool:
        return any((self._walk(chain, 0) or self.policies.get(chain, "accept")) == "refuse" for chain in self.inputs)

    def _walk(self, chain: str, depth: int) -> str:
        """Return accept or refuse, or nothing when a packet that meets no condition leaves the chain by its end."""
        for action in self.rules[chain]:
            verb, _, target = action.removeprefix(_BROAD).partition(" ")
            found = self._walk(target, depth + 1) if verb in {"jump", "goto"} and depth < _DEEPEST else verb
            if action.startswith(_BROAD):
                self.broad += [chain] if found == "accept" else []
            elif found in {"accept", "refuse"}:
                return found
            elif verb in {"return", "goto"}:
                return ""
        return ""


RULES: Final = Shell(
    show(
        [],
        section("tools", which("nft", "iptables-save", "ip6tables-save")),
        section("nft", "nft -j list ruleset"),
        section("iptables", "iptables-save"),
        section("ip6tables", "ip6tables-save"),
        section("addresses", "cat /proc/net/if_inet6"),
    ),
    privileged=True,
)


@probe(RULES, on={Platform.LINUX})
def host_firewall(answer: Answer) -> HostFirewall:
    """Read the rules that are loaded. Raises Unreadable when no program that lists them is installed or answered."""
    files = read(answer.text)
    tools = tuple(path.rpartition("/")[2] for path in (files.get("tools") or "").split())
    if not tools:
        raise Unreadable("neither nft nor iptables-save is on this host, so its packet filter cannot be listed")
    nft = _nft(files.get("nft") or "")
    if nft is None and "nft" in tools:
        raise Unreadable("nft did not list its rules")
    saved = {"": None, **{name: _saved(files, name) for name in _SAVED.values()}}
    if nft is None and saved["iptables"] is None:
        raise Unreadable("iptables-save did not list its rules")
    tables = {key: table for key, table in (nft or {}).items() if not (table.foreign and saved[_SAVED.get(key[0], "")])}
    tables |= {(family, name): table for family, name in _SAVED.items() if (table := saved[name]) is not None}
    foreign = [f"{family} {name}" for (family, name), table in tables.items() if table.foreign]
    addresses = [line for line in (files.get("addresses") or "").split("\n") if line and not line.endswith(" lo")]
    refusing = {key[0] for key, table in tables.items() if table.refuses()}
    return HostFirewall(
        refuses_ipv4=bool(refusing & {"ip", "inet"}),
        refuses_ipv6=bool(refusing & {"ip6", "inet"}),
        ipv6=bool(addresses),
        tools=tools,
        broad=tuple(dict.fromkeys([*foreign, *(chain for table in tables.values() for chain in table.broad)])),
    )


def _nft(text: str) -> dict[tuple[str, str], _Chains] | None:
    """Return the tables of nft's JSON by family and name, or None when it is not that."""
    try:
        told: Json = json.loads(text)
    except (ValueError, RecursionError):  # not JSON, a number of 5,000 digits, or a thousand levels
        return None
    items = told.get("nftables") if isinstance(told, dict) else None
    if not isinstance(items, list):
        return None
    tables: defaultdict[tuple[str, str], _Chains] = defaultdict(_Chains)
    for item in items:
        if not isinstance(item, dict):
            continue
        if isinstance(chain := item.get("chain"), dict):
            table, name = tables[str(chain.get("family")), str(chain.get("table"))], str(chain.get("name"))
            if chain.get("hook") == "input" and chain.get("type") == "filter":
                table.inputs.append(name)
                table.policies[name] = "refuse" if chain.get("policy") == "drop" else "accept"
        elif isinstance(rule := item.get("rule"), dict):
            table = tables[str(rule.get("family")), str(rule.get("table"))]
            table.foreign = table.foreign or '"xt"' in json.dumps(rule.get("expr"))
            table.rules[str(rule.get("chain"))] += [action] if (action := _nft_action(rule.get("expr"))) else []
    return dict(tables)


def _nft_action(expressions: Json) -> str:
    """Return what a rule does to every packet, or to most, or nothing when it has a real condition or only counts."""
    broad = ""
    for expression in expressions if isinstance(expressions, list) else []:
        if not isinstance(expression, dict) or not expression:
            return ""
        verb, value = next(iter(expression.items()))
        if verb == "match" and _holds_for_most(value):
            broad = _BROAD
        elif verb in {"accept", "return"}:
            return broad + verb
        elif verb in {"drop", "reject"}:
            return broad + "refuse"
        elif verb in {"jump", "goto"} and isinstance(value, dict):
            return f"{broad}{verb} {value.get('target')}"
        elif verb not in _IDLE:
            return ""
    return ""


def _holds_for_most(match: Json) -> bool:
    """Whether a match is on an interface other than loopback, on TCP or UDP as a whole, or on new connections."""
    left, right = (match.get("left"), match.get("right")) if isinstance(match, dict) else (None, None)
    if not isinstance(left, dict):
        return False
    key = next((part.get("key") for part in left.values() if isinstance(part, dict)), None)
    if key in {"iif", "iifname"}:
        return right != "lo"
    return key in {"l4proto", "protocol"} or (key == "state" and "new" in json.dumps(right))


def _saved(files: Bundle, name: str) -> _Chains | None:
    """Return the filter table as iptables-save prints it, or None when there is none."""
    text = files.get(name) or ""
    table = re.search(r"^\*filter\n(.*?)^COMMIT", text, re.MULTILINE | re.DOTALL)
    if table is None:
        # Without a filter table loaded the program prints nothing at all: then nothing is refused.
        return _Chains(inputs=["INPUT"]) if name + "-save" in (files.get("tools") or "") and not text.strip() else None
    chains = _Chains(inputs=["INPUT"])
    for chain, policy in re.findall(r"^:(\S+) (\S+)", table[1], re.MULTILINE):
        chains.policies[chain] = "refuse" if policy == "DROP" else "accept"
    for chain, rest in re.findall(r"^(?:\[\d+:\d+\] )?-A (\S+)(.*)$", table[1], re.MULTILINE):
        if action := _saved_action(rest):
            chains.rules[chain].append(action)
    return chains


def _saved_action(rest: str) -> str:
    bare = re.sub(r" -m comment --comment (?:\"(?:[^\"\\]|\\.)*\"|\S+)", "", rest)
    most = re.sub(r" -i (?!lo )\S+| -p (?:tcp|udp|all)| -m (?:state --state|conntrack --ctstate) \S*NEW\S*", "", bare)
    told = re.fullmatch(r" -([jg]) (\S+)(?: --reject-with \S+)?", most)
    if told is None:
        return ""
    kind, target = told.groups()
    known = {"ACCEPT": "accept", "DROP": "refuse", "REJECT": "refuse", "RETURN": "return", "LOG": "", "NFLOG": ""}
    action = known.get(target, f"{'jump' if kind == 'j' else 'goto'} {target}")
    return (_BROAD if most != bare and action else "") + action
