"""What a company may demand of a kernel so that its users have fewer ways to attack it."""

from collections.abc import Iterator
from typing import Final

from auditor import Fix, NotApplicable, Outcome, Severity, Undecided, Violation, check
from auditor.facts.kernel import KernelAtBoot, KernelNow
from auditor.facts.kernel_views import BOTH_VIEWS, Both, View, judge_interfaces, judge_parameter


def _fix(text: str) -> Fix:
    return Fix(f"Set {text} in a file of /etc/sysctl.d, then run sysctl --system.", solution="harden-kernel")


def _known(now: KernelNow, path: str) -> bool:
    return path in now.values or path in now.refused


@check(
    "kernel.kexec",
    severity=Severity.MEDIUM,
    fix=_fix("kernel.kexec_load_disabled to 1"),
    references=("nist-800-53r5:CM-6",),
)
def kexec(now: KernelNow, boot: KernelAtBoot, *, view: View = BOTH_VIEWS) -> Iterator[Outcome]:
    """The running kernel cannot be replaced by another

    Whoever became root would start a kernel of his own, past every check of signatures. Crash dumps by kdump need it:
    they load their kernel before this is set.
    """
    if not _known(now, "kernel/kexec_load_disabled"):
        yield NotApplicable("this kernel has no kexec call")
        return
    yield from judge_parameter((now, boot), "kernel/kexec_load_disabled", lambda n: n == 1, "1", view)


@check(
    "kernel.performance-events",
    severity=Severity.LOW,
    fix=_fix("kernel.perf_event_paranoid to 2"),
    references=("nist-800-53r5:CM-6",),
)
def performance_events(
    now: KernelNow, boot: KernelAtBoot, *, at_least: int = 2, view: View = BOTH_VIEWS
) -> Iterator[Outcome]:
    """Users cannot measure the kernel

    The same calls had many holes, and their measurements tell secrets by side channels. Debian and Ubuntu know 3 and
    more, which closes them to users altogether.
    """
    path = "kernel/perf_event_paranoid"
    if not _known(now, path):
        yield NotApplicable("this kernel has no performance events")
        return
    yield from judge_parameter((now, boot), path, lambda n: n >= at_least, f"{at_least} or more", view)


@check("kernel.shared-pipes", severity=Severity.LOW, fix=_fix("fs.protected_fifos to 1"))
def shared_pipes(
    now: KernelNow, boot: KernelAtBoot, *, at_least: int = 1, view: View = BOTH_VIEWS
) -> Iterator[Outcome]:
    """Programs do not write into pipes that somebody else planted in a shared folder

    A program that means to make a file in /tmp would tell its data to whoever was there first.
    """
    yield from judge_parameter((now, boot), "fs/protected_fifos", lambda n: n >= at_least, f"{at_least} or more", view)


@check("kernel.shared-files", severity=Severity.LOW, fix=_fix("fs.protected_regular to 1"))
def shared_files(
    now: KernelNow, boot: KernelAtBoot, *, at_least: int = 1, view: View = BOTH_VIEWS
) -> Iterator[Outcome]:
    """Programs do not write into files that somebody else planted in a shared folder

    A program that means to make a file in /tmp would write into one that its owner can read and change.
    """
    yield from judge_parameter(
        (now, boot), "fs/protected_regular", lambda n: n >= at_least, f"{at_least} or more", view
    )


@check(
    "kernel.magic-keys",
    severity=Severity.LOW,
    fix=_fix("kernel.sysrq to 0"),
    references=("nist-800-53r5:CM-6",),
)
def magic_keys(now: KernelNow, boot: KernelAtBoot, *, functions: int = 0, view: View = BOTH_VIEWS) -> Iterator[Outcome]:
    """Nobody commands the kernel from the keyboard

    Its key combinations kill programs, show memory and restart the machine without asking who is there. `functions` is
    the sum of those that are allowed, as the kernel's manual numbers them; 1 allows all.
    """

    def good(value: int) -> bool:
        return functions == 1 or value == 0 or (value != 1 and not value & ~functions)

    if not _known(now, "kernel/sysrq"):
        yield NotApplicable("this kernel has no such keys")
        return
    wanted = f"0, or functions of {functions} only" if functions else "0"
    yield from judge_parameter((now, boot), "kernel/sysrq", good, wanted, view)


@check(
    "kernel.bpf-hardening",
    severity=Severity.LOW,
    fix=_fix("net.core.bpf_jit_harden to 2"),
    references=("nist-800-53r5:SI-16",),
)
def bpf_hardening(
    now: KernelNow, boot: KernelAtBoot, *, at_least: int = 2, view: View = BOTH_VIEWS
) -> Iterator[Outcome]:
    """Programs in the kernel cannot carry hidden instructions

    The kernel then hides the constants of BPF programs, which attackers use to place code. 1 does so for users'
    programs only, 2 for all.
    """
    path = "net/core/bpf_jit_harden"
    if not _known(now, path):
        yield NotApplicable("this kernel does not compile BPF programs")
        return
    yield from judge_parameter((now, boot), path, lambda n: n >= at_least, f"{at_least} or more", view)


