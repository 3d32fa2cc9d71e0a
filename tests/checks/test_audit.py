"""Verdicts on the audit system: one good host, on which each case takes something away."""

from dataclasses import replace

import pytest

from auditor.facts.audit import WATCHED, AuditDaemon, AuditRules, SetIdPrograms
from auditor.facts.audit_rules import RuleSet, rule_set
from auditor.model.check import Check
from tests.make import ROOT, UNKNOWN, Case, Verdict, checks, names

audit, events, privileges = checks("audit"), checks("audit_rules"), checks("audit_privileges")

PASS, FAIL, DONT_KNOW, NOT_HERE = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE
LOADED, CONFIGURED = ({"view": view} for view in ("loaded", "configured"))
RULES = [
    line.replace("/var/run/", "/run/")
    for line in (ROOT / "tests/facts/recorded/audit_configured.txt").read_text().splitlines()
]
THERE = frozenset(path for path in WATCHED if not path.startswith(("/etc/netplan", "/etc/sysconfig"))) - {
    "/etc/selinux/config"
}
SET_ID = SetIdPrograms(frozenset({"/usr/bin/passwd", "/usr/bin/sudo"}))


def rules(*without: str, more: tuple[str, ...] = (), enabled: int | None = 1) -> RuleSet:
    """Return the good rules without those that hold one of these words, and with more."""
    return rule_set([*(line for line in RULES if not any(word in line for word in without)), *more], enabled)


GOOD = AuditRules(
    loaded=replace(rules(), enabled=2),
    configured=replace(rules(), enabled=2),
    there=THERE,
    boot=("quiet", "audit=1", "audit_backlog_limit=8192"),
)
NONE = replace(GOOD, loaded=RuleSet(enabled=0), configured=RuleSet())
NOT_SEEN = replace(GOOD, loaded=None, no_loaded="auditctl is not installed")
DAEMON = AuditDaemon(
    {
        "max_log_file": "8",
        "max_log_file_action": "KEEP_LOGS",
        "space_left_action": "email",
        "admin_space_left_action": "single",
        "disk_full_action": "HALT",
        "disk_error_action": "syslog",
    }
)


def less(*words: str, more: tuple[str, ...] = ()) -> AuditRules:
    """Return the good host without rules that hold one of these words, in force and after a restart."""
    left = rules(*words, more=more)
    return replace(GOOD, loaded=left, configured=left)


EVENTS: list[tuple[Check, str, tuple[str, ...]]] = [
    (events.time_change, "settimeofday", ("adjtimex", "settimeofday")),
    (events.time_change, "clock_settime", ("clock_settime",)),
    (events.time_change, "/etc/localtime", ("/etc/localtime",)),
    (events.account_files, "/etc/shadow", ("/etc/shadow",)),
    (events.network_settings, "/etc/network/", ("/etc/network/",)),
    (events.network_settings, "arch=b32 -S sethostname", ("setdomainname", "sethostname")),
    (events.access_policy, "/etc/apparmor.d", ("/etc/apparmor.d/",)),
    (events.logins, "lastlog", ("/var/log/lastlog",)),
    (events.sessions, "utmp", ("/run/utmp",)),
    (events.permission_changes, "arch=b64 -S chmod", ("chmod", "fchmod", "fchmodat")),
    (events.denied_access, "b32 -S creat,open,openat,truncate,ftruncate -F exit=-EPERM", ()),
    (events.mounts, "arch=b64 -S mount", ("mount",)),
    (events.deletions, "arch=b32 -S rename", ("rename", "renameat", "unlink", "unlinkat")),
    (privileges.sudo_rules, "/etc/sudoers.d", ("/etc/sudoers.d/",)),
    (privileges.sudo_log, "sudo.log", ("/var/log/sudo.log",)),
    (privileges.acting_as_others, "arch=b64 -C euid", ("execve",)),
    (privileges.permission_tools, "chacl", ("/usr/bin/chacl",)),
    (privileges.kernel_modules, "/usr/bin/kmod", ("/usr/bin/kmod",)),
    (privileges.kernel_modules, "arch=b64 -S init_module", ("delete_module", "finit_module", "init_module")),
]
ALL = dict.fromkeys(check for check, *_ in EVENTS)

