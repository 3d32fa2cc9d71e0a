"""Releases by the names that publishers give them, and what belongs to them."""

import pytest

from auditor.facts.distributions import is_its_own, release_names, release_of
from auditor.facts.packages import OperatingSystem


def system(id_: str, version: str, codename: str = "") -> OperatingSystem:
    """Return a host by its os-release."""
    return OperatingSystem(id_, version, f"{id_} {version}", codename=codename)


BOOKWORM = system("debian", "12", "bookworm")
JAMMY = system("ubuntu", "22.04", "jammy")


@pytest.mark.parametrize(
    ("host", "names"),
    [
        (BOOKWORM, ("debian/bookworm", "debian/12")),
        (system("debian", "", "trixie"), ("debian/trixie",)),
        (JAMMY, ("ubuntu/jammy", "ubuntu/22.04", "ubuntu/22")),
        (system("rhel", "9.3"), ("rhel/9.3", "rhel/9")),
        (system("sles_sap", "15.5"), ("sles/15.5", "sles/15")),
        (system("alpine", "3.19.1"), ("alpine/3.19.1", "alpine/3.19", "alpine/3")),
        (system("centos", "9"), ()),
        (system("arch", ""), ()),
    ],
)
def test_names_of_a_release(host: OperatingSystem, names: tuple[str, ...]) -> None:
    """The closest first; CentOS gets no advisories of Red Hat's."""
    assert release_names(host) == names


@pytest.mark.parametrize(
    ("platform", "release"),
    [
        ("Debian:12", ("debian/12", False)),
        ("Debian GNU/Linux 12", ("debian/12", False)),
        ("Ubuntu:22.04:LTS", ("ubuntu/22.04", False)),
        ("Ubuntu:24.10", ("ubuntu/24.10", False)),
        ("Ubuntu:Pro:18.04:LTS", ("ubuntu/18.04", True)),
        ("Ubuntu 22.04 LTS", ("ubuntu/22.04", False)),
        ("Alpine:v3.19", ("alpine/3.19", False)),
        ("Rocky Linux:9", ("rocky/9", False)),
        ("AlmaLinux:8", ("almalinux/8", False)),
        ("Red Hat:enterprise_linux:9::baseos", ("rhel/9", False)),
        ("Red Hat:enterprise_linux:10.0", ("rhel/10", False)),
        ("Red Hat Enterprise Linux 8", ("rhel/8", False)),
        ("Oracle Linux 9", ("ol/9", False)),
        ("SUSE:Linux Enterprise Server 15 SP5", ("sles/15.5", False)),
        ("SUSE:Linux Enterprise Module for Basesystem 15 SP5", ("sles/15.5", False)),
        ("SUSE Linux Enterprise Server 15 SP3-LTSS", ("sles/15.3", True)),
        ("SUSE Linux Enterprise Server 15", ("sles/15", False)),
        ("openSUSE:Leap 15.5", ("opensuse-leap/15.5", False)),
        ("Red Hat:rhel_eus:9.2::appstream", None),
        ("npm", None),
        ("Debian", None),
        ("Ubuntu:FIPS:22.04", None),
        ("", None),
    ],
)
def test_platforms_of_oval_and_osv(platform: str, release: tuple[str, bool] | None) -> None:
    """Extended update support and the like have other versions: they are nobody's release."""
    assert release_of(platform) == release


@pytest.mark.parametrize(
    ("host", "origin", "own"),
    [
        (BOOKWORM, "Debian bookworm", True),
        (BOOKWORM, "Debian bookworm-security", True),
        (BOOKWORM, "Debian Backports bookworm-backports", False),
        (BOOKWORM, "Debian bookworm-backports", False),
        (BOOKWORM, "Debian trixie", False),
        (BOOKWORM, "Docker bookworm", False),
        (BOOKWORM, "", None),
        (system("debian", "12"), "Debian bookworm", False),
        (JAMMY, "Ubuntu jammy-updates", True),
        (JAMMY, "Ubuntu jammy-backports", False),
        (JAMMY, "UbuntuESMApps jammy-apps-security", True),
        (JAMMY, "LP-PPA-deadsnakes jammy", False),
        (system("rhel", "9.3"), "Red Hat, Inc.", True),
        (system("rhel", "9.3"), "Fedora Project", False),
        (system("rocky", "9.3"), "Rocky Enterprise Software Foundation", True),
        (system("sles", "15.5"), "SUSE LLC <https://www.suse.com/>", True),
        (system("sles", "15.5"), "openSUSE", False),
        (system("alpine", "3.19.1"), "Alpine v3.19", True),
        (system("alpine", "3.19.1"), "Alpine edge", False),
        (system("acme", "1"), "Acme", None),
    ],
)
def test_what_the_distribution_looks_after(host: OperatingSystem, origin: str, own: object) -> None:
    """Backports are above the release's versions, and no advisory of the release speaks of them."""
    assert is_its_own(host, origin) is own
