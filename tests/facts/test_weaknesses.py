"""What advisories say of what is installed: each way in which the obvious comparison is wrong."""

from collections.abc import Mapping
from datetime import date

import pytest

from auditor.errors import Unreadable
from auditor.facts.ambient import Advisories, Advisory, ReleaseAdvisories, State
from auditor.facts.installed import InstalledPackages, Kernel, Package
from auditor.facts.packages import OperatingSystem
from auditor.facts.versions import Manager
from auditor.facts.weaknesses import UNPLACED, Weaknesses, weaknesses

DAY = date(2026, 11, 20)
BOOKWORM = OperatingSystem("debian", "12", "Debian GNU/Linux 12 (bookworm)", codename="bookworm")
RHEL = OperatingSystem("rhel", "8.9", "Red Hat Enterprise Linux 8.9")
ALPINE = OperatingSystem("alpine", "3.19.1", "Alpine Linux v3.19")
CVE = ("CVE-2025-1",)
NOWHERE = Kernel("6.1.0-18-amd64", here=False)


def fixed(version: str, *, stream: str = "", ids: tuple[str, ...] = CVE) -> Advisory:
    """Return an advisory that names the version that mends it."""
    return Advisory(ids, State.FIXED, version, stream=stream)


def told(release: str, /, **packages: Advisory) -> Advisories:
    """Return the advisories of one release."""
    return Advisories((release_of(release, {name: (one,) for name, one in packages.items()}),))


def release_of(release: str, packages: Mapping[str, tuple[Advisory, ...]], day: date = DAY) -> ReleaseAdvisories:
    """Return the advisories of a release, which are of sources but in RPM's world."""
    return ReleaseAdvisories(release, day, "a tracker", not release.startswith("rhel"), packages)


def package(name: str, version: str, source: str = "", source_version: str = "", **more: object) -> Package:
    """Return a package of the distribution's own."""
    fields: dict[str, object] = {"own": True, "origin": "its own", **more}
    return Package(name, version, source or name, source_version or version, **fields)  # type: ignore[arg-type]


def weak(
    advisories: Advisories,
    *packages: Package,
    system: OperatingSystem = BOOKWORM,
    manager: Manager = "dpkg",
    kernel: Kernel = NOWHERE,
) -> Weaknesses:
    """Return what is weak."""
    return weaknesses.read(InstalledPackages(manager, packages, kernel), system, advisories)


def states(found: Weaknesses) -> list[tuple[str, str, State]]:
    """Return source, version and state of each weakness."""
    return [(one.source, one.version, one.advisory.state) for one in found.found]


def test_a_package_is_judged_by_its_source_and_the_sources_version() -> None:
    """libssl3 is built from openssl; a binary rebuilt as +b1 is not newer than the fix of its source."""
    old = package("libssl3", "3.0.15-1+b1", "openssl", "3.0.15-1")
    epoch = package("libfoo1", "2:9.0-1", "foo", "1.0-1")
    found = weak(told("debian/bookworm", openssl=fixed("3.0.17-1~deb12u2"), foo=fixed("1.0-2")), old, epoch)

    assert states(found) == [("foo", "1.0-1", State.FIXED), ("openssl", "3.0.15-1", State.FIXED)]
    assert [one.packages for one in found.found] == [("libfoo1",), ("libssl3",)]


def test_a_fix_that_was_brought_into_an_old_version_mends() -> None:
    """1.22.1-9+deb12u1 is mended, though the project mended it in 1.25.3."""
    advisories = told("debian/bookworm", nginx=fixed("1.22.1-9+deb12u1"))

    assert states(weak(advisories, package("nginx", "1.22.1-9+deb12u1"))) == []
    assert states(weak(advisories, package("nginx", "1.22.1-9"))) == [("nginx", "1.22.1-9", State.FIXED)]


def test_a_binary_package_that_is_called_like_another_source_is_not_it() -> None:
    """Where a publisher speaks of sources."""
    assert states(weak(told("debian/bookworm", git=fixed("2")), package("git", "1", "git-extras"))) == []


