"""`auditor.toml` and the environment become settings; what is wrong is said with the line, or the variable."""

from pathlib import Path

import pytest

from auditor.errors import ContentError
from auditor.settings import Settings, read_settings, store_url
from auditor.workspace import Workspace
from tests.make import ROOT


def read(folder: Path, text: str = "") -> Settings:
    """Return the settings that a file with this text gives."""
    (folder / "auditor.toml").write_text(text, encoding="utf-8")
    return read_settings(Workspace(folder))[0]


def problem(folder: Path, text: str = "") -> str:
    """Return what is said of wrong settings, without the folder's name."""
    with pytest.raises(ContentError) as error:
        read(folder, text)
    return str(error.value).replace(f"{folder}/", "")


def test_without_a_file_everything_has_a_default(tmp_path: Path) -> None:
    """A folder that is no workspace."""
    settings, document = read_settings(Workspace(tmp_path))

    assert (settings.policy, settings.collect.workers, settings.scope.allow) == ("baseline", 50, ())
    assert document.value == {}


def test_the_shipped_settings_are_read() -> None:
    """And say where each stands."""
    settings, document = read_settings(Workspace(ROOT))

    assert settings.inventory
    assert document.place("company").line > 0


def test_a_file_changes_what_it_names(tmp_path: Path) -> None:
    """The other settings of its tables keep their defaults."""
    settings = read(tmp_path, 'company = "Acme"\n[collect]\nworkers = 5\n[credentials.ssh]\nuser = "audit"\n')

    assert (settings.company, settings.collect.workers, settings.collect.asset_seconds) == ("Acme", 5, 300.0)
    assert settings.credentials == {"ssh": {"user": "audit"}}


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("AUDITOR_COMPANY", "Umbrella, Inc.", {"company": "Umbrella, Inc."}),
        ("AUDITOR_COLLECT__WORKERS", "7", {"workers": 7, "enrol": True}),
        ("AUDITOR_INVENTORY", "a.yaml", {"inventory": ("a.yaml",)}),
        ("AUDITOR_INVENTORY", "a.yaml, b.csv", {"inventory": ("a.yaml", "b.csv")}),
        ("AUDITOR_INVENTORY", '["a, b.yaml"]', {"inventory": ("a, b.yaml",)}),
        ("AUDITOR_SCOPE__ALLOW", "10.0.0.0/8,192.0.2.0/24", {"allow": ("10.0.0.0/8", "192.0.2.0/24")}),
        ("AUDITOR_SCOPE__ALLOW", '["10.0.0.0/8"]', {"allow": ("10.0.0.0/8",)}),
        ("AUDITOR_CREDENTIALS__SSH__USER", "bob", {"credentials": {"ssh": {"user": "bob", "port": 22}}}),
        ("AUDITOR_SOMETHING_ELSE", "x", {"company": "Acme"}),
    ],
)
def test_the_environment_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, expected: dict[str, object]
) -> None:
    """Setting by setting; lists are written with commas or as JSON."""
    monkeypatch.setenv(variable, value)
    text = 'company = "Acme"\n[collect]\nworkers = 5\nenrol = true\n[credentials.ssh]\nuser = "audit"\nport = 22\n'
    settings = read(tmp_path, text)
    flat = {**dict(settings), **dict(settings.collect), **dict(settings.scope)}

    assert expected == {name: flat[name] for name in expected}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('compny = "x"\n', "auditor.toml:1:1: compny: there is no such field"),
        ("\n\n[collect]\nworkers = 0\n", "auditor.toml:4:1: workers: input should be greater than 0"),
        ("[collect]\nworker = 3\n", "auditor.toml:2:1: worker: there is no such field"),
        ("[colect]\nworkers = 3\n", "auditor.toml:1:1: colect: there is no such field"),
        ("[collect]\n  asset_seconds = inf\n", "auditor.toml:2:3: asset_seconds: input should be less than or equal"),
        ("company = 3\n", 'auditor.toml:1:1: company: should be text; put it in quotes: "1"'),
        ('inventory = "a.yaml"\n', "auditor.toml:1:1: inventory: should be a list: [one, two]"),
        ("[projects.rates]\nengineer = -1\n", "auditor.toml:2:1: engineer: input should be greater than 0"),
        ('company = "x\n', "auditor.toml:1:13: is not TOML: Illegal character"),
    ],
)
def test_what_is_wrong_in_the_file_is_said_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    """Before anything is scanned."""
    assert problem(tmp_path, text).startswith(said)


def test_all_problems_are_said_at_once(tmp_path: Path) -> None:
    """One run shows them all."""
    assert len(problem(tmp_path, "company = 1\npolicy = 2\nx = 3\n").splitlines()) == 3


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("AUDITOR_COLLECT__WORKERS", "many", "AUDITOR_COLLECT__WORKERS in the environment: workers: input should be"),
        ("AUDITOR_COLLECT__WORKER", "3", "AUDITOR_COLLECT__WORKER in the environment: worker: there is no such field"),
        ("AUDITOR_SCOPE", '{"allow": 3}', "AUDITOR_SCOPE in the environment: allow: should be a list: [one, two]"),
        ("AUDITOR_SCOPE", "{", "the environment: "),
        ("AUDITOR_INVENTORY", '["a.yaml"', "the environment: "),
    ],
)
def test_what_is_wrong_in_the_environment_names_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    """Nobody would look for it in the file."""
    monkeypatch.setenv(variable, value)

    assert problem(tmp_path, "[collect]\nworkers = 3\n").startswith(said)


def test_a_value_is_not_repeated_in_a_message(tmp_path: Path) -> None:
    """It may be a secret that stands in the wrong place."""
    assert "hunter2" not in problem(tmp_path, '[collect]\nworkers = "hunter2"\n')


def test_the_database_stands_in_the_workspace_unless_it_is_named(tmp_path: Path) -> None:
    """SQLite needs no server."""
    workspace = Workspace(tmp_path)

    assert store_url(workspace, Settings()) == f"sqlite:///{tmp_path}/.auditor/auditor.db"
    assert store_url(workspace, Settings(store={"url": "sqlite:///a/b.db"})) == f"sqlite:///{tmp_path}/a/b.db"
    assert store_url(workspace, Settings(store={"url": "b.db"})) == f"sqlite:///{tmp_path}/b.db"
    assert store_url(workspace, Settings(store={"url": "sqlite:////srv/b.db"})) == "sqlite:////srv/b.db"
    assert store_url(workspace, read(tmp_path, '[store]\nurl = "postgresql://db/audit"\n')) == "postgresql://db/audit"
