"""Which of the kernel packages of a host is the kernel that runs: the others are on the disk and attack nobody.

Sources: Debian names its images linux-image-`uname -r` and builds signed ones from linux-signed-ARCH, whose own version
has a number of its own; Ubuntu builds them from linux-signed and linux-signed-FLAVOUR; an rpm's version, release and
architecture are `uname -r`, of which SUSE leaves out the rebuild and adds the flavour; Alpine writes 6.6.14-0-lts for
linux-lts 6.6.14-r0.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from auditor.facts.installed import InstalledPackages, Kernel, Package
from auditor.facts.versions import Manager

_SIGNED: Final = re.compile(r"linux-signed(?P<flavour>-.+?)??(?:-(?:amd64|arm64|armhf|i386|ppc64el|riscv64|s390x))?")
_IMAGE: Final = {
    "dpkg": re.compile(r"linux-(?:image|image-unsigned|modules)-[0-9]\S*"),
    "rpm": re.compile(
        r"kernel(?:-core|-default|-uek|-uek-core|-rt|-rt-core|-64k-core|-azure|-lt|-lt-core|-ml|-ml-core)?"
    ),
    "apk": re.compile(r"linux-(?:lts|virt|edge|stable|rpi\S*|asahi|starfive|vanilla|hardened|openpax)"),
}
_RPM_SOURCE: Final = re.compile(r"kernel(?:-(?:rt|uek|default|azure|64kb|debug|lt|ml|rt_debug|kvmsmall|zfcpdump))?")


def source_of(package: Package) -> str:
    """Return the source package that advisories name: a signed kernel's is that of the kernel that was signed."""
    signed = _SIGNED.fullmatch(package.source) if package.source.startswith("linux-signed") else None
    return f"linux{signed['flavour'] or ''}" if signed else package.source


def split(installed: InstalledPackages) -> tuple[list[Package], list[Package], str]:
    """Return the packages that are no kernel's, those of the kernel that runs, and why that one is not known.

    The latter have the version that runs, which may be older than the one on the disk. A container has no kernel, and
    there is nothing to wonder about.
    """
    sources = _sources(installed)
    kernels = [package for package in installed.packages if source_of(package) in sources]
    others = [package for package in installed.packages if source_of(package) not in sources]
    running = list(_RUNNING[installed.manager](kernels, installed.kernel))
    expected = installed.kernel.here or any(_is_image(installed.manager, package) for package in kernels)
    missing = f"{installed.kernel.release or 'the kernel'} runs, and no installed package is it"
    return others, running, missing if expected and not running else ""


def running_images(installed: InstalledPackages) -> list[Package]:
    """Return the packages that are the kernel that runs, by whatever names."""
    return split(installed)[1]


def _is_image(manager: Manager, package: Package) -> bool:
    return bool(_IMAGE[manager].fullmatch(package.name))


def _sources(installed: InstalledPackages) -> set[str]:
    if installed.manager == "rpm":
        return {package.source for package in installed.packages if _RPM_SOURCE.fullmatch(package.source)}
    images = {source_of(package) for package in installed.packages if _is_image(installed.manager, package)}
    return images | {"linux"} if installed.manager == "dpkg" else images


def _dpkg(kernels: Iterable[Package], kernel: Kernel) -> Iterator[Package]:
    names = {f"linux-{part}-{kernel.release}" for part in ("image", "image-unsigned", "modules")}
    found = [package for package in kernels if package.name in names]
    for package in found[:1]:
        version = kernel.built or package.version
        yield package._replace(source=source_of(package), source_version=version, version=version)


def _rpm(kernels: Iterable[Package], kernel: Kernel) -> Iterator[Package]:
    release, _, _ = kernel.release.partition("+")
    flavourless = re.sub(r"-[a-z][a-z0-9_]*$", "", release)
    for package in kernels:
        build = package.version.partition(":")[2]
        if release == f"{build}.{package.arch}" or build == flavourless or build.startswith(f"{flavourless}."):
            yield package


def _apk(kernels: Iterable[Package], kernel: Kernel) -> Iterator[Package]:
    told = re.fullmatch(r"([0-9][0-9.]*(?:_[a-z0-9]+)*)-([0-9]+)-(\S+)", kernel.release)
    for package in kernels:
        if told and package.name == f"linux-{told[3]}":
            version = f"{told[1]}-r{told[2]}"
            yield package._replace(version=version, source_version=version)


_RUNNING: Final[Mapping[Manager, Callable[[Iterable[Package], Kernel], Iterator[Package]]]] = {
    "dpkg": _dpkg,
    "rpm": _rpm,
    "apk": _apk,
}
