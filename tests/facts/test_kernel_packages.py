"""Of several kernels on the disk, the one that runs."""

import pytest

from auditor.facts.installed import InstalledPackages, Kernel, Package
from auditor.facts.kernel_packages import source_of, split
from auditor.facts.versions import Manager


def deb(name: str, source: str, version: str, source_version: str = "", **more: object) -> Package:
    """Return a package of Debian."""
    return Package(name, version, source, source_version or version, "amd64", "Debian bookworm", own=True, **more)  # type: ignore[arg-type]


def rpm(name: str, build: str, source: str = "kernel") -> Package:
    """Return a package of an RPM system."""
    return Package(name, f"0:{build}", source, build, "x86_64", "Red Hat, Inc.", own=True)


def host(manager: Manager, kernel: Kernel, *packages: Package) -> InstalledPackages:
    """Return what is installed."""
    return InstalledPackages(manager, packages, kernel)


OLD = deb("linux-image-6.1.0-17-amd64", "linux-signed-amd64", "6.1.69-1", "6.1.69+1")
NEW = deb("linux-image-6.1.0-18-amd64", "linux-signed-amd64", "6.1.76-1", "6.1.76+1")
HEADERS = deb("linux-libc-dev", "linux", "6.1.76-1")
BASH = deb("bash", "bash", "5.2.15-2")


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ("linux-signed-amd64", "linux"),
        ("linux-signed-6.1-arm64", "linux-6.1"),
        ("linux-signed", "linux"),
        ("linux-signed-hwe-6.8", "linux-hwe-6.8"),
        ("linux-signed-aws", "linux-aws"),
        ("linux", "linux"),
        ("linux-firmware", "linux-firmware"),
        ("openssl", "openssl"),
    ],
)
def test_a_signed_kernel_is_the_kernel_that_was_signed(source: str, named: str) -> None:
    """Advisories name what is mended."""
    assert source_of(deb("x", source, "1")) == named


def test_the_kernel_on_the_disk_may_be_newer_than_the_one_that_runs() -> None:
    """What protects is what runs; what is not a kernel's is judged all the same."""
    others, running, missing = split(host("dpkg", Kernel("6.1.0-17-amd64", "6.1.69-1"), OLD, NEW, HEADERS, BASH))

    assert [one.name for one in others] == ["bash"]
    assert [(one.name, one.source, one.source_version) for one in running] == [(OLD.name, "linux", "6.1.69-1")]
    assert missing == ""


def test_a_kernel_that_was_updated_under_its_own_name_still_runs_as_it_was() -> None:
    """Debian keeps the name while the interface stays; the kernel itself says what it is."""
    _, running, _ = split(host("dpkg", Kernel("6.1.0-18-amd64", "6.1.74-1"), NEW))

    assert [one.source_version for one in running] == ["6.1.74-1"]


def test_a_signed_image_is_compared_by_the_version_that_advisories_have() -> None:
    """6.1.76+1 is the number of the signing, and above every 6.1.76-N."""
    _, running, _ = split(host("dpkg", Kernel("6.1.0-18-amd64"), NEW))

    assert [one.source_version for one in running] == ["6.1.76-1"]


def test_a_container_has_no_kernel() -> None:
    """Headers for building programs are no kernel."""
    others, running, missing = split(host("dpkg", Kernel("6.8.0-31-generic", here=False), HEADERS, BASH))

    assert ([one.name for one in others], running, missing) == (["bash"], [], "")


@pytest.mark.parametrize(
    ("manager", "kernel", "packages"),
    [
        ("dpkg", Kernel("6.12.1-custom"), (BASH,)),
        ("dpkg", Kernel("6.12.1", here=False), (NEW, BASH)),
        ("dpkg", Kernel(""), (NEW,)),
        ("rpm", Kernel("6.6.1-acme"), (rpm("kernel-core", "5.14.0-362.8.1.el9_3"),)),
        ("apk", Kernel("6.6.14-0-virt"), (Package("linux-lts", "6.6.14-r0", "linux-lts", "6.6.14-r0"),)),
    ],
)
def test_a_kernel_of_no_package_is_said(manager: Manager, kernel: Kernel, packages: tuple[Package, ...]) -> None:
    """No advisory speaks of it."""
    _, running, missing = split(host(manager, kernel, *packages))

    assert running == []
    assert "no installed package is it" in missing


def test_rpms_of_the_kernel_that_runs() -> None:
    """The same build in all its parts, and none of the others; a real-time kernel says so behind a plus."""
    versions = ("5.14.0-362.8.1.el9_3", "5.14.0-362.18.1.el9_3")
    builds = [rpm(name, build) for build in versions for name in ("kernel", "kernel-core")]
    tool = rpm("bpftool", "7.2.0-362.18.1.el9_3")
    _, running, missing = split(host("rpm", Kernel("5.14.0-362.8.1.el9_3.x86_64"), *builds, tool))
    _, real_time, _ = split(host("rpm", Kernel("5.14.0-362.8.1.el9_3.x86_64+rt"), *builds))

    assert {one.version for one in running} == {"0:5.14.0-362.8.1.el9_3"}
    assert [one.name for one in running] == [one.name for one in real_time] == ["kernel", "kernel-core"]
    assert missing == ""


def test_suse_leaves_the_rebuild_out_of_the_name() -> None:
    """5.14.21-150500.55.39-default is kernel-default 5.14.21-150500.55.39.1, and not ...55.391.1."""
    right = rpm("kernel-default", "5.14.21-150500.55.39.1", "kernel-default")
    wrong = right._replace(version="0:5.14.21-150500.55.391.1")
    _, running, _ = split(host("rpm", Kernel("5.14.21-150500.55.39-default"), wrong, right))

    assert running == [right]


def test_alpine_by_flavour_and_revision() -> None:
    """An upgrade replaces the package while the old kernel runs on."""
    lts = Package("linux-lts", "6.6.16-r0", "linux-lts", "6.6.16-r0", own=True)
    _, running, missing = split(host("apk", Kernel("6.6.14-0-lts"), lts))

    assert [one.source_version for one in running] == ["6.6.14-r0"]
    assert missing == ""
