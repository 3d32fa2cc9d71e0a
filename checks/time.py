"""What a company may demand of a host's clock."""

from collections.abc import Iterator
from typing import Final, Literal

from auditor import Fix, Outcome, Severity, Undecided, Violation, check
from auditor.facts.services import EnabledUnits
from auditor.facts.time import TimeKeeping

_UNITS: Final = {
    "chrony": "chrony", "chronyd": "chrony", "ntp": "ntp", "ntpd": "ntp", "ntpsec": "ntp", "openntpd": "ntp",
    "openntp": "ntp", "systemd-timesyncd": "timesyncd",
}  # fmt: skip
_STARTED_BY_OTHERS: Final = frozenset({"ptp"})  # phc2sys runs under many names
View = Literal["running", "configured"]


def _fix(text: str) -> Fix:
    return Fix(text, solution="synchronise-time")


@check(
    "time.synchronised",
    severity=Severity.MEDIUM,
    fix=_fix("Start chronyd or systemd-timesyncd, and see that it reaches its servers."),
    references=("nist-800-53r5:AU-8", "nist-800-53r5:SC-45(1)"),
)
def synchronised(time: TimeKeeping) -> Iterator[Outcome]:
    """The clock is right

    Logs of several hosts tell one story only when their clocks agree; certificates and tickets need the time too.
    """
    if time.synchronised is None:
        yield Undecided("clock", "neither a time daemon nor the kernel says whether the clock is synchronised")
    elif not time.synchronised:
        yield Violation("clock", found="not synchronised", wanted="synchronised")


@check(
    "time.one-daemon",
    severity=Severity.LOW,
    fix=_fix("Keep one time daemon running, and disable the others."),
    references=("cis-debian12:2.3.1.1",),
)
def one_daemon(time: TimeKeeping, *, allowed: frozenset[str] = frozenset()) -> Iterator[Outcome]:
    """Exactly one daemon keeps the time

    Without one the clock drifts; two pull it to and fro. Names are chrony, ntp, timesyncd, ptp; an empty `allowed`
    accepts any.
    """
    if time.daemons is None:
        yield Undecided("daemon", "other accounts' processes cannot be seen from this account")
    elif len(time.daemons) != 1:
        yield Violation("daemon", found=time.daemons, wanted=frozenset(allowed) or "one time daemon")
    elif allowed and not time.daemons <= allowed:
        yield Violation("daemon", found=time.daemons, wanted=allowed)


@check(
    "time.starts-with-host",
    severity=Severity.LOW,
    fix=_fix("Enable the time daemon: systemctl enable --now chronyd (chrony on Debian)."),
    references=("cis-debian12:2.3.2.2", "cis-debian12:2.3.3.3"),
)
def starts_with_host(time: TimeKeeping, units: EnabledUnits) -> Iterator[Outcome]:
    """The daemon that keeps the time starts with the host

    One that somebody started by hand is gone after the next restart, and the clock drifts from then on.
    """
    starting = frozenset(daemon for name, daemon in _UNITS.items() if name in units.names)
    if time.daemons is None:
        if not starting:
            yield Violation("daemon", found="none is enabled", wanted="a time daemon that starts with the host")
        else:
            yield Undecided("daemon", "other accounts' processes cannot be seen from this account")
    elif not time.daemons:
        yield Violation("daemon", found="none runs", wanted="a time daemon that starts with the host")
    for daemon in sorted((time.daemons or frozenset()) - starting):
        if daemon not in _STARTED_BY_OTHERS:
            yield Violation(daemon, found="runs, and is not enabled", wanted="enabled")


@check(
    "time.servers",
    severity=Severity.LOW,
    fix=_fix("Name the company's time servers in the configuration of the time daemon."),
    references=("cis-debian12:2.3.2.1", "cis-debian12:2.3.3.1"),
)
def servers(
    time: TimeKeeping, *, allowed: frozenset[str] = frozenset(), at_least: int = 1, view: View = "running"
) -> Iterator[Outcome]:
    """Time comes from servers that the company trusts

    Whoever gives the time can make expired certificates valid and logs worthless. An empty `allowed` accepts any.
    The view "configured" counts the servers of installed daemons that do not run too.
    """
    names = frozenset(name.lower() for name in allowed)
    running = view == "running"
    found, unread = (time.servers, time.unread) if running else (time.configured, time.configured_unread)
    for server in found:
        if names and server not in names:
            yield Violation(server, found="asked for the time", wanted=names)
    if unread:
        yield Undecided("servers", f"more may be named in {unread[0]}, which was not read")
    elif running and time.daemons is None:
        yield Undecided("servers", "which daemon's configuration counts cannot be seen from this account")
    elif len(found) < at_least:
        yield Violation("servers", found=len(found), wanted=f"{at_least} or more")
