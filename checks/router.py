"""Routers, switches and firewalls: who reaches their management, over what, and what else they answer to."""

from collections.abc import Iterator

from auditor import Fix, NotApplicable, Outcome, Severity, Undecided, Violation, check
from auditor.facts.router import AccessList, DeviceServices, Line, LineKind, LoginRules, ManagementAccess


def _vty(access: ManagementAccess) -> tuple[list[Line], list[Undecided]]:
    """Return the network lines that take sessions; a configuration always shows them, so none at all tells nothing."""
    shown = [line for line in access.lines if line.kind is LineKind.VTY]
    missing = [] if shown else [Undecided("line vty", "the configuration shows no vty lines")]
    return [line for line in shown if line.open], missing


@check(
    "router.telnet-off",
    severity=Severity.HIGH,
    fix=Fix("Under each line: transport input ssh (none on console and aux).", solution="harden-router-management"),
    references=("disa:CISC-ND-000470", "cis-ios-xe-17:1.2.2", "cis-controls-8.1:4.6"),
)
def telnet_off(access: ManagementAccess) -> Iterator[Outcome]:
    """Telnet is not accepted on any management line.

    Telnet carries the password and everything typed in clear text: whoever can listen on the way can log in afterwards.
    """
    yield from _vty(access)[1]
    for line in access.lines:
        if line.protocols is None:
            yield Undecided(line.name, "no 'transport input' is shown, and its default differs between releases")
        elif unsafe := line.protocols & {"telnet", "rlogin"}:
            yield Violation(line.name, found=unsafe, wanted=("ssh",))


@check(
    "router.ssh-version-2",
    severity=Severity.HIGH,
    fix=Fix("ip ssh version 2", solution="harden-router-management"),
    references=("disa:CISC-ND-001200", "cis-ios-xe-17:2.1.1.2"),
)
def ssh_version_2(access: ManagementAccess) -> Iterator[Outcome]:
    """SSH is accepted in version 2 only.

    Version 1 of the protocol is broken: a session can be changed on the way without either end noticing.
    """
    if access.ssh_version is None:
        yield Undecided("ip ssh version", "it is not shown; 'show ip ssh' would tell")
    elif access.ssh_version != 2:
        yield Violation("ip ssh version", found=access.ssh_version, wanted=2)


@check(
    "router.management-acl",
    severity=Severity.HIGH,
    fix=Fix(
        "Define an access list with the management networks and bind it under each vty line: access-class NAME in. "
        "Keep a session open while you try another, or you may lock yourself out.",
        solution="harden-router-management",
        disruptive=True,
    ),
    references=("disa:CISC-ND-000140", "cis-ios-xe-17:1.2.4", "cis-ios-xe-17:1.2.5", "cis-controls-8.1:4.4"),
)
def management_acl(access: ManagementAccess) -> Iterator[Outcome]:
    """Every vty line takes sessions from the listed management networks only.

    A login prompt that the whole network can reach will be tried from any machine that an intruder gets hold of.
    """
    lines, missing = _vty(access)
    yield from missing
    for line in lines:
        yield from _guard(line.name, line.acl, access)
        if access.ipv6:
            yield from _guard(f"{line.name} over IPv6", line.acl6, access)


def _guard(subject: str, name: str | None, access: ManagementAccess) -> Iterator[Outcome]:
    """Judge the list that guards something: it must be named, defined, and not let everybody in."""
    if name is None:
        yield Violation(subject, found=None, wanted="an access list")
        return
    guard: AccessList | None = access.access_lists.get(name)
    if guard is None or guard.empty:
        yield Violation(subject, found=f"{name}, which is {'empty' if guard else 'not defined'}", wanted="entries")
    elif guard.anybody is None:
        yield Undecided(subject, f"whether {name} lets anybody in hangs on an object group or a port")
    elif guard.anybody:
        yield Violation(subject, found=f"{name}, which lets anybody in", wanted="the management networks only")