CASES: list[Case] = [
    *(Case(check, (GOOD,), PASS) for check in ALL),
    *(Case(check, (UNKNOWN,), DONT_KNOW) for check in ALL),
    *(Case(check, (NONE,), FAIL, why="there are no rules") for check in ALL),
    *(Case(check, (NONE,), FAIL, settings=LOADED, why="auditing is off") for check in ALL),
    *(Case(check, (NOT_SEEN,), DONT_KNOW, why="auditctl did not tell") for check in ALL),
    *(Case(check, (NOT_SEEN,), PASS, settings=CONFIGURED, why="only files count") for check in ALL),
    *(Case(check, (less(word),), FAIL, at, why=f"{word} is not recorded") for check, word, at in EVENTS),
    *(
        Case(check, (replace(GOOD, loaded=rules(word)),), FAIL, at, why=f"{word} is not loaded")
        for check, word, at in EVENTS
    ),
    *(
        Case(check, (replace(GOOD, configured=rules(word)),), PASS, settings=LOADED, why=f"{word} is loaded")
        for check, word, _ in EVENTS
    ),
    Case(events.mounts, (replace(less("arch=b32 -S mount"), machine="aarch64"),), PASS, why="it runs no such programs"),
    Case(events.denied_access, (less("-EPERM"),), FAIL, why="one of two errors is left out"),
    Case(
        events.deletions,
        (replace(less(",unlink", more=("-a always,exit -F arch=b64 -S unlinkat,renameat",)), machine="aarch64"),),
        PASS,
        why="the machine has no other calls",
    ),
    Case(
        events.mounts,
        (less("mount", more=("-a always,exit -S mount -F auid>=2000", "-a always,exit -F arch=b32 -S all")),),
        FAIL,
        ("mount",),
        why="some people are left out",
    ),
    Case(events.mounts, (replace(less(), first_human=500),), FAIL, why="people's ids begin at 500"),
    Case(
        events.mounts,
        (less(more=("-A never,exit -F exe=/usr/bin/mount",)),),
        DONT_KNOW,
        why="a rule before it leaves some out",
    ),
    Case(events.mounts, (less(more=("-a never,task",)),), FAIL, why="nothing is audited"),
    Case(events.mounts, (less(),), FAIL, ("umount2",), {"calls": frozenset({"umount2"})}, why="another call is asked"),
    Case(
        events.account_files, (less("/etc/shadow", more=("-w /etc -p wa",)),), PASS, why="the whole folder is watched"
    ),
    Case(
        events.account_files,
        (replace(less("opasswd"), there=THERE - {"/etc/security/opasswd"}),),
        PASS,
        why="what does not exist need not be watched",
    ),
    Case(
        events.account_files,
        (less(),),
        FAIL,
        ("/etc/pam.d/",),
        {"paths": frozenset({"/etc/passwd", "/etc/pam.d/"})},
        why="another folder is asked",
    ),
    Case(
        events.access_policy,
        (replace(less(), there=THERE | {"/etc/selinux/config"}),),
        FAIL,
        ("/etc/selinux/", "/usr/share/selinux/"),
        why="there is SELinux",
    ),
    Case(
        events.access_policy,
        (replace(GOOD, there=frozenset({"/etc/selinux/"})),),
        NOT_HERE,
        why="a folder alone is no policy",
    ),
    Case(privileges.sudo_log, (replace(GOOD, there=frozenset()),), NOT_HERE, why="sudo writes no such log"),
    Case(
        privileges.acting_as_others,
        (less("-C", more=("-a always,exit -S execve", "-a always,exit -F arch=b32 -S execve")),),
        PASS,
        why="all programs are recorded",
    ),
    Case(privileges.privileged_programs, (GOOD, SET_ID), PASS),
    Case(privileges.privileged_programs, (less("/usr/bin/sudo"), SET_ID), FAIL, ("/usr/bin/sudo",)),
    Case(
        privileges.privileged_programs,
        (less("/usr/bin/sudo"), SET_ID),
        PASS,
        settings={"exceptions": frozenset({"/usr/bin/sudo"})},
        why="it is excepted",
    ),
    Case(privileges.privileged_programs, (GOOD, UNKNOWN), DONT_KNOW),
    Case(privileges.privileged_programs, (GOOD, SetIdPrograms(frozenset())), NOT_HERE, why="there are none"),
    Case(privileges.privileged_programs, (NONE, SET_ID), FAIL, why="there are no rules"),
    # --- the system itself
    Case(audit.locked, (GOOD,), PASS),
    Case(audit.locked, (UNKNOWN,), DONT_KNOW),
    Case(audit.locked, (replace(GOOD, loaded=rules()),), FAIL, ("rules as loaded",), why="the host was not restarted"),
    Case(
        audit.locked, (replace(GOOD, configured=rules()),), FAIL, ("rules as configured",), why="it ends by a restart"
    ),
    Case(audit.locked, (replace(GOOD, configured=rules()),), PASS, settings=LOADED, why="they are locked now"),
    Case(audit.locked, (replace(GOOD, loaded=rules(enabled=None)),), DONT_KNOW, why="the status was not seen"),
    Case(audit.locked, (NOT_SEEN,), DONT_KNOW, why="auditctl did not tell"),
    Case(audit.locked, (NOT_SEEN,), PASS, settings=CONFIGURED, why="only files count"),
    Case(
        audit.locked,
        (replace(GOOD, configured=rule_set(["-w /x # y", "-w /y -p wa", "-e 2"])),),
        DONT_KNOW,
        why="loading may stop before",
    ),
    Case(audit.rules_loaded, (GOOD,), PASS),
    Case(audit.rules_loaded, (UNKNOWN,), DONT_KNOW),
    Case(audit.rules_loaded, (replace(GOOD, loaded=rules(more=("-w /own -p wa",))),), PASS, why="more may be loaded"),
    Case(audit.rules_loaded, (replace(GOOD, loaded=rules("utmp")),), FAIL, ("-w /run/utmp -p wa -k session",)),
    Case(audit.rules_loaded, (NOT_SEEN,), DONT_KNOW, why="auditctl did not tell"),
    Case(
        audit.rules_loaded,
        (replace(GOOD, configured=rules(more=("-a never,exit -F uid=chrony",))),),
        DONT_KNOW,
        why="the kernel knows numbers only",
    ),
    Case(audit.rules_loaded, (replace(GOOD, configured=rules(more=("-w /x # y",))),), FAIL, ("-w /x # y",)),
    Case(
        audit.rules_loaded, (replace(GOOD, configured=rules(more=("--new 1",))),), DONT_KNOW, why="a line is not known"
    ),
    Case(audit.from_boot, (GOOD,), PASS),
    Case(audit.from_boot, (UNKNOWN,), DONT_KNOW),
    Case(audit.from_boot, (replace(GOOD, boot=("quiet",)),), FAIL, ("audit",)),
    Case(audit.from_boot, (replace(GOOD, boot=("audit=1", "audit=0")),), FAIL, ("audit",), why="the last one counts"),
    Case(audit.from_boot, (replace(GOOD, boot=None),), DONT_KNOW, why="the command line was not seen"),
    Case(audit.boot_backlog, (GOOD,), PASS),
    Case(audit.boot_backlog, (UNKNOWN,), DONT_KNOW),
    Case(audit.boot_backlog, (replace(GOOD, boot=("audit=1",)),), FAIL, ("audit_backlog_limit",)),
    Case(audit.boot_backlog, (replace(GOOD, boot=("audit_backlog_limit=64",)),), FAIL, why="it is small"),
    Case(audit.boot_backlog, (replace(GOOD, boot=("audit_backlog_limit=0",)),), PASS, why="0 is without limit"),
    Case(audit.boot_backlog, (replace(GOOD, boot=None),), DONT_KNOW, why="the command line was not seen"),
]

