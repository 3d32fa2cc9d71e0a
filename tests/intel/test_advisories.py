"""What each publisher says of packages, in the one form that is compared."""

from datetime import date
from pathlib import Path

import pytest

from auditor.facts.ambient import Advisory, ReleaseAdvisories, State
from auditor.intel.advisories import advisories_of
from auditor.intel.given import dated_from
from tests.intel.formats import TRACKER, affected, as_bytes, criteria, criterion, debian, definition, osv, oval

TODAY = date(2026, 11, 20)
ONE = ("CVE-2025-1",)
FIX = Advisory(ONE, State.FIXED, "1:3.0.7-25.el9_3")


def told(folder: Path, content: bytes) -> dict[str, ReleaseAdvisories]:
    """Return what a file says, by release."""
    path = folder / "given"
    path.write_bytes(content)
    return {one.release: one for one in advisories_of(dated_from(path, today=TODAY, as_of=TODAY))}


def tracker(folder: Path, entry: dict[str, object]) -> tuple[Advisory, ...]:
    """Return what Debian's tracker says of one package in bookworm."""
    file = {"openssl": {"CVE-2025-1": {"releases": {"bookworm": entry}}}}
    return told(folder, as_bytes(file))["debian/bookworm"].packages.get("openssl", ())


def records(folder: Path, *entries: dict[str, object]) -> dict[str, tuple[Advisory, ...]]:
    """Return what an OSV record says of openssl, by release."""
    return {name: one.packages["openssl"] for name, one in told(folder, as_bytes(osv(affected=list(entries)))).items()}


def defined(folder: Path, *definitions: str, release: str = "rhel/9") -> dict[str, tuple[Advisory, ...]]:
    """Return what OVAL definitions say of a release."""
    return dict(told(folder, oval(*definitions))[release].packages)


def test_the_tracker_release_by_release(tmp_path: Path) -> None:
    """Unstable is no release; what is not affected is not there; states that mend nothing keep their reason."""
    found = told(tmp_path, as_bytes(TRACKER))

    assert sorted(found) == ["debian/bookworm", "debian/trixie"]
    assert found["debian/bookworm"].by_source
    assert found["debian/trixie"].packages == {}
    assert found["debian/bookworm"].packages == {
        "openssl": (
            Advisory(("CVE-2025-1",), State.FIXED, "3.0.17-1~deb12u2"),
            Advisory(("CVE-2025-2",), State.OPEN, note="postponed"),
        ),
        "vim": (
            Advisory(("CVE-2025-3",), State.UNDETERMINED, note="undetermined"),
            Advisory(("CVE-2025-5",), State.OPEN, note="end-of-life"),
            Advisory(("CVE-2025-6",), State.OPEN, note="no-dsa"),
            Advisory(("TEMP-0000001-ABCDEF",), State.OPEN, note="ignored"),
        ),
    }


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (debian("resolved", fixed_version="0"), ()),
        (debian("resolved", fixed_version="1.2-2"), (Advisory(ONE, State.FIXED, "1.2-2"),)),
        (debian("resolved", fixed_version="9.0-1"), (Advisory(ONE, State.FIXED, "1.2-3"),)),
        (
            debian("resolved"),
            (Advisory(ONE, State.UNDETERMINED, "1.2-3", "resolved, in which version is not told"),),
        ),
        (debian("resolved", fixed_version="1.2-2", urgency="unimportant"), ()),
        (debian("open", fixed_version="1.2-9"), (Advisory(ONE, State.OPEN),)),
        (debian("gone"), (Advisory(ONE, State.UNREAD, note="its status is gone"),)),
    ],
)
def test_states_of_the_tracker(tmp_path: Path, entry: dict[str, object], said: tuple[Advisory, ...]) -> None:
    """A fix above all versions of the release is unstable's, and the release's newest is mended all the same."""
    assert tracker(tmp_path, entry) == said


def test_weaknesses_of_one_kind_stand_in_one_row(tmp_path: Path) -> None:
    """A kernel has thousands."""
    issues = {f"CVE-2025-{n}": {"releases": {"bookworm": debian("open")}} for n in range(1000, 1003)}
    found = told(tmp_path, as_bytes({"linux": issues}))["debian/bookworm"].packages["linux"]

    assert found == (Advisory(("CVE-2025-1000", "CVE-2025-1001", "CVE-2025-1002"), State.OPEN),)