@check(
    "router.exec-timeout",
    severity=Severity.MEDIUM,
    fix=Fix("Under each line: exec-timeout 10 0", solution="harden-router-management"),
    references=("disa:CISC-ND-000720", "cis-ios-xe-17:1.2.6", "cis-ios-xe-17:1.2.7", "cis-ios-xe-17:1.2.8"),
)
def exec_timeout(access: ManagementAccess, *, longest_minutes: int = 10) -> Iterator[Outcome]:
    """Idle management sessions are closed within the company's limit.

    An abandoned session is an open door: whoever finds the screen or takes over the connection is already logged in.
    """
    yield from _vty(access)[1]
    for line in access.lines:
        if line.exec and line.open and not 0 < line.idle_seconds <= longest_minutes * 60:
            found = f"{line.idle_seconds / 60:g} minutes" if line.idle_seconds else "never"
            yield Violation(line.name, found=found, wanted=f"at most {longest_minutes} minutes")


@check(
    "router.login-required",
    severity=Severity.CRITICAL,
    fix=Fix("Under the line: login authentication default (or login local).", solution="harden-router-management"),
    references=("disa:CISC-ND-001370", "cis-ios-xe-17:1.1.3", "cis-ios-xe-17:1.1.4"),
)
def login_required(access: ManagementAccess) -> Iterator[Outcome]:
    """No management line gives a session without asking who is there.

    A line whose methods include 'none' lets anybody in: at once, or as soon as the login servers do not answer.
    """
    yield from _vty(access)[1]
    for line in access.lines:
        if not (line.exec and line.open):
            continue
        if line.login is None:
            yield Undecided(line.name, "no 'login' is shown, and its default differs between releases")
        elif not line.login:
            yield Undecided(line.name, f"the login method list {line.login_list} is not defined")
        elif "none" in line.login:
            yield Violation(line.name, found=line.login, wanted="a method that asks")


@check(
    "router.aux-closed",
    severity=Severity.LOW,
    fix=Fix("Under line aux 0: no exec, and transport input none.", solution="harden-router-management"),
    references=("disa:CISC-RT-000230", "cis-ios-xe-17:1.2.3"),
)
def aux_closed(access: ManagementAccess) -> Iterator[Outcome]:
    """The auxiliary port gives no session.

    A forgotten modem or cable on the auxiliary port leads around every filter in front of the device.
    """
    lines = [line for line in access.lines if line.kind is LineKind.AUX]
    if not lines:
        yield NotApplicable("the device shows no auxiliary port")
    for line in lines:
        if line.exec:
            yield Violation(line.name, found="exec", wanted="no exec")


@check(
    "router.aaa",
    severity=Severity.MEDIUM,
    fix=Fix(
        "aaa new-model, and aaa authentication login default group tacacs+ local. Have a local account first.",
        solution="harden-router-management",
        disruptive=True,
    ),
    references=("disa:CISC-ND-001370", "cis-ios-xe-17:1.1.1", "cis-ios-xe-17:1.1.2", "cis-controls-8.1:5.6"),
)
def aaa(rules: LoginRules, *, servers: bool = True) -> Iterator[Outcome]:
    """Administrators are authenticated centrally, with a local account as the last resort.

    Only with one place that knows the administrators does a leaver lose access everywhere on the same day.
    """
    if not rules.central:
        yield Violation("aaa new-model", found=False, wanted=True)
        return
    default = rules.lists.get("default")
    if default is None:
        yield Violation("aaa authentication login default", found=None, wanted="group, then local")
    elif servers and not any(method.startswith("group ") for method in default[:1]):
        yield Violation("aaa authentication login default", found=default, wanted="a group of servers first")


@check(
    "router.login-block",
    severity=Severity.MEDIUM,
    fix=Fix("login block-for 900 attempts 3 within 120", solution="harden-router-management"),
    references=("disa:CISC-ND-000150",),
)
def login_block(
    rules: LoginRules, *, most_attempts: int = 5, least_seconds: int = 30, least_within: int = 15
) -> Iterator[Outcome]:
    """Guessing passwords is stopped for a while after a few failures.

    Without a pause, a program tries thousands of passwords an hour against every device at once.
    """
    block = rules.block
    if block is None:
        yield Violation("login block-for", found=None, wanted=f"after at most {most_attempts} attempts")
        return
    if block.attempts > most_attempts:
        yield Violation("login block-for attempts", found=block.attempts, wanted=f"at most {most_attempts}")
    if block.seconds < least_seconds:
        yield Violation("login block-for seconds", found=block.seconds, wanted=f"at least {least_seconds}")
    if block.within < least_within:
        yield Violation("login block-for within", found=block.within, wanted=f"at least {least_within}")


