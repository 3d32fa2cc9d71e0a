"""What package managers list, recorded, and whose packages they are."""

import shutil
import subprocess

import pytest

from auditor.errors import Unreadable
from auditor.facts.installed import (
    PACKAGES,
    Kernel,
    Package,
    PackageList,
    installed_by_archive,
    installed_by_vendor,
    package_list,
)
from auditor.facts.package_origins import PackageOrigins
from auditor.facts.packages import OperatingSystem
from tests.make import fact, refused

DPKG = (
    "ii \tlibssl3\t3.0.17-1~deb12u2\tamd64\topenssl\t3.0.17-1~deb12u2\n"
    "ii \tlibc6-dev\t2.36-9+deb12u10\tamd64\tglibc\t2.36-9+deb12u10\n"
    "hi \tnginx\t1.22.1-9\tamd64\tnginx\t1.22.1-9\n"
    "rc \tapache2\t2.4.57-2\tamd64\tapache2\t2.4.57-2\n"
    "un \tmail-transport-agent\t\t\tmail-transport-agent\t\n"
    "iF \tpython3\t3.11.2-1+b1\tamd64\tpython3-defaults\t3.11.2-1\n"
)
RPM = (
    "openssl-libs\t1:3.0.7-24.el9\topenssl-3.0.7-24.el9.src.rpm\tx86_64\tRed Hat, Inc.\t(none)\n"
    "npm\t1:8.19.2-1.18.12.1.1.module+el8.7.0\tnodejs-18.12.1-1.module+el8.7.0.src.rpm\tx86_64\tRed Hat, Inc.\t"
    "nodejs:18:8070020230302152516:bd1311ed\n"
    "epel-release\t0:9-7.el9\tepel-release-9-7.el9.src.rpm\tnoarch\tFedora Project\t(none)\n"
    "gpg-pubkey\t0:fd431d51-4ae0493b\t(none)\t(none)\t(none)\t(none)\n"
    "acme-agent\t0:1.0-1\t(none)\tx86_64\t(none)\t(none)\n"
)
APK = "P:musl\nV:1.2.4-r2\no:musl\n\nP:libcrypto3\nV:3.1.4-r5\no:openssl\n\nP:x\nV:1-r0\n"
KERNEL = "6.1.0-18-amd64\nhere\n"
DEBIAN = OperatingSystem("debian", "12", "Debian GNU/Linux 12 (bookworm)", codename="bookworm")
RHEL = OperatingSystem("rhel", "9.3", "Red Hat Enterprise Linux 9.3")


def host(kernel: str = KERNEL, built: str = "#1 SMP Debian 6.1.76-1 (2024-02-01)\n", **parts: str) -> str:
    """Return what the request prints."""
    told = {"kernel": kernel, "built": built, **{name: f"{text}#status 0\n" for name, text in parts.items()}}
    return "".join(f"\n#== file {name}\n{text}" for name, text in told.items()) + "\n#== end\n"


def listed(**parts: str) -> PackageList:
    """Return the packages of a host."""
    found = fact(package_list, host(**parts))
    assert isinstance(found, PackageList)
    return found


def test_dpkg_tells_the_source_and_its_own_version() -> None:
    """A rebuild has a version of its own, and a library is named otherwise than its source."""
    found = {package.name: package for package in listed(dpkg=DPKG).packages}

    assert found["libssl3"] == Package("libssl3", "3.0.17-1~deb12u2", "openssl", "3.0.17-1~deb12u2", "amd64")
    assert (found["python3"].version, found["python3"].source_version) == ("3.11.2-1+b1", "3.11.2-1")


def test_what_is_gone_but_for_its_configuration_is_not_installed() -> None:
    """And what was never installed; what is half set up is."""
    assert [package.name for package in listed(dpkg=DPKG).packages] == ["libssl3", "libc6-dev", "nginx", "python3"]


def test_a_held_package_is_installed_and_held() -> None:
    """The first letter is what was wished for."""
    assert [package.name for package in listed(dpkg=DPKG).packages if package.held] == ["nginx"]


def test_rpm_tells_the_source_the_vendor_and_the_module_stream() -> None:
    """The version of a source may be another than the package's; keys are no packages."""
    found = {package.name: package for package in listed(rpm=RPM).packages}

    assert "gpg-pubkey" not in found
    assert found["npm"].source == "nodejs"
    assert found["npm"].source_version == "18.12.1-1.module+el8.7.0"
    assert found["npm"].stream == "nodejs:18"
    assert (found["openssl-libs"].version, found["openssl-libs"].stream) == ("1:3.0.7-24.el9", "")
    assert (found["acme-agent"].source, found["acme-agent"].origin) == ("acme-agent", "")


def test_apk_tells_the_source() -> None:
    """`o` is where a package was built from; without it, the package itself."""
    assert [(one.name, one.source, one.version) for one in listed(apk=APK).packages] == [
        ("musl", "musl", "1.2.4-r2"),
        ("libcrypto3", "openssl", "3.1.4-r5"),
        ("x", "x", "1-r0"),
    ]


