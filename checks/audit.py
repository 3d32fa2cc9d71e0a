"""What a company may demand of the audit system itself: that it is on, cannot be changed, and keeps what it records."""

from collections.abc import Iterator
from typing import Final, Literal

from auditor import Fix, Outcome, Severity, Undecided, Violation, check
from auditor.facts.audit import AuditDaemon, AuditRules
from auditor.facts.audit_events import BOTH, View
from auditor.facts.audit_rules import Filter, Rule, RuleSet

Action = Literal["ignore", "syslog", "rotate", "keep_logs", "email", "exec", "suspend", "single", "halt"]
Actions = frozenset[Action]

_USERS: Final = frozenset({"auid", "uid", "euid", "suid", "fsuid", "gid", "egid", "sgid", "fsgid"})


def _fix(text: str) -> Fix:
    return Fix(text, solution="audit-events")


@check(
    "audit.locked",
    severity=Severity.MEDIUM,
    fix=_fix("Write -e 2 into /etc/audit/rules.d/99-finalize.rules, and restart the host."),
    references=("cis-debian12:6.2.3.20", "nist-800-53r5:AC-6(9)", "nist-800-53r5:AU-9"),
)
def locked(audit: AuditRules, *, view: View = BOTH) -> Iterator[Outcome]:
    """The audit rules cannot be changed until the next restart

    Whoever becomes root switches auditing off first; a restart is noticed.
    """
    views = [("loaded", audit.loaded, audit.no_loaded), ("configured", audit.configured, audit.no_configured)]
    for words, rules, why_not in views:
        if words in view:
            yield from _lock(f"rules as {words}", rules, why_not)


def _lock(subject: str, rules: RuleSet | None, why_not: str) -> Iterator[Outcome]:
    if rules is None:
        yield Undecided(subject, why_not)
    elif rules.enabled is None:
        yield Undecided(subject, "whether auditing is on was not seen")
    elif rules.enabled != 2:
        yield Violation(subject, found=f"enabled {rules.enabled}", wanted="enabled 2")
    elif rules.trouble and rules.late:
        yield Undecided(subject, f"auditctl may stop at the line {rules.trouble!r}")


@check(
    "audit.rules-loaded",
    severity=Severity.MEDIUM,
    fix=_fix("Run augenrules --load; where the rules are locked, restart the host."),
    references=("cis-debian12:6.2.3.21", "nist-800-53r5:AU-12"),
)
def rules_loaded(audit: AuditRules) -> Iterator[Outcome]:
    """The rules that are configured are in force

    A rule that stands in a file and was never loaded records nothing.
    """
    loaded, configured = audit.loaded, audit.configured
    if loaded is None or configured is None:
        yield Undecided("rules", audit.no_loaded if loaded is None else audit.no_configured)
        return
    there = {rule.meaning for rule in loaded.rules}
    for rule in dict.fromkeys([*configured.rules, *configured.late]):
        if rule.meaning in there:
            continue
        if loaded.trouble or _by_name(rule):
            yield Undecided(rule.text, "whether it is among the loaded rules cannot be told by its text")
        else:
            yield Violation(rule.text, found="not loaded", wanted="loaded")
    if configured.trouble and configured.unsure:
        yield Undecided(configured.trouble, "auditor does not know this line")
    elif configured.trouble:
        yield Violation(configured.trouble, found="auditctl does not take it", wanted="a line that it takes")


def _by_name(rule: Rule) -> bool:
    """Whether a rule names users, system calls or errors in a way that the kernel's list does not show."""
    return any(_is_name(one) for one in rule.filters) or any(call.isdigit() for call in rule.calls)


def _is_name(one: Filter) -> bool:
    digits = one.value.removeprefix("-").isdigit()
    return (one.name in _USERS and not digits) or (one.name in {"exit", "msgtype"} and digits)


@check(
    "audit.from-boot",
    severity=Severity.LOW,
    fix=_fix("Add audit=1 to GRUB_CMDLINE_LINUX in /etc/default/grub, run update-grub, and restart the host."),
    references=("cis-debian12:6.2.1.3", "nist-800-53r5:AU-12"),
)
def from_boot(audit: AuditRules) -> Iterator[Outcome]:
    """Processes that start before the audit daemon are audited

    What is started without it is not audited later either, and that is how a program that starts early hides.
    """
    if audit.boot is None:
        yield Undecided("audit", "the kernel's command line was not seen")
        return
    given = [word.partition("=")[2] for word in audit.boot if word.startswith("audit=")]
    if not given or given[-1] not in {"1", "on"}:
        yield Violation("audit", found=f"audit={given[-1]}" if given else "not set", wanted="audit=1")


@check(
    "audit.boot-backlog",
    severity=Severity.LOW,
    fix=_fix("Add audit_backlog_limit=8192 to GRUB_CMDLINE_LINUX, run update-grub, and restart the host."),
    references=("cis-debian12:6.2.1.4", "nist-800-53r5:AU-4"),
)
def boot_backlog(audit: AuditRules, *, at_least: int = 8192) -> Iterator[Outcome]:
    """Records that are made before the audit daemon runs are not lost

    The kernel keeps 64 of them unless it is told to keep more. 0 keeps all.
    """
    if audit.boot is None:
        yield Undecided("audit_backlog_limit", "the kernel's command line was not seen")
        return
    given = [word.partition("=")[2] for word in audit.boot if word.startswith("audit_backlog_limit=")]
    limit = int(given[-1]) if given and given[-1].isascii() and given[-1].isdigit() and len(given[-1]) < 11 else None
    if limit is None or 0 < limit < at_least:
        yield Violation("audit_backlog_limit", found=given[-1] if given else "not set", wanted=f"at least {at_least}")


