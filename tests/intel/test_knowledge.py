"""What audits are judged by: of each kind the newest file, and nothing that is half right."""

import json
from datetime import date
from pathlib import Path
from typing import TypeVar

import pytest

from auditor.errors import ContentError
from auditor.facts.ambient import (
    Advisories,
    Advisory,
    Exploited,
    ExploitScores,
    Lifecycles,
    ReleaseAdvisories,
    State,
    Today,
    stale,
)
from auditor.intel import Told, load_knowledge
from auditor.intel.dated import SHIPPED, read_dated
from auditor.model.evidence import Known
from auditor.setup import ambient

FactT = TypeVar("FactT")
HEAD = {"as_of": "2030-01-01", "source": "a test", "licence": "none"}
ADVISORIES = {
    **HEAD,
    "kind": "advisories",
    "releases": {
        "debian/bookworm": {
            "by_source": True,
            "packages": {
                "openssl": [
                    {"ids": "CVE-2025-1 CVE-2025-2", "fixed": "3.0.17-1"},
                    {"ids": "CVE-2025-3", "state": "open", "note": "postponed"},
                ]
            },
        }
    },
}


def known(fact: type[FactT], folder: Path | None = None) -> FactT:
    """Return what is known of a kind."""
    (told,) = load_knowledge(folder, {fact}).values()
    assert isinstance(told.value, fact)
    return told.value


def write(folder: Path, **files: object) -> Path:
    """Write files of the workspace's folder and return the folder."""
    for name, value in files.items():
        (folder / f"{name}.json").write_text(json.dumps(value))
    return folder


def test_the_catalogue_of_exploited_weaknesses_ships() -> None:
    """As public domain, with its day; of each entry only what is used."""
    shipped = read_dated(SHIPPED / "exploited.json")
    exploited = known(Exploited)

    assert (shipped.licence, shipped.as_of) == ("CC0-1.0", date(2025, 8, 25))
    assert "CISA KEV" in shipped.source
    assert exploited.since["CVE-2021-44228"] == date(2021, 12, 10)
    assert len(exploited.since) == 1404


def test_what_ships_is_small() -> None:
    """The wheel carries it to everybody."""
    assert sum(path.stat().st_size for path in SHIPPED.glob("*")) < 256 * 1024


def test_without_files_there_are_no_advisories_and_no_scores() -> None:
    """And nothing is passed by them."""
    told = load_knowledge()

    assert told[Advisories] == Told(Advisories(), "none given")
    assert told[ExploitScores] == Told(ExploitScores(), "none given")


def test_what_is_not_wanted_is_not_read(tmp_path: Path) -> None:
    """Advisories are large, and most commands need none."""
    folder = write(tmp_path, broken={**HEAD, "kind": "advisories", "releases": {}})
    (tmp_path / "advisories.json").write_text('{"kind": "advisories", "as_of"')

    assert set(load_knowledge(folder, {Lifecycles})) == {Lifecycles}
    assert load_knowledge(folder, set()) == {}
    with pytest.raises(ContentError, match=r"advisories\.json"):
        load_knowledge(folder)


def test_files_of_the_workspace_are_read(tmp_path: Path) -> None:
    """Each kind into its own words."""
    folder = write(
        tmp_path,
        kev={**HEAD, "kind": "exploited", "since": {"CVE-2025-1": "2029-12-01"}},
        epss={**HEAD, "kind": "exploit-scores", "scores": {"2025": {"1": 84210, "2": 3}}},
        debian=ADVISORIES,
    )

    assert known(Exploited, folder) == Exploited(date(2030, 1, 1), {"CVE-2025-1": date(2029, 12, 1)})
    assert known(ExploitScores, folder).scores == {"CVE-2025-1": 0.8421, "CVE-2025-2": 0.00003}
    assert known(Advisories, folder).releases == (
        ReleaseAdvisories(
            "debian/bookworm",
            date(2030, 1, 1),
            "a test",
            by_source=True,
            packages={
                "openssl": (
                    Advisory(("CVE-2025-1", "CVE-2025-2"), State.FIXED, "3.0.17-1"),
                    Advisory(("CVE-2025-3",), State.OPEN, note="postponed"),
                )
            },
        ),
    )


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({**HEAD, "kind": "exploited", "since": {}}, "at least one"),
        ({**HEAD, "kind": "exploited", "since": {"CVE-2025-1": "soon"}}, "since.CVE-2025-1"),
        ({**HEAD, "kind": "exploit-scores", "scores": {"2025": {"1": 100_001}}}, "between 0 and"),
        ({**HEAD, "kind": "exploit-scores", "scores": {"2025": []}}, "scores.2025"),
        ({**HEAD, "kind": "advisories", "releases": {"debian/12": {}}}, "must hold packages"),
        ({**HEAD, "kind": "advisories", "releases": {"debian/12": {"packages": {"x": {}}}}}, "debian/12.x"),
        ({**HEAD, "kind": "advisories", "releases": {"debian/12": {"packages": {"x": [{}]}}}}, "names no weakness"),
        (
            {**HEAD, "kind": "advisories", "releases": {"debian/12": {"packages": {"x": [{"ids": "CVE-1"}]}}}},
            "needs the version",
        ),
        (
            {
                **HEAD,
                "kind": "advisories",
                "releases": {"d/1": {"packages": {"x": [{"ids": "CVE-1", "state": "fine"}]}}},
            },
            "fine is no state",
        ),
    ],
)
def test_a_wrong_file_stops_the_audit_and_is_named(tmp_path: Path, value: object, problem: str) -> None:
    """What cannot be read would otherwise be silence, and silence passes."""
    with pytest.raises(ContentError, match=problem) as why:
        load_knowledge(write(tmp_path, bad=value))

    assert why.value.place.file.endswith("bad.json")


def test_evidence_names_source_and_day(tmp_path: Path) -> None:
    """Of everything that a result may rest on."""
    given = ambient(date(2030, 1, 2), write(tmp_path, debian=ADVISORIES))
    origins = {}
    for fact, told in given.items():
        assert isinstance(told, Known)
        origins[fact] = told.evidence[0].origin

    assert set(given) == {Today, Lifecycles, Exploited, ExploitScores, Advisories}
    assert origins[Advisories] == "a test as of 2030-01-01"
    assert origins[Exploited].startswith("CISA KEV 2025.08.25")
    assert origins[ExploitScores] == "none given"
    assert origins[Lifecycles].endswith("as of 2026-08-22")


@pytest.mark.parametrize(
    ("as_of", "why"),
    [
        (date(2026, 11, 20), ""),
        (date(2026, 11, 6), ""),
        (date(2026, 11, 5), "15 days old"),
        (date(2026, 11, 21), ""),  # it is tomorrow already where it was made
        (date(2026, 11, 22), "yet to come"),
    ],
)
def test_knowledge_proves_something_for_some_days(as_of: date, why: str) -> None:
    """And what is dated in the future would do so for ever."""
    found = stale(as_of, date(2026, 11, 20), 14, "the advisories")

    assert why in found
    assert bool(why) == bool(found)
