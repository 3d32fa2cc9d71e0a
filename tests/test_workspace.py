"""Where content lives: the user's own first, then what ships; nothing hidden, nothing twice."""

from pathlib import Path

import pytest

from auditor.errors import UsageError
from auditor.workspace import FOLDERS, Workspace, shipped
from tests.make import ROOT


def made(folder: Path, *files: str) -> Workspace:
    """Return a workspace with these files."""
    for name in ("auditor.toml", *files):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return Workspace(folder)


def test_the_nearest_workspace_above_is_found(tmp_path: Path) -> None:
    """As git finds a repository."""
    made(tmp_path)
    inner = made(tmp_path / "inner")
    (tmp_path / "inner" / "policies" / "deep").mkdir(parents=True)
    (tmp_path / "outer").mkdir()

    assert Workspace.find(tmp_path / "inner" / "policies" / "deep") == inner
    assert Workspace.find(tmp_path / "outer") == Workspace(tmp_path)


def test_a_folder_that_is_none_stands_for_itself(tmp_path: Path) -> None:
    """Then only what ships is there."""
    (tmp_path / "checks").mkdir()
    workspace = Workspace.find(tmp_path)

    assert (workspace.root, workspace.exists) == (tmp_path, False)
    assert workspace.folders("checks") == (ROOT / "checks",)


def test_a_folder_named_like_the_settings_is_no_workspace(tmp_path: Path) -> None:
    """It has to be a file."""
    (tmp_path / "auditor.toml").mkdir()

    assert not Workspace.find(tmp_path).exists


def test_the_users_folder_goes_before_the_shipped_one(tmp_path: Path) -> None:
    """And a folder that is missing is left out."""
    workspace = made(tmp_path, "checks/own.py")

    assert workspace.folders("checks") == (tmp_path / "checks", ROOT / "checks")
    assert workspace.folders("policies") == (ROOT / "policies",)
    assert workspace.folders("nothing") == ()


def test_the_repository_is_a_workspace_that_is_not_read_twice() -> None:
    """Its own folders are the shipped ones."""
    workspace = Workspace(ROOT)

    assert workspace.exists
    assert [workspace.folders(name) for name in FOLDERS] == [(ROOT / name,) for name in FOLDERS]


def test_hidden_and_private_files_are_left_out(tmp_path: Path) -> None:
    """Editors' lock files and what other files share; own files come first, sorted."""
    workspace = made(tmp_path, "checks/b.py", "checks/a.py", "checks/.#b.py", "checks/_shared.py", "checks/a.txt")
    names = [path.name for path in workspace.files("checks", "*.py")]

    assert names[:2] == ["a.py", "b.py"]
    assert not {".#b.py", "_shared.py", "a.txt"} & set(names)


def test_a_file_is_found_by_name_by_path_and_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The current folder's first, then the workspace's, then what ships."""
    workspace = made(tmp_path / "work", "policies/own.yaml", "elsewhere/other.yaml")
    own, other = tmp_path / "work/policies/own.yaml", tmp_path / "work/elsewhere/other.yaml"
    monkeypatch.chdir(tmp_path / "work" / "elsewhere")
    (tmp_path / "work" / "elsewhere" / "near.yaml").touch()

    def find(wanted: str) -> Path:
        return workspace.find_file("policies", wanted, suffix=".yaml")

    assert (find("own"), find("own.yaml"), find("policies/own.yaml"), find(str(own))) == (own, own, own, own)
    assert (find("elsewhere/other.yaml"), find("other.yaml")) == (other, other)
    assert find("near.yaml") == tmp_path / "work/elsewhere/near.yaml"
    assert find("baseline") == ROOT / "policies/baseline.yaml"


def test_the_users_file_replaces_a_shipped_one_of_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever writes policies/baseline.yaml means it."""
    monkeypatch.chdir(tmp_path)
    workspace = made(tmp_path, "policies/baseline.yaml")

    assert workspace.find_file("policies", "baseline", suffix=".yaml") == tmp_path / "policies/baseline.yaml"


@pytest.mark.parametrize(
    "wanted", ["missing", "policies", "/nowhere/x.yaml", "../baseline", "~nobody/x.yaml", "", "a\0b"]
)
def test_a_file_that_is_not_there_says_what_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: str
) -> None:
    """A folder is no file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policies").mkdir()

    with pytest.raises(UsageError, match=r"There are: .*baseline"):
        made(tmp_path).find_file("policies", wanted, suffix=".yaml")


def test_what_ships_is_whole() -> None:
    """Each of the four folders, in the checkout and in the wheel alike."""
    assert all((shipped() / name).is_dir() for name in FOLDERS)


def test_a_shipped_file_that_a_workspace_holds_unchanged_counts_once(tmp_path: Path) -> None:
    """So an installed auditor can audit from a checkout; a changed copy is another file."""
    workspace = made(tmp_path)
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks/time.py").write_bytes((ROOT / "checks/time.py").read_bytes())
    (tmp_path / "checks/files.py").write_text("# mine\n")
    found = list(workspace.files("checks", "*.py"))

    assert [path for path in found if path.name == "time.py"] == [tmp_path / "checks/time.py"]
    assert len([path for path in found if path.name == "files.py"]) == 2
