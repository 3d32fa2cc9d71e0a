"""One kernel parameter in every view of it: now, after a reboot, and on each interface.

How `all` and an interface's own value work together is the kernel's rule (Documentation/networking/ip-sysctl), and
different for each: the larger counts for rp_filter, either for send_redirects, both for accept_source_route.

With the view "effective and written" a safe default is not enough: a file has to set the parameter, and every file of
the host that names it has to set it right, whichever of them counts.
"""

from collections.abc import Callable, Iterator
from typing import Final, Literal

from auditor.facts.kernel import KernelAtBoot, KernelNow
from auditor.model.check import Outcome, Undecided, Violation

View = Literal["running", "running and after a reboot", "effective and written"]
Both = tuple[KernelNow, KernelAtBoot]
Combine = Callable[[int, int], int]

BOTH_VIEWS: Final[View] = "running and after a reboot"
WRITTEN: Final[View] = "effective and written"


_SWAPPED: Final = str.maketrans("./", "/.")


def _name(path: str) -> str:
    """Return a path as sysctl(8) writes it, where an interface's own dots become slashes."""
    return path.translate(_SWAPPED)


def judge_parameter(kernel: Both, path: str, good: Callable[[int], bool], wanted: str, view: View) -> Iterator[Outcome]:
    """Yield what is wrong with one parameter, now and after a reboot."""
    now, boot = kernel
    value = now.number(path)
    if path in now.refused:
        yield Undecided(_name(path), "this account may not read it")
    elif value is None:
        yield Violation(_name(path), found="this kernel has no such protection", wanted=wanted)
        return
    elif not good(value):
        yield Violation(_name(path), found=value, wanted=wanted)
    if view != "running":
        yield from _later(boot, path, boot.number(path), good, wanted)
    if view == WRITTEN:
        yield from _as_written(boot, path, good, wanted)


def _as_written(boot: KernelAtBoot, path: str, good: Callable[[int], bool], wanted: str) -> Iterator[Outcome]:
    written = boot.written(path)
    wrong = [value for value in written if value is None or not good(value)]
    if not written and boot.unread:
        yield Undecided(f"{_name(path)} in files", f"{boot.unread[0]} could not be read")
    elif not written:
        yield Violation(f"{_name(path)} in files", found="not written down", wanted=wanted)
    elif wrong:
        found = tuple("not a number" if value is None else value for value in wrong)
        yield Violation(f"{_name(path)} in files", found=found, wanted=wanted)


def _later(
    boot: KernelAtBoot, path: str, value: int | None, good: Callable[[int], bool], wanted: str
) -> Iterator[Outcome]:
    subject = f"{_name(path)} after a reboot"
    if boot.unread:
        yield Undecided(subject, f"{boot.unread[0]} could not be read")
    elif value is None:
        yield Undecided(subject, "no file sets it, and what this kernel starts with is not known")
    elif not good(value):
        yield Violation(subject, found=value, wanted=wanted)


def judge_interfaces(
    kernel: Both, path: str, combine: Combine, good: Callable[[int], bool], *, wanted: str, view: View
) -> Iterator[Outcome]:
    """Yield the interfaces on which a parameter is wrong, where `all` and the interface's own value count together.

    `default`, from which new interfaces take their value, counts as an interface.
    """
    now, boot = kernel
    family = path.split("/")[1]
    shared = now.number(path.replace("*", "all"))
    for interface in ("default", *now.interfaces(family)):
        own = path.replace("*", interface)
        value = now.number(own)
        if shared is None or value is None:
            yield Undecided(_name(own), "the kernel does not show it")
        elif not good(combine(shared, value)):
            yield Violation(_name(own), found=combine(shared, value), wanted=wanted)
    if view == WRITTEN:
        yield from _as_written(boot, path.replace("*", "all"), good, wanted)
    if view != "running":
        shared = boot.number(path.replace("*", "all"))
        for interface in ("default", *boot.interfaces(family)):
            own = path.replace("*", interface)
            value = boot.number(own)
            value = boot.number(path.replace("*", "default")) if value is None else value
            later = None if shared is None or value is None else combine(shared, value)
            yield from _later(boot, own, later, good, wanted)


def has_ipv6(now: KernelNow) -> bool:
    """Return whether any interface speaks IPv6."""
    names = ("default", *now.interfaces("ipv6"))
    return any(now.number(f"net/ipv6/conf/{name}/disable_ipv6") == 0 for name in names)
