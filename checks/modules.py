"""What a company may demand of the kernel's modules: rare protocols and file systems cannot be loaded."""

from collections.abc import Iterator

from auditor import Fix, Outcome, Severity, Undecided, Violation, check
from auditor.facts.modules import KernelModules, one


@check(
    "modules.disabled",
    severity=Severity.LOW,
    fix=Fix(
        "Write `install NAME /bin/false` and `blacklist NAME` into a file of /etc/modprobe.d, then modprobe -r NAME.",
        solution="harden-kernel",
    ),
    references=("cis-debian12:1.1.1", "cis-debian12:3.2", "nist-800-53r5:CM-7"),
)
def disabled(
    modules: KernelModules,
    *,
    names: frozenset[str] = frozenset(
        {"cramfs", "dccp", "freevxfs", "hfs", "hfsplus", "jffs2", "rds", "sctp", "tipc", "udf"}
    ),
    blacklisted: bool = False,
) -> Iterator[Outcome]:
    """Rare protocols and file systems cannot be loaded

    Hardly anybody uses or tests them, and any user can make the kernel load some of them by opening a socket or
    attaching a disk. `names` are the modules; with `blacklisted` loading by a device's alias has to be stopped too.
    """
    listed = {rule.pattern for rule in modules.rules if rule.kind == "blacklist"}
    for name in sorted(names):
        if one(name) in modules.built_in:
            yield Violation(name, found="built into the kernel", wanted="not available")
        elif one(name) in modules.loaded:
            yield Violation(name, found="loaded", wanted="not loaded")
        elif modules.unread:
            yield Undecided(name, f"{modules.unread[0]} could not be read")
        elif not modules.refused(name):
            command = modules.install(name)
            found = "can be loaded" if command is None else f"install runs {command or 'nothing'}"
            yield Violation(name, found=found, wanted="install /bin/false")
        elif blacklisted and one(name) not in listed:
            yield Violation(name, found="not blacklisted", wanted="blacklist")
