"""What a company may demand of a kernel's network: as it runs, and as files will set it at the next boot."""

from collections.abc import Iterator

from auditor import Fix, NotApplicable, Outcome, Severity, Undecided, check
from auditor.facts.kernel import KernelAtBoot, KernelNow
from auditor.facts.kernel_parameters import asked
from auditor.facts.kernel_views import BOTH_VIEWS, Combine, View, has_ipv6, judge_interfaces, judge_parameter
from auditor.facts.sysctl import parameter_path


def _fix(text: str) -> Fix:
    return Fix(f"Set {text} in a file of /etc/sysctl.d, then run sysctl --system.", solution="harden-kernel")


def _off(value: int) -> bool:
    return value == 0


def _on(value: int) -> bool:
    return value > 0


def _own(_shared: int, own: int) -> int:
    return own


@check(
    "kernel.ip-forwarding",
    severity=Severity.MEDIUM,
    fix=_fix("net.ipv4.ip_forward and net.ipv6.conf.all.forwarding to 0"),
    references=("cis-debian12:3.3.1",),
)
def ip_forwarding(
    now: KernelNow, boot: KernelAtBoot, *, router: bool = False, view: View = BOTH_VIEWS
) -> Iterator[Outcome]:
    """The host does not pass on other hosts' traffic

    A host that forwards joins networks that a firewall is meant to keep apart. Routers, and hosts of containers or
    virtual machines, need it: set `router` for them.
    """
    if router:
        yield NotApplicable("the policy says that this host forwards")
        return
    yield from judge_parameter((now, boot), "net/ipv4/ip_forward", _off, "0", view)
    yield from judge_interfaces((now, boot), "net/ipv4/conf/*/forwarding", _own, _off, wanted="0", view="running")
    if has_ipv6(now):
        yield from judge_parameter((now, boot), "net/ipv6/conf/all/forwarding", _off, "0", view)


@check(
    "kernel.parameter",
    severity=Severity.MEDIUM,
    fix=_fix("the parameter to the value demanded"),
    references=("nist-800-53r5:CM-6",),
)
def parameter(
    now: KernelNow,
    boot: KernelAtBoot,
    *,
    name: str = "",
    allowed: frozenset[int] = frozenset(),
    view: View = BOTH_VIEWS,
) -> Iterator[Outcome]:
    """One kernel parameter has a value that the policy names

    For a demand that no check of its own covers, such as net.ipv4.ip_forward = 0: `name` as sysctl(8) writes it and
    the values `allowed`.
    """
    path = parameter_path(name)
    if not name or not allowed:
        yield NotApplicable("the policy names no parameter and values")
    elif path.startswith("net/ipv6/") and not has_ipv6(now):
        yield NotApplicable("no interface speaks IPv6")
    elif not asked(path):
        yield Undecided(name, "this parameter is not among those that are asked for")
    else:
        wanted = " or ".join(str(value) for value in sorted(allowed))
        yield from judge_parameter((now, boot), path, lambda n: n in allowed, wanted, view)


@check(
    "kernel.redirects-ignored",
    severity=Severity.MEDIUM,
    fix=_fix("accept_redirects to 0 for all and default in net.ipv4.conf and net.ipv6.conf"),
    references=("cis-debian12:3.3.5",),
)
def redirects_ignored(now: KernelNow, boot: KernelAtBoot, *, view: View = BOTH_VIEWS) -> Iterator[Outcome]:
    """Other hosts cannot change the way that packets take

    An ICMP redirect makes a host send its traffic through the attacker.
    """
    forwards = now.number("net/ipv4/ip_forward") == 1
    combine: Combine = min if forwards else max
    yield from judge_interfaces((now, boot), "net/ipv4/conf/*/accept_redirects", combine, _off, wanted="0", view=view)
    if has_ipv6(now) and now.number("net/ipv6/conf/all/forwarding") != 1:
        yield from judge_interfaces((now, boot), "net/ipv6/conf/*/accept_redirects", _own, _off, wanted="0", view=view)


@check(
    "kernel.redirects-not-sent",
    severity=Severity.LOW,
    fix=_fix("net.ipv4.conf.all.send_redirects and net.ipv4.conf.default.send_redirects to 0"),
    references=("cis-debian12:3.3.2",),
)
def redirects_not_sent(now: KernelNow, boot: KernelAtBoot, *, view: View = BOTH_VIEWS) -> Iterator[Outcome]:
    """The host does not tell others to change their routes

    Only routers have reason to; a taken host would use it to draw traffic to itself.
    """
    yield from judge_interfaces((now, boot), "net/ipv4/conf/*/send_redirects", max, _off, wanted="0", view=view)


