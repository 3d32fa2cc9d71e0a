"""Which known weaknesses a host's packages have, by the advisories of its own distribution's release.

A version is never compared with that of the upstream project: a distribution mends old versions, and only it knows
which. What it does not look after, its advisories do not speak of, and nothing follows from their silence.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from auditor import Unreadable, derived
from auditor.facts.ambient import NAMELESS, Advisories, Advisory, ReleaseAdvisories, State
from auditor.facts.distributions import release_names
from auditor.facts.installed import InstalledPackages, Package
from auditor.facts.kernel_packages import source_of, split
from auditor.facts.packages import OperatingSystem
from auditor.facts.versions import Manager, older, split_evr

KERNEL: Final = "kernel"
UNPLACED: Final = "packages of unknown origin"
UNREAD: Final = "advisories that were not read"
_WHOSE: Final = "the host does not tell whose they are"
_OTHERS: Final = "the distribution's advisories do not speak of them"
_MORE: Final = "they say more than auditor reads; OSV records of the release may say less"
_STREAM: Final = "of which module stream the advisory or the package is, is not told"


@dataclass(frozen=True, slots=True)
class Weakness:
    """What one advisory says of what is installed: a source package, its version here, and the packages made of it."""

    source: str
    version: str
    packages: tuple[str, ...]
    advisory: Advisory
    held: bool = False


@dataclass(frozen=True, slots=True)
class Unjudged:
    """Packages that the advisories do not speak of, by whose they are: an archive, a vendor, or another reason."""

    origin: str
    packages: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Weaknesses:
    """What the advisories of a release say of a host. `told` is whose they are and of which day, for people.

    `unmended` says whether they list weaknesses too that no version mends.
    """

    manager: Manager
    release: str
    as_of: date
    told: str
    found: tuple[Weakness, ...]
    unjudged: tuple[Unjudged, ...] = ()
    unmended: bool = True


@derived
def weaknesses(installed: InstalledPackages, system: OperatingSystem, advisories: Advisories) -> Weaknesses:
    """Compare what is installed with the advisories of its release. Raises Unreadable where there are none of it."""
    told = advisories.of(names := release_names(system))
    if told is None:
        given = ", ".join(sorted({one.release for one in advisories.releases})[:12]) or "none"
        wanted = names[0] if names else system.name
        raise Unreadable(f"no advisories of {wanted} were given to auditor (given: {given}): auditor intel --help")
    others, running, missing = split(installed)
    judged = [package for package in [*others, *running] if package.own is not False]
    found: dict[tuple[str, str, Advisory], dict[str, bool]] = defaultdict(dict)
    for package in judged:
        for version, advisory in _spoken_of(installed.manager, package, told):
            found[source_of(package), version, advisory][package.name] = package.held
    weak = (
        Weakness(source, version, tuple(sorted(held)), advisory, any(held.values()))
        for (source, version, advisory), held in found.items()
    )
    unjudged = (*_strangers([*others, *running]), *_doubts(told, missing))
    ordered = sorted(weak, key=lambda one: (one.source, one.version, one.advisory.fixed, one.advisory.ids))
    return Weaknesses(installed.manager, told.release, told.as_of, told.told, tuple(ordered), unjudged, told.unmended)


def _doubts(told: ReleaseAdvisories, missing: str) -> Iterator[Unjudged]:
    """Yield what is not judged for other reasons than whose it is."""
    if missing:
        yield Unjudged(KERNEL, (), missing)
    if unread := [name for advisory in told.packages.get(NAMELESS, ()) for name in advisory.ids]:
        yield Unjudged(UNREAD, tuple(unread), _MORE)


def _strangers(packages: list[Package]) -> Iterator[Unjudged]:
    """Yield what is not the distribution's, and what may not be."""
    of: dict[str, list[str]] = defaultdict(list)
    for package in packages:
        if package.own is not True:
            of[package.origin if package.own is False else UNPLACED].append(package.name)
    for origin, names in sorted(of.items()):
        yield Unjudged(origin, tuple(sorted(names)), _WHOSE if origin == UNPLACED else _OTHERS)


def _spoken_of(manager: Manager, package: Package, told: ReleaseAdvisories) -> Iterator[tuple[str, Advisory]]:
    """Yield the version that an advisory speaks of, and what it says, where that version is one of those it means."""
    source = source_of(package)
    if not told.by_source:
        for advisory in told.packages.get(package.name, ()):
            yield from _applied(manager, package, package.version, advisory)
    if told.by_source or source != package.name:
        for advisory in told.packages.get(source, ()):
            yield from _applied(manager, package, _source_version(manager, package, advisory), advisory)


def _source_version(manager: Manager, package: Package, advisory: Advisory) -> str:
    """Return the version of the source; that of an rpm's is known without its epoch, which is the advisory's."""
    if manager != "rpm" or ":" in package.source_version:
        return package.source_version
    return f"{split_evr(advisory.fixed)[0]}:{package.source_version}"


def _applied(manager: Manager, package: Package, version: str, advisory: Advisory) -> Iterator[tuple[str, Advisory]]:
    if advisory.fixed and not older(manager, version, advisory.fixed):
        return
    stream = package.stream or ("*" if ".module" in package.version else "")
    if advisory.stream == stream != "*":
        yield version, advisory
    elif advisory.stream and stream and "*" in {advisory.stream, stream}:
        yield version, replace(advisory, state=State.UNREAD, note=_STREAM)