def test_advisories_of_another_release_say_nothing() -> None:
    """And what there is, is told."""
    with pytest.raises(Unreadable, match=r"no advisories of debian/bookworm .*given: debian/trixie"):
        weak(told("debian/trixie", openssl=fixed("9")), package("openssl", "1"))
    with pytest.raises(Unreadable, match="given: none"):
        weak(Advisories(), package("openssl", "1"))


def test_a_release_may_be_called_by_its_number() -> None:
    """And the newest of several files counts, whatever it is called."""
    old = release_of("debian/bookworm", {"openssl": (fixed("9"),)}, date(2026, 1, 1))
    new = release_of("debian/12", {"openssl": (fixed("2"),)}, date(2026, 2, 1))
    found = weak(Advisories((old, new)), package("openssl", "3"))

    assert (found.as_of, found.found) == (date(2026, 2, 1), ())


def test_who_tells_only_of_what_is_mended_is_known() -> None:
    """So that a check can doubt the silence."""
    silent = ReleaseAdvisories("debian/bookworm", DAY, "a tracker", by_source=True, packages={}, unmended=False)

    assert not weak(Advisories((silent,)), package("openssl", "1")).unmended


def test_what_is_not_the_distributions_is_not_judged_and_said() -> None:
    """Nginx from nginx.org is no nginx of Debian's; backports are above every fix of the release."""
    advisories = told("debian/bookworm", nginx=fixed("1.22.1-9+deb12u1"), linux=fixed("6.1.99-1"))
    foreign = package("nginx", "1.20.0-1~bookworm", origin="nginx stable", own=False)
    tool = package("tool", "1", origin="nginx stable", own=False)
    backport = package("qemu", "1:8.2.1+ds-1~bpo12+1", origin="Debian Backports bookworm-backports", own=False)
    found = weak(advisories, foreign, tool, backport)

    assert found.found == ()
    assert [(one.origin, one.packages) for one in found.unjudged] == [
        ("Debian Backports bookworm-backports", ("qemu",)),
        ("nginx stable", ("nginx", "tool")),
    ]


def test_where_nobody_knows_whose_it_is_an_old_version_is_weak_and_a_new_one_is_not_known() -> None:
    """A host without package lists."""
    advisories = told("debian/bookworm", openssl=fixed("3.0.17-1"), nginx=fixed("1.22.1-9"))
    found = weak(advisories, package("openssl", "3.0.1-1", own=None), package("nginx", "1.25-1", own=None))

    assert states(found) == [("openssl", "3.0.1-1", State.FIXED)]
    assert [(one.origin, one.packages) for one in found.unjudged] == [(UNPLACED, ("nginx", "openssl"))]


def test_the_kernel_that_runs_is_judged_and_not_those_on_the_disk() -> None:
    """The newer one on the disk mends nothing; the older one on the disk harms nobody."""
    advisories = told("debian/bookworm", linux=fixed("6.1.76-1"))
    old = package("linux-image-6.1.0-17-amd64", "6.1.69-1", "linux-signed-amd64", "6.1.69+1")
    new = package("linux-image-6.1.0-18-amd64", "6.1.76-1", "linux-signed-amd64", "6.1.76+1")
    headers = package("linux-libc-dev", "6.1.69-1", "linux")

    assert states(weak(advisories, old, new, kernel=Kernel("6.1.0-17-amd64", "6.1.69-1"))) == [
        ("linux", "6.1.69-1", State.FIXED)
    ]
    assert states(weak(advisories, old, new, headers, kernel=Kernel("6.1.0-18-amd64", "6.1.76-1"))) == []


def test_a_kernel_of_no_package_is_said() -> None:
    """Nothing speaks of it."""
    found = weak(told("debian/bookworm", linux=fixed("9")), package("bash", "5"), kernel=Kernel("6.12.1-custom"))

    assert [(one.origin, one.packages) for one in found.unjudged] == [("kernel", ())]


@pytest.mark.parametrize("state", [State.OPEN, State.UNDETERMINED])
def test_what_nothing_mends_concerns_every_version(state: State) -> None:
    """There is no version to compare with."""
    advisories = told("debian/bookworm", vim=Advisory(CVE, state, note="postponed"))

    assert states(weak(advisories, package("vim", "99"))) == [("vim", "99", state)]