@check(
    "kernel.source-route",
    severity=Severity.MEDIUM,
    fix=_fix("accept_source_route to 0 for all and default in net.ipv4.conf and net.ipv6.conf"),
    references=("cis-debian12:3.3.8", "rfc:5095"),
)
def source_route(now: KernelNow, boot: KernelAtBoot, *, view: View = BOTH_VIEWS) -> Iterator[Outcome]:
    """Packets that prescribe their own route are dropped

    A sender that chooses the route gets around firewalls and to private addresses.
    """
    yield from judge_interfaces((now, boot), "net/ipv4/conf/*/accept_source_route", min, _off, wanted="0", view=view)
    if has_ipv6(now):
        yield from judge_interfaces(
            (now, boot), "net/ipv6/conf/*/accept_source_route", min, lambda n: n <= 0, wanted="0 or less", view=view
        )


@check(
    "kernel.reverse-path",
    severity=Severity.MEDIUM,
    fix=_fix("net.ipv4.conf.all.rp_filter and net.ipv4.conf.default.rp_filter to 1"),
    references=("cis-debian12:3.3.7", "rfc:3704"),
)
def reverse_path(
    now: KernelNow, boot: KernelAtBoot, *, modes: frozenset[int] = frozenset({1, 2}), view: View = BOTH_VIEWS
) -> Iterator[Outcome]:
    """Packets with a forged sender are dropped

    The kernel checks that it would answer by the way the packet came (mode 1), or by any way at all (mode 2, for hosts
    with several routes). The larger of the values for `all` and for the interface counts.
    """
    wanted = " or ".join(str(mode) for mode in sorted(modes))
    yield from judge_interfaces(
        (now, boot), "net/ipv4/conf/*/rp_filter", max, lambda n: n in modes, wanted=wanted, view=view
    )


@check(
    "kernel.syn-cookies",
    severity=Severity.MEDIUM,
    fix=_fix("net.ipv4.tcp_syncookies to 1"),
    references=("cis-debian12:3.3.10", "rfc:4987"),
)
def syn_cookies(now: KernelNow, boot: KernelAtBoot, *, view: View = BOTH_VIEWS) -> Iterator[Outcome]:
    """A flood of half-open connections does not stop the host

    SYN cookies let it accept real connections while it is flooded.
    """
    yield from judge_parameter((now, boot), "net/ipv4/tcp_syncookies", _on, "1 or 2", view)


@check(
    "kernel.martians-logged",
    severity=Severity.LOW,
    fix=_fix("net.ipv4.conf.all.log_martians and net.ipv4.conf.default.log_martians to 1"),
    references=("cis-debian12:3.3.9",),
)
def martians_logged(now: KernelNow, boot: KernelAtBoot, *, view: View = BOTH_VIEWS) -> Iterator[Outcome]:
    """Packets with impossible addresses are logged

    They show that somebody forges addresses, or that routing is wrong.
    """
    yield from judge_interfaces((now, boot), "net/ipv4/conf/*/log_martians", max, _on, wanted="1", view=view)


@check(
    "kernel.broadcast-echo",
    severity=Severity.LOW,
    fix=_fix("net.ipv4.icmp_echo_ignore_broadcasts to 1"),
    references=("cis-debian12:3.3.4", "rfc:2644"),
)
def broadcast_echo(now: KernelNow, boot: KernelAtBoot, *, view: View = BOTH_VIEWS) -> Iterator[Outcome]:
    """The host does not answer pings to a whole network

    Such answers multiply an attacker's traffic against somebody else.
    """
    yield from judge_parameter((now, boot), "net/ipv4/icmp_echo_ignore_broadcasts", _on, "1", view)


@check(
    "kernel.bogus-icmp",
    severity=Severity.INFO,
    fix=_fix("net.ipv4.icmp_ignore_bogus_error_responses to 1"),
    references=("cis-debian12:3.3.3", "rfc:1122"),
)
def bogus_icmp(now: KernelNow, boot: KernelAtBoot, *, view: View = BOTH_VIEWS) -> Iterator[Outcome]:
    """Malformed ICMP errors do not fill the log

    Some routers answer broadcasts wrongly; a log full of that hides what matters.
    """
    yield from judge_parameter((now, boot), "net/ipv4/icmp_ignore_bogus_error_responses", _on, "1", view)


@check(
    "kernel.ipv6-router-advertisements",
    severity=Severity.MEDIUM,
    fix=_fix("net.ipv6.conf.all.accept_ra and net.ipv6.conf.default.accept_ra to 0"),
    references=("cis-debian12:3.3.11", "rfc:6104"),
)
def ipv6_router_advertisements(now: KernelNow, boot: KernelAtBoot, *, view: View = BOTH_VIEWS) -> Iterator[Outcome]:
    """Hosts with fixed addresses take no IPv6 settings from the network

    Anybody on the same network can announce a router and receive the traffic. Where hosts get their addresses that way,
    leave this check out and filter announcements on the switches.
    """
    if not has_ipv6(now):
        yield NotApplicable("no interface speaks IPv6")
        return
    forwards = now.number("net/ipv6/conf/all/forwarding") == 1

    def good(value: int) -> bool:
        return value == 0 or (value == 1 and forwards)

    yield from judge_interfaces((now, boot), "net/ipv6/conf/*/accept_ra", _own, good, wanted="0", view=view)
