"""Packet filters as nft and iptables print them: what happens to new connections, by family and interface."""

import json

import pytest

from auditor.errors import Unreadable
from auditor.facts.host_firewall import HostFirewall, Loopback, Ports, Way, host_firewall
from tests.make import ROOT, fact, refused

RECORDED = ROOT / "tests/facts/recorded"
FIREWALLD = (RECORDED / "firewall_firewalld.json").read_text()
UFW, UFW6 = ((RECORDED / f"firewall_ufw_{family}.txt").read_text() for family in ("ip", "ip6"))
ACCEPT, DROP, JUMP = {"accept": None}, {"drop": None}, {"jump": {"target": "u"}}
ALL = ((0, 65535),)
EVERYTHING, NOTHING = Ports(ALL, ALL), Ports()
SSH_ONLY = Ports(((22, 22),))


def match(left: object, right: object, op: str = "==") -> dict[str, object]:
    """Return a match of nft."""
    return {"match": {"op": op, "left": left, "right": right}}


def meta(key: str, right: object, op: str = "==") -> dict[str, object]:
    """Return a match on what the kernel knows of a packet."""
    return match({"meta": {"key": key}}, right, op)


def field(protocol: str, name: str, right: object, op: str = "==") -> dict[str, object]:
    """Return a match on a field of a header."""
    return match({"payload": {"protocol": protocol, "field": name}}, right, op)


LOOPBACK = meta("iifname", "lo")
SSH = field("tcp", "dport", 22)
SSH_RULE = {"rule": {"family": "inet", "table": "t", "chain": "in", "expr": [SSH, ACCEPT]}}
KNOWN = match({"ct": {"key": "state"}}, ["established", "related"], "in")
REJECT = {"reject": {"type": "icmpx", "expr": "admin-prohibited"}}
ETH0 = "lo\neth0\n"


def chain(
    name: str, policy: str = "", family: str = "inet", table: str = "t", hook: str = "input"
) -> dict[str, object]:
    """Return a chain of nft; with a policy it is a base chain."""
    told = {"type": "filter", "hook": hook, "prio": 0, "policy": policy} if policy else {}
    return {"chain": {"family": family, "table": table, "name": name, **told}}


def rule(name: str, *expressions: object, family: str = "inet", table: str = "t") -> dict[str, object]:
    """Return a rule of nft."""
    return {"rule": {"family": family, "table": table, "chain": name, "expr": list(expressions)}}


def nft(*items: object) -> str:
    """Return a list of rules."""
    return json.dumps({"nftables": [{"metainfo": {}}, *items]})


def host(*items: object, **parts: str) -> str:
    """Return what the request prints: nft's rules, unless another `nft` or none (an empty one) is given."""
    found = {
        "nft": nft(*items),
        "addresses": ETH0,
        "interfaces": ETH0,
        "route-ip": "eth0\n",
        "route-ip6": "eth0\nlo\n",
        "forward-ip": "0\n",
        "forward-ip6": "0\n",
        "localnet": "",
        **{name.replace("_", "-"): text for name, text in parts.items()},
    }
    shown = {name: text for name, text in found.items() if name != "nft" or text}
    return "".join(f"\n#== file {name}\n{text}" for name, text in shown.items()) + "\n#== end\n"


def seen(*items: object, **parts: str) -> HostFirewall:
    """Return the firewall of a host."""
    return fact(host_firewall, host(*items, **parts))


def way(found: HostFirewall, family: str = "IPv4", interface: str = "eth0") -> Way:
    """Return what happens on one interface."""
    return next(one for one in found.ways if one.family == family and interface in one.interfaces)


def opened(*items: object, **parts: str) -> tuple[Ports, Ports]:
    """Return what an IPv4 connection by eth0 reaches, surely and perhaps."""
    found = way(seen(*items, **parts))
    return found.open, found.unclear


def test_a_dropping_policy_refuses_all_but_what_rules_let_in() -> None:
    """Inet is both families; answers come by the state of the connection."""
    found = seen(chain("in", "drop"), rule("in", LOOPBACK, ACCEPT), rule("in", KNOWN, ACCEPT), rule("in", SSH, ACCEPT))

    assert {("IPv4", SSH_ONLY, NOTHING, True), ("IPv6", SSH_ONLY, NOTHING, True)} == {
        (one.family, one.open, one.unclear, one.answers) for one in found.ways
    }


