"""What a company may demand to be recorded of people who act with more rights than their own.

A rule counts when it records each such event, as checks/audit_rules.py says.
"""

from collections.abc import Iterable, Iterator

from auditor import Fix, NotApplicable, Outcome, Severity, Undecided, Violation, check
from auditor.facts.audit import AuditRules, SetIdPrograms
from auditor.facts.audit_cover import UNSET, Event
from auditor.facts.audit_events import BOTH, Demanded, View, accesses, by_people, calls_of, unrecorded

Names = frozenset[str]


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
    "audit.sudo-rules",
    severity=Severity.MEDIUM,
    fix=_fix("Add -w /etc/sudoers -p wa -k scope and -w /etc/sudoers.d -p wa -k scope."),
    references=("cis-debian12:6.2.3.1", "nist-800-53r5:AU-12"),
)
def sudo_rules(
    audit: AuditRules, *, paths: Names = frozenset({"/etc/sudoers", "/etc/sudoers.d/"}), view: View = BOTH
) -> Iterator[Outcome]:
    """Changes of the rules for sudo are recorded

    One line there makes an ordinary account an administrator's.
    """
    yield from _judged(audit, accesses(audit, paths), view)


@check(
    "audit.sudo-log",
    severity=Severity.LOW,
    fix=_fix("Add -w /var/log/sudo.log -p wa -k sudo_log_file, with the path that sudo's logfile names."),
    references=("cis-debian12:6.2.3.3", "nist-800-53r5:AU-9"),
)
def sudo_log(
    audit: AuditRules, *, paths: Names = frozenset({"/var/log/sudo.log"}), view: View = BOTH
) -> Iterator[Outcome]:
    """Changes of the log that sudo writes are recorded

    Administrators can write to it, so it proves something only while changes of it are recorded elsewhere.
    """
    yield from _judged(audit, accesses(audit, paths), view)


@check(
    "audit.acting-as-others",
    severity=Severity.MEDIUM,
    fix=_fix(
        "Add -a always,exit -F arch=b64 -C euid!=uid -F auid!=unset -S execve -k user_emulation, and with arch=b32."
    ),
    references=("cis-debian12:6.2.3.2", "nist-800-53r5:AC-6(9)"),
)
def acting_as_others(audit: AuditRules, *, view: View = BOTH) -> Iterator[Outcome]:
    """Programs that people run under another account are recorded

    It shows who an administrator is who works as root.
    """
    given = {"auid": (0, UNSET - 1)}
    yield from _judged(audit, [("execve", Event("execve", given=given, compared=frozenset({"euid,uid"})))], view)


@check(
    "audit.privileged-programs",
    severity=Severity.LOW,
    fix=_fix("Add -a always,exit -F path=PROGRAM -F perm=x -F auid>=1000 -F auid!=unset -k privileged for each."),
    references=("cis-debian12:6.2.3.6", "nist-800-53r5:AC-6(9)"),
)
def privileged_programs(
    audit: AuditRules, programs: SetIdPrograms, *, exceptions: Names = frozenset(), view: View = BOTH
) -> Iterator[Outcome]:
    """Each start of a set-id program by people is recorded

    These programs run with more rights than their user has, and an error in one of them gives those rights away.
    """
    asked = accesses(audit, programs.paths - exceptions, "x", by_people(audit))
    yield from _judged(audit, asked, view)


@check(
    "audit.permission-tools",
    severity=Severity.LOW,
    fix=_fix("Add -a always,exit -F path=PROGRAM -F perm=x -F auid>=1000 -F auid!=unset -k perm_chng for each."),
    references=tuple(f"cis-debian12:6.2.3.{number}" for number in range(15, 19)),
)
def permission_tools(
    audit: AuditRules,
    *,
    programs: Names = frozenset({"/usr/bin/chcon", "/usr/bin/setfacl", "/usr/bin/chacl", "/usr/sbin/usermod"}),
    view: View = BOTH,
) -> Iterator[Outcome]:
    """Each use of the tools that change accounts, labels and access lists is recorded

    What they do is not visible in permission bits, where people look first.
    """
    yield from _judged(audit, accesses(audit, programs, "x", by_people(audit)), view)


@check(
    "audit.kernel-modules",
    severity=Severity.MEDIUM,
    fix=_fix(
        "Add -a always,exit -F arch=b64 -S init_module,finit_module,delete_module -F auid>=1000 -F auid!=unset "
        "-k kernel_modules, the same with arch=b32, and for the program -a always,exit -F path=/usr/bin/kmod -F perm=x "
        "-F auid>=1000 -F auid!=unset -k kernel_modules."
    ),
    references=("cis-debian12:6.2.3.19", "nist-800-53r5:AU-12"),
)
def kernel_modules(
    audit: AuditRules,
    *,
    calls: Names = frozenset({"init_module", "finit_module", "delete_module"}),
    programs: Names = frozenset({"/usr/bin/kmod"}),
    view: View = BOTH,
) -> Iterator[Outcome]:
    """Kernel modules that people load and unload are recorded

    A module has all rights there are, and can hide itself once it is loaded.
    """
    people = by_people(audit)
    yield from _judged(audit, [*calls_of(audit, calls, people), *accesses(audit, programs, "x", people)], view)
