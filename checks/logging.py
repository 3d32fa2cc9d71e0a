"""What a company may demand of a host's logs."""

from collections.abc import Iterator
from typing import Literal

from auditor import Fix, NotApplicable, Outcome, Severity, Undecided, Violation, check
from auditor.facts.logging import SHIPPERS, LogKeeping
from auditor.facts.rsyslog import LogForward

View = Literal["configured", "configured and running"]


def _fix(text: str) -> Fix:
    return Fix(text, solution="forward-logs")


@check(
    "logging.forwarded",
    severity=Severity.MEDIUM,
    fix=_fix('Add `*.* action(type="omfwd" target="LOGHOST" port="514" protocol="tcp")` to rsyslog, and restart it.'),
    references=("cis-debian12:6.1.3.6", "nist-800-53r5:AU-4(1)", "nist-800-53r5:AU-9(2)"),
)
def forwarded(
    logs: LogKeeping, *, hosts: frozenset[str] = frozenset(), view: View = "configured and running"
) -> Iterator[Outcome]:
    """All logs are sent to another host

    Whoever takes a host over clears its logs first; the copy elsewhere is what an investigation has. An empty `hosts`
    accepts any host but this one.
    """
    wanted = frozenset(hosts) or "another host"
    good = [way for way in logs.forwards if way.share == "everything" and _counts(way.host, hosts)]
    if good:
        yield from _reaches(logs, view)
    elif logs.uploads_to and _counts(logs.uploads_to.partition("://")[2].partition(":")[0] or logs.uploads_to, hosts):
        return
    elif reason := _maybe(logs, [way for way in logs.forwards if _counts(way.host, hosts)]):
        yield Undecided("logs", reason)
    else:
        found = frozenset(f"{way.host} ({way.share})" for way in logs.forwards)
        yield Violation("logs", found=found or "kept here only", wanted=wanted)


def _counts(host: str, hosts: frozenset[str]) -> bool:
    """Return whether sending there is what was demanded; a host's own address is not another host."""
    name = host.lower().rstrip(".")
    if hosts:
        return name in {one.lower().rstrip(".") for one in hosts}
    return bool(name) and not _is_here(name)


def _is_here(host: str) -> bool:
    name = host.lower().rstrip(".")
    return name.startswith("127.") or name in {"localhost", "::1"}


def _reaches(logs: LogKeeping, view: View) -> Iterator[Outcome]:
    """Yield what keeps messages from being sent although the configuration says so."""
    if logs.journal_to_syslog is False:
        yield Violation("ForwardToSyslog", found="no", wanted="yes, or the module imjournal in rsyslog")
    if view == "configured":
        return
    if logs.running is None:
        yield Undecided("rsyslogd", "other accounts' processes cannot be seen from this account")
    elif "rsyslog" not in logs.running:
        yield Violation("rsyslogd", found="not running", wanted="running")


def _maybe(logs: LogKeeping, partly: list[LogForward]) -> str:
    """Return why logs may be sent nevertheless, or nothing."""
    if logs.unread:
        return f"{logs.unread[0]} was not read, and may say where logs are sent"
    if others := sorted((logs.running or frozenset()) & SHIPPERS):
        return f"{others[0]} runs and may send them; its configuration is not read"
    if relays := [way.host for way in logs.forwards if way.share == "everything" and _is_here(way.host)]:
        return f"they are handed to a program at {relays[0]}, such as a relay or an agent, that may send them on"
    if any(way.share == "under a condition" for way in partly):
        return "rsyslog sends messages only under a condition, which is not judged"
    return ""


@check(
    "logging.persistent",
    severity=Severity.MEDIUM,
    fix=_fix("Set Storage=persistent in a drop-in of journald.conf.d, and restart systemd-journald."),
    references=("cis-debian12:6.1.2.4",),
)
def persistent(logs: LogKeeping) -> Iterator[Outcome]:
    """The journal survives a restart

    An attack often ends in a restart, and so does a fault.
    """
    if logs.journal is None:
        yield NotApplicable("there is no systemd-journald here")
    elif any("journald.conf" in path for path in logs.unread):
        yield Undecided("Storage", "a part of journald.conf could not be read")
    elif logs.journal != "persistent":
        yield Violation("Storage", found=logs.journal, wanted="persistent")


@check(
    "logging.auditd-running",
    severity=Severity.MEDIUM,
    fix=_fix("Install auditd, and enable and start it."),
    references=("cis-debian12:6.2.1.1", "cis-debian12:6.2.1.2", "nist-800-53r5:AU-12"),
)
def auditd_running(logs: LogKeeping) -> Iterator[Outcome]:
    """Security events are recorded by the audit daemon

    It records who did what below the level of programs' own logs.
    """
    if logs.may_audit is False:
        yield NotApplicable("this system may not audit: its host does")
    elif logs.running is None:
        yield Undecided("auditd", "other accounts' processes cannot be seen from this account")
    elif "auditd" not in logs.running:
        yield Violation("auditd", found="not running", wanted="running")
