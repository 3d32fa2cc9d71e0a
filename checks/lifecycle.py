"""Whether a Linux host's operating system, kernel and software still get security updates from those who make them."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from auditor import Fix, NotApplicable, Outcome, Severity, Undecided, Violation, check
from auditor.facts.ambient import Lifecycle, Lifecycles, Today, stale
from auditor.facts.installed import InstalledPackages, Package
from auditor.facts.kernel_packages import split
from auditor.facts.packages import OperatingSystem
from auditor.facts.software import NotableSoftware, Software

_FIX = Fix("Upgrade to a supported release, or replace the host.", solution="replace-unsupported", disruptive=True)
# ID of os-release(5) -> the product's name at endoflife.date, where they differ.
_PRODUCTS = {
    "rocky": "rocky-linux", "amzn": "amazon-linux", "ol": "oracle-linux", "alpine": "alpine-linux",
    "sles_sap": "sles", "opensuse-leap": "opensuse", "opensuse": "opensuse", "sle-micro": "suse-linux-micro",
    "sl-micro": "suse-linux-micro", "pop": "pop-os", "redhat": "rhel", "mx": "mxlinux",
}  # fmt: skip
_ROLLING = frozenset({"arch", "archlinux", "opensuse-tumbleweed", "gentoo", "kali", "void", "manjaro", "endeavouros"})
_DATES = "end-of-life dates"
# Kernel series that Ubuntu supports as long as the release: its first, and the first of the next long-term release.
# Those between are dropped for the next one after half a year (Canonical, HWE kernel reference).
_UBUNTU = {"20.04": ("5.4", "5.15"), "22.04": ("5.15", "6.8"), "24.04": ("6.8", "7.0"), "26.04": ("7.0",)}
_OWN_DATES = frozenset({"redhat-build-of-openjdk"})  # the distribution ends these before the release


@check(
    "lifecycle.os-supported",
    severity=Severity.CRITICAL,
    fix=_FIX,
    references=("cis-controls-8.1:2.2", "nist-800-53r5:SA-22"),
)
def os_supported(
    system: OperatingSystem,
    lifecycles: Lifecycles,
    today: Today,
    *,
    extended: frozenset[str] = frozenset({"debian"}),
    dates_max_days: int = 365,
) -> Iterator[Outcome]:
    """The operating system is supported by its maker.

    After the end of support nobody mends a hole that is found, and every hole that is found stays open. `extended`
    names products whose extended support counts: Debian's LTS comes to everybody by the same archive, while Ubuntu
    Pro, RHEL ELS and SUSE LTSS must have been bought. Dates older than `dates_max_days` prove nothing.
    """
    known, why = _release(system, lifecycles)
    if known is None:
        yield why
    elif until := _ended(known, today, extended_counts=_product(system) in extended):
        yield Violation(system.id, found=f"{system.name}, {until}", wanted=_wanted(lifecycles))
    elif system.support_ends and known.ends and known.ends.isoformat() == system.support_ends:
        return  # the system says so itself
    elif old := stale(lifecycles.as_of, today.date, dates_max_days, _DATES):
        yield Undecided(system.id, old)


@check(
    "lifecycle.os-ending-soon",
    severity=Severity.MEDIUM,
    fix=_FIX,
    references=("cis-controls-8.1:2.2",),
)
def os_ending_soon(
    system: OperatingSystem,
    lifecycles: Lifecycles,
    today: Today,
    *,
    days: int = 180,
    extended: frozenset[str] = frozenset({"debian"}),
    dates_max_days: int = 365,
) -> Iterator[Outcome]:
    """The operating system stays supported for as long as an upgrade takes to plan.

    An upgrade that begins when support ends runs for months on a host that nobody mends.
    """
    known, why = _release(system, lifecycles)
    if known is None:
        yield why
        return
    counts = _product(system) in extended
    end = _end(known, extended_counts=counts)
    if _ended(known, today, extended_counts=counts):
        yield NotApplicable("support has ended already")
    elif end is None:
        yield Undecided(system.id, f"no end of support was known on {lifecycles.as_of}")
    elif end < today.date + timedelta(days=days):
        wanted = f"{days} days or more ({_told(lifecycles)})"
        yield Violation(system.id, found=f"{system.name}, supported until {end}", wanted=wanted)
    elif old := stale(lifecycles.as_of, today.date, dates_max_days, _DATES):
        yield Undecided(system.id, old)


@check(
    "lifecycle.kernel-supported",
    severity=Severity.HIGH,
    fix=Fix(
        "Install the distribution's own kernel, or one of a series that is still maintained, and restart.",
        solution="replace-unsupported",
        disruptive=True,
    ),
    references=("cis-controls-8.1:2.2", "nist-800-53r5:SA-22"),
)
def kernel_supported(
    installed: InstalledPackages,
    system: OperatingSystem,
    lifecycles: Lifecycles,
    today: Today,
    *,
    extended: frozenset[str] = frozenset({"debian"}),
    dates_max_days: int = 365,
) -> Iterator[Outcome]:
    """The kernel that runs is maintained by somebody.

    A distribution mends its own kernel as long as the release, whatever its series is called; any other kernel is
    mended as long as kernel.org maintains its series.
    """
    _, running, missing = split(installed)
    if not running and not missing:
        yield NotApplicable("no kernel is installed: it is a container, or started by its hypervisor's kernel")
    elif running and running[0].own:
        yield from _own_kernel(running[0], system, lifecycles, today, extended=_product(system) in extended)
    else:
        yield from _other_kernel(installed.kernel.release, running, lifecycles, today)
    if (running or missing) and (old := stale(lifecycles.as_of, today.date, dates_max_days, _DATES)):
        yield Undecided("kernel", old)


@check(
    "lifecycle.software-supported",
    severity=Severity.HIGH,
    fix=Fix(
        "Upgrade to a release that is maintained, or use the distribution's own package.",
        solution="upgrade-software",
        disruptive=True,
    ),
    references=("cis-controls-8.1:2.2", "nist-800-53r5:SA-22"),
)
def software_supported(  # noqa: PLR0913
    software: NotableSoftware,
    system: OperatingSystem,
    lifecycles: Lifecycles,
    today: Today,
    *,
    by_distribution: bool = True,
    extended: frozenset[str] = frozenset({"debian"}),
    dates_max_days: int = 365,
) -> Iterator[Outcome]:
    """Servers, databases and language runtimes are maintained by somebody.

    A distribution mends what it ships as long as the release (`by_distribution`); what comes from elsewhere is mended
    as long as its own makers say. Software that was installed without the package manager is not seen.
    """
    if not software.found:
        yield NotApplicable("none of the products that are looked for is installed")
        return
    release, why = _release(system, lifecycles)
    gone = _ended(release, today, extended_counts=_product(system) in extended) if release else ""
    for name, one in {_named(one, lifecycles): one for one in software.found}.items():
        ours = one.own and by_distribution and not one.stream and one.product not in _OWN_DATES
        if not ours:
            yield from _by_makers(one, lifecycles, today)
        elif gone:
            found = f"{one.version}, of {system.name}, {gone}"
            yield Violation(name, found=found, wanted=_wanted(lifecycles))
        elif release is None and not isinstance(why, NotApplicable):
            yield Undecided(name, f"it is of {system.name}, whose support dates are not known")
    if old := stale(lifecycles.as_of, today.date, dates_max_days, _DATES):
        yield Undecided(_DATES, old)


def _own_kernel(
    kernel: Package, system: OperatingSystem, lifecycles: Lifecycles, today: Today, *, extended: bool
) -> Iterator[Outcome]:
    release, why = _release(system, lifecycles)
    series = _series(kernel.version)
    if release is None:
        yield from () if isinstance(why, NotApplicable) else (why,)
    elif until := _ended(release, today, extended_counts=extended):
        found = f"{kernel.version}, of {system.name}, {until}"
        yield Violation("kernel", found=found, wanted=_wanted(lifecycles))
    elif system.id == "ubuntu" and release.cycle in _UBUNTU and series not in _UBUNTU[release.cycle]:
        yield Undecided(
            "kernel", f"Ubuntu maintains {series} on {release.cycle} for a time only, which is not known here"
        )


def _other_kernel(version: str, running: list[Package], lifecycles: Lifecycles, today: Today) -> Iterator[Outcome]:
    known = lifecycles.cycle("linux", _series(version))
    until = _ended(known, today) if known else ""
    if known is None:
        yield Undecided(
            "kernel", f"it is not the distribution's, and no dates of {version} were known on {lifecycles.as_of}"
        )
    elif until and running:
        whose = running[0].origin or "whoever made its package"
        yield Undecided("kernel", f"{version} is {until} by kernel.org; whether {whose} maintains it is not known")
    elif until:
        wanted = f"the distribution's own kernel, or a series that kernel.org maintains ({_told(lifecycles)})"
        yield Violation("kernel", found=f"{version}, {until} by kernel.org", wanted=wanted)


def _series(version: str) -> str:
    found = re.match(r"(?:[0-9]+:)?([0-9]{1,4}\.[0-9]{1,4})", version)
    return found[1] if found else version


def _by_makers(software: Software, lifecycles: Lifecycles, today: Today) -> Iterator[Outcome]:
    known, name = lifecycles.cycle(software.product, software.version), _named(software, lifecycles)
    until = _ended(known, today) if known else ""
    if known is None:
        yield Undecided(name, f"no support dates of {software.version} were known on {lifecycles.as_of}")
    elif until and (software.own is None or software.stream):
        whose = f"the module stream {software.stream}" if software.stream else "its package"
        yield Undecided(name, f"{software.version} is {until} by its makers; how long {whose} is mended is not known")
    elif until:
        found = f"{software.version} ({software.package}), {until}"
        yield Violation(name, found=found, wanted=_wanted(lifecycles))


def _named(software: Software, lifecycles: Lifecycles) -> str:
    """Return what a finding is followed by: the product and its series, which stay when the version moves on."""
    known = lifecycles.cycle(software.product, software.version)
    origin = f", {software.origin}" if software.own is False else ""
    return f"{software.product} {known.cycle if known else software.version}{origin}"


def _product(system: OperatingSystem) -> str:
    if system.id == "centos" and "stream" in system.name.lower():
        return "centos-stream"
    return _PRODUCTS.get(system.id, system.id)


def _release(system: OperatingSystem, lifecycles: Lifecycles) -> tuple[Lifecycle | None, Outcome]:
    """Return the release cycle of a host, or why there is none."""
    if system.id in _ROLLING:
        return None, NotApplicable(f"{system.name} is a rolling release, which has no end of support")
    if not system.version or "alpha" in system.version or "beta" in system.version:
        return None, Undecided(system.id, f"{system.name} names no release: a development branch has no support dates")
    version = f"lmde{system.version}" if "lmde" in system.name.lower() else system.version
    if known := lifecycles.cycle(_product(system), version):
        return known, NotApplicable("")
    if system.support_ends:
        try:
            return Lifecycle(version, ended=False, ends=date.fromisoformat(system.support_ends)), NotApplicable("")
        except ValueError:
            pass
    return None, Undecided(system.id, f"no support dates of {system.name} were known on {lifecycles.as_of}")


def _ended(known: Lifecycle, today: Today, *, extended_counts: bool = False) -> str:
    """Return since when nobody supports a release, for people, or nothing while somebody does."""
    end = _end(known, extended_counts=extended_counts)
    if end is not None and end < today.date:
        return f"supported until {end}"
    return "no longer supported" if end is None and known.ended else ""


def _told(lifecycles: Lifecycles) -> str:
    return f"endoflife.date as of {lifecycles.as_of}"


def _wanted(lifecycles: Lifecycles) -> str:
    return f"a supported release ({_told(lifecycles)})"


def _end(known: Lifecycle, *, extended_counts: bool) -> date | None:
    later = known.extended_ends if extended_counts else None
    return max(day for day in (known.ends, later) if day) if known.ends or later else None
