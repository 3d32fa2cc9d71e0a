"""Dated files of end-of-life dates: the shipped one, newer ones, and what is wrong with bad ones."""

import json
from datetime import date
from pathlib import Path

import pytest

from auditor.errors import ContentError
from auditor.facts.ambient import Lifecycle, Lifecycles
from auditor.intel import load_knowledge
from auditor.intel.dated import SHIPPED, read_dated

GOOD = {
    "kind": "end-of-life",
    "as_of": "2030-01-01",
    "source": "a test",
    "licence": "MIT",
    "products": {
        "debian": {
            "title": "Debian",
            "cycles": [
                {"cycle": "12", "eol": "2026-07-11", "extended": "2028-06-30", "latest": "12.15"},
                {"cycle": "1", "eol": True},
                {"cycle": "99", "eol": False},
            ],
        }
    },
}


def write(folder: Path, name: str, value: object) -> Path:
    """Write a file of the workspace's folder and return the folder."""
    (folder / name).write_text(value if isinstance(value, str) else json.dumps(value))
    return folder


def load_lifecycles(folder: Path | None = None) -> Lifecycles:
    """Return the dates that an audit would be judged by."""
    told = load_knowledge(folder)[Lifecycles].value
    assert isinstance(told, Lifecycles)
    return told


def test_what_ships_names_its_source_licence_and_day() -> None:
    """MIT asks for the notice, the reader for the day."""
    shipped = read_dated(SHIPPED / "endoflife.json")

    assert (shipped.kind, shipped.licence) == ("end-of-life", "MIT")
    assert shipped.source.startswith("endoflife-date/")
    assert "Copyright 2020 endoflife.date contributors" in (SHIPPED / "endoflife.json").read_text()


@pytest.mark.parametrize("product", ["debian", "ubuntu", "rhel", "sles", "alpine-linux", "ios", "macos", "windows"])
def test_what_ships_knows_what_audits_ask_about(product: str) -> None:
    """Each with at least one cycle, and one that ended."""
    lifecycles = load_lifecycles()

    assert any(cycle.ended or cycle.ends for cycle in lifecycles.products[product])


def test_debian_12_by_its_dates() -> None:
    """The point release belongs to its cycle."""
    found = load_lifecycles().cycle("debian", "12.5")

    assert found is not None
    assert (found.cycle, found.ends, found.extended_ends) == ("12", date(2026, 7, 11), date(2028, 6, 30))


def test_a_newer_file_of_the_workspace_goes_before_what_ships(tmp_path: Path) -> None:
    """By the day it states, not by its name or time."""
    found = load_lifecycles(write(tmp_path, "mine.json", GOOD))

    assert found.as_of == date(2030, 1, 1)
    assert found.products["debian"] == (
        Lifecycle("12", ended=False, ends=date(2026, 7, 11), latest="12.15", extended_ends=date(2028, 6, 30)),
        Lifecycle("1", ended=True, ends=None),
        Lifecycle("99", ended=False, ends=None),
    )


def test_an_older_file_and_a_missing_folder_leave_what_ships(tmp_path: Path) -> None:
    """An update never goes back."""
    shipped = load_lifecycles().as_of

    assert load_lifecycles(write(tmp_path, "old.json", {**GOOD, "as_of": "2020-01-01"})).as_of == shipped
    assert load_lifecycles(tmp_path / "none").as_of == shipped


def test_files_of_another_kind_are_left_alone(tmp_path: Path) -> None:
    """The folder holds other dated knowledge too."""
    folder = write(tmp_path, "other.json", {"kind": "something else", "as_of": "2031-01-01"})

    assert load_lifecycles(folder).as_of == load_lifecycles().as_of


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("{", "is not JSON"),
        ("<html></html>", "is not JSON"),
        ("[]", "has no kind"),
        ({**GOOD, "as_of": "yesterday"}, "as_of"),
        ({**GOOD, "products": {}}, "at least one entry"),
        ({**GOOD, "products": {"debian": []}}, "list of cycles"),
        ({**GOOD, "products": {"debian": {"cycles": [{"eol": True}]}}}, "has no name"),
        ({**GOOD, "products": {"debian": {"cycles": [{"cycle": "12", "eol": "soon"}]}}}, "debian.12.eol"),
        ("[" * 100_000, "nested|JSON"),
    ],
)
def test_a_bad_file_is_named_with_what_is_wrong(tmp_path: Path, content: object, problem: str) -> None:
    """No traceback, and never dates that nobody wrote."""
    with pytest.raises(ContentError, match=problem) as why:
        load_lifecycles(write(tmp_path, "bad.json", content))

    assert why.value.place.file.endswith("bad.json")
