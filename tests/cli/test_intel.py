"""Dated knowledge is shown, taken in and fetched; what fails leaves what was there."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from auditor.cli.main import app
from auditor.errors import ContentError, NotFetched, UsageError
from tests.intel.formats import EPSS, KEV, TRACKER, as_bytes
from tests.lab.publisher import Page, Publisher

CHANGED = {"Last-Modified": "Thu, 19 Nov 2026 23:30:00 GMT"}


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty workspace; proxies of this machine are left alone."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    folder = tmp_path / "acme"
    folder.mkdir()
    (folder / "auditor.toml").touch()
    return folder


def run(workspace: Path, *words: str) -> Result:
    """Run a command in a workspace."""
    return CliRunner().invoke(app, ["-C", str(workspace), "intel", *words])


def rows(workspace: Path) -> dict[str, dict[str, object]]:
    """Return what is shown, by kind and what it is about."""
    shown = json.loads(run(workspace, "show", "--format", "json").stdout)
    return {f"{row['kind']} {row['about']}": row for row in shown}


def given(workspace: Path, name: str, content: bytes) -> str:
    """Write a file outside of the workspace and return its path."""
    path = workspace.parent / name
    path.write_bytes(content)
    return str(path)


def test_what_ships_is_shown_with_its_day(workspace: Path) -> None:
    """Offline, and without any file in the workspace."""
    shown = rows(workspace)

    assert shown["end-of-life all"]["as_of"] == "2026-08-22"
    assert shown["exploited all"]["entries"] == 1404
    assert "2026-08-22" in run(workspace, "show").stdout


def test_a_file_is_taken_in_and_used(workspace: Path) -> None:
    """A newer catalogue takes the place of the one that ships, which stays."""
    done = run(workspace, "import", given(workspace, "kev.json", as_bytes(KEV)))
    shown = json.loads(run(workspace, "show", "--format", "json").stdout)

    assert done.exit_code == 0
    assert "exploited as of 2026-11-18" in done.stdout
    assert [(row["as_of"], row["used"]) for row in shown if row["kind"] == "exploited"] == [
        ("2026-11-18", True),
        ("2025-08-25", False),
    ]


def test_advisories_are_kept_release_by_release(workspace: Path) -> None:
    """Under names of their own, so that a newer file of one leaves the others."""
    done = run(workspace, "import", given(workspace, "x", as_bytes(TRACKER)), "--as-of", "2026-11-19")

    assert done.exit_code == 0
    assert sorted(path.name for path in (workspace / "intel").iterdir()) == [
        "advisories-debian-bookworm.json",
        "advisories-debian-trixie.json",
    ]
    assert rows(workspace)["advisories debian/bookworm"]["as_of"] == "2026-11-19"


def test_a_release_that_is_no_name_is_refused(workspace: Path) -> None:
    """It would become the name of a file."""
    evil = {"x": {"CVE-2025-1": {"releases": {"../../etc/x": {"status": "open"}}}}}
    done = run(workspace, "import", given(workspace, "x", as_bytes(evil)), "--as-of", "2026-11-19")

    assert isinstance(done.exception, ContentError)
    assert not (workspace / "intel").exists()


def test_an_older_file_does_not_replace_a_newer_one(workspace: Path) -> None:
    """An import never goes back without somebody saying so."""
    tracker = given(workspace, "x", as_bytes(TRACKER))
    run(workspace, "import", tracker, "--as-of", "2026-11-19")
    done = run(workspace, "import", tracker, "--as-of", "2026-11-18")

    assert isinstance(done.exception, UsageError)
    assert "Remove" in str(done.exception)
    assert rows(workspace)["advisories debian/bookworm"]["as_of"] == "2026-11-19"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<html>", ("--as-of", "2026-11-19")),
        (as_bytes(TRACKER), ()),
        (as_bytes(TRACKER), ("--as-of", "yesterday")),
        (as_bytes({"kind": "advisories", "as_of": "2026-01-01", "releases": {"x/1": {}}}), ()),
        (as_bytes({"kind": "recipes", "as_of": "2026-01-01"}), ()),
    ],
)
def test_what_cannot_be_read_leaves_no_file(workspace: Path, content: bytes, words: tuple[str, ...]) -> None:
    """Else the next audit would stop at it."""
    done = run(workspace, "import", given(workspace, "x", content), *words)

    assert isinstance(done.exception, ContentError)
    assert not (workspace / "intel").exists()


@pytest.mark.parametrize("command", [("import", "auditor.toml"), ("update",)])
def test_outside_of_a_workspace_nothing_is_written(tmp_path: Path, command: tuple[str, ...]) -> None:
    """What ships can be shown all the same."""
    (tmp_path / "auditor.toml.txt").touch()
    words = [str(tmp_path / "auditor.toml.txt") if word == "auditor.toml" else word for word in command]

    assert isinstance(run(tmp_path, *words).exception, UsageError)
    assert "end-of-life all" in rows(tmp_path)


def test_what_publishers_give_is_fetched(workspace: Path) -> None:
    """The tracker is of the day on which it changed, and is followed from then on."""
    pages = {
        "/tracker": Page(as_bytes(TRACKER), headers=CHANGED),
        "/kev": Page(as_bytes(KEV)),
        "/epss": Page(EPSS.encode()),
        "/eol": Page(status=404),
    }
    with Publisher(pages) as server:
        names = {"debian": "/tracker", "exploited": "/kev", "exploit-scores": "/epss", "end-of-life": "/eol"}
        urls = "".join(f'{name} = "{server.url(path)}"\n' for name, path in names.items())
        (workspace / "auditor.toml").write_text(f"[intel.urls]\n{urls}")
        first = run(workspace, "update", "debian")
        again = run(workspace, "update")

    assert first.exit_code == 0
    assert rows(workspace)["advisories debian/bookworm"]["as_of"] == "2026-11-19"
    assert str(rows(workspace)["advisories debian/bookworm"]["source"]).startswith("http://127.0.0.1")
    assert isinstance(again.exception, NotFetched)
    assert "not fetched: end-of-life." in str(again.exception)
    assert server.asked == ["/tracker", "/eol", "/kev", "/epss", "/tracker"]
    assert rows(workspace)["exploit-scores all"]["entries"] == 3


def test_without_a_network_everything_stays(workspace: Path) -> None:
    """And the person is told what to do instead."""
    run(workspace, "import", given(workspace, "kev.json", as_bytes(KEV)))
    with Publisher({}) as server:
        url = server.url("/kev")
    (workspace / "auditor.toml").write_text(f'[intel.urls]\nexploited = "{url}"\n')
    done = run(workspace, "update", "exploited")

    assert isinstance(done.exception, NotFetched)
    assert "auditor intel import FILE" in str(done.exception)
    assert "Connection refused" in done.stderr
    assert rows(workspace)["exploited all"]["as_of"] == "2025-08-25"
    assert (workspace / "intel" / "exploited.json").exists()


def test_what_is_fetched_and_wrong_is_not_taken_in(workspace: Path) -> None:
    """A login page is no catalogue."""
    with Publisher({"/kev": Page(b"<html>log in</html>")}) as server:
        (workspace / "auditor.toml").write_text(f'[intel.urls]\nexploited = "{server.url("/kev")}"\n')
        done = run(workspace, "update", "exploited")

    assert isinstance(done.exception, NotFetched)
    assert "is not oval_definitions" in done.stderr
    assert not (workspace / "intel").exists()


def test_unknown_publishers_are_named(workspace: Path) -> None:
    """In the command, and in the settings with their line."""
    assert "there is no publisher gentoo" in str(run(workspace, "update", "gentoo").exception)
    (workspace / "auditor.toml").write_text('[intel.urls]\ngentoo = "https://gentoo.example"\n')
    wrong = run(workspace, "update", "exploited").exception

    assert isinstance(wrong, ContentError)
    assert wrong.place.line == 2
