"""Which release a host runs, under the names that publishers of advisories use, and which packages are its own.

Sources: os-release(5); Debian's and Ubuntu's archive Release files (Origin, Suite, Codename); the Vendor tag of rpm.
"""

import re
from collections.abc import Mapping
from typing import Final

from auditor.facts.packages import OperatingSystem

# ID of os-release(5) -> how the packages of the distribution name their vendor (the beginning of it).
_VENDORS: Final[Mapping[str, tuple[str, ...]]] = {
    "almalinux": ("AlmaLinux",),
    "amzn": ("Amazon Linux", "Amazon.com"),
    "centos": ("CentOS",),
    "fedora": ("Fedora Project",),
    "ol": ("Oracle America",),
    "opensuse-leap": ("openSUSE", "SUSE LLC"),
    "rhel": ("Red Hat, Inc.",),
    "rocky": ("Rocky",),
    "sled": ("SUSE LLC",),
    "sles": ("SUSE LLC",),
    "sles_sap": ("SUSE LLC",),
}
_SAME: Final[Mapping[str, str]] = {"sled": "sles", "sles_sap": "sles", "redhat": "rhel"}
_DEBIAN: Final = ("", "-security", "-updates", "-proposed-updates", "/updates")
_UBUNTU: Final = ("", "-security", "-updates", "-proposed")
_PLATFORMS: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(pattern, re.IGNORECASE), to)
    for pattern, to in (
        (r"Debian(?: GNU/Linux)?[ :](\d{1,3})", "debian/{0}"),
        (r"Ubuntu[ :](\d{2}\.\d{2})(?:[ :]LTS)?", "ubuntu/{0}"),
        (r"Alpine:v(\d+\.\d+)", "alpine/{0}"),
        (
            r"Red Hat Enterprise Linux(?: \w+)? (\d{1,2})|Red Hat:enterprise_linux:(\d{1,2})(?:\.\d+)?(?:::\w+)?",
            "rhel/{0}",
        ),
        (r"Oracle Linux (\d{1,2})", "ol/{0}"),
        (r"AlmaLinux(?: OS)?[ :](\d{1,2})", "almalinux/{0}"),
        (r"Rocky Linux[ :](\d{1,2})", "rocky/{0}"),
        (r"openSUSE[ :]Leap (\d{1,2}\.\d)", "opensuse-leap/{0}"),
        (r"SUSE[ :](?:SUSE )?Linux Enterprise .*?(\d{1,2}) SP(\d)", "sles/{0}.{1}"),
        (r"SUSE[ :](?:SUSE )?Linux Enterprise .*?(\d{1,2})", "sles/{0}"),
    )
)


def release_names(system: OperatingSystem) -> tuple[str, ...]:
    """Return the names of a host's release, the closest first: `debian/bookworm`, `debian/12`; `rhel/9.4`, `rhel/9`."""
    distribution = _SAME.get(system.id, system.id)
    if distribution == "centos" or not system.version:  # neither its Linux nor its Stream gets Red Hat's advisories
        versions: list[str] = []
    else:
        parts = system.version.split(".")
        versions = [".".join(parts[:count]) for count in range(len(parts), 0, -1)]
    return tuple(f"{distribution}/{name}" for name in ([system.codename] if system.codename else []) + versions)


def release_of(platform: str) -> tuple[str, bool] | None:
    """Return the release that a publisher's name of a platform means, and whether its fixes must be paid for.

    Such names are those of OVAL (`Ubuntu 22.04 LTS`, `SUSE Linux Enterprise Server 15 SP3-LTSS`) and of OSV
    (`Debian:12`, `Ubuntu:Pro:18.04:LTS`, `Red Hat:enterprise_linux:9::baseos`). None: one that auditor does not know.
    """
    bare = platform.replace("Ubuntu:Pro:", "Ubuntu:", 1).strip()
    paid = bare != platform.strip() or "LTSS" in bare or "-ESPOS" in bare
    plain = re.sub(r"-(?:LTSS|ESPOS)\b.*$", "", bare)
    for pattern, to in _PLATFORMS:
        if found := pattern.fullmatch(plain):
            return to.format(*[group for group in found.groups() if group]), paid
    return None


def is_its_own(system: OperatingSystem, origin: str) -> bool | None:
    """Whether packages of an archive or a vendor are those that the host's distribution looks after; None: not told.

    Backports, other releases and projects of the same people are not: their versions are above those of the release,
    and the advisories of the release do not speak of them.
    """
    if not origin:
        return None
    if system.id == "debian":
        return bool(system.codename) and origin in {f"Debian {system.codename}{end}" for end in _DEBIAN}
    if system.id == "ubuntu":
        own = {f"Ubuntu {system.codename}{end}" for end in _UBUNTU}
        return bool(system.codename) and (origin in own or origin.startswith(("UbuntuESM ", "UbuntuESMApps ")))
    if system.id == "alpine":
        return origin == "Alpine v" + ".".join(system.version.split(".")[:2])
    return origin.startswith(_VENDORS.get(system.id, ())) if system.id in _VENDORS else None