@check(
    "router.login-banner",
    severity=Severity.LOW,
    fix=Fix(
        "banner login with the company's text; name neither device nor vendor.", solution="harden-router-management"
    ),
    references=("disa:CISC-ND-000160", "cis-ios-xe-17:1.3.2", "cis-ios-xe-17:1.3.3"),
)
def login_banner(access: ManagementAccess, *, phrase: str = "") -> Iterator[Outcome]:
    """Whoever connects is told before the login that access is restricted.

    Without a notice an intruder can claim not to have known; in some countries that decides a case.
    """
    texts = [" ".join(banner.text.split()) for banner in access.banners if banner.kind in {"login", "motd"}]
    wanted = " ".join(phrase.split())
    if not any(texts):
        yield Violation("banner login", found=None, wanted=wanted or "a notice")
    elif wanted and not any(wanted.casefold() in text.casefold() for text in texts):
        yield Violation("banner login", found="another text", wanted=wanted)


@check(
    "router.http-off",
    severity=Severity.HIGH,
    fix=Fix("no ip http server", solution="harden-router-management"),
    references=("disa:CISC-ND-000470", "cis-ios-xe-17:1.1.5"),
)
def http_off(services: DeviceServices) -> Iterator[Outcome]:
    """The device's web server does not answer without encryption.

    A web interface in clear text gives passwords away, and device web servers have been taken over by the thousands.
    """
    if services.http is None:
        yield Undecided("ip http server", "it is not shown, and its default differs between models")
    elif services.http:
        yield Violation("ip http server", found=True, wanted=False)


@check(
    "router.web-acl",
    severity=Severity.MEDIUM,
    fix=Fix("no ip http secure-server, or ip http access-class with the management networks.",
            solution="harden-router-management"),
    references=("cis-ios-xe-17:1.2.9", "cis-controls-8.1:4.4"),
)  # fmt: skip
def web_acl(services: DeviceServices, access: ManagementAccess) -> Iterator[Outcome]:
    """The device's web interface, where it is on, is open to the management networks only.

    Flaws in the web interface of network devices are exploited within days of becoming known.
    """
    if services.http or services.https:
        yield from _guard("ip http access-class", services.http_acl, access)
    elif services.http is None or services.https is None:
        yield Undecided("ip http secure-server", "it is not shown, and its default differs between models")
    else:
        yield NotApplicable("the web server is off")


@check(
    "router.source-route-off",
    severity=Severity.MEDIUM,
    fix=Fix("no ip source-route", solution="harden-routing-services"),
    references=("disa:CISC-RT-000350", "cis-ios-xe-17:3.1.1"),
)
def source_route_off(services: DeviceServices) -> Iterator[Outcome]:
    """The sender of a packet does not choose its way through the network.

    Source routing leads packets around filters that stand on the ordinary way; nothing legitimate needs it.
    """
    if services.source_route is None:
        yield Undecided("ip source-route", "it is not shown, and its default differs between releases")
    elif services.source_route:
        yield Violation("ip source-route", found=True, wanted=False)


@check(
    "router.smart-install-off",
    severity=Severity.CRITICAL,
    fix=Fix("no vstack", solution="harden-routing-services"),
    references=("cve:CVE-2018-0171", "disa:CISC-RT-000090"),
)
def smart_install_off(services: DeviceServices) -> Iterator[Outcome]:
    """Smart Install is off.

    It takes a new configuration or software from anybody who can reach TCP port 4786, without any password.
    """
    if services.smart_install is None:
        yield Undecided("vstack", "it is not shown; 'show vstack config' would tell")
    elif services.smart_install:
        yield Violation("vstack", found=True, wanted=False)


@check(
    "router.unneeded-services-off",
    severity=Severity.MEDIUM,
    fix=Fix("Put 'no' before each service that is named.", solution="harden-routing-services"),
    references=("disa:CISC-ND-000470", "cis-ios-xe-17:2.1.3", "cis-ios-xe-17:2.1.7", "cis-controls-8.1:4.8"),
)
def unneeded_services_off(services: DeviceServices, *, allowed: frozenset[str] = frozenset()) -> Iterator[Outcome]:
    """No small or outdated service is switched on that the company does not need.

    Each service that listens is code that can fail and a place to attack; these few are hardly ever needed.
    """
    for name in services.extras:
        if name not in allowed:
            yield Violation(name, found="on", wanted="off")
