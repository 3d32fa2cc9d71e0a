"""Verdicts on packet filters."""

from dataclasses import replace

import pytest

from auditor.facts.firewall_at_boot import Kept, KeptRules
from auditor.facts.host_firewall import HostFirewall, Loopback, Ports, Way
from auditor.facts.services import EnabledUnits, Listening, Socket
from tests.make import ABSENT, UNKNOWN, Case, Verdict, checks, names

C = checks("firewall")
SERVICES = checks("services")
PASS, FAIL, DONT_KNOW, NOT_HERE = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE
ANY = "0.0.0.0"  # noqa: S104  (an address that is judged, not bound to)
EVERYTHING = Ports(((0, 65535),), ((0, 65535),))
SSH = Ports(((22, 22),))
WRITTEN = {"view": "effective and written"}

V4 = Way("IPv4", ("eth0",), outer=True, open=SSH, somebody=SSH)
V6 = replace(V4, family="IPv6")
LO = Loopback("IPv4", accepted=True, claims_refused=True, kernel_refuses=True)
LO6 = replace(LO, family="IPv6")
GOOD = HostFirewall((V4, V6), (LO, LO6))
INSIDE = replace(V4, interfaces=("wg0",), outer=False, open=EVERYTHING)


def wall(*ways: Way, **changed: object) -> HostFirewall:
    """Return a firewall with these ways in, and fields changed."""
    return replace(GOOD, **({"ways": ways} if ways else {}), **changed)  # type: ignore[arg-type]


def forwards(*ways: Way, **changed: object) -> HostFirewall:
    """Return a firewall of a host that passes packets on."""
    return wall(*ways, forwarding=frozenset({"IPv4", "IPv6"}), **changed)


def listens(*sockets: tuple[str, int, str]) -> Listening:
    """Return a host on which SSH listens, and more."""
    return Listening((Socket("tcp", 22, ANY), Socket("tcp", 25, "127.0.0.1"), *(Socket(*one) for one in sockets)))


def starts(*services: str) -> EnabledUnits:
    """Return what starts with a host."""
    return EnabledUnits("systemd", frozenset({"ssh", *services}))


def keeps(*refuses: bool | None) -> KeptRules:
    """Return what nftables loads for IPv4 and IPv6."""
    return KeptRules((Kept("nftables", "/etc/nftables.conf", tuple(zip(("ip", "ip6"), refuses, strict=True))),))


OPEN, UNSURE = replace(V4, open=EVERYTHING, somebody=EVERYTHING), replace(V4, unclear=EVERYTHING)
OPEN6 = replace(V6, open=EVERYTHING, somebody=EVERYTHING)
NFT = starts("nftables")
BOTH = KeptRules((*keeps(False, False).kept, Kept("ufw", "/etc/default/ufw", (("ip", True), ("ip6", True)))))
V4_FILE = KeptRules((Kept("netfilter-persistent", "/etc/iptables/rules.v4", (("ip", True),)),))