@pytest.mark.parametrize(
    ("entry", "release", "said"),
    [
        (affected("Debian:12", "openssl", {"introduced": "0"}, {"fixed": "2"}), "debian/12", (State.FIXED, "2", "")),
        (affected("Debian:12", "openssl", {"introduced": "0"}), "debian/12", (State.OPEN, "", "")),
        (
            affected("Ubuntu:Pro:18.04:LTS", "openssl", {"introduced": "0"}, {"fixed": "1-1+esm1"}),
            "ubuntu/18.04",
            (State.PAID, "1-1+esm1", ""),
        ),
        (
            affected(
                "Ubuntu:22.04:LTS",
                "openssl",
                {"introduced": "0"},
                {"fixed": "1-1"},
                ecosystem_specific={"availability": "Available with Ubuntu Pro: https://ubuntu.com/pro"},
            ),
            "ubuntu/22.04",
            (State.PAID, "1-1", ""),
        ),
        (
            affected("Rocky Linux:8", "openssl", {"introduced": "0"}, {"fixed": "1:18-1.module+el8.9.0+1"}),
            "rocky/8",
            (State.FIXED, "1:18-1.module+el8.9.0+1", "*"),
        ),
        (
            affected("Alpine:v3.19", "openssl", {"introduced": "1.1-r0"}, {"fixed": "3.1-r1"}),
            "alpine/3.19",
            (State.UNREAD, "3.1-r1", ""),
        ),
        (
            affected("Debian:12", "openssl", {"introduced": "0"}, {"last_affected": "2"}),
            "debian/12",
            (State.UNREAD, "", ""),
        ),
        (affected("Debian:12", "openssl", versions=["1", "2"]), "debian/12", (State.UNREAD, "", "")),
    ],
)
def test_records_of_osv(tmp_path: Path, entry: dict[str, object], release: str, said: tuple[State, str, str]) -> None:
    """What a range does not say plainly is undecided for that package, below the bound where there is one."""
    ((found,),) = [records(tmp_path, entry)[release]]

    assert (found.state, found.fixed, found.stream) == said
    assert found.ids == ONE


def test_releases_and_sources_of_osv(tmp_path: Path) -> None:
    """Each release on its own; in RPM's world a name may be of a source or of a package made of it."""
    mended = ({"introduced": "0"}, {"fixed": "2"})
    entries = [affected(name, "openssl", *mended) for name in ("Debian:12", "Debian:13", "Rocky Linux:9", "npm")]
    found = told(tmp_path, as_bytes(osv(affected=entries)))

    assert {name: one.by_source for name, one in found.items()} == {
        "debian/12": True,
        "debian/13": True,
        "rocky/9": False,
    }


@pytest.mark.parametrize(
    ("fields", "ids"),
    [
        ({"id": "DEBIAN-CVE-2025-7", "upstream": []}, ("CVE-2025-7",)),
        ({"id": "X-1", "aliases": ["CVE-2025-8", "GHSA-1"], "upstream": ["CVE-2025-9"]}, ("CVE-2025-8", "CVE-2025-9")),
        (
            {"id": "RHSA-2025:1", "upstream": None, "related": ["CVE-2025-2", "CVE-2025-3"]},
            ("CVE-2025-2", "CVE-2025-3"),
        ),
        ({"id": "USN-1-1", "upstream": []}, ("USN-1-1",)),
    ],
)
def test_weaknesses_that_a_record_is_about(tmp_path: Path, fields: dict[str, object], ids: tuple[str, ...]) -> None:
    """By CVE where there is one: the catalogues of what is exploited know nothing else."""
    assert told(tmp_path, as_bytes(osv(**fields)))["debian/12"].packages["openssl"][0].ids == ids


def test_withdrawn_and_unimportant_records_say_nothing(tmp_path: Path) -> None:
    """They took it back; or it is no weakness in what was built."""
    unimportant = affected("Debian:12", "vim", {"introduced": "0"}, ecosystem_specific={"urgency": "unimportant"})
    found = told(
        tmp_path,
        as_bytes(
            [osv(affected=[unimportant]), osv(withdrawn="2026-01-01T00:00:00Z"), osv("X-1", upstream=["CVE-2025-9"])]
        ),
    )["debian/12"].packages

    assert found == {"vim": (), "openssl": (Advisory(("CVE-2025-9",), State.FIXED, "3.0.17-1"),)}


