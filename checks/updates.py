"""Whether a Linux host has the updates that its own package manager offers, runs them, and gets them by itself."""

from collections.abc import Iterator

from auditor import Fix, NotApplicable, Outcome, Severity, Undecided, Violation, check
from auditor.facts.updates import Pending, PendingUpdates
from auditor.facts.upkeep import AutomaticUpdates, RunningKernel, order

_STALE = "the package lists are {days:.0f} days old: what is missing since is not known"


def _fix(text: str, *, disruptive: bool = False) -> Fix:
    return Fix(text, solution="patch-systems", disruptive=disruptive)


@check(
    "updates.security-applied",
    severity=Severity.HIGH,
    fix=_fix("Install the waiting security updates with the host's package manager.", disruptive=True),
    references=("cis-controls-8.1:7.3", "nist-800-53r5:SI-2"),
)
def security_applied(
    pending: PendingUpdates, *, lists_max_days: int = 7, every_update: bool = False
) -> Iterator[Outcome]:
    """All security updates that the distribution offers are installed.

    Attackers read the same advisories: between an update and its use against those who have not installed it lie days.
    Old lists prove nothing, so without fresh ones the answer is unknown. `every_update` counts every waiting update.
    """
    waiting = [*pending.security, *((*pending.other, *pending.unclassified) if every_update else ())]
    for package in waiting:
        yield Violation(package.name, found=package.installed or "an older release", wanted=package.candidate)
    if waiting:
        return
    if pending.lists_days is None:
        yield Undecided("package lists", "there are none, so that no update can be seen")
    elif pending.lists_days > lists_max_days:
        yield Undecided("package lists", _STALE.format(days=pending.lists_days))
    elif pending.security_source is False:
        yield Undecided("package lists", "no security archive is among them")
    for package in pending.unclassified:
        yield Undecided(package.name, f"{pending.manager} does not tell whether {package.candidate} mends a weakness")


@check(
    "updates.lists-fresh",
    severity=Severity.MEDIUM,
    fix=_fix("Run the package manager's refresh daily: apt-get update, dnf makecache, zypper refresh, apk update."),
    references=("cis-controls-8.1:7.3",),
)
def lists_fresh(pending: PendingUpdates, *, days: int = 7, published_days: int = 90) -> Iterator[Outcome]:
    """The host looked for updates within the last days.

    A host that does not look never finds that it is out of date. `published_days` is how old the newest list may be
    in itself: an archive that stands still that long is a dead mirror.
    """
    if pending.lists_days is None:
        yield Violation("package lists", found="none", wanted=f"lists of the last {days} days")
    elif pending.lists_days > days:
        yield Violation("package lists", found=f"{pending.lists_days:.0f} days old", wanted=f"at most {days} days")
    elif pending.published_days is not None and pending.published_days > published_days:
        reason = (
            f"the newest list was published {pending.published_days:.0f} days ago: perhaps a mirror that stands still"
        )
        yield Undecided("package lists", reason)


@check(
    "updates.security-source",
    severity=Severity.HIGH,
    fix=_fix("Add the distribution's security archive to /etc/apt/sources.list.d."),
    references=("nist-800-53r5:SI-2",),
)
def security_source(pending: PendingUpdates) -> Iterator[Outcome]:
    """The distribution's security archive is among the package sources.

    Without it the host finds no security update, and looks up to date.
    """
    if pending.security_source is None:
        yield NotApplicable(f"{pending.manager} gets security updates from its ordinary archives")
    elif pending.lists_days is None:
        yield Undecided("package sources", "no package lists were downloaded, so that the sources do not show")
    elif not pending.security_source:
        yield Violation("package sources", found="no security archive", wanted="a security archive")


@check(
    "updates.all-applied",
    severity=Severity.LOW,
    fix=_fix("Install the waiting updates with the host's package manager.", disruptive=True),
    references=("cis-debian12:1.2.2.1", "cis-controls-8.1:7.4"),
)
def all_applied(pending: PendingUpdates, *, most: int = 0, lists_max_days: int = 7) -> Iterator[Outcome]:
    """No more updates wait than the policy allows.

    Updates that mend faults other than weaknesses keep a host close to what its maker tests.
    """
    waiting: list[Pending] = [*pending.security, *pending.other, *pending.unclassified]
    if len(waiting) > most:
        yield Violation("updates", found=len(waiting), wanted=f"at most {most}")
    elif pending.lists_days is None:
        yield Undecided("package lists", "there are none, so that no update can be seen")
    elif pending.lists_days > lists_max_days:
        yield Undecided("package lists", _STALE.format(days=pending.lists_days))


@check(
    "updates.reboot-done",
    severity=Severity.HIGH,
    fix=_fix("Restart the host in its maintenance window.", disruptive=True),
    references=("nist-800-53r5:SI-2",),
)
def reboot_done(kernel: RunningKernel) -> Iterator[Outcome]:
    """The host runs the newest kernel that is installed on it.

    An update that waits for a restart protects nothing until then.
    """
    newest = kernel.newest
    if kernel.flagged:
        asked = ", ".join(kernel.asked_by[:5]) or "a package"
        yield Violation("restart", found=f"asked for by {asked}", wanted="none asked for")
    elif newest and order(newest) > order(kernel.running):
        yield Violation("kernel", found=kernel.running, wanted=newest)
    elif kernel.running not in kernel.installed:
        yield Undecided("kernel", f"{kernel.running} runs and is not among the installed ones")
    elif kernel.built and kernel.package and kernel.built != kernel.package:
        yield Violation("kernel", found=kernel.built, wanted=kernel.package)


@check(
    "updates.unattended",
    severity=Severity.MEDIUM,
    fix=_fix("Install and enable unattended-upgrades or dnf-automatic."),
    references=("cis-controls-8.1:7.3", "nist-800-53r5:SI-2(2)"),
)
def unattended(automatic: AutomaticUpdates) -> Iterator[Outcome]:
    """Security updates are installed without anybody having to think of it.

    The updates that matter most come on days on which nobody planned to install any.
    """
    for obstacle in automatic.obstacles:
        yield Violation(automatic.tool, found=obstacle, wanted="enabled, and applying security updates")