@check(
    "kernel.low-memory",
    severity=Severity.LOW,
    fix=_fix("vm.mmap_min_addr to 65536"),
    references=("nist-800-53r5:SI-16",),
)
def low_memory(
    now: KernelNow, boot: KernelAtBoot, *, at_least: int = 65536, view: View = BOTH_VIEWS
) -> Iterator[Outcome]:
    """Programs cannot place code where a faulty kernel would jump to

    A null pointer in the kernel would otherwise run what a user put at address 0.
    """
    yield from judge_parameter((now, boot), "vm/mmap_min_addr", lambda n: n >= at_least, f"{at_least} or more", view)


@check("kernel.line-disciplines", severity=Severity.LOW, fix=_fix("dev.tty.ldisc_autoload to 0"))
def line_disciplines(now: KernelNow, boot: KernelAtBoot, *, view: View = BOTH_VIEWS) -> Iterator[Outcome]:
    """Users cannot make the kernel load drivers for old modems

    Several of these drivers made users root.
    """
    yield from judge_parameter((now, boot), "dev/tty/ldisc_autoload", lambda n: n == 0, "0", view)


@check(
    "kernel.secure-redirects",
    severity=Severity.LOW,
    fix=_fix("net.ipv4.conf.all.secure_redirects and net.ipv4.conf.default.secure_redirects to 0"),
    references=("cis-debian12:3.3.6",),
)
def secure_redirects(now: KernelNow, boot: KernelAtBoot, *, view: View = BOTH_VIEWS) -> Iterator[Outcome]:
    """Not even the gateway changes the way that packets take

    Such messages are easily forged in the gateway's name. The kernel heeds the interface's value or that for `all`,
    whichever is on.
    """
    path = "net/ipv4/conf/*/secure_redirects"
    yield from judge_interfaces((now, boot), path, max, lambda n: n == 0, wanted="0", view=view)


@check(
    "kernel.ipv6-off",
    severity=Severity.INFO,
    fix=_fix("net.ipv6.conf.all.disable_ipv6 and net.ipv6.conf.default.disable_ipv6 to 1"),
    references=("cis-debian12:3.1.1",),
)
def ipv6_off(now: KernelNow, boot: KernelAtBoot, *, view: View = BOTH_VIEWS) -> Iterator[Outcome]:
    """IPv6 is off where the company does not use it

    A protocol that nobody looks after is a way around filters that were written for IPv4. Companies that use it leave
    this check out.
    """
    path = "net/ipv6/conf/all/disable_ipv6"
    if not _known(now, path):
        yield NotApplicable("this kernel has no IPv6")
        return
    yield from judge_parameter((now, boot), path, lambda n: n == 1, "1", view)
    for interface in ("default", *now.interfaces("ipv6")):
        value = now.number(f"net/ipv6/conf/{interface}/disable_ipv6")
        if value is None:
            yield Undecided(interface, "the kernel does not show whether it speaks IPv6")
        elif value != 1:
            yield Violation(interface, found=value, wanted="1")
    later = boot.text("net/ipv6/conf/default/disable_ipv6")
    if view != "running" and later not in {None, "1"}:
        yield Violation("default after a reboot", found=later, wanted="1")


_BY_NUMBER: Final = "user/max_user_namespaces"  # which starts with thousands where no file says otherwise
_WAYS: Final = {
    _BY_NUMBER: 0,
    "kernel/unprivileged_userns_clone": 0,
    "kernel/apparmor_restrict_unprivileged_userns": 1,
}


@check(
    "kernel.user-namespaces",
    severity=Severity.LOW,
    fix=_fix("user.max_user_namespaces to 0, or kernel.unprivileged_userns_clone to 0 on Debian"),
    references=("nist-800-53r5:SC-39",),
)
def user_namespaces(now: KernelNow, boot: KernelAtBoot, *, view: View = BOTH_VIEWS) -> Iterator[Outcome]:
    """Users cannot become root of a world of their own, or only where AppArmor lets them

    In a namespace of their own they reach parts of the kernel that are root's elsewhere, and many holes were there.
    Browsers and rootless containers need it.
    """
    if not any(_known(now, path) for path in _WAYS):
        yield NotApplicable("this kernel has no user namespaces")
        return
    yield from _one_way((now, boot), "user namespaces", running=True)
    if view != "running":
        yield from _one_way((now, boot), "user namespaces after a reboot", running=False)


def _one_way(kernel: Both, subject: str, *, running: bool) -> Iterator[Outcome]:
    """Yield that none of the ways to keep users from namespaces is taken, or that it is not known."""
    now, boot = kernel
    ways = {path: right for path, right in _WAYS.items() if _known(now, path)}
    values = {path: now.number(path) if running else boot.number(path) for path in ways}
    if any(values[path] == right for path, right in ways.items()) and (running or not boot.unread):
        return
    if not running and boot.unread:
        yield Undecided(subject, f"{boot.unread[0]} could not be read")
    elif unclear := next((path for path, value in values.items() if value is None and path != _BY_NUMBER), ""):
        yield Undecided(subject, f"it is not known what {unclear.replace('/', '.')} is")
    else:
        yield Violation(subject, found="any user may make them", wanted="none, or by leave of AppArmor")
