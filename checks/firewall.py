"""What a company may demand of a host's packet filter, beside that it refuses by default (services.firewall-active)."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Final, Literal

from auditor import Fix, Outcome, Severity, Undecided, Violation, check
from auditor.facts.firewall_at_boot import Kept, KeptRules
from auditor.facts.host_firewall import HostFirewall, Way
from auditor.facts.services import EnabledUnits, Listening, Socket

View = Literal["effective", "effective and written"]
_VIRTUAL: Final = frozenset({"docker*", "br-*", "virbr*", "lxcbr*", "lxdbr*", "cni*", "podman*", "veth*", "vnet*"})
_RULED: Final = "let in by a rule"
_UNKNOWN: Final = "whether it is accepted depends on conditions that only the kernel knows"
_NAMES: Final = {"ip": "IPv4", "ip6": "IPv6"}
_TOOLS: Final = {
    "ufw": "ufw", "firewalld": "firewalld", "nftables": "nftables", "netfilter-persistent": "iptables",
    "iptables": "iptables", "ip6tables": "iptables", "shorewall": "shorewall", "SuSEfirewall2": "SuSEfirewall2",
}  # fmt: skip


def _fix(text: str) -> Fix:
    return Fix(text, solution="filter-packets", disruptive=True)


def _families(firewall: HostFirewall) -> tuple[str, ...]:
    return ("IPv4", "IPv6") if firewall.ipv6 else ("IPv4",)


@check(
    "firewall.forwarding",
    severity=Severity.MEDIUM,
    fix=_fix("Give the chain for forwarding the policy drop, and let through what is needed by rules."),
    references=("cis-debian12:4.3.8", "nist-800-53r5:SC-7(5)"),
)
def forwarding(
    firewall: HostFirewall,
    *,
    most_open: int = 16384,
    trusted: frozenset[str] = _VIRTUAL,
    view: View = "effective",
) -> Iterator[Outcome]:
    """Nothing is passed on between networks that no rule lets through

    A host with two networks is a way around the firewall between them. `trusted` are interfaces whose own connections
    may all be passed on, such as bridges of containers. A family that the kernel does not forward passes nothing on;
    with the view "effective and written" the rules have to refuse it too.
    """
    for family in _families(firewall):
        ways = [way for way in firewall.ways if way.family == family and not _trusted(way, trusted)]
        opened = any(way.passed.most > most_open for way in ways)
        if view == "effective" and family not in firewall.forwarding:
            continue
        if opened and firewall.unseen:
            yield Undecided(family, firewall.unseen)
        elif opened:
            yield Violation(family, found="everything is passed on", wanted="dropped or rejected")
        elif any(way.passed.most + way.passed_unclear.most > most_open for way in ways):
            yield Undecided(family, _UNKNOWN)


def _trusted(way: Way, trusted: frozenset[str]) -> bool:
    return all(any(fnmatchcase(name, pattern) for pattern in trusted) for name in way.interfaces)


@check(
    "firewall.loopback",
    severity=Severity.LOW,
    fix=_fix("Accept what comes by lo; drop what comes from 127.0.0.0/8 or ::1 by another interface."),
    references=("cis-debian12:4.3.6",),
)
def loopback(firewall: HostFirewall, *, view: View = "effective") -> Iterator[Outcome]:
    """The host reaches itself by loopback, and nobody else passes for it

    Services that listen on loopback trust that only the host itself can reach them. The kernel drops packets from
    loopback addresses that come by a network, unless route_localnet is set; with the view "effective and written" the
    rules have to drop them too.
    """
    for seen in firewall.loopback:
        if seen.family not in _families(firewall):
            continue
        if seen.accepted is False:
            yield Violation(f"{seen.family} loopback", found="refused", wanted="accepted")
        elif seen.accepted is None or firewall.unseen:
            yield Undecided(f"{seen.family} loopback", firewall.unseen or _UNKNOWN)
        if seen.claims_refused or (view == "effective" and seen.kernel_refuses):
            continue
        subject = f"{seen.family} from loopback addresses"
        if firewall.unseen:
            yield Undecided(subject, firewall.unseen)
        elif seen.claims_refused is None:
            yield Undecided(subject, _UNKNOWN)
        else:
            yield Violation(subject, found="accepted by other interfaces", wanted="dropped")


@check(
    "firewall.answers",
    severity=Severity.LOW,
    fix=_fix("Accept connections that are established, before any rule that refuses."),
    references=("cis-debian12:4.3.7",),
)
def answers(firewall: HostFirewall) -> Iterator[Outcome]:
    """Answers to the host's own connections are let in by the state of the connection

    Without it updates, names and the time do not arrive, or somebody opens whole ranges of ports so that they do.
    """
    for family in _families(firewall):
        ways = [way for way in firewall.ways if way.family == family and way.outer]
        if any(way.answers is False for way in ways):
            yield Violation(family, found="refused", wanted="accepted")
        elif firewall.unseen or any(way.answers is None for way in ways):
            yield Undecided(family, firewall.unseen or _UNKNOWN)


@check(
    "firewall.open-ports",
    severity=Severity.LOW,
    fix=_fix("Let the port in by a rule of its own, or stop the service that listens."),
    references=("cis-debian12:4.2.6", "nist-800-53r5:SC-7"),
)
def open_ports(
    firewall: HostFirewall,
    listening: Listening,
    *,
    exempt: frozenset[str] = frozenset({"udp/68", "udp/546"}),
    most_open: int = 16384,
) -> Iterator[Outcome]:
    """A rule stands for each port on which a service listens

    A service that no rule lets in serves nobody, or waits for the day on which the firewall is off. Where everything is
    let in there is no rule either. `exempt` are ports as `udp/68`; UDP ports that the kernel gives to clients are left
    out, as answers come by the state of the connection.
    """
    first, last = listening.ephemeral
    for name, sockets in _by_name(listening).items():
        clients = sockets[0].protocol == "udp" and first <= sockets[0].port <= last
        if clients or name in exempt:
            continue
        families = {family for socket in sockets for family in _reached_by(socket)} & set(_families(firewall))
        ways = [way for way in firewall.ways if way.family in families]
        ruled = [way for way in ways if way.open.most <= most_open]
        if any(way.somebody.has(sockets[0].protocol, sockets[0].port) for way in ruled):
            continue
        if ways and not ruled:
            yield Undecided(name, firewall.unseen) if firewall.unseen else Violation(name, "let in as all is", _RULED)
        elif ways:
            yield Violation(name, found="listens, and no rule lets it in", wanted=_RULED)


def _by_name(listening: Listening) -> dict[str, list[Socket]]:
    """Return the sockets that others can reach, by the name that policies have for them."""
    found: dict[str, list[Socket]] = {}
    for socket in listening.sockets:
        if not socket.loopback:
            found.setdefault(socket.name, []).append(socket)
    return found


def _reached_by(socket: Socket) -> tuple[str, ...]:
    """Return the families by which a socket can be reached; `::` takes IPv4 as well, as it comes."""
    return ("IPv4", "IPv6") if socket.address in {"*", "::"} else ("IPv6",) if ":" in socket.address else ("IPv4",)


@check(
    "firewall.at-boot",
    severity=Severity.MEDIUM,
    fix=_fix("Enable the service of the firewall, and save rules that refuse by default where it loads them from."),
    references=("cis-debian12:4.3.9", "cis-debian12:4.3.10", "nist-800-53r5:CM-6"),
)
def at_boot(rules: KeptRules, units: EnabledUnits, firewall: HostFirewall) -> Iterator[Outcome]:
    """The host refuses what no rule lets in after its next start, too

    Rules that were entered by hand are gone with the next start, and nobody notices. What counts is a service that
    starts with the host and the rules that it loads.
    """
    enabled = [kept for kept in rules.kept if kept.service in units.names]
    others = [*rules.scripts, *sorted(units.names & _TOOLS.keys())]
    if not enabled and others:
        yield Undecided("service", f"what {others[0]} loads is not known")
        return
    for family in ("ip", "ip6") if firewall.ipv6 else ("ip",):
        told = {kept: dict(kept.refuses)[key] for kept in enabled for key in dict(kept.refuses) if key == family}
        if True in told.values() and set(told.values()) != {True}:
            sources = ", ".join(sorted(kept.source for kept in told))
            yield Undecided(_NAMES[family], f"these do not load the same, and which comes last is not known: {sources}")
        elif None in told.values():
            unclear = next(kept.source for kept, verdict in told.items() if verdict is None)
            yield Undecided(_NAMES[family], f"what {unclear} comes to cannot be told from it")
        elif True not in told.values():
            yield Violation(_NAMES[family], found=_nothing(list(told)), wanted="rules that refuse by default")


def _nothing(told: list[Kept]) -> str:
    if not told:
        return "no firewall service that starts with the host loads rules for it"
    return f"{', '.join(kept.source for kept in told)} refuses nothing"


@check(
    "firewall.one-tool",
    severity=Severity.LOW,
    fix=_fix("Keep one firewall service, and disable the others."),
    references=("cis-debian12:4.1.1",),
)
def one_tool(units: EnabledUnits, *, allowed: frozenset[str] = frozenset()) -> Iterator[Outcome]:
    """One service alone manages the host's firewall

    Two write their rules over each other, and who reads one of them believes what does not hold. Names are ufw,
    firewalld, nftables, iptables and shorewall; an empty `allowed` accepts any.
    """
    found = frozenset(_TOOLS[name] for name in units.names if name in _TOOLS)
    if len(found) != 1:
        yield Violation("service", found=found or "none is enabled", wanted=allowed or "one firewall service")
    elif allowed and not found <= allowed:
        yield Violation("service", found=found, wanted=allowed)
