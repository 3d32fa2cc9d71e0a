"""SNMP, time and logging as a network device is configured to do them."""

from collections.abc import Iterator

from auditor import Fix, NotApplicable, Outcome, Severity, Undecided, Violation, check
from auditor.facts.router import ManagementAccess, NtpConfig, SnmpConfig, SyslogConfig


@check(
    "router-services.snmp-default-community",
    severity=Severity.CRITICAL,
    fix=Fix("no snmp-server community NAME", solution="secure-snmp"),
    references=("cis-ios-xe-17:1.5.2", "cis-ios-xe-17:1.5.3", "cis-controls-8.1:4.7"),
)
def snmp_default_community(snmp: SnmpConfig) -> Iterator[Outcome]:
    """No SNMP community is a word that everybody tries first.

    'public' and 'private' are the first words that any scanner tries; behind them lies the whole network's layout.
    """
    for community in snmp.communities:
        if community.token.kind == "default-community":
            yield Violation(f"snmp-server community {community.name}", found=community.name, wanted=None)


@check(
    "router-services.snmp-v3-only",
    severity=Severity.HIGH,
    fix=Fix("Set up SNMP v3 users, then remove communities and v1/v2c hosts.", solution="secure-snmp", disruptive=True),
    references=("cis-ios-xe-17:1.5.1", "disa:CISC-ND-001130", "disa:CISC-ND-001140"),
)
def snmp_v3_only(snmp: SnmpConfig) -> Iterator[Outcome]:
    """SNMP is spoken in version 3 only.

    Versions 1 and 2c send their password, the community, in clear text with each question.
    """
    for community in snmp.communities:
        yield Violation(f"snmp-server community {community.name}", found="v1 and v2c", wanted="v3")
    for group in snmp.groups:
        if group.model != "v3":
            yield Violation(f"snmp-server group {group.name}", found=group.model, wanted="v3")
    for host in snmp.hosts:
        if host.version != "3":
            yield Violation(f"snmp-server host {host.address}", found=f"v{host.version}", wanted="v3")


@check(
    "router-services.snmp-v3-private",
    severity=Severity.MEDIUM,
    fix=Fix("snmp-server group NAME v3 priv", solution="secure-snmp"),
    references=("cis-ios-xe-17:1.5.9", "disa:CISC-ND-001130", "disa:CISC-ND-001140"),
)
def snmp_v3_private(snmp: SnmpConfig) -> Iterator[Outcome]:
    """Every SNMP v3 group demands authentication and encryption.

    Version 3 protects nothing by itself: a group without a level is as open as version 2c.
    """
    groups = [group for group in snmp.groups if group.model == "v3"]
    if not groups:
        yield NotApplicable("no SNMP v3 group is configured")
    for group in groups:
        if group.level != "priv":
            yield Violation(f"snmp-server group {group.name}", found=group.level, wanted="priv")


@check(
    "router-services.snmp-read-only",
    severity=Severity.HIGH,
    fix=Fix("Make it RO, or remove it; remove write views from groups.", solution="secure-snmp"),
    references=("cis-ios-xe-17:1.5.4",),
)
def snmp_read_only(snmp: SnmpConfig) -> Iterator[Outcome]:
    """Nothing can be changed over SNMP.

    Whoever knows a writing community can fetch and replace the whole configuration.
    """
    for community in snmp.communities:
        if community.write:
            yield Violation(f"snmp-server community {community.name}", found="RW", wanted="RO")
    for group in snmp.groups:
        if group.write_view:
            yield Violation(f"snmp-server group {group.name}", found=f"write {group.write_view}", wanted=None)


@check(
    "router-services.snmp-acl",
    severity=Severity.MEDIUM,
    fix=Fix("snmp-server community NAME RO ACL, with the monitoring servers in ACL.", solution="secure-snmp"),
    references=("cis-ios-xe-17:1.5.5", "cis-ios-xe-17:1.5.6"),
)
def snmp_acl(snmp: SnmpConfig, access: ManagementAccess) -> Iterator[Outcome]:
    """Each SNMP community answers the monitoring servers only.

    A community travels in clear text; the list is what keeps a stolen one from being used anywhere.
    """
    if not snmp.communities:
        yield NotApplicable("no SNMP community is configured")
    for community in snmp.communities:
        subject = f"snmp-server community {community.name}"
        guard = access.access_lists.get(community.acl) if community.acl else None
        if guard is None or guard.empty:
            found = f"{community.acl}, which is not defined" if community.acl else None
            yield Violation(subject, found=found, wanted="an access list with entries")
        elif guard.anybody is None:
            yield Undecided(subject, f"whether {guard.name} lets anybody in hangs on an object group or a port")
        elif guard.anybody:
            yield Violation(subject, found=f"{guard.name}, which lets anybody in", wanted="the monitoring servers only")


