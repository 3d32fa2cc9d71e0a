"""What a company may demand of the kernel's modules: a list of its own, and rare file systems one by one."""

from collections.abc import Iterator

from auditor import Outcome, Severity, check
from auditor.facts.modules import KernelModules
from auditor.facts.modules_views import EFFECTIVE, View, judge_module, keep_out


@check(
    "modules.disabled",
    severity=Severity.LOW,
    fix=keep_out("NAME"),
    references=("cis-debian12:1.1.1", "cis-debian12:3.2", "nist-800-53r5:CM-7"),
)
def disabled(
    modules: KernelModules,
    *,
    names: frozenset[str] = frozenset(
        {"cramfs", "dccp", "freevxfs", "hfs", "hfsplus", "jffs2", "rds", "sctp", "tipc", "udf"}
    ),
    blacklisted: bool = False,
    view: View = EFFECTIVE,
) -> Iterator[Outcome]:
    """Rare protocols and file systems cannot be loaded

    Hardly anybody uses or tests them, and any user can make the kernel load some of them by opening a socket or
    attaching a disk. `names` are the modules; with `blacklisted` loading by a device's alias has to be stopped too. A
    module that this kernel does not have is fine, unless `view` asks for a line that says so.
    """
    for name in sorted(names):
        yield from judge_module(modules, name, blacklisted=blacklisted, view=view)


@check(
    "modules.cramfs",
    severity=Severity.LOW,
    fix=keep_out("cramfs"),
    references=("cis-debian12:1.1.1.1",),
)
def cramfs(modules: KernelModules, *, blacklisted: bool = False, view: View = EFFECTIVE) -> Iterator[Outcome]:
    """The file system cramfs cannot be loaded

    It served small ROMs long ago. A file system that nobody tests is a way into the kernel for whoever brings a disk.
    """
    yield from judge_module(modules, "cramfs", blacklisted=blacklisted, view=view)


@check(
    "modules.freevxfs",
    severity=Severity.LOW,
    fix=keep_out("freevxfs"),
    references=("cis-debian12:1.1.1.2",),
)
def freevxfs(modules: KernelModules, *, blacklisted: bool = False, view: View = EFFECTIVE) -> Iterator[Outcome]:
    """The file system freevxfs cannot be loaded

    It reads the disks of old Unix machines, and no disk of ours.
    """
    yield from judge_module(modules, "freevxfs", blacklisted=blacklisted, view=view)


@check(
    "modules.hfs",
    severity=Severity.LOW,
    fix=keep_out("hfs"),
    references=("cis-debian12:1.1.1.3",),
)
def hfs(modules: KernelModules, *, blacklisted: bool = False, view: View = EFFECTIVE) -> Iterator[Outcome]:
    """The file system hfs cannot be loaded

    Apple gave it up in 1998; its code has no maintainer.
    """
    yield from judge_module(modules, "hfs", blacklisted=blacklisted, view=view)


@check(
    "modules.hfsplus",
    severity=Severity.LOW,
    fix=keep_out("hfsplus"),
    references=("cis-debian12:1.1.1.4",),
)
def hfsplus(modules: KernelModules, *, blacklisted: bool = False, view: View = EFFECTIVE) -> Iterator[Outcome]:
    """The file system hfsplus cannot be loaded

    Only disks of older Macs need it; its code has no maintainer.
    """
    yield from judge_module(modules, "hfsplus", blacklisted=blacklisted, view=view)


@check(
    "modules.jffs2",
    severity=Severity.LOW,
    fix=keep_out("jffs2"),
    references=("cis-debian12:1.1.1.5",),
)
def jffs2(modules: KernelModules, *, blacklisted: bool = False, view: View = EFFECTIVE) -> Iterator[Outcome]:
    """The file system jffs2 cannot be loaded

    Routers and appliances with bare flash need it; servers and laptops have none.
    """
    yield from judge_module(modules, "jffs2", blacklisted=blacklisted, view=view)


@check(
    "modules.squashfs",
    severity=Severity.LOW,
    fix=keep_out("squashfs"),
    references=("cis-debian12:1.1.1.7",),
)
def squashfs(modules: KernelModules, *, blacklisted: bool = False, view: View = EFFECTIVE) -> Iterator[Outcome]:
    """The file system squashfs cannot be loaded

    Images of it hide programs from tools that look at files. Hosts with snap packages need it: leave this check out
    there.
    """
    yield from judge_module(modules, "squashfs", blacklisted=blacklisted, view=view)


@check(
    "modules.udf",
    severity=Severity.LOW,
    fix=keep_out("udf"),
    references=("cis-debian12:1.1.1.8",),
)
def udf(modules: KernelModules, *, blacklisted: bool = False, view: View = EFFECTIVE) -> Iterator[Outcome]:
    """The file system udf cannot be loaded

    Only DVDs, and on cloud hosts some providers' first-boot disks, need it.
    """
    yield from judge_module(modules, "udf", blacklisted=blacklisted, view=view)
