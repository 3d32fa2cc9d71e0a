"""Which packages a Linux host has installed, from which source package each was built, and whose package it is.

Sources: dpkg-query(1) (db:Status-Abbrev: the second letter is the state; `rc` is removed but for its configuration, and
a first letter `h` is a hold; source:Package and source:Version are those of the source, which differ from the binary
package's own), rpm(8) (--queryformat), the installed database of apk (P, V, o: apk-tools' `o` is the source package).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Final, NamedTuple

from auditor import Answer, Limits, Platform, Shell, Unreadable, derived, probe
from auditor.facts.bundle import Bundle, read, section, show
from auditor.facts.distributions import is_its_own
from auditor.facts.package_origins import PackageOrigins
from auditor.facts.packages import OperatingSystem
from auditor.facts.updates import done
from auditor.facts.upkeep import built_version
from auditor.facts.versions import Manager

_SHARED: Final = 20_000  # rows that are remembered: hosts of one release have most of their packages in common
_MOST: Final = 16 * 1024 * 1024  # bytes; 50,000 packages take 5 MB
_RPM: Final = "%{NAME}\\t%|EPOCH?{%{EPOCH}}:{0}|:%{VERSION}-%{RELEASE}\\t%{SOURCERPM}\\t%{ARCH}\\t%{VENDOR}"
_APK: Final = "/lib/apk/db/installed /usr/lib/apk/db/installed"


def _listed(name: str, command: str) -> str:
    return section(name, f'{{ {command}; echo "#status $?"; }}')


# Name and architecture apart: `node-cookie:amd64` reads like a secret to those who look for some.
_FIELDS: Final = (
    "${db:Status-Abbrev}\\t${Package}\\t${Version}\\t${Architecture}\\t${source:Package}\\t${source:Version}\\n"
)
_LABEL: Final = "\\t%{MODULARITYLABEL}\\n"  # which old releases of rpm do not know
PACKAGES: Final = Shell(
    show(
        [],
        section("kernel", 'k=$(uname -r); echo "$k"; [ ! -d "/lib/modules/$k" ] || echo here'),
        section("built", "{ uname -v; cat /proc/version_signature; }"),
        "if [ -s /var/lib/dpkg/status ] && command -v dpkg-query >/dev/null; then "
        + _listed("dpkg", f"dpkg-query -W -f '{_FIELDS}'")
        + "; elif command -v rpm >/dev/null; then "
        + _listed("rpm", f"rpm -qa --qf '{_RPM}{_LABEL}' || rpm -qa --qf '{_RPM}\\t\\n'")
        + "; elif [ -s /lib/apk/db/installed ] || [ -s /usr/lib/apk/db/installed ]; then "
        + _listed("apk", f"cat {_APK} | sed -n -e 's/^[PVo]:/&/p' -e '/^$/p'")
        + "; fi",
    ),
    limits=Limits(seconds=60.0, bytes=_MOST),
)


class Package(NamedTuple):
    """An installed package; a tuple, which is made in a fifth of a dataclass's time, as hosts have thousands.

    `version` is as the package manager has it, an rpm's always with its epoch.
    `origin` is whose package it is, as far as the host tells: an archive, a vendor, or nothing. `own` says whether that
    is the distribution of the host; None where the host does not tell.
    """

    name: str
    version: str
    source: str
    source_version: str
    arch: str = ""
    origin: str = ""
    own: bool | None = None
    stream: str = ""  # the module stream of an rpm, `nodejs:18`
    held: bool = False


@dataclass(frozen=True, slots=True)
class Kernel:
    """The kernel that runs: `uname -r`, and the package version that it names itself, where it does.

    `here` is whether the host has modules for it; a container runs the kernel of another.
    """

    release: str
    built: str = ""
    here: bool = True


@dataclass(frozen=True, slots=True)
class PackageList:
    """What the package manager lists as installed."""

    manager: Manager
    packages: tuple[Package, ...]
    kernel: Kernel


@dataclass(frozen=True, slots=True)
class InstalledPackages:
    """The packages of a host, told apart by whose they are, and its kernel."""

    manager: Manager
    packages: tuple[Package, ...]
    kernel: Kernel


@probe(PACKAGES, on={Platform.LINUX})
def package_list(answer: Answer) -> PackageList:
    """Read what dpkg, rpm or apk lists. Raises Unreadable for a list that is empty, cut off or of another kind."""
    files = read(answer.text)
    for manager, rows in (("dpkg", partial(_rows, _dpkg)), ("rpm", partial(_rows, _rpm)), ("apk", _apk)):
        if files.get(manager) is not None:
            packages = tuple(rows(done(files, manager, {0})))
            if not packages:
                raise Unreadable(f"{manager} lists no package")
            return PackageList(manager, packages, _kernel(files))  # type: ignore[arg-type]
    raise Unreadable("neither dpkg, rpm nor apk keeps packages on this host")


@derived
def installed_by_archive(listed: PackageList, origins: PackageOrigins, system: OperatingSystem) -> InstalledPackages:
    """Tell packages apart by the archives that have them."""
    told: dict[tuple[tuple[str, ...], bool], tuple[str, bool | None]] = {}
    packages: list[Package] = []
    for package in listed.packages:
        name = foreign if (foreign := f"{package.name}:{package.arch}") in origins.archives else package.name
        key = (origins.archives.get(name, ("",)), name in origins.certain)
        if key not in told:
            told[key] = _owner(*key, system)
        packages.append(_owned(package, *told[key]))
    return InstalledPackages(listed.manager, tuple(packages), listed.kernel)


@derived
def installed_by_vendor(listed: PackageList, system: OperatingSystem) -> InstalledPackages:
    """Tell packages apart by what they say themselves: the vendor of an rpm, and nothing elsewhere."""
    told = {package.origin: is_its_own(system, package.origin) for package in listed.packages}
    own = tuple(_owned(package, package.origin, told[package.origin]) for package in listed.packages)
    return InstalledPackages(listed.manager, own, listed.kernel)


def _owned(package: Package, origin: str, own: bool | None) -> Package:  # noqa: FBT001
    """Return a package as somebody's; a third of the cost of dataclasses.replace, which tells with 50,000 packages."""
    one = package
    return Package(one.name, one.version, one.source, one.source_version, one.arch, origin, own, one.stream, one.held)