@check(
    "router-services.ntp-servers",
    severity=Severity.MEDIUM,
    fix=Fix("ntp server ADDRESS, twice.", solution="synchronise-time"),
    references=("disa:CISC-ND-001030", "cis-ios-xe-17:2.3.2", "cis-controls-8.1:8.4"),
)
def ntp_servers(time: NtpConfig, *, minimum: int = 2) -> Iterator[Outcome]:
    """The device takes its time from more than one server.

    Logs of different devices can only be laid side by side when their clocks agree, also when one server is down.
    """
    servers = {server.address for server in time.servers}
    if len(servers) < minimum:
        yield Violation("ntp server", found=len(servers), wanted=f"at least {minimum}")


@check(
    "router-services.ntp-servers-allowed",
    severity=Severity.MEDIUM,
    fix=Fix("Remove the server, or have it added to the company's list.", solution="synchronise-time"),
    references=("disa:CISC-ND-001030", "cis-ios-xe-17:2.3.2"),
)
def ntp_servers_allowed(time: NtpConfig, *, allowed: frozenset[str] = frozenset()) -> Iterator[Outcome]:
    """The device takes its time from the company's own servers only.

    Whoever sets a device's clock decides which certificates it believes and where its log entries land.
    """
    yield from _listed("ntp server", [server.address for server in time.servers], allowed)


@check(
    "router-services.ntp-authentication",
    severity=Severity.MEDIUM,
    fix=Fix(
        "ntp authenticate, ntp authentication-key N hmac-sha2-256 ..., ntp trusted-key N, and key N on each server.",
        solution="synchronise-time",
    ),
    references=("disa:CISC-ND-001150", "cis-ios-xe-17:2.3.1.1", "cis-ios-xe-17:2.3.1.2", "cis-ios-xe-17:2.3.1.3"),
)
def ntp_authentication(time: NtpConfig) -> Iterator[Outcome]:
    """Each time server proves who it is.

    NTP is easily forged; with a key, only the real server is believed. All four parts are needed for any effect.
    """
    if not time.servers:
        yield NotApplicable("no time server is configured")
        return
    if not time.authenticate:
        yield Violation("ntp authenticate", found=False, wanted=True)
    for server in time.servers:
        subject = f"ntp {'peer' if server.peer else 'server'} {server.address}"
        if server.key is None:
            yield Violation(subject, found=None, wanted="key N")
        elif server.key not in time.keys:
            yield Violation(subject, found=f"key {server.key}, which is not defined", wanted="a defined key")
        elif server.key not in time.trusted:
            yield Violation(subject, found=f"key {server.key}, which is not trusted", wanted="a trusted key")


@check(
    "router-services.syslog-hosts",
    severity=Severity.MEDIUM,
    fix=Fix("logging host ADDRESS", solution="forward-logs"),
    references=("disa:CISC-ND-001450", "cis-ios-xe-17:2.2.4", "cis-controls-8.1:8.9"),
)
def syslog_hosts(log: SyslogConfig, *, minimum: int = 1) -> Iterator[Outcome]:
    """The device sends its log to a server.

    What happened on a device that failed or was taken over is only known from a log that lies elsewhere.
    """
    if not log.switched_on:
        yield Violation("logging on", found=False, wanted=True)
    if len(log.hosts) < minimum:
        yield Violation("logging host", found=len(log.hosts), wanted=f"at least {minimum}")


@check(
    "router-services.syslog-hosts-allowed",
    severity=Severity.MEDIUM,
    fix=Fix("Remove the host, or have it added to the company's list.", solution="forward-logs"),
    references=("disa:CISC-ND-001450", "cis-ios-xe-17:2.2.4"),
)
def syslog_hosts_allowed(log: SyslogConfig, *, allowed: frozenset[str] = frozenset()) -> Iterator[Outcome]:
    """The device sends its log to the company's own servers only.

    Logs name people, addresses and habits; a forgotten receiver is a leak that nobody notices.
    """
    yield from _listed("logging host", log.hosts, allowed)


@check(
    "router-services.log-timestamps",
    severity=Severity.LOW,
    fix=Fix("service timestamps log datetime msec localtime show-timezone year", solution="forward-logs"),
    references=("disa:CISC-ND-000280", "cis-ios-xe-17:2.2.7"),
)
def log_timestamps(log: SyslogConfig) -> Iterator[Outcome]:
    """Log entries carry date and time.

    Entries that count from the last restart cannot be laid beside those of other devices.
    """
    if log.dated is None:
        yield Undecided("service timestamps log", "it is not shown, and its default differs between releases")
    elif not log.dated:
        yield Violation("service timestamps log", found=False, wanted="datetime")


def _listed(keyword: str, used: list[str] | tuple[str, ...], allowed: frozenset[str]) -> Iterator[Outcome]:
    """Judge addresses against the company's list; without a list there is nothing to judge them by."""
    if not used:
        yield NotApplicable(f"no {keyword} is configured")
    elif not allowed:
        yield Undecided(keyword, "the setting 'allowed' is not answered")
    else:
        for address in dict.fromkeys(used):
            if address not in allowed:
                yield Violation(f"{keyword} {address}", found=address, wanted=allowed)