def test_the_kernel_that_runs() -> None:
    """Debian's names its package version; a container has no modules of it."""
    assert listed(dpkg=DPKG).kernel == Kernel("6.1.0-18-amd64", "6.1.76-1", here=True)
    elsewhere = fact(package_list, host(kernel="6.6.1\n", built="#1 SMP\n", dpkg=DPKG))
    assert isinstance(elsewhere, PackageList)
    assert elsewhere.kernel == Kernel("6.6.1", "", here=False)


@pytest.mark.parametrize(
    "text",
    [
        host(),
        host(dpkg=""),
        host(dpkg="ii \tbash\t5.2\tbash\n"),
        host(dpkg=DPKG + "Segmentation fault\n"),
        host(rpm="error: rpmdb open failed\n"),
        host(rpm=DPKG),
        host(apk="P:musl\no:musl\n\n"),
        host(dpkg=DPKG).replace("#status 0", "#status 2"),
        host(dpkg=DPKG).replace("#status 0\n", ""),
    ],
)
def test_half_a_list_is_no_list(text: str) -> None:
    """A package that is left out would pass."""
    assert isinstance(refused(package_list, text), Unreadable)


def test_a_version_that_was_redacted_is_not_compared() -> None:
    """What looks like a secret is replaced before anything reads it: then the list is not the list any more."""
    text = host(dpkg="ii \tsshpass\t<secret password 3f9a>\tsshpass\t1.09-1\n")

    assert isinstance(refused(package_list, text), Unreadable)


def test_packages_by_archive() -> None:
    """The distribution's own, another's, nobody's; a version that is gone from the archives is known by its name."""
    origins = PackageOrigins(
        {
            "libssl3": ("Debian bookworm-security", "Debian bookworm"),
            "libc6-dev": ("Debian bookworm",),
            "nginx": ("nginx stable", "Debian bookworm"),
            "python3": (),
        },
        frozenset({"libssl3"}),
    )
    own = {
        one.name: (one.origin, one.own)
        for one in installed_by_archive.read(listed(dpkg=DPKG), origins, DEBIAN).packages
    }

    assert own == {
        "libssl3": ("Debian bookworm-security", True),
        "libc6-dev": ("Debian bookworm", True),  # not certain, but no other archive has it
        "nginx": ("nginx stable", False),  # it may be of either
        "python3": ("no archive", False),
    }


def test_a_version_that_two_archives_have_is_the_distributions() -> None:
    """A mirror of part of it changes nothing."""
    origins = PackageOrigins({"nginx": ("acme mirror", "Debian bookworm")}, frozenset({"nginx"}))
    found = installed_by_archive.read(listed(dpkg=DPKG), origins, DEBIAN).packages

    assert [(one.origin, one.own) for one in found if one.name == "nginx"] == [("Debian bookworm", True)]
    assert {one.own for one in found if one.name != "nginx"} == {None}


def test_an_old_version_is_not_of_the_backports() -> None:
    """Those begin above the release's versions; where only they have newer ones, it is theirs."""
    backports = "Debian Backports bookworm-backports"
    origins = PackageOrigins({"nginx": ("Debian bookworm", backports), "python3": (backports,)}, frozenset())
    found = installed_by_archive.read(listed(dpkg=DPKG), origins, DEBIAN).packages

    assert {one.name: one.own for one in found if one.own is not None} == {"nginx": True, "python3": False}


def test_a_foreign_architecture_has_archives_of_its_own() -> None:
    """libc6:i386 stands beside libc6."""
    text = "ii \tlibc6\t2\tamd64\tglibc\t2\nii \tlibc6\t2\ti386\tglibc\t2\n"
    origins = PackageOrigins({"libc6": ("Debian bookworm",), "libc6:i386": ()}, frozenset({"libc6"}))
    found = installed_by_archive.read(listed(dpkg=text), origins, DEBIAN).packages

    assert [(one.arch, one.own) for one in found] == [("amd64", True), ("i386", False)]


def test_packages_by_vendor() -> None:
    """EPEL's are Fedora's, and not Red Hat's; without a vendor nobody knows."""
    own = {one.name: one.own for one in installed_by_vendor.read(listed(rpm=RPM), RHEL).packages}

    assert own == {"openssl-libs": True, "npm": True, "epel-release": False, "acme-agent": None}
    assert {one.own for one in installed_by_vendor.read(listed(dpkg=DPKG), DEBIAN).packages} == {None}


def test_fifty_thousand_packages_are_read() -> None:
    """And stay below what the request may bring."""
    text = "".join(
        f"ii \tlibrary-of-something{n}\t1:{n}.2.3-4+deb12u1\tamd64\tsource{n}\t1:{n}.2.3-4\n" for n in range(50_000)
    )

    assert len(host(dpkg=text)) < PACKAGES.limits.bytes
    assert len(listed(dpkg=text).packages) == 50_000


@pytest.mark.skipif(not shutil.which("dpkg-query"), reason="this machine has no dpkg")
def test_dpkg_here_lists_what_is_installed() -> None:
    """As many as dpkg itself says are installed."""
    done = subprocess.run(["/bin/sh", "-c", PACKAGES.command], capture_output=True, text=True, check=True)
    asked = ["dpkg-query", "-W", "-f", "${db:Status-Status}\n"]
    said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()
    found = fact(package_list, done.stdout)

    assert isinstance(found, PackageList)
    assert len(found.packages) == len(said) - said.count("config-files") - said.count("not-installed")
