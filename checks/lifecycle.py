"""Whether the operating system of a Linux host still gets security updates from those who make it."""

from collections.abc import Iterator
from datetime import date, timedelta

from auditor import Fix, NotApplicable, Outcome, Severity, Undecided, Violation, check
from auditor.facts.ambient import Lifecycle, Lifecycles, Today
from auditor.facts.packages import OperatingSystem

_FIX = Fix("Upgrade to a supported release, or replace the host.", solution="replace-unsupported", disruptive=True)
# ID of os-release(5) -> the product's name at endoflife.date, where they differ.
_PRODUCTS = {
    "rocky": "rocky-linux", "amzn": "amazon-linux", "ol": "oracle-linux", "alpine": "alpine-linux",
    "sles_sap": "sles", "opensuse-leap": "opensuse", "opensuse": "opensuse", "sle-micro": "suse-linux-micro",
    "sl-micro": "suse-linux-micro", "pop": "pop-os", "redhat": "rhel", "mx": "mxlinux",
}  # fmt: skip
_ROLLING = frozenset({"arch", "archlinux", "opensuse-tumbleweed", "gentoo", "kali", "void", "manjaro", "endeavouros"})
_YEAR = timedelta(days=365)


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
) -> Iterator[Outcome]:
    """The operating system is supported by its maker.

    After the end of support nobody mends a hole that is found, and every hole that is found stays open. `extended`
    names products whose extended support counts: Debian's LTS comes to everybody by the same archive, while Ubuntu
    Pro, RHEL ELS and SUSE LTSS must have been bought.
    """
    known, why = _release(system, lifecycles)
    if known is None:
        yield why
        return
    product = _product(system)
    end = _end(known, extended_counts=product in extended)
    if end is not None and end < today.date:
        yield Violation(system.id, found=f"{system.name}, supported until {end}", wanted="a supported release")
    elif end is None and known.ended:
        yield Violation(system.id, found=f"{system.name}, no longer supported", wanted="a supported release")
    elif end is None and today.date - lifecycles.as_of > _YEAR:
        yield Undecided(system.id, f"no end of support was known on {lifecycles.as_of}, which is long ago")


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
) -> Iterator[Outcome]:
    """The operating system stays supported for as long as an upgrade takes to plan.

    An upgrade that begins when support ends runs for months on a host that nobody mends.
    """
    known, why = _release(system, lifecycles)
    if known is None:
        yield why
        return
    end = _end(known, extended_counts=_product(system) in extended)
    if known.ended or (end is not None and end < today.date):
        yield NotApplicable("support has ended already")
    elif end is None:
        yield Undecided(system.id, f"no end of support was known on {lifecycles.as_of}")
    elif end < today.date + timedelta(days=days):
        yield Violation(system.id, found=f"{system.name}, supported until {end}", wanted=f"{days} days or more")


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


def _end(known: Lifecycle, *, extended_counts: bool) -> date | None:
    later = known.extended_ends if extended_counts else None
    return max(day for day in (known.ends, later) if day) if known.ends or later else None