def _value(daemon: AuditDaemon, key: str) -> tuple[str, Iterator[Outcome]]:
    """Return a value in small letters, or the outcome that stands in its place."""
    if daemon.broken:
        return "", iter([Undecided(key, f"auditd cannot read {daemon.broken}")])
    return daemon.values.get(key, "").lower(), iter(())


def _action(daemon: AuditDaemon, key: str, allowed: Actions) -> Iterator[Outcome]:
    value, instead = _value(daemon, key)
    outcomes = list(instead)
    yield from outcomes
    if not outcomes and value not in allowed:
        yield Violation(key, found=value or "not set", wanted=allowed)


@check(
    "audit.logs-kept",
    severity=Severity.MEDIUM,
    fix=_fix("Set max_log_file_action = keep_logs in /etc/audit/auditd.conf, and move old files away regularly."),
    references=("cis-debian12:6.2.2.2", "nist-800-53r5:AU-11"),
)
def logs_kept(daemon: AuditDaemon, *, allowed: Actions = frozenset({"keep_logs"})) -> Iterator[Outcome]:
    """Audit records are not overwritten by newer ones

    With rotation the oldest file goes as soon as there are enough of them, and noise is easily made.
    """
    yield from _action(daemon, "max_log_file_action", allowed)


@check(
    "audit.log-size",
    severity=Severity.LOW,
    fix=_fix("Set max_log_file in /etc/audit/auditd.conf to the policy's number of megabytes."),
    references=("cis-debian12:6.2.2.1", "nist-800-53r5:AU-4"),
)
def log_size(daemon: AuditDaemon, *, at_least: int = 8) -> Iterator[Outcome]:
    """Each file of audit records holds as much as the policy demands

    In megabytes; files that are too small hide what belongs together.
    """
    value, instead = _value(daemon, "max_log_file")
    outcomes = list(instead)
    yield from outcomes
    number = int(value) if value.isascii() and value.isdigit() and len(value) < 11 else 0
    if not outcomes and number < at_least:
        yield Violation("max_log_file", found=value or "not set", wanted=f"at least {at_least}")


@check(
    "audit.low-space",
    severity=Severity.LOW,
    fix=_fix("Set space_left_action = email and admin_space_left_action = single in /etc/audit/auditd.conf."),
    references=("cis-debian12:6.2.2.4", "nist-800-53r5:AU-5"),
)
def low_space(
    daemon: AuditDaemon,
    *,
    first: Actions = frozenset({"email", "exec", "single", "halt"}),
    last: Actions = frozenset({"single", "halt"}),
) -> Iterator[Outcome]:
    """Somebody is told before there is no room for audit records, and nothing goes on without them

    `first` is for space_left_action, `last` for admin_space_left_action.
    """
    yield from _action(daemon, "space_left_action", first)
    yield from _action(daemon, "admin_space_left_action", last)


@check(
    "audit.no-space",
    severity=Severity.LOW,
    fix=_fix("Set disk_full_action = halt and disk_error_action = syslog in /etc/audit/auditd.conf."),
    references=("cis-debian12:6.2.2.3", "nist-800-53r5:AU-5(4)"),
)
def no_space(
    daemon: AuditDaemon,
    *,
    full: Actions = frozenset({"single", "halt"}),
    error: Actions = frozenset({"syslog", "single", "halt"}),
) -> Iterator[Outcome]:
    """The host does not go on unaudited when audit records cannot be written

    `full` is for disk_full_action, `error` for disk_error_action. Filling the disk is a way to act unseen.
    """
    yield from _action(daemon, "disk_full_action", full)
    yield from _action(daemon, "disk_error_action", error)


@check(
    "audit.warns-somebody",
    severity=Severity.LOW,
    fix=_fix("Set action_mail_acct in /etc/audit/auditd.conf to an address that is read."),
    references=("nist-800-53r5:AU-5",),
)
def warns_somebody(daemon: AuditDaemon, *, accounts: frozenset[str] = frozenset({"root"})) -> Iterator[Outcome]:
    """Warnings of the audit daemon go to those whom the policy names

    `accounts` are local accounts or addresses. Not set, they go to root.
    """
    if daemon.broken:
        yield Undecided("action_mail_acct", f"auditd cannot read {daemon.broken}")
        return
    account = daemon.values.get("action_mail_acct", "root")
    if account not in accounts:
        yield Violation("action_mail_acct", found=account, wanted=accounts)


@check(
    "audit.records-written",
    severity=Severity.MEDIUM,
    fix=_fix("Set local_events = yes and write_logs = yes in /etc/audit/auditd.conf."),
    references=("nist-800-53r5:AU-12",),
)
def records_written(daemon: AuditDaemon) -> Iterator[Outcome]:
    """The audit daemon writes the records of its own host

    It can be told to listen to other hosts only, or to write nothing.
    """
    if daemon.broken:
        yield Undecided("auditd.conf", f"auditd cannot read {daemon.broken}")
        return
    for key in ("local_events", "write_logs"):
        if daemon.values.get(key, "yes").lower() != "yes":
            yield Violation(key, found=daemon.values[key], wanted="yes")
    if daemon.values.get("log_format", "").lower() == "nolog":
        yield Violation("log_format", found="NOLOG", wanted="RAW or ENRICHED")