def test_firewalld_as_recorded() -> None:
    """It accepts by policy and rejects by its last rule, through chains of zones, with maps and reverse-path checks."""
    found = seen(nft=FIREWALLD)

    assert (way(found).open, way(found).unclear, way(found).passed) == (SSH_ONLY, NOTHING, NOTHING)
    assert way(found, "IPv6").unclear == Ports(udp=((546, 546),))  # to a link-local address, which the host may have
    assert all(one.answers for one in found.ways)


def test_ufw_as_recorded() -> None:
    """Its rules are iptables' own, which nft lists as matches that it cannot spell out: iptables-save tells."""
    opaque = {"xt": {"type": "match", "name": "comment"}}
    shown = [chain("INPUT", "drop", "ip", "filter"), rule("INPUT", opaque, ACCEPT, family="ip", table="filter")]
    found = seen(*shown, nft_ip=UFW, nft_ip6=UFW6)

    assert (way(found).open, way(found, "IPv6").open) == (SSH_ONLY, SSH_ONLY)
    assert way(found).unclear == Ports(udp=((68, 68),))  # by source port
    assert way(found).passed == way(found, "IPv6").passed == NOTHING
    assert opened(*shown) == (NOTHING, EVERYTHING)


def test_any_chain_that_drops_wins() -> None:
    """Whatever table or priority; to accept ends one base chain only."""
    accepting = [chain("a", "accept", table="one"), rule("a", ACCEPT, table="one")]

    assert opened(*accepting, chain("b", "drop", table="two")) == (NOTHING, NOTHING)
    assert opened(*accepting, chain("b", "drop", hook="prerouting", table="two")) == (NOTHING, NOTHING)
    assert opened(*accepting, chain("b", "drop", hook="output", table="two")) == (EVERYTHING, NOTHING)


def test_one_family_alone() -> None:
    """A table of IPv4 does nothing for IPv6."""
    found = seen(chain("INPUT", "drop", family="ip"))

    assert (way(found).open, way(found, "IPv6").open, found.ipv6) == (NOTHING, EVERYTHING, True)


def test_no_rules_refuse_nothing() -> None:
    """An empty ruleset is an answer: a chain that was flushed, too."""
    assert opened() == opened(chain("in", "accept")) == (EVERYTHING, NOTHING)
    assert opened(nft="", kernel="none\n") == (EVERYTHING, NOTHING)


ANY = {"prefix": {"addr": "0.0.0.0", "len": 0}}  # noqa: S104  (an address that is read)
HALF = {"prefix": {"addr": "128.0.0.0", "len": 1}}
LAN = {"prefix": {"addr": "10.0.0.0", "len": 8}}
LIMIT, OVER = ({"limit": {"rate": 3, "per": "minute", "inv": over}} for over in (False, True))
SYN = {"&": [{"payload": {"protocol": "tcp", "field": "flags"}}, ["fin", "syn", "rst", "ack"]]}
BY_STATE = {"key": {"ct": {"key": "state"}}, "data": {"set": [["established", ACCEPT], ["new", JUMP]]}}


@pytest.mark.parametrize(
    ("wanted", "expressions"),
    [
        (EVERYTHING, [{"counter": None}, ACCEPT]),
        (EVERYTHING, [field("ip", "saddr", ANY), ACCEPT]),
        (EVERYTHING, [field("ip", "saddr", LAN, "!="), ACCEPT]),
        (EVERYTHING, [match({"ct": {"key": "state"}}, ["new"], "in"), LIMIT, ACCEPT]),
        (EVERYTHING, [match({"ct": {"key": "state"}}, "established", "!="), ACCEPT]),
        (EVERYTHING, [meta("iifname", "eth*"), ACCEPT]),
        (Ports(ALL), [meta("l4proto", "tcp"), ACCEPT]),
        (Ports(ALL), [match(SYN, "syn"), field("tcp", "dport", {"range": [0, 65535]}), ACCEPT]),
        (Ports(((1, 21), (23, 65535))), [field("tcp", "dport", {"set": [0, 22]}, "!="), ACCEPT]),
        (Ports(((53, 53),), ((53, 53),)), [field("th", "dport", 53), ACCEPT]),
        (NOTHING, [field("ip", "saddr", LAN), ACCEPT]),
        (NOTHING, [field("ip6", "saddr", "::"), ACCEPT]),
        (NOTHING, [meta("iifname", "eth1"), ACCEPT]),
        (NOTHING, [meta("l4proto", {"set": ["icmp", "ipv6-icmp"]}), ACCEPT]),
        (NOTHING, [field("ip", "daddr", "224.0.0.251"), ACCEPT]),
        (NOTHING, [match({"fib": {"result": "oif", "flags": ["saddr", "iif"]}}, False), ACCEPT]),
        (NOTHING, [{"log": {"prefix": "x"}}]),
        (SSH_ONLY, [{"vmap": BY_STATE}]),
        (SSH_ONLY, [{"vmap": {"key": {"payload": {"protocol": "tcp", "field": "dport"}}, "data": "@m"}}]),
        (NOTHING, [field("tcp", "dport", "@none"), ACCEPT]),
        (SSH_ONLY, [{"goto": {"target": "u"}}]),
    ],
)  # fmt: skip
def test_what_one_rule_lets_in(wanted: Ports, expressions: list[object]) -> None:
    """Before a policy that drops. Conditions that hold for everybody are none; chains, sets and maps are followed."""
    items = [
        {"map": {"family": "inet", "name": "m", "table": "t", "elem": [[22, ACCEPT], [{"range": [80, 90]}, DROP]]}},
        {"set": {"family": "inet", "name": "none", "table": "t"}},
        chain("in", "drop"), chain("u"), rule("in", *expressions), rule("u", SSH, ACCEPT), rule("u", {"return": None}),
        rule("u", ACCEPT),
    ]  # fmt: skip

    assert opened(*items) == (wanted, NOTHING)


