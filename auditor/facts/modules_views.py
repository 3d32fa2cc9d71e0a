"""One kernel module: whether it is kept out, as the kernel has it and as files say.

A module that the running kernel does not have cannot be loaded, and so is kept out. With the view "effective and
written" a line of modprobe.d has to say so all the same, for the kernel that is installed next.
"""

from collections.abc import Iterator
from typing import Final, Literal

from auditor.facts.modules import KernelModules, one
from auditor.model.check import Fix, Outcome, Undecided, Violation

View = Literal["effective", "effective and written"]

EFFECTIVE: Final[View] = "effective"


def keep_out(name: str) -> Fix:
    """Return how to keep a module out."""
    line = f"`install {name} /bin/false` and `blacklist {name}`"
    return Fix(f"Write {line} into a file of /etc/modprobe.d, then run modprobe -r {name}.", solution="harden-kernel")


def judge_module(modules: KernelModules, name: str, *, blacklisted: bool, view: View) -> Iterator[Outcome]:
    """Yield why a module is not kept out; with `blacklisted` loading by a device's alias has to be stopped too."""
    spelled = one(name)
    if spelled in modules.built_in:
        yield Violation(name, found="built into the kernel", wanted="not available")
    elif spelled in modules.loaded:
        yield Violation(name, found="loaded", wanted="not loaded")
    elif view == EFFECTIVE and spelled in modules.absent | modules.barred:
        return
    elif modules.unread:
        yield Undecided(name, f"{modules.unread[0]} could not be read")
    elif not modules.refused(name):
        command = modules.install(name)
        found = "can be loaded" if command is None else f"install runs {command or 'nothing'}"
        yield Violation(name, found=found, wanted="install /bin/false")
    elif blacklisted and not any(rule.kind == "blacklist" and rule.pattern == spelled for rule in modules.rules):
        yield Violation(name, found="not blacklisted", wanted="blacklist")
