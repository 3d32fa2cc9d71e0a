"""The written reports: as they were agreed upon, safe to open, and replaced whole."""

import json
import re
import stat
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from auditor.errors import ContentError, UsageError
from auditor.reports import Audited, write
from auditor.reports.document import plain
from tests.make import ROOT, asset
from tests.reports.golden import GOLDEN
from tests.reports.made import HOSTILE, audited, nobody
from tests.reports.schema import problems

SHIPPED = ROOT / "reports"
NAMES = ("management.html", "technical.html", "technical.json")
VOID = {"meta", "link", "br", "img", "hr", "input"}


class Page(HTMLParser):
    """Remembers the elements, the text and whether every element was closed in turn."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.text = ""
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.text += data


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the reports of the made-up audit."""
    folder = tmp_path_factory.mktemp("out") / "deep" / "audit-3"
    write(audited(), [SHIPPED], folder)
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_golden(written: Path, name: str) -> None:
    """A change of a report is a decision: `python -m tests.reports.golden` writes the files that this compares with."""
    assert (written / name).read_text(encoding="utf-8") == (GOLDEN / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES[:2])
def test_hostile_names_are_text(written: Path, name: str) -> None:
    """A host called `"><img src=x onerror=...><script>` adds no element, and its control characters are seen."""
    page = Page((written / name).read_text(encoding="utf-8"))

    assert {"script", "img", "iframe", "link", "object"}.isdisjoint(page.tags)
    assert not [found for found in page.attributes if found[1].startswith("on")]
    assert "<script>alert('1')</script>" + r"\x1b[31m\u202egnp.exe" in page.text
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\u200b]", page.text)


@pytest.mark.parametrize("name", NAMES[:2])
def test_one_file_that_asks_nobody_for_anything(written: Path, name: str) -> None:
    """No address outside the file, and a policy that would forbid it."""
    page = Page((written / name).read_text(encoding="utf-8"))
    links = [value for _, attribute, value in page.attributes if attribute in {"href", "src", "xlink:href", "action"}]

    assert [link for link in links if not link.startswith("#")] == []
    assert "@import" not in (written / name).read_text(encoding="utf-8")
    policy = next(value for _, attribute, value in page.attributes if attribute == "content" and "default-src" in value)
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")


@pytest.mark.parametrize("name", NAMES[:2])
def test_pages_are_well_formed_and_accessible(written: Path, name: str) -> None:
    """Elements close in turn, links inside the page lead somewhere, header cells have a scope, pictures a title."""
    html = (written / name).read_text(encoding="utf-8")
    page = Page(html)
    ids = [value for _, attribute, value in page.attributes if attribute == "id"]
    targets = {value[1:] for _, attribute, value in page.attributes if attribute == "href"}

    assert (page.wrong, page.open) == ([], [])
    assert len(ids) == len(set(ids))
    assert targets <= set(ids)
    assert page.tags.count("th") == sum(found[:2] == ("th", "scope") for found in page.attributes)
    assert html.count("<svg") == html.count('role="img"') == html.count("<title id=")
    assert ("html", "lang", "en") in page.attributes


def test_coverage_is_the_first_number_that_management_reads(written: Path) -> None:
    """Before any verdict stands how much was decided and who did not answer."""
    text = Page((written / "management.html").read_text(encoding="utf-8")).text
    order = [
        "5 of 8 demands decided (62 %)", "never audited", "Verdicts", "Severity by kind", "What to do first",
        "Experience", "Company policy", "Audit result", "Current trend", "Trend", "Findings since", "Waivers",
        "Method and limits", "Signatures",
    ]  # fmt: skip
    places, after = [], 0
    for words in order:
        after = text.index(words, after)
        places.append(after)

    assert places == sorted(places)


def test_an_audit_that_learned_nothing_is_not_a_good_one(tmp_path: Path) -> None:
    """No demand, no answer: the report says so, and nowhere that anything is met."""
    write(nobody(asset()), [SHIPPED], tmp_path)
    text = Page((tmp_path / "management.html").read_text(encoding="utf-8")).text

    assert "Nothing was demanded of any asset" in text
    assert "no route to host" in text
    assert "is met." not in text
    assert "This is the first audit" in text


def test_notices_of_what_changed_since(tmp_path: Path) -> None:
    """An older audit, or one under another policy, is not passed off as today's."""
    write(audited(newest=False, judged_digest="other", finished_at=None), [SHIPPED], tmp_path)
    text = Page((tmp_path / "management.html").read_text(encoding="utf-8")).text

    assert "This is not the newest audit" in text
    assert "The policy or a check changed after this audit" in text
    assert "3, not finished" in text