def test_oval_of_a_patch(tmp_path: Path) -> None:
    """A release, a package below a version, and its signature beside it."""
    release = criterion("Red Hat Enterprise Linux 9 is installed")
    tree = criteria("AND", release, criteria("OR", criteria("AND", "1", "2")))

    assert defined(tmp_path, definition(tree)) == {"openssl": (FIX,)}


def test_who_tells_only_of_what_is_mended(tmp_path: Path) -> None:
    """Their silence says nothing of what is open."""
    patches = told(tmp_path, oval(definition(criteria("OR", "1"))))["rhel/9"]

    assert told(tmp_path, as_bytes(TRACKER))["debian/bookworm"].unmended
    assert not patches.unmended


def test_oval_of_a_module_stream(tmp_path: Path) -> None:
    """Only what stands beside the module is of it."""
    module = criteria("AND", criterion("Module nodejs:18 is enabled", "4"), criteria("OR", "3"))
    found = defined(tmp_path, definition(criteria("OR", module, "1")))

    assert found["nodejs"][0].stream == "nodejs:18"
    assert found["openssl"] == (FIX,)


def test_oval_of_several_releases(tmp_path: Path) -> None:
    """SUSE's files tell the service packs apart by criteria, and sell some of the fixes."""
    packs = criteria(
        "OR",
        criterion("SUSE Linux Enterprise Server 15 SP5 is installed"),
        criterion("SUSE Linux Enterprise Server 15 SP3-LTSS is installed"),
    )
    found = told(
        tmp_path, oval(definition(criteria("AND", packs, criteria("OR", "1")), "SUSE Linux Enterprise Server 15"))
    )

    assert {name: one.packages["openssl"][0].state for name, one in found.items()} == {
        "sles/15.5": State.FIXED,
        "sles/15.3": State.PAID,
    }


def test_oval_of_names_in_a_variable(tmp_path: Path) -> None:
    """Ubuntu lists the packages of a source so."""
    found = defined(tmp_path, definition(criteria("OR", "6"), "Ubuntu 22.04 LTS"), release="ubuntu/22.04")

    assert {name: rows[0].fixed for name, rows in found.items()} == dict.fromkeys(
        ["curl", "libcurl4"], "0:7.81.0-1ubuntu1.16"
    )


@pytest.mark.parametrize(
    ("resolution", "state"),
    [("Will not fix", State.OPEN), ("Affected", State.OPEN), ("Under investigation", State.UNDETERMINED)],
)
def test_oval_of_what_nobody_mended(tmp_path: Path, resolution: str, state: State) -> None:
    """That it is installed is all that such a definition asks."""
    more = f'<affected><resolution state="{resolution}"><component>vim</component></resolution></affected>'
    found = defined(tmp_path, definition(criteria("AND", "5"), kind="vulnerability", more=more))

    assert found == {"vim-minimal": (Advisory(ONE, state, note=resolution.lower()),)}


@pytest.mark.parametrize(
    ("tree", "package"),
    [
        (criteria("AND", "1", "3"), "openssl"),
        (criteria("XOR", "1", "3"), "nodejs"),
        (criteria("AND", criterion("not below", "1", "true")), "openssl"),
        (criteria("AND", "1", "7"), "kernel-default"),
        (criteria("AND", criterion("uname is 5.15", "98")), "*"),
        ("", "*"),
    ],
)
def test_oval_that_says_more_is_undecided(tmp_path: Path, tree: str, package: str) -> None:
    """Two packages at once, one or the other, none of these, or nothing that has a name."""
    assert [one.state for one in defined(tmp_path, definition(tree))[package]] == [State.UNREAD]


def test_oval_of_inventories_is_left_alone(tmp_path: Path) -> None:
    """It tells which system runs, and no weakness of it."""
    others = definition(criteria("AND", "5"), kind="inventory")

    assert defined(tmp_path, others, definition(criteria("AND", "1"))) == {"openssl": (FIX,)}
