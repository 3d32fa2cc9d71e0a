"""What is said of rules is what the kernel does with packets."""

from typing import Final

import pytest

from auditor.facts.host_firewall import host_firewall
from tests.facts.test_host_firewall import RECORDED, host, way
from tests.lab.packets import PORTS, PROTOCOLS, observed, why_not
from tests.make import fact

pytestmark = [pytest.mark.lab, pytest.mark.skipif(bool(why_not()), reason=f"real packets: {why_not()}")]


def _nft(rules: str, policy: str = "drop", more: str = "", table: str = "inet t") -> str:
    """Return a script with one base chain, and `u` to jump to."""
    base = f"type filter hook input priority 0; policy {policy};"
    jumped = "chain u { tcp dport 80 accept; return; }"
    return f"table {table} {{\n {more}\n {jumped}\n chain i {{ {base}\n{rules}\n }}\n}}\n"


def _saved(policy: str, *rules: str) -> str:
    """Return a filter table as iptables-save prints it."""
    return f"*filter\n:INPUT {policy}\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n:u -\n{chr(10).join(rules)}\nCOMMIT\n"


_MAP: Final = "map m {type inet_service : verdict; flags interval; elements = {443 : accept, 1000-6000 : drop}; }"
_BY_STATE: Final = "ct state vmap { established : accept, new : jump u }\n"
RULESETS: Final[dict[str, dict[str, str]]] = {
    "sets and negations": {"nft": _nft("tcp dport { 22, 8000-9500 } accept\nudp dport != { 80, 443 } accept")},
    "maps": {"nft": _nft(f"{_BY_STATE}tcp dport vmap @m\nmeta l4proto vmap {{ udp : goto u }}", more=_MAP)},
    "two tables": {"nft": _nft("tcp dport 22 accept") + _nft("accept", table="ip z")},
    "a rejection for IPv6": {
        "nft": _nft("meta nfproto ipv6 reject\nip saddr != 10.0.0.0/8 tcp dport 22 drop", "accept")
    },
    "a rejection for TCP": {"nft": _nft("udp dport 80 drop\nmeta l4proto tcp reject with tcp reset", "accept")},
    "routes": {"nft": _nft("fib daddr type local tcp dport 443 accept\nfib saddr . iif oif missing accept")},
    "flags": {
        "nft": _nft("tcp flags & (fin|syn|rst|ack) == syn tcp dport 8080 accept\niifname e* th dport 9005 accept")
    },
    "several fields": {"nft": _nft('iifname . tcp dport { "eth0" . 8080 } accept\nip6 saddr ::/0 accept')},
    "chains of iptables": {
        "iptables": _saved(
            "DROP",
            "-A INPUT -p tcp -m multiport --dports 22,1000:6000 -j u",
            "-A INPUT -m conntrack ! --ctstate NEW -j ACCEPT",
            "-A INPUT ! -i lo -p udp ! --dport 443 -j ACCEPT",
            '-A u -p tcp --dport 22 -m comment --comment "-j DROP" -j ACCEPT',
        )
    },
    "old iptables after new": {
        "iptables": _saved("ACCEPT", "-A INPUT -p udp -j REJECT"),
        "legacy": _saved(
            "DROP", "-A INPUT -p tcp --syn --dport 22 -g u", "-A INPUT -p udp -j ACCEPT", "-A u -j ACCEPT"
        ),
    },
    "old iptables after nftables": {
        "nft": _nft("tcp dport { 22, 80 } accept"),
        "legacy": _saved("ACCEPT", "-A INPUT -p tcp --dport 80 -j DROP"),
    },
    "ufw": {"iptables": (RECORDED / "firewall_ufw_ip.txt").read_text()},
    "all but one port": {"nft": _nft("tcp dport 22 drop", "accept")},
}


def test_verdicts_on_rules_are_what_packets_meet() -> None:
    """Sure verdicts only: each ruleset lets in some, and refuses some."""
    for name, seen in zip(RULESETS, observed(list(RULESETS.values())), strict=True):
        parts = {key: seen[key] for key in ("nft", "nft_ip", "legacy_ip")}
        found = way(fact(host_firewall, host(**parts, names_ip="filter\n")))
        let_in = set(seen["let_in"].split())
        ports = {f"{protocol}/{port}": (protocol, port) for protocol in PROTOCOLS for port in PORTS}
        unsure = {port for port, place in ports.items() if found.unclear.has(*place)}

        assert {port for port, place in ports.items() if found.open.has(*place)} == let_in - unsure, name
        assert set() < let_in < set(ports), name
        assert not unsure, name