@pytest.mark.parametrize(
    "expressions",
    [
        [meta("mark", 1), ACCEPT],
        [field("udp", "sport", 53), field("th", "dport", {"range": [0, 65535]}), ACCEPT],
        [field("ip", "saddr", HALF), ACCEPT],
        [field("ip", "daddr", "192.0.2.10"), ACCEPT],
        [{"queue": {"num": 0}}],
        [{"a new one": {}}, ACCEPT],
        [match({"ct": {"key": "mark"}}, 1), JUMP],
        [{"vmap": {"key": {"meta": {"key": "mark"}}, "data": {"set": [[1, ACCEPT]]}}}],
        [{"vmap": {"key": {"meta": {"key": "mark"}}, "data": "@gone"}}],
    ],
)
def test_what_is_not_known_may_hold_or_not(expressions: list[object]) -> None:
    """Neither open nor closed: marks, source ports that anybody may choose, half the Internet, other programs."""
    items = [chain("in", "drop"), chain("u"), rule("in", *expressions), rule("u", ACCEPT)]

    surely, perhaps = opened(*items)
    assert surely == NOTHING
    assert perhaps.udp == ALL


@pytest.mark.parametrize(
    ("kind", "ip", "ip6"), [("icmp", NOTHING, EVERYTHING), ("icmpv6", EVERYTHING, NOTHING), ("icmpx", NOTHING, NOTHING)]
)
def test_how_packets_are_rejected_says_which(kind: str, ip: Ports, ip6: Ports) -> None:
    """`meta nfproto ipv6 reject` is listed without its match: nft 1.0.6 takes it for said by the kind of message."""
    found = seen(chain("in", "accept"), rule("in", {"reject": {"type": kind, "expr": "port-unreachable"}}))

    assert (way(found).open, way(found, "IPv6").open) == (ip, ip6)


def test_a_limit_refuses_some_only() -> None:
    """`limit rate 3/minute drop` lets the fourth in; over a limit gets who likes to."""
    assert opened(chain("in", "accept"), rule("in", LIMIT, DROP)) == (NOTHING, EVERYTHING)
    assert opened(chain("in", "accept"), rule("in", OVER, DROP)) == (EVERYTHING, NOTHING)
    assert opened(chain("in", "drop"), rule("in", OVER, ACCEPT)) == (NOTHING, EVERYTHING)


def test_answers() -> None:
    """By the state of the connection; flags that begin one are not those of an answer."""
    known, odd = rule("in", KNOWN, ACCEPT), rule("in", match(SYN, "syn", "!="), DROP)

    assert way(seen(chain("in", "drop"), SSH_RULE)).answers is False
    assert way(seen(chain("in", "drop"), known, odd)).answers is True
    assert way(seen(chain("in", "drop"), odd, known)).answers is None
    begins = "-A INPUT -p tcp ! --syn -m conntrack --ctstate NEW -j DROP\n-A INPUT -j ACCEPT"
    assert way(seen(names_ip="filter\n", legacy_ip=LEGACY.format("DROP", begins))).answers is True
    assert way(seen(names_ip="filter\n", legacy_ip=LEGACY.format("ACCEPT", "-A INPUT ! --syn -j DROP"))).answers is None


