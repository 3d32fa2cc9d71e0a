"""What a company may demand of a kernel so that one account or program cannot look into another."""

from collections.abc import Iterator

from auditor import Fix, NotApplicable, Outcome, Severity, Violation, check
from auditor.facts.coredumps import Prelink
from auditor.facts.kernel import KernelAtBoot, KernelNow
from auditor.facts.kernel_views import BOTH_VIEWS, View, judge_parameter


def _fix(text: str) -> Fix:
    return Fix(f"Set {text} in a file of /etc/sysctl.d, then run sysctl --system.", solution="harden-kernel")


@check(
    "kernel.aslr",
    severity=Severity.MEDIUM,
    fix=_fix("kernel.randomize_va_space to 2"),
    references=("cis-debian12:1.5.1",),
)
def aslr(now: KernelNow, boot: KernelAtBoot, *, view: View = BOTH_VIEWS) -> Iterator[Outcome]:
    """Programs lie at unpredictable places in memory

    Attacks that jump to known addresses fail when the addresses change with every start.
    """
    yield from judge_parameter((now, boot), "kernel/randomize_va_space", lambda n: n == 2, "2", view)


@check(
    "kernel.ptrace",
    severity=Severity.MEDIUM,
    fix=_fix("kernel.yama.ptrace_scope to 1"),
    references=("cis-debian12:1.5.2",),
)
def ptrace(now: KernelNow, boot: KernelAtBoot, *, at_least: int = 1, view: View = BOTH_VIEWS) -> Iterator[Outcome]:
    """A program cannot read the memory of a user's other programs

    Otherwise one taken program reads keys and passwords out of all others of the same user.
    """
    yield from judge_parameter(
        (now, boot), "kernel/yama/ptrace_scope", lambda n: n >= at_least, f"{at_least} or more", view
    )


@check(
    "kernel.prelink-absent",
    severity=Severity.LOW,
    fix=Fix("Run prelink -ua, then remove the package prelink.", solution="harden-kernel"),
    references=("cis-debian12:1.5.4",),
)
def prelink_absent(prelink: Prelink) -> Iterator[Outcome]:
    """Programs are not moved to fixed places

    To start programs faster, prelink writes addresses into them, so that they lie where an attacker expects them, and
    changes files that integrity checks guard.
    """
    for path in prelink.files:
        yield Violation(path, found="here", wanted="removed")


@check("kernel.dmesg", severity=Severity.LOW, fix=_fix("kernel.dmesg_restrict to 1"))
def dmesg(now: KernelNow, boot: KernelAtBoot, *, view: View = BOTH_VIEWS) -> Iterator[Outcome]:
    """Only administrators read the kernel's messages

    The messages hold addresses and device details that make attacks on the kernel easier.
    """
    yield from judge_parameter((now, boot), "kernel/dmesg_restrict", lambda n: n == 1, "1", view)


@check("kernel.pointers", severity=Severity.LOW, fix=_fix("kernel.kptr_restrict to 1"))
def pointers(now: KernelNow, boot: KernelAtBoot, *, at_least: int = 1, view: View = BOTH_VIEWS) -> Iterator[Outcome]:
    """The kernel does not tell users where its parts lie in memory

    Those addresses are what an attack on the kernel needs first.
    """
    yield from judge_parameter(
        (now, boot), "kernel/kptr_restrict", lambda n: n >= at_least, f"{at_least} or more", view
    )


@check(
    "kernel.core-dumps-suid",
    severity=Severity.MEDIUM,
    fix=_fix("fs.suid_dumpable to 0"),
    references=("cis-debian12:1.5.3",),
)
def core_dumps_suid(
    now: KernelNow, boot: KernelAtBoot, *, allowed: frozenset[int] = frozenset({0}), view: View = BOTH_VIEWS
) -> Iterator[Outcome]:
    """Programs that run with more rights than their user leave no memory image

    The image may hold password hashes and keys. The value 2 keeps images for root only, which systemd-coredump uses.
    """
    wanted = " or ".join(str(value) for value in sorted(allowed))
    yield from judge_parameter((now, boot), "fs/suid_dumpable", lambda n: n in allowed, wanted, view)


@check("kernel.hard-links", severity=Severity.LOW, fix=_fix("fs.protected_hardlinks to 1"))
def hard_links(now: KernelNow, boot: KernelAtBoot, *, view: View = BOTH_VIEWS) -> Iterator[Outcome]:
    """Users cannot make links to files that are not theirs

    Such links trick privileged programs into changing or keeping files for an attacker.
    """
    yield from judge_parameter((now, boot), "fs/protected_hardlinks", lambda n: n == 1, "1", view)


@check("kernel.symbolic-links", severity=Severity.LOW, fix=_fix("fs.protected_symlinks to 1"))
def symbolic_links(now: KernelNow, boot: KernelAtBoot, *, view: View = BOTH_VIEWS) -> Iterator[Outcome]:
    """Links in shared folders are followed by their owner only

    A link planted in /tmp makes a privileged program write where the attacker wants.
    """
    yield from judge_parameter((now, boot), "fs/protected_symlinks", lambda n: n == 1, "1", view)


@check("kernel.unprivileged-bpf", severity=Severity.MEDIUM, fix=_fix("kernel.unprivileged_bpf_disabled to 1"))
def unprivileged_bpf(now: KernelNow, boot: KernelAtBoot, *, view: View = BOTH_VIEWS) -> Iterator[Outcome]:
    """Users cannot load programs into the kernel

    The checker that has to keep such programs harmless had many holes.
    """
    path = "kernel/unprivileged_bpf_disabled"
    if path not in now.values and path not in now.refused:
        yield NotApplicable("this kernel has no bpf call")
        return
    yield from judge_parameter((now, boot), path, lambda n: n in {1, 2}, "1 or 2", view)
