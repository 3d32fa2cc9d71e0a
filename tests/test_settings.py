"""`auditor.toml` and the environment become settings; what is wrong is said with the line, or the variable."""

from pathlib import Path

import pytest

from auditor.errors import ContentError
from auditor.settings import Settings, read_settings, refuse_stray_limits, store_url
from auditor.workspace import Workspace
from tests.make import ROOT, asset


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


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[collect]\nworkers = -1\n", "auditor.toml:2:1: workers: input should be greater than 0"),
        ("[collect]\nprocesses = 65\n", "auditor.toml:2:1: processes: input should be less than or equal to 64"),
        ("[collect]\nprocesses = -1\n", "auditor.toml:2:1: processes: input should be greater than or equal to 0"),
        ("[collect]\njitter_seconds = 61\n", "auditor.toml:2:1: jitter_seconds: input should be less than or equal"),
        ("[collect]\nworkers = true\n", "auditor.toml:2:1: workers: should be a number, and not a switch"),
        ("[collect]\naudit_seconds = false\n", "auditor.toml:2:1: audit_seconds: should be a number, and not a switch"),
        ("[limits]\nper_site = true\n", "auditor.toml:2:1: per_site: should be a number, and not a switch"),
        ("[collect]\nrefusals = 0\n", "auditor.toml:2:1: refusals: input should be greater than or equal to 1"),
        ("[collect]\naudit_seconds = nan\n", "auditor.toml:2:1: audit_seconds: input should be "),
        ("[limits]\nper_zone = -5\n", "auditor.toml:2:1: per_zone: input should be greater than or equal to 0"),
        ("[limits]\nper_host = 5\n", "auditor.toml:2:1: per_host: there is no such field"),
        ("[limits.zones]\ndmz = -1\n", "auditor.toml:2:1: dmz: input should be greater than or equal to 0"),
        ("[limits]\nzones = 5\n", "auditor.toml:2:1: zones: should be fields with values"),
        (
            "[collect]\nconnect_seconds = 400\n",
            "auditor.toml:2:1: connect_seconds: 400 s do not fit into the 300 s of asset_seconds\n  Lower connect_seco",
        ),
        (
            "[collect]\n\nasset_seconds = 5\n",
            "auditor.toml:3:1: connect_seconds: 10 s do not fit into the 5 s of asset",
        ),
        (
            "[collect]\nasset_seconds = 99\naudit_seconds = 98\n",
            "auditor.toml:2:1: asset_seconds: 99 s do not fit into",
        ),
    ],
)
def test_a_limit_that_cannot_be_is_said_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    """Negative, none where one is needed, or larger than the one around it."""
    assert problem(tmp_path, text).startswith(said)


def test_limits_of_time_may_be_equal_and_none(tmp_path: Path) -> None:
    """An audit without a deadline has room for any asset."""
    text = "[collect]\nconnect_seconds = 7\nasset_seconds = 7\naudit_seconds = 0\n"
    collect = read(tmp_path, text).collect

    assert (collect.connect_seconds, collect.asset_seconds) == (7.0, 7.0)
    assert collect.audit_seconds == 0.0


def test_an_impossible_limit_of_the_environment_names_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever set it last has to change it."""
    monkeypatch.setenv("AUDITOR_COLLECT__CONNECT_SECONDS", "400")

    assert problem(tmp_path, "[collect]\nworkers = 3\n").startswith(
        "AUDITOR_COLLECT__CONNECT_SECONDS in the environment:"
    )


def test_concurrency_is_limited_for_all_and_for_some(tmp_path: Path) -> None:
    """What is named differs from the number for all; an asset without a zone is counted for none."""
    text = "[limits]\nper_zone = 20\nper_credential = 8\n[limits.zones]\ndmz = 5\nlab = 0\n[limits.sites]\nbonn = 2\n"
    limits = read(tmp_path, text).limits

    assert [limits.of_zone(zone) for zone in ("office", "dmz", "lab", "")] == [20, 5, 0, 0]
    assert [limits.of_site(site) for site in ("bonn", "berlin", "")] == [2, 0, 0]
    assert [limits.of_credential(name) for name in ("ssh", "")] == [8, 0]


def test_limits_of_what_there_is_not_are_refused(tmp_path: Path) -> None:
    """Under a wrong name, a zone would have no limit."""
    text = "[limits.zones]\ndmz = 5\ndnz = 5\n[limits.sites]\nbonn = 1\n[limits.credentials]\nssh = 2\nshh = 2\n"
    (tmp_path / "auditor.toml").write_text(f"{text}[credentials.ssh]\nagent = true\n", encoding="utf-8")
    settings, document = read_settings(Workspace(tmp_path))

    with pytest.raises(ContentError) as caught:
        refuse_stray_limits(settings, document, [asset("a", zone="dmz"), asset("b", zone="lan", site="berlin")])

    assert [(one.place.line, one.problem) for one in (caught.value, *caught.value.others)] == [
        (3, "limits.zones: there is no zone dnz"),
        (5, "limits.sites: there is no site bonn"),
        (8, "limits.credentials: there is no credential shh"),
    ]


def test_all_problems_are_said_at_once(tmp_path: Path) -> None:
    """One run shows them all."""
    assert len(problem(tmp_path, "company = 1\npolicy = 2\nx = 3\n").splitlines()) == 3


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("AUDITOR_COLLECT__WORKERS", "many", "AUDITOR_COLLECT__WORKERS in the environment: workers: input should be"),
        ("AUDITOR_COLLECT__WORKER", "3", "AUDITOR_COLLECT__WORKER in the environment: worker: there is no such field"),
        ("AUDITOR_SCOPE", '{"allow": 3}', "AUDITOR_SCOPE in the environment: allow: should be a list: [one, two]"),
        ("AUDITOR_SCOP__ALLOW", "x", "AUDITOR_SCOP__ALLOW in the environment: scop: there is no such setting\n  Did"),
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