def test_reports_are_replaced_whole_and_private(tmp_path: Path) -> None:
    """Writing again replaces the files, leaves no other ones, and nobody but the owner can read them."""
    first = write(audited(company="Before"), [SHIPPED], tmp_path)
    second = write(audited(company="After"), [SHIPPED], tmp_path)

    assert (
        first
        == second
        == {
            "management": tmp_path / "management.html",
            "technical": tmp_path / "technical.html",
            "technical-json": tmp_path / "technical.json",
        }
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(NAMES)
    assert "Before" not in (tmp_path / "technical.html").read_text(encoding="utf-8")
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    """A file in the folder's place is a usage error that names it."""
    (tmp_path / "out").write_text("a file", encoding="utf-8")

    with pytest.raises(UsageError, match="out: the reports cannot be written"):
        write(audited(), [SHIPPED], tmp_path / "out")


def test_a_workspace_replaces_one_template_at_a_time(tmp_path: Path) -> None:
    """Its own management report still extends the shipped page; the technical report stays the shipped one."""
    own = tmp_path / "reports"
    own.mkdir()
    mine = '{% extends "page.html.j2" %}{% block content %}Mine, {{ audited.company }}{% endblock %}'
    (own / "management.html.j2").write_text(mine, encoding="utf-8")
    write(audited(), [own, SHIPPED], tmp_path / "out")

    assert "Mine, ACME &amp; Sons &lt;Ltd&gt;" in (tmp_path / "out" / "management.html").read_text(encoding="utf-8")
    assert "Evidence" in (tmp_path / "out" / "technical.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("template", "line", "message"),
    [
        ("one\n{{ audited.nothing }}\n", 2, "has no attribute 'nothing'"),
        ("one\ntwo\n{% if %}\n", 3, "is no template"),
        ("{{ 1 + audited.company }}", 1, "cannot be rendered"),
        ("{{ audited.company.__class__.__mro__ }}", 1, "unsafe"),
        ("{{ 1 / 0 }}", 1, "division by zero"),
    ],
)
def test_a_mistake_in_a_template_names_its_line(tmp_path: Path, template: str, line: int, message: str) -> None:
    """Nothing is written then: the reports of before stay as they are."""
    own = tmp_path / "reports"
    own.mkdir()
    (own / "technical.html.j2").write_text(template, encoding="utf-8")

    with pytest.raises(ContentError, match=message) as problem:
        write(audited(), [own, SHIPPED], tmp_path / "out")
    assert (problem.value.place.file, problem.value.place.line) == (str(own / "technical.html.j2"), line)
    assert not (tmp_path / "out").exists()


def test_a_missing_template_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match=r"reports/management\.html\.j2: there is no such template"):
        write(audited(), [tmp_path], tmp_path / "out")


def told(given: Audited, folder: Path) -> dict:
    """Return what the report for programs says of an audit."""
    return json.loads(write(given, [SHIPPED], folder)["technical-json"].read_text(encoding="utf-8"))


SCHEMA = json.loads((SHIPPED / "technical.schema.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("given", [audited(), nobody(asset()), audited(finished_at=None, projects={}, checks={})])
def test_the_json_is_as_its_schema_says(tmp_path: Path, given: Audited) -> None:
    assert problems(told(given, tmp_path), SCHEMA) == []


def test_the_schema_refuses_what_is_not_so(tmp_path: Path) -> None:
    """Lest the test above pass whatever is written."""
    good = told(audited(), tmp_path)
    wrong = {**good, "schema_version": "2.0", "verdicts": {"passed": 1}, "company": 7, "extra": 1}
    del wrong["assets"]

    assert len(problems(wrong, SCHEMA)) == 5


def test_the_json_keeps_what_was_said_exactly(written: Path) -> None:
    """Programs get the very characters, in a file of nothing but ASCII."""
    raw = (written / "technical.json").read_bytes()
    told = json.loads(raw)
    hostile = next(one for one in told["violations"] if one["check"] == "snmp.communities")

    assert raw.isascii()
    assert (hostile["found"], hostile["wanted"]) == (HOSTILE, None)
    assert {one["evidence"][0]["id"] for one in told["violations"]} <= told["evidence"].keys()
    assert told["results"][0]["settings"] == {"allowed": ["forced-commands-only", "no"]}


def test_a_lone_surrogate_does_not_stop_a_report(tmp_path: Path) -> None:
    """A name that is not Unicode, as a file system gives it, is spelled out."""
    strange = asset("host-\udcff")
    write(replace(nobody(strange), company="A\udcffB"), [SHIPPED], tmp_path)

    assert r"host-\udcff" in (tmp_path / "technical.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (frozenset({10, 9, 2}), [2, 9, 10]),
        (frozenset({"b", "a", 3}), [3, "a", "b"]),
        ((1, (True, None)), [1, [True, None]]),
        (float("inf"), "inf"),
        ({"b": frozenset({"x"})}, {"b": ["x"]}),
    ],
)
def test_values_as_json_has_them(value: object, expected: object) -> None:
    assert expected == plain(value)