CASES: list[Case] = [
    Case(SERVICES.firewall_active, (wall(OPEN, V6),), FAIL, ("IPv4",)),
    Case(SERVICES.firewall_active, (wall(V4, OPEN6),), FAIL, ("IPv6",), why="IPv6 is open"),
    Case(SERVICES.firewall_active, (wall(V4, OPEN6, ipv6=False),), PASS, why="the host has no IPv6"),
    Case(SERVICES.firewall_active, (wall(replace(V4, open=Ports(((1024, 65535),)))),), FAIL, why="most ports are open"),
    Case(SERVICES.firewall_active, (wall(replace(V4, open=Ports((), ((10000, 20000),)))),), PASS, why="calls"),
    Case(SERVICES.firewall_active, (wall(V4, INSIDE),), DONT_KNOW, why="an interface inside lets in all"),
    Case(SERVICES.firewall_active, (wall(V4, INSIDE),), PASS, settings={"trusted": frozenset({"wg*"})}),
    Case(SERVICES.firewall_active, (wall(OPEN),), FAIL, settings={"trusted": frozenset({"wg*"})}),
    Case(SERVICES.firewall_active, (wall(UNSURE),), DONT_KNOW, why="a condition is not known"),
    Case(SERVICES.firewall_active, (wall(OPEN, unseen="nft is missing"),), DONT_KNOW, why="others may refuse"),
    Case(SERVICES.firewall_active, (wall(V4, unseen="nft is missing"),), PASS, why="others cannot accept"),
    Case(C.forwarding, (forwards(),), PASS),
    Case(C.forwarding, (forwards(replace(V4, passed=EVERYTHING)),), FAIL, ("IPv4",)),
    Case(C.forwarding, (forwards(replace(V4, passed_unclear=EVERYTHING)),), DONT_KNOW),
    Case(C.forwarding, (forwards(replace(V4, passed=EVERYTHING), unseen="nft is missing"),), DONT_KNOW),
    Case(C.forwarding, (wall(replace(V4, passed=EVERYTHING)),), PASS, why="the kernel does not forward"),
    Case(C.forwarding, (wall(replace(V4, passed=EVERYTHING)),), FAIL, settings=WRITTEN),
    Case(C.forwarding, (forwards(replace(V4, interfaces=("docker0", "br-1"), passed=EVERYTHING)),), PASS),
    Case(C.forwarding, (forwards(replace(V6, passed=EVERYTHING), ipv6=False),), PASS, why="the host has no IPv6"),
    Case(C.forwarding, (UNKNOWN,), DONT_KNOW),
    Case(C.loopback, (GOOD,), PASS),
    Case(C.loopback, (wall(loopback=(replace(LO, accepted=False),)),), FAIL, ("IPv4 loopback",)),
    Case(C.loopback, (wall(loopback=(replace(LO, accepted=None),)),), DONT_KNOW),
    Case(C.loopback, (wall(unseen="nft is missing"),), DONT_KNOW, why="others may refuse"),
    Case(C.loopback, (wall(loopback=(replace(LO, claims_refused=False),)),), PASS, why="the kernel drops them"),
    Case(C.loopback, (wall(loopback=(replace(LO6, claims_refused=False),)),), FAIL, ("IPv6 from loopback addresses",),
         settings=WRITTEN),
    Case(C.loopback, (wall(loopback=(replace(LO, claims_refused=False, kernel_refuses=False),)),), FAIL,
         ("IPv4 from loopback addresses",), why="route_localnet is set"),
    Case(C.loopback, (wall(loopback=(replace(LO, claims_refused=None, kernel_refuses=False),)),), DONT_KNOW),
    Case(C.loopback, (UNKNOWN,), DONT_KNOW),
    Case(C.answers, (GOOD,), PASS),
    Case(C.answers, (wall(replace(V4, answers=False), V6),), FAIL, ("IPv4",)),
    Case(C.answers, (wall(replace(V4, answers=None), V6),), DONT_KNOW),
    Case(C.answers, (wall(unseen="nft is missing"),), DONT_KNOW),
    Case(C.answers, (UNKNOWN,), DONT_KNOW),
    Case(C.open_ports, (GOOD, listens()), PASS),
    Case(C.open_ports, (GOOD, listens(("udp", 68, ANY), ("udp", 40000, ANY))), PASS, why="clients listen"),
    Case(C.open_ports, (GOOD, listens(("tcp", 80, "*"), ("tcp", 80, ANY))), FAIL, ("tcp/80",), why="no rule"),
    Case(C.open_ports, (wall(OPEN, OPEN6), listens()), FAIL, ("tcp/22",), why="everything is let in"),
    Case(C.open_ports, (wall(OPEN, OPEN6, unseen="nft is missing"), listens()), DONT_KNOW),
    Case(C.open_ports, (wall(replace(V4, open=Ports()), OPEN6), listens()), PASS, why="named addresses may"),
    Case(C.open_ports, (GOOD, listens(("tcp", 8080, "fe80::1%eth0"))), FAIL, ("tcp/8080",)),
    Case(C.open_ports, (wall(V4, V6, ipv6=False), listens(("tcp", 8080, "2001:db8::1"))), PASS, why="no IPv6"),
    Case(C.open_ports, (GOOD, UNKNOWN), DONT_KNOW),
    Case(C.at_boot, (keeps(True, True), NFT, GOOD), PASS),
    Case(C.at_boot, (keeps(True, True), starts(), GOOD), FAIL, ("IPv4", "IPv6"), why="no service starts"),
    Case(C.at_boot, (keeps(False, True), NFT, GOOD), FAIL, ("IPv4",)),
    Case(C.at_boot, (keeps(True, False), NFT, GOOD), FAIL, ("IPv6",)),
    Case(C.at_boot, (keeps(True, False), NFT, wall(ipv6=False)), PASS, why="the host has no IPv6"),
    Case(C.at_boot, (keeps(None, None), NFT, GOOD), DONT_KNOW, why="its file does not tell"),
    Case(C.at_boot, (V4_FILE, starts("netfilter-persistent"), GOOD), FAIL, ("IPv6",), why="one family has no file"),
    Case(C.at_boot, (BOTH, starts("nftables", "ufw"), GOOD), DONT_KNOW, why="two load different rules"),
    Case(C.at_boot, (BOTH, starts("ufw"), GOOD), PASS, why="the other one does not start"),
    Case(C.at_boot, (KeptRules((Kept("ufw", "/etc/ufw/ufw.conf", ()),)), starts("ufw"), GOOD), FAIL, why="ufw is off"),
    Case(C.at_boot, (KeptRules(()), starts("shorewall"), GOOD), DONT_KNOW, why="its files are not read"),
    Case(C.at_boot, (KeptRules((), ("/etc/rc.local",)), starts(), GOOD), DONT_KNOW, why="a script loads rules"),
    Case(C.at_boot, (UNKNOWN, NFT, GOOD), DONT_KNOW),
    Case(C.one_tool, (NFT,), PASS),
    Case(C.one_tool, (starts("iptables", "ip6tables"),), PASS),
    Case(C.one_tool, (starts(),), FAIL, ("service",), why="there is none"),
    Case(C.one_tool, (starts("ufw", "firewalld"),), FAIL, ("service",), why="there are two"),
    Case(C.one_tool, (NFT,), FAIL, settings={"allowed": frozenset({"ufw"})}, why="it is another"),
    Case(C.one_tool, (UNKNOWN,), DONT_KNOW),
    Case(C.one_tool, (ABSENT,), NOT_HERE),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_verdict(case: Case) -> None:
    """Each case has the verdict that is right."""
    case.assert_right()