def _owner(archives: tuple[str, ...], certain: bool, system: OperatingSystem) -> tuple[str, bool | None]:  # noqa: FBT001
    """Return whose a package is, by the archives that have it, and whether that is the distribution itself."""
    if not archives:
        return "no archive", False
    own = {archive: is_its_own(system, archive) for archive in _likely(archives, certain)}
    if None in own.values():
        return archives[0], None
    ours = any(own.values()) if certain else all(own.values())
    return next(archive for archive in own if own[archive] is ours), ours


def _likely(archives: tuple[str, ...], certain: bool) -> tuple[str, ...]:  # noqa: FBT001
    """Return the archives that a version may be from: even old backports are above the versions of the release."""
    plain = tuple(archive for archive in archives if "backports" not in archive.lower())
    return archives if certain or not plain else plain


def _kernel(files: Bundle) -> Kernel:
    release, _, here = (files.get("kernel") or "").strip().partition("\n")
    return Kernel(release, built_version(files.get("built") or ""), here.strip() == "here")


def _rows(of_row: Callable[[str], Package | None], text: str) -> Iterator[Package]:
    """Yield the packages of a list with a line each."""
    for line in text.split("\n"):
        package = of_row(line) if line.strip() else None
        if package is not None:
            yield package


def _cells(line: str, manager: str) -> list[str]:
    cells = line.split("\t")
    if len(cells) != 6 or not cells[1]:
        raise Unreadable(f"{manager} lists a package in a way that is not known: {line[:80]}")
    return cells


@lru_cache(maxsize=_SHARED)
def _dpkg(line: str) -> Package | None:
    status, name, version, arch, source, source_version = _cells(line, "dpkg")
    if status[1:2] not in {"i", "U", "F", "W", "t", "H"} or not version:
        return None
    return Package(name, version, source or name, source_version or version, arch, held=status.startswith("h"))


@lru_cache(maxsize=_SHARED)
def _rpm(line: str) -> Package | None:
    name, version, source, arch, vendor, label = _cells(line, "rpm")
    if name == "gpg-pubkey":  # a key that signs packages
        return None
    if not re.fullmatch(r"[0-9]+:[^-]+-[^-]+", version):
        raise Unreadable(f"rpm lists {name[:80]} without epoch, version and release")
    origin, module = ("" if value == "(none)" else value for value in (vendor, label))
    built = re.fullmatch(r"(.+)-([^-]+-[^-]+)\.(?:no)?src\.rpm", source)
    return Package(
        name,
        version,
        built[1] if built else name,
        built[2] if built else version.partition(":")[2],
        arch,
        origin,
        stream=":".join(module.split(":")[:2]),
    )


def _apk(text: str) -> Iterator[Package]:
    for record in text.split("\n\n"):
        told = dict(line.split(":", 1) for line in record.split("\n") if line[1:2] == ":")
        if told and not (told.get("P") and told.get("V")):
            raise Unreadable("apk lists a package without its name or version")
        if told:
            yield Package(told["P"], told["V"], told.get("o") or told["P"], told["V"])