def test_interfaces_are_told_apart_where_rules_do() -> None:
    """A network inside may be let in whole; the default route tells which is outside."""
    items = [chain("in", "drop"), rule("in", meta("iifname", "wg0"), ACCEPT)]
    found = seen(*items, interfaces="lo\neth0\neth1\nwg0\n")

    assert [(one.interfaces, one.outer, one.open) for one in found.ways if one.family == "IPv4"] == [
        (("eth0",), True, NOTHING),
        (("eth1",), False, NOTHING),
        (("wg0",), False, EVERYTHING),
    ]


def test_what_somebody_reaches() -> None:
    """Named addresses may reach more than anybody."""
    found = way(seen(chain("in", "drop"), rule("in", field("ip", "saddr", LAN), SSH, ACCEPT)))

    assert (found.open, found.unclear, found.somebody) == (NOTHING, NOTHING, SSH_ONLY)


def test_loopback_and_those_who_claim_it() -> None:
    """127.0.0.0/8 by another interface: dropped by a rule, or by the kernel unless route_localnet is set."""
    claims = rule(
        "in", meta("iifname", "lo", "!="), field("ip", "saddr", {"prefix": {"addr": "127.0.0.0", "len": 8}}), DROP
    )
    items = [chain("in", "drop"), rule("in", LOOPBACK, ACCEPT), rule("in", SSH, ACCEPT)]
    guarded = [items[0], claims, *items[1:]]
    told = Loopback("IPv4", accepted=True, claims_refused=False, kernel_refuses=True)

    assert seen(*items).loopback[0] == told
    assert seen(*guarded).loopback[0].claims_refused
    assert not seen(*items, localnet="/proc/sys/net/ipv4/conf/eth0/route_localnet\n").loopback[0].kernel_refuses
    assert seen(chain("in", "drop")).loopback[0].accepted is False


def test_forwarding() -> None:
    """Docker lets its containers out, and in what is published; a hook of its own."""
    items = [
        chain("f", "drop", hook="forward"),
        rule("f", meta("iifname", "docker0"), meta("oifname", "docker0", "!="), ACCEPT),
        rule("f", meta("oifname", "docker0"), field("ip", "daddr", "172.17.0.2"), field("tcp", "dport", 80), ACCEPT),
    ]
    found = seen(*items, interfaces="lo\neth0\ndocker0\n", forward_ip="1\n")

    assert found.forwarding == {"IPv4"}
    assert (way(found).passed, way(found).passed_unclear) == (NOTHING, Ports(((80, 80),)))
    assert way(found, interface="docker0").passed_unclear == EVERYTHING
    assert way(seen(chain("in", "drop"))).passed == EVERYTHING


LEGACY = "*filter\n:INPUT {}\n:FORWARD ACCEPT\n:u -\n{}\nCOMMIT\n"


@pytest.mark.parametrize(
    ("wanted", "line"),
    [
        (EVERYTHING, "-A INPUT -j ACCEPT"),
        (EVERYTHING, '-A INPUT -m comment --comment "all \\"in\\"" -j ACCEPT'),
        (EVERYTHING, '-A INPUT -m comment --comment "-p icmp" -j ACCEPT'),
        (EVERYTHING, "[3:180] -A INPUT -j ACCEPT"),
        (EVERYTHING, "-A INPUT -s 0.0.0.0/0 -p all -j ACCEPT"),
        (Ports(ALL), "-A INPUT -i eth+ -p tcp -j ACCEPT"),
        (Ports(ALL), "-A INPUT -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -m conntrack --ctstate NEW -j ACCEPT"),
        (Ports(((22, 22), (80, 90))), "-A INPUT -p tcp -m multiport --dports 22,80:90 -j ACCEPT"),
        (SSH_ONLY, "-A INPUT -j ACCEPT -p tcp -m tcp --dport 22"),
        (NOTHING, "-A INPUT ! -i eth0 -j ACCEPT"),
        (NOTHING, "-A INPUT -s 10.0.0.0/8 -j ACCEPT"),
        (NOTHING, "-A INPUT -m pkttype --pkt-type multicast -j ACCEPT"),
        (NOTHING, '-A INPUT -j LOG --log-prefix "-j ACCEPT"\n-A INPUT -j u\n-A u -j RETURN\n-A u -j ACCEPT'),
        (NOTHING, "-A INPUT -g u\n-A INPUT -j ACCEPT"),
        (NOTHING, "-A INPUT -j REJECT --reject-with icmp-port-unreachable\n-A INPUT -j ACCEPT"),
    ],
)  # fmt: skip
def test_what_one_rule_of_iptables_lets_in(wanted: Ports, line: str) -> None:
    """Before a policy that drops: options before and after the target, quotes, counters, chains."""
    assert opened(names_ip="filter\n", legacy_ip=LEGACY.format("DROP", line)) == (wanted, NOTHING)