def test_rpms_are_judged_by_their_own_name_and_by_their_sources() -> None:
    """Npm is built from nodejs and has versions of its own; the epoch of a source is the advisory's."""
    npm = package("npm", "1:8.19.2-1.18.12.1.el9", "nodejs", "18.12.1-1.el9")
    libs = package("openssl-libs", "1:3.0.7-24.el9", "openssl", "3.0.7-24.el9")
    rhel9 = OperatingSystem("rhel", "9.3", "RHEL")

    def judged(**packages: Advisory) -> list[tuple[str, str, State]]:
        return states(weak(told("rhel/9", **packages), npm, libs, system=rhel9, manager="rpm"))

    assert judged(nodejs=fixed("1:18.12.1-1.el9")) == []
    assert judged(nodejs=fixed("1:18.14.2-1.el9")) == [("nodejs", "1:18.12.1-1.el9", State.FIXED)]
    assert judged(openssl=fixed("1:3.0.7-25.el9_3")) == [("openssl", "1:3.0.7-24.el9", State.FIXED)]
    assert judged(npm=fixed("1:8.19.2-1.18.14.2.el9")) == [("nodejs", "1:8.19.2-1.18.12.1.el9", State.FIXED)]


def test_a_module_stream_is_not_judged_by_another() -> None:
    """Node.js 16 is not 18 with a fix missing, and no stream is the package outside of all streams."""
    sixteen = package("nodejs", "1:16.20.2-3.module+el8.9.0", "nodejs", "16.20.2-3.module+el8.9.0", stream="nodejs:16")
    plain = package("perl", "4:5.26.3-422.el8", "perl", "5.26.3-422.el8")

    def judged(**packages: Advisory) -> list[tuple[str, str, State]]:
        return states(weak(told("rhel/8", **packages), sixteen, plain, system=RHEL, manager="rpm"))

    assert judged(nodejs=fixed("1:18.20.2-1.module+el8.9.0", stream="nodejs:18")) == []
    assert judged(nodejs=fixed("1:16.20.2-4.module+el8.9.0", stream="nodejs:16"))[0][2] is State.FIXED
    assert judged(nodejs=fixed("1:20.0.0-1.el8")) == []
    assert judged(perl=fixed("4:5.30.1-453.module+el8", stream="perl:5.30")) == []


def test_where_the_stream_is_not_told_nothing_is_decided() -> None:
    """OSV names none, and old releases of rpm do not tell theirs."""
    known = package("nodejs", "1:16.20.2-3.module+el8", "nodejs", "16.20.2-3.module+el8", stream="nodejs:16")
    unknown = package("nodejs", "1:16.20.2-3.module+el8", "nodejs", "16.20.2-3.module+el8")
    osv, oval = (fixed("1:18.20.2-1.module+el8", stream=stream) for stream in ("*", "nodejs:18"))

    for advisory, one in ((osv, known), (osv, unknown), (oval, unknown)):
        found = weak(told("rhel/8", nodejs=advisory), one, system=RHEL, manager="rpm")
        assert [state for *_, state in states(found)] == [State.UNREAD]
        assert "stream" in found.found[0].advisory.note


def test_alpine_by_source() -> None:
    """libcrypto3 is of openssl."""
    found = weak(
        told("alpine/3.19", openssl=fixed("3.1.4-r6")),
        package("libcrypto3", "3.1.4-r5", "openssl"),
        system=ALPINE,
        manager="apk",
    )

    assert states(found) == [("openssl", "3.1.4-r5", State.FIXED)]


def test_definitions_that_nobody_could_read_leave_a_doubt() -> None:
    """An OVAL file may say things of no package by name."""
    advisories = told("debian/bookworm", **{"*": Advisory(("USN-1-1",), State.UNREAD, note="more")})

    assert [one.origin for one in weak(advisories, package("bash", "5")).unjudged] == ["advisories that were not read"]


def test_fifty_thousand_packages_are_judged() -> None:
    """Each with five advisories, none of which is new."""
    rows = tuple(fixed(f"1.{number}-1", ids=(f"CVE-2025-{number}",)) for number in range(5))
    packages = tuple(package(f"lib{n}", f"2.{n}-1", f"source{n}") for n in range(50_000))
    advisories = Advisories((release_of("debian/bookworm", {f"source{n}": rows for n in range(50_000)}),))

    assert weak(advisories, *packages).found == ()
