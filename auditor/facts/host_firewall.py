"""What a host's own packet filter does with new connections, by the rules that the kernel has loaded.

nft lists all rules but those of the old iptables ("legacy"), which the kernel keeps apart and names in
/proc/net/ip_tables_names; what iptables has put into nft with its own matches only iptables-save spells out. Packets
pass all of them. What no program lists can refuse more, never accept more. Sources: nft(8), iptables-save(8),
proc_net(5). Filters outside of these (BPF, ebtables, those of a cloud) are not seen.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from auditor import Answer, Platform, Shell, Unreadable, probe
from auditor.facts.bundle import Bundle, read, section, show
from auditor.facts.filter_nft import nft_tables
from auditor.facts.filter_rules import ALL, NONE, Family, Fate, Hook, Mask, Packet, Rule, Steps, Table, Walk, ranges
from auditor.facts.filter_saved import saved_tables

NAMES: Final[Mapping[Family, Literal["IPv4", "IPv6"]]] = {"ip": "IPv4", "ip6": "IPv6"}
_OWN: Final = ("raw", "mangle", "nat", "filter", "security")  # tables of iptables
_PROTOCOLS: Final[tuple[Literal["tcp", "udp"], ...]] = ("tcp", "udp")
_MOST_GROUPS: Final = 40
_IN: Final[tuple[Hook, ...]] = ("prerouting", "input")


@dataclass(frozen=True, slots=True)
class Ports:
    """Ranges of TCP and UDP ports, ends included."""

    tcp: tuple[tuple[int, int], ...] = ()
    udp: tuple[tuple[int, int], ...] = ()

    @property
    def most(self) -> int:
        """Return how many ports of one protocol there are, of that which has more."""
        return max(sum(last - first + 1 for first, last in spans) for spans in (self.tcp, self.udp))

    def has(self, protocol: str, port: int) -> bool:
        """Whether a port is among them."""
        return any(first <= port <= last for first, last in (self.tcp if protocol == "tcp" else self.udp))


@dataclass(frozen=True, slots=True)
class Way:
    """What happens to new connections of a family that come by some interfaces, which no rule tells apart.

    `outer` says that the default route leads there. `open` ports are let in from anywhere, `unclear` ones may be,
    and what `somebody` reaches includes what is let in from named addresses only. `passed` and `passed_unclear` are
    ports that are passed on to other hosts. `answers` says whether answers to the host's own connections are let in.
    """

    family: Literal["IPv4", "IPv6"]
    interfaces: tuple[str, ...]
    outer: bool
    open: Ports = Ports()
    unclear: Ports = Ports()
    somebody: Ports = Ports()
    passed: Ports = Ports()
    passed_unclear: Ports = Ports()
    answers: bool | None = True


@dataclass(frozen=True, slots=True)
class Loopback:
    """Whether a host's own connections by loopback are accepted, and whether its rules refuse who only claims to be it.

    None is undecided. `kernel_refuses` says that the kernel refuses such claims before any rule: always for IPv6, and
    for IPv4 unless route_localnet is set (ip-sysctl).
    """

    family: Literal["IPv4", "IPv6"]
    accepted: bool | None
    claims_refused: bool | None
    kernel_refuses: bool


@dataclass(frozen=True, slots=True)
class HostFirewall:
    """What becomes of new connections, by family and interface. `forwarding` are the families that are passed on.

    `ipv6` is whether the host has an IPv6 address other than loopback. `unseen` is why rules may be loaded that no
    program listed: what is open may then be refused by those.
    """

    ways: tuple[Way, ...]
    loopback: tuple[Loopback, ...] = ()
    ipv6: bool = True
    forwarding: frozenset[str] = frozenset()
    unseen: str = ""


@dataclass(slots=True)
class _Rules:
    """All tables that are loaded, and how many rules may still be met."""

    tables: list[Table]
    steps: Steps = field(default_factory=Steps)

    def fate(self, packet: Packet, hooks: Iterable[Hook] = _IN) -> Fate:
        """Return what becomes of a packet."""
        return Walk(packet, self.steps).fate(self.tables, hooks)


def _saved_by(kind: str) -> str:
    """Return shell text that lists the rules of iptables for $v, without what changes from hour to hour."""
    return (
        f"for t in ${{v}}tables-{kind}-save ${{v}}tables-save; do if command -v $t >/dev/null 2>&1; then "
        f"printf '\\n#== file {kind}-%s\\n' $v; {{ $t 2>/dev/null || echo failed; }} | "
        "sed '/^#/s/ on .*//; /^:/s/ \\[.*//'; break; fi; done"
    )


_BUILT_IN: Final = (
    'b=/lib/modules/$(uname -r)/modules.builtin; [ -d /sys/module/nf_tables ] || { [ -r /proc/modules ] && [ -r "$b" ] '
    '&& ! grep -qE "(^|/)(nf|ip|ip6)_tables" /proc/modules "$b" && echo none; }'
)
# What services load when the host starts (firewall_at_boot.py): by the same request, as both are root's to see.
KEPT: Final = (
    *("/etc/nftables.conf", "/etc/sysconfig/nftables.conf", "/etc/nftables.nft", "/etc/nftables/*.nft"),
    *("/etc/nftables.d/*", "/etc/iptables/rules.v4", "/etc/iptables/rules.v6", "/etc/sysconfig/iptables"),
    *("/etc/sysconfig/ip6tables", "/etc/iptables/rules-save", "/etc/iptables/rules6-save", "/etc/ufw/ufw.conf"),
    *("/etc/default/ufw", "/etc/ufw/user.rules", "/etc/ufw/user6.rules", "/etc/firewalld/firewalld.conf"),
    *("/etc/firewalld/zones/*.xml", "/usr/lib/firewalld/zones/*.xml"),
)
_SCRIPTS: Final = "/etc/rc.local /etc/network/interfaces /etc/network/if-*.d/* /etc/networkd-dispatcher/*.d/*"
RULES: Final = Shell(
    show(
        KEPT,
        "v=ip; n=; if command -v nft >/dev/null 2>&1; then n=$(nft -s -j list ruleset 2>/dev/null) || n=failed; "
        + section("nft", 'printf "%s\\n" "$n"')
        + "; else "
        + section("kernel", f"{{ {_BUILT_IN}; }}")
        + "; fi",
        "for v in ip ip6; do case $n in ''|failed|*'\"xt\"'*) "
        + _saved_by("nft")
        + '; esac; o=; read -r o 2>/dev/null </proc/net/${v}_tables_names; [ -z "$o" ] || { '
        + "printf '\\n#== file names-%s\\n%s\\n' $v \"$o\"; "
        + _saved_by("legacy")
        + "; }; done",
        section("addresses", "while read -r a i p s f d; do echo $d; done </proc/net/if_inet6"),
        section(
            "interfaces",
            'while IFS=: read -r i x; do i=${i##* }; [ -z "$x" ] || [ -e /sys/class/net/$i/master ] || echo $i; '
            "done </proc/net/dev",
        ),
        section("route-ip", "while read -r i d x; do [ $d != 00000000 ] || echo $i; done </proc/net/route"),
        section(
            "route-ip6",
            "while read -r d l s t n m r u f i; do [ $d$l != 0000000000000000000000000000000000 ] || echo $i; "
            "done </proc/net/ipv6_route",
        ),
        section("forward-ip", "{ read -r f </proc/sys/net/ipv4/ip_forward; echo $f; }"),
        section("forward-ip6", "{ read -r f </proc/sys/net/ipv6/conf/all/forwarding; echo $f; }"),
        section("scripts", f"grep -lE 'tables-restore|nft .*-f' {_SCRIPTS}"),
        section(
            "localnet",
            "for f in /proc/sys/net/ipv4/conf/*/route_localnet; do read -r v <$f; [ $v = 0 ] || echo $f; done",
        ),
    ),
    privileged=True,
)


@probe(RULES, on={Platform.LINUX})
def host_firewall(answer: Answer) -> HostFirewall:
    """Read the rules that are loaded. Raises Unreadable when no program lists them, or they are too many to follow."""
    files = read(answer.text)
    tables, unseen = loaded(files)
    interfaces = [name for name in _lines(files, "interfaces") if re.fullmatch(r"[^\s/|]{1,15}", name)]
    if "lo" not in interfaces:
        raise Unreadable("the host does not name its network interfaces")
    outside = [name for name in interfaces if name != "lo"] or ["(none)"]
    rules = _Rules(tables)
    ways = [way for family in NAMES for way in _ways(rules, family, outside, set(_lines(files, f"route-{family}")))]
    forwarding = {NAMES[family] for family in NAMES if files.get(f"forward-{family}") != "0\n"}
    exposed = bool(_lines(files, "localnet"))
    return HostFirewall(
        tuple(ways),
        tuple(_loopback(rules, family, outside, exposed=exposed) for family in NAMES),
        ipv6=any(name != "lo" for name in _lines(files, "addresses")),
        forwarding=frozenset(forwarding),
        unseen=unseen,
    )


def loaded(files: Bundle) -> tuple[list[Table], str]:
    """Return all tables that are loaded, and why there may be more. Raises Unreadable when nothing listed any."""
    text = files.get("nft")
    nft = nft_tables(text or "")
    if text is not None and nft is None:
        raise Unreadable("nft did not list its rules as JSON: it may not, or cannot")
    found, unseen = dict(nft or {}), ""
    more: list[Table] = []
    for family in NAMES:
        own = _saved(files, f"nft-{family}", family)
        # What iptables spells out itself takes the place of what nft says of it.
        found = {key: one for key, one in found.items() if key[0] != family or key[1] not in (own or {})}
        more += (own or {}).values()
        legacy = _saved(files, f"legacy-{family}", family)
        more += (legacy or {}).values()
        if legacy is None and _lines(files, f"names-{family}"):
            unseen = f"tables of the old iptables are loaded for {NAMES[family]}, and no program lists them"
    if nft is None and files.get("kernel") != "none\n":
        if not any(name.startswith(("nft-", "legacy-")) for name in files.texts):
            raise Unreadable("neither nft nor iptables-save is on this host, so its packet filter cannot be listed")
        unseen = unseen or "nft is not on this host, so that rules of nftables itself are not seen"
    return [*found.values(), *more], unseen


def _saved(files: Bundle, name: str, family: Family) -> dict[str, Table] | None:
    """Return what iptables-save printed, None when it was not asked. Raises Unreadable when it failed."""
    text = files.get(name)
    tables = saved_tables(text, family) if text is not None else None
    if text is not None and tables is None:
        raise Unreadable(f"{family}tables-save did not list its rules")
    return tables


def _lines(files: Bundle, name: str) -> list[str]:
    return [line.strip() for line in (files.get(name) or "").split("\n") if line.strip()]


def _ways(loaded: _Rules, family: Family, interfaces: list[str], routes: set[str]) -> Iterator[Way]:
    """Yield what happens on each group of interfaces that no rule tells apart."""
    outer = routes & set(interfaces) or set(interfaces)
    groups: dict[tuple[bool, frozenset[str]], list[str]] = {}
    words = {
        word
        for table in loaded.tables
        for rules in table.rules.values()
        for rule in rules
        for word in _interfaces(rule)
    }
    for name in interfaces:
        by = frozenset(word for word in words if word == name or (word.endswith("*") and name.startswith(word[:-1])))
        groups.setdefault((name in outer, by), []).append(name)
    if len(groups) > _MOST_GROUPS:
        raise Unreadable(f"its rules tell {len(groups)} groups of interfaces apart, which is more than are followed")
    for (leads_out, _), names in groups.items():
        yield _way(loaded, Way(NAMES[family], tuple(names), leads_out), family)


def _interfaces(rule: Rule) -> Iterator[str]:
    for condition in rule.conditions:
        if condition.about == "in":
            yield from condition.words


def _way(rules: _Rules, way: Way, family: Family) -> Way:
    packets = [Packet(family, way.interfaces[0], protocol) for protocol in _PROTOCOLS]
    let_in = [rules.fate(packet) for packet in packets]
    passed = [rules.fate(packet, ("prerouting", "forward")) for packet in packets]
    from_somewhere = [rules.fate(replace(packet, source="somewhere")) for packet in packets]
    answers = [rules.fate(replace(packet, state="established")) for packet in packets]
    return replace(
        way,
        open=_ports(fate.surely_accepted for fate in let_in),
        unclear=_ports(fate.accepted & fate.refused for fate in let_in),
        somebody=_ports(fate.accepted for fate in from_somewhere),
        passed=_ports(fate.surely_accepted for fate in passed),
        passed_unclear=_ports(fate.accepted & fate.refused for fate in passed),
        answers=_all_accepted(answers),
    )


def _all_accepted(fates: list[Fate]) -> bool | None:
    """Return whether all ports are accepted, wherever they go; None where that is undecided."""
    if all(fate.surely_accepted == ALL for fate in fates):
        return True
    return None if all(fate.accepted == ALL for fate in fates) else False


def _ports(masks: Iterable[Mask]) -> Ports:
    return Ports(*(ranges(found) for found in masks))


def _loopback(rules: _Rules, family: Family, interfaces: list[str], *, exposed: bool) -> Loopback:
    own = [Packet(family, "lo", protocol, "loopback") for protocol in _PROTOCOLS]
    claims = [Packet(family, name, protocol, "loopback") for name in interfaces for protocol in _PROTOCOLS]
    outside = [rules.fate(packet) for packet in claims]
    refused = all(fate.accepted == NONE for fate in outside)
    return Loopback(
        NAMES[family],
        accepted=_all_accepted([rules.fate(packet) for packet in own]),
        claims_refused=refused or (None if all(fate.refused == ALL for fate in outside) else False),
        kernel_refuses=family == "ip6" or not exposed,
    )