@pytest.mark.parametrize(
    "line",
    ["-m set --match-set all src -j ACCEPT", "-m mark --mark 0x1 -j ACCEPT", "-j NFQUEUE --queue-num 0", "-j NEW"],
)
def test_what_is_not_known_of_iptables(line: str) -> None:
    """Sets of addresses are not in the list, and programs decide for themselves."""
    assert opened(names_ip="filter\n", legacy_ip=LEGACY.format("DROP", f"-A INPUT {line}")) == (NOTHING, EVERYTHING)


def test_old_and_new_iptables_both_count() -> None:
    """What either drops is dropped; tables that no program lists can only refuse more."""
    legacy = LEGACY.format("DROP", "")
    assert opened(chain("in", "accept"), names_ip="filter\n", legacy_ip=legacy) == (NOTHING, NOTHING)

    hidden = seen(chain("in", "accept"), names_ip="filter\n")
    assert "no program lists them" in hidden.unseen
    new = "# Generated by iptables-save v1.8.9 (nf_tables)\n"
    assert "no program lists them" in seen(chain("in", "accept"), names_ip="filter\n", legacy_ip=new + legacy).unseen
    assert not seen(chain("in", "accept"), names_ip="filter\n", legacy_ip=legacy).unseen
    refusing = [chain("INPUT", "drop", "ip", "filter")]
    assert opened(*refusing, nft_ip=new + LEGACY.format("ACCEPT", "")) == (EVERYTHING, NOTHING)
    assert opened(*refusing, nft_ip=LEGACY.format("ACCEPT", "")) == (NOTHING, NOTHING)
    assert "nft is not on this host" in seen(nft="", nft_ip=LEGACY.format("ACCEPT", "")).unseen
    assert not seen(nft="", nft_ip=LEGACY.format("ACCEPT", ""), kernel="none\n").unseen


@pytest.mark.parametrize("port", [-1, 65536, 10**400, 1.5, "ssh", {"range": [90, 80]}, {"range": [0, -1]}, None, [[]]])
def test_ports_that_are_none(port: object) -> None:
    """A host may say what it likes: the rule may then hold or not."""
    assert opened(chain("in", "drop"), rule("in", field("tcp", "dport", port), ACCEPT)) == (NOTHING, Ports(ALL))
    saved = LEGACY.format("DROP", "-A INPUT -p tcp --dport 90:80 -j ACCEPT\n-A INPUT -s 10.0.0.9-10.0.0.1 -j DROP")
    assert opened(names_ip="filter\n", legacy_ip=saved)[1] == Ports(ALL)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html></html>",
        host(nft=""),
        host(nft="failed\n"),
        host(nft='{"other": []}'),
        host(nft="", nft_ip="failed\n"),
        host(nft="", nft_ip="*filter\n:INPUT DROP\n"),
        host(chain("in", "drop"), rule("in", JUMP), rule("u", JUMP)),
        host(interfaces=""),
    ],
)
def test_what_lists_no_rules_is_unreadable(text: str) -> None:
    """No tool, no privilege in a container, half a table, a circle: never an empty filter."""
    assert isinstance(refused(host_firewall, text), Unreadable)


def test_too_much_to_follow_is_unreadable() -> None:
    """A host may list what it likes."""
    chains = [chain(str(number)) for number in range(30)]
    jumps = [rule(str(n), SSH if n % 2 else LOOPBACK, {"jump": {"target": str(n + 1)}}) for n in range(29)]
    assert fact(host_firewall, host(*chains, chain("in", "drop"), rule("in", {"jump": {"target": "0"}}), *jumps))

    again = [rule("in", field("tcp", "dport", port), JUMP) for port in range(200)]
    crossed = host(chain("in", "accept"), *again, chain("u"), *[rule("u", SSH, DROP)] * 200)
    assert "too many rules" in str(refused(host_firewall, crossed))
    assert "20001 rules" in str(refused(host_firewall, host(*[{}] * 20_000)))