DAEMONS: list[tuple[Check, str, str]] = [
    (audit.logs_kept, "max_log_file_action", "rotate"),
    (audit.log_size, "max_log_file", "4"),
    (audit.log_size, "max_log_file", "many"),
    (audit.low_space, "space_left_action", "syslog"),
    (audit.low_space, "admin_space_left_action", "suspend"),
    (audit.no_space, "disk_full_action", "ignore"),
    (audit.no_space, "disk_error_action", "suspend"),
    (audit.warns_somebody, "action_mail_acct", "nobody"),
    (audit.records_written, "local_events", "no"),
    (audit.records_written, "write_logs", "No"),
    (audit.records_written, "log_format", "NOLOG"),
]
CASES += [
    *(Case(check, (DAEMON,), PASS) for check, *_ in DAEMONS),
    *(Case(check, (UNKNOWN,), DONT_KNOW) for check, *_ in DAEMONS),
    *(Case(c, (AuditDaemon({**DAEMON.values, k: v}),), FAIL, (k,), why=f"{k} is {v}") for c, k, v in DAEMONS),
    *(Case(c, (AuditDaemon(DAEMON.values, "/x:2"),), DONT_KNOW, why="it is broken") for c, *_ in DAEMONS),
    *(Case(c, (AuditDaemon({}),), FAIL, why="nothing is set") for c, k, _ in DAEMONS[:7]),
    *(Case(c, (AuditDaemon({}),), PASS, why="the defaults are good") for c, k, _ in DAEMONS[7:]),
    Case(
        audit.logs_kept,
        (AuditDaemon({"max_log_file_action": "rotate"}),),
        PASS,
        settings={"allowed": frozenset({"rotate"})},
        why="it is allowed",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_verdict(case: Case):
    """Each case has the verdict that is right."""
    case.assert_right()
