"""What a company may demand to be recorded by the kernel's audit system, one check for each class of events.

A rule counts when it records each such event, whatever its key and spelling; one that records more counts too. With
the view "loaded" it has to be in force now, with "configured" after the next start, by default both. Paths that end in
a slash are folders with all that is in them; of the paths that auditor knows, those count that exist on the host.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from auditor import Fix, NotApplicable, Outcome, Severity, Undecided, Violation, check
from auditor.facts.audit import AuditRules
from auditor.facts.audit_events import BOTH, Demanded, View, accesses, by_people, calls_of, unrecorded

Names = frozenset[str]

_SELINUX: Final = frozenset({"/etc/selinux/", "/usr/share/selinux/"})


def _fix(text: str) -> Fix:
    return Fix(text, solution="audit-events")


def _judged(audit: AuditRules, events: Iterable[Demanded], view: View) -> Iterator[Outcome]:
    asked = list(events)
    for name, missing, doubt in unrecorded(audit, asked, view):
        if missing:
            yield Violation(name, found=f"not recorded by rules as {missing}", wanted="recorded")
        else:
            yield Undecided(name, doubt)
    if not asked:
        yield NotApplicable("nothing of what is to be recorded exists here")


@check(
    "audit.time-change",
    severity=Severity.MEDIUM,
    fix=_fix(
        "Add -a always,exit -F arch=b64 -S adjtimex,settimeofday -k time-change, clock_settime with -F a0=0, the same "
        "with arch=b32, and -w /etc/localtime -p wa -k time-change."
    ),
    references=("cis-debian12:6.2.3.4", "nist-800-53r5:AU-12"),
)
def time_change(
    audit: AuditRules,
    *,
    calls: Names = frozenset({"adjtimex", "settimeofday", "clock_settime"}),
    paths: Names = frozenset({"/etc/localtime"}),
    view: View = BOTH,
) -> Iterator[Outcome]:
    """Changes of the clock are recorded

    Whoever moves the clock moves the traces: logs say the wrong time, and old tickets become valid again.
    """
    real_time = frozenset({"clock_settime"})  # of several clocks, of which CLOCK_REALTIME, 0, is the one meant
    events = [*calls_of(audit, calls - real_time), *calls_of(audit, calls & real_time, {"a0": (0, 0)})]
    yield from _judged(audit, [*events, *accesses(audit, paths)], view)


@check(
    "audit.account-files",
    severity=Severity.MEDIUM,
    fix=_fix("Add -w PATH -p wa -k identity for each of the files."),
    references=("cis-debian12:6.2.3.8", "nist-800-53r5:AU-12"),
)
def account_files(
    audit: AuditRules,
    *,
    paths: Names = frozenset({"/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow", "/etc/security/opasswd"}),
    view: View = BOTH,
) -> Iterator[Outcome]:
    """Changes of accounts, groups and passwords are recorded

    A new account or a new member of a group is how intruders come back.
    """
    yield from _judged(audit, accesses(audit, paths), view)


@check(
    "audit.network-settings",
    severity=Severity.LOW,
    fix=_fix(
        "Add -a always,exit -F arch=b64 -S sethostname,setdomainname -k system-locale, the same with arch=b32, and "
        "-w PATH -p wa -k system-locale for each file."
    ),
    references=("cis-debian12:6.2.3.5", "nist-800-53r5:AU-12"),
)
def network_settings(
    audit: AuditRules,
    *,
    calls: Names = frozenset({"sethostname", "setdomainname"}),
    paths: Names = frozenset(
        {"/etc/issue", "/etc/issue.net", "/etc/hosts", "/etc/networks", "/etc/network/", "/etc/netplan/"}
        | {"/etc/sysconfig/network", "/etc/sysconfig/network-scripts/"}
    ),
    view: View = BOTH,
) -> Iterator[Outcome]:
    """Changes of the host's name, addresses and login notices are recorded

    A changed name or hosts file leads users and programs to another machine.
    """
    yield from _judged(audit, [*calls_of(audit, calls), *accesses(audit, paths)], view)


@check(
    "audit.access-policy",
    severity=Severity.MEDIUM,
    fix=_fix("Add -w PATH -p wa -k MAC-policy for each folder of AppArmor's or SELinux's rules."),
    references=("cis-debian12:6.2.3.14", "nist-800-53r5:AU-12"),
)
def access_policy(
    audit: AuditRules,
    *,
    paths: Names = frozenset({"/etc/apparmor/", "/etc/apparmor.d/", *_SELINUX}),
    view: View = BOTH,
) -> Iterator[Outcome]:
    """Changes of the rules of AppArmor or SELinux are recorded

    Before a guarded service can be misused, its guard has to be loosened.
    """
    # A library puts the folder there on hosts that have no SELinux; its config comes with the policy only.
    without = frozenset() if "/etc/selinux/config" in audit.there else _SELINUX
    yield from _judged(audit, accesses(audit, paths - without), view)


@check(
    "audit.logins",
    severity=Severity.MEDIUM,
    fix=_fix("Add -w /var/log/lastlog -p wa -k logins and -w /run/faillock -p wa -k logins."),
    references=("cis-debian12:6.2.3.12", "nist-800-53r5:AU-12"),
)
def logins(
    audit: AuditRules,
    *,
    paths: Names = frozenset({"/var/log/lastlog", "/run/faillock/"}),
    view: View = BOTH,
) -> Iterator[Outcome]:
    """Changes of the records of logins and failed logins are recorded

    Whoever guesses passwords clears these records to go on guessing unnoticed.
    """
    yield from _judged(audit, accesses(audit, paths), view)


@check(
    "audit.sessions",
    severity=Severity.LOW,
    fix=_fix("Add -w /run/utmp, -w /var/log/wtmp and -w /var/log/btmp, each with -p wa -k session."),
    references=("cis-debian12:6.2.3.11", "nist-800-53r5:AU-12"),
)
def sessions(
    audit: AuditRules,
    *,
    paths: Names = frozenset({"/run/utmp", "/var/log/wtmp", "/var/log/btmp"}),
    view: View = BOTH,
) -> Iterator[Outcome]:
    """Changes of the records of who is and was logged in are recorded

    They are the first thing that an intruder edits.
    """
    yield from _judged(audit, accesses(audit, paths), view)


@check(
    "audit.permission-changes",
    severity=Severity.LOW,
    fix=_fix(
        "Add -a always,exit -F arch=b64 -S CALLS -F auid>=1000 -F auid!=unset -k perm_mod, and the same with arch=b32."
    ),
    references=("cis-debian12:6.2.3.9", "nist-800-53r5:AU-12"),
)
def permission_changes(
    audit: AuditRules,
    *,
    calls: Names = frozenset(
        {"chmod", "fchmod", "fchmodat", "chown", "fchown", "lchown", "fchownat"}
        | {"setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr", "fremovexattr"}
    ),
    view: View = BOTH,
) -> Iterator[Outcome]:
    """Changes of owners, permissions and extended attributes by people are recorded

    They open files to those who should not have them.
    """
    yield from _judged(audit, calls_of(audit, calls, by_people(audit)), view)


@check(
    "audit.denied-access",
    severity=Severity.LOW,
    fix=_fix(
        "Add -a always,exit -F arch=b64 -S creat,open,openat,truncate,ftruncate -F exit=-EACCES -F auid>=1000 "
        "-F auid!=unset -k access, the same with -EPERM, and both with arch=b32."
    ),
    references=("cis-debian12:6.2.3.7", "nist-800-53r5:AU-12"),
)
def denied_access(
    audit: AuditRules,
    *,
    calls: Names = frozenset({"creat", "open", "openat", "truncate", "ftruncate"}),
    view: View = BOTH,
) -> Iterator[Outcome]:
    """People's failed attempts to open files are recorded

    Somebody who looks around in other people's files fails often before succeeding once.
    """
    people = by_people(audit)
    no_access = calls_of(audit, calls, {**people, "exit": (-13, -13)}, ", EACCES")
    no_permission = calls_of(audit, calls, {**people, "exit": (-1, -1)}, ", EPERM")
    yield from _judged(audit, [*no_access, *no_permission], view)


@check(
    "audit.mounts",
    severity=Severity.LOW,
    fix=_fix("Add -a always,exit -F arch=b64 -S mount -F auid>=1000 -F auid!=unset -k mounts, and with arch=b32."),
    references=("cis-debian12:6.2.3.10", "nist-800-53r5:AU-12"),
)
def mounts(audit: AuditRules, *, calls: Names = frozenset({"mount"}), view: View = BOTH) -> Iterator[Outcome]:
    """Mounts by people are recorded

    Data leaves on disks that somebody mounts, and programs come in on them.
    """
    yield from _judged(audit, calls_of(audit, calls, by_people(audit)), view)


@check(
    "audit.deletions",
    severity=Severity.LOW,
    fix=_fix(
        "Add -a always,exit -F arch=b64 -S unlink,unlinkat,rename,renameat -F auid>=1000 -F auid!=unset -k delete, and "
        "the same with arch=b32."
    ),
    references=("cis-debian12:6.2.3.13", "nist-800-53r5:AU-12"),
)
def deletions(
    audit: AuditRules,
    *,
    calls: Names = frozenset({"unlink", "unlinkat", "rename", "renameat"}),
    view: View = BOTH,
) -> Iterator[Outcome]:
    """Files that people remove or rename are recorded

    What is gone cannot tell who removed it.
    """
    yield from _judged(audit, calls_of(audit, calls, by_people(audit)), view)
