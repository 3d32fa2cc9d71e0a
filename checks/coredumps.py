"""What a company may demand of core dumps: the memory of a crashed program, with its passwords, is not kept."""

from collections.abc import Iterator
from typing import Final, Literal

from auditor import Fix, NotApplicable, Outcome, Severity, Undecided, Violation, check
from auditor.facts.coredumps import CoreDumps, size
from auditor.facts.kernel import KernelAtBoot, KernelNow
from auditor.facts.kernel_views import BOTH_VIEWS
from auditor.facts.kernel_views import View as KernelView

View = Literal["effective", "effective and written"]

_WRITTEN: Final[View] = "effective and written"


def _fix(text: str) -> Fix:
    return Fix(text, solution="harden-kernel")


@check(
    "coredumps.limited",
    severity=Severity.LOW,
    fix=_fix("Write `* hard core 0` into a file of /etc/security/limits.d, and take out lines that say otherwise."),
    references=("cis-debian12:1.5.3", "nist-800-53r5:SC-4"),
)
def limited(dumps: CoreDumps, *, root: bool = False) -> Iterator[Outcome]:
    """Sessions leave no memory image of a crashed program

    The image holds what the program had in memory: passwords, keys, other people's data. The limit of everybody does
    not mean root; with `root` there has to be a line for root too.
    """
    if not dumps.services:
        yield NotApplicable("no log-in service here applies limits: there is no PAM")
        return
    told = {limit.who: limit for limit in dumps.limits}
    for who in ("*", "root") if root else ("*",):
        if who not in told:
            yield Violation(who, found="not limited", wanted="hard core 0")
    for limit in dumps.limits:
        if limit.kib != 0:
            found = "unlimited" if limit.kib is None else f"{limit.kib} KiB"
            yield Violation(limit.who, found=f"{found} ({limit.place})", wanted="hard core 0")
    for service in dumps.unlimiting:
        yield Violation(service, found="its sessions get no limits", wanted="session required pam_limits.so")


@check(
    "coredumps.not-stored",
    severity=Severity.LOW,
    fix=_fix("Set Storage=none in the section [Coredump] of a file in /etc/systemd/coredump.conf.d."),
    references=("cis-debian12:1.5.3", "nist-800-53r5:SC-4"),
)
def not_stored(dumps: CoreDumps, *, view: View = "effective") -> Iterator[Outcome]:
    """Memory images that systemd collects are thrown away

    They stay on disk for days, and go into every backup. With the view "effective and written" every file that says
    something about it has to say this.
    """
    if not dumps.handler:
        yield NotApplicable("systemd-coredump is not installed")
    elif not dumps.storage:
        yield Violation("Storage", found="external, as nothing is set", wanted="none")
    elif dumps.storage[-1] != "none":
        yield Violation("Storage", found=dumps.storage[-1], wanted="none")
    elif view == _WRITTEN and set(dumps.storage) != {"none"}:
        yield Violation("Storage", found=dumps.storage, wanted="none in every file")


@check(
    "coredumps.not-processed",
    severity=Severity.LOW,
    fix=_fix("Set ProcessSizeMax=0 in the section [Coredump] of a file in /etc/systemd/coredump.conf.d."),
    references=("cis-debian12:1.5.3", "nist-800-53r5:SC-4"),
)
def not_processed(dumps: CoreDumps, *, view: View = "effective") -> Iterator[Outcome]:
    """Memory images that systemd collects are not even looked into

    What it finds there goes into the journal, which more people may read than the program's data.
    """
    if not dumps.handler:
        yield NotApplicable("systemd-coredump is not installed")
    elif not dumps.size_max:
        yield Violation("ProcessSizeMax", found="gigabytes, as nothing is set", wanted="0")
    elif size(dumps.size_max[-1]) > 0:
        yield Violation("ProcessSizeMax", found=dumps.size_max[-1], wanted="0")
    elif view == _WRITTEN and any(map(size, dumps.size_max)):
        yield Violation("ProcessSizeMax", found=dumps.size_max, wanted="0 in every file")


@check(
    "coredumps.thrown-away",
    severity=Severity.LOW,
    fix=_fix("Set kernel.core_pattern to |/bin/false in a file of /etc/sysctl.d, then run sysctl --system."),
    references=("nist-800-53r5:SC-4",),
)
def thrown_away(
    now: KernelNow,
    boot: KernelAtBoot,
    *,
    allowed: frozenset[str] = frozenset({"|/bin/false", "|/usr/bin/false", "|/bin/true", "|/usr/bin/true"}),
    view: KernelView = BOTH_VIEWS,
) -> Iterator[Outcome]:
    """The kernel hands memory images to a program that throws them away

    No limit of a session, and no setting of a service, brings them back.
    """
    pattern, later = now.values.get("kernel/core_pattern"), boot.text("kernel/core_pattern")
    if pattern is None:
        yield Undecided("kernel.core_pattern", "the kernel does not show it, or it is empty")
    elif pattern not in allowed:
        yield Violation("kernel.core_pattern", found=pattern, wanted=allowed)
    if view == "running":
        return
    if boot.unread:
        yield Undecided("kernel.core_pattern after a reboot", f"{boot.unread[0]} could not be read")
    elif later not in allowed:
        found = "core, as nothing is set" if later is None else later
        yield Violation("kernel.core_pattern after a reboot", found=found, wanted=allowed)
