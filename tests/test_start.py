"""`auditor init` makes a workspace that is valid as it is, and takes nothing away."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from auditor.errors import UsageError
from auditor.setup import prepare
from auditor.start import make_workspace
from auditor.workspace import FOLDERS


def test_a_new_workspace_is_whole_and_valid(tmp_path: Path) -> None:
    """Settings, policy and inventory are read as they are written."""
    written = list(make_workspace(tmp_path / "acme", "Acme"))
    setup = prepare(tmp_path / "acme")

    assert {path.relative_to(tmp_path / "acme").parts[0] for path in written} >= {*FOLDERS, "auditor.toml"}
    assert (setup.settings.company, setup.policy.id) == ("Acme", "company")
    assert [asset.name for asset in setup.inventory.assets] == ["localhost"]
    assert setup.policy.controls


@pytest.mark.parametrize("company", ['A "B" & Söhne', "back\\slash", "O'Neil {company}", "東京 🏢", "a = 1 # b", " x "])
def test_any_name_of_a_company_will_do(tmp_path: Path, company: str) -> None:
    """Quotes, backslashes, braces and signs of any script."""
    list(make_workspace(tmp_path / "acme", company))

    assert tomllib.loads((tmp_path / "acme/auditor.toml").read_text())["company"] == company


@pytest.mark.parametrize("company", ["", "  ", "two\nlines", "bell\a", "lone \udcff"])
def test_what_is_no_name_is_refused_and_nothing_written(tmp_path: Path, company: str) -> None:
    """It would not be TOML, or move a terminal's cursor."""
    with pytest.raises(UsageError, match="a name is one line"):
        list(make_workspace(tmp_path / "acme", company))

    assert not (tmp_path / "acme").exists()


def test_a_workspace_is_not_made_twice(tmp_path: Path) -> None:
    """And what is there stays as it is."""
    list(make_workspace(tmp_path, "Acme"))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    with pytest.raises(UsageError, match="is there already; this is a workspace"):
        list(make_workspace(tmp_path, "Other"))

    assert before == {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}


def test_files_that_are_there_are_kept(tmp_path: Path) -> None:
    """A folder with a policy becomes a workspace around it."""
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies/company.yaml").write_text("policy: mine\nversion: '1'\nextends: [baseline]\n")
    written = list(make_workspace(tmp_path, "Acme"))

    assert tmp_path / "policies/company.yaml" not in written
    assert prepare(tmp_path).policy.id == "mine"


def test_where_nothing_can_be_written_it_says_so(tmp_path: Path) -> None:
    """A file in the way, of the folder or of one in it; nothing half made passes for a workspace."""
    (tmp_path / "file").touch()
    (tmp_path / "half").mkdir()
    (tmp_path / "half/checks").touch()

    with pytest.raises(UsageError, match="is a file"):
        list(make_workspace(tmp_path / "file", "Acme"))
    with pytest.raises(UsageError, match="cannot be written"):
        list(make_workspace(tmp_path / "half", "Acme"))
    assert not (tmp_path / "half/auditor.toml").exists()


def test_a_newcomer_gets_from_nothing_to_a_check_of_their_own(tmp_path: Path) -> None:
    """Init, a new check, its own tests, the check on this machine; each as a person would run it."""

    def auditor(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from auditor.cli.main import run; run()", *words]
        return subprocess.run(command, cwd=tmp_path / "acme", capture_output=True, text=True, check=False)

    (tmp_path / "acme").mkdir()
    assert auditor("init", ".").returncode == 0
    assert auditor("checks", "new", "backup.recent").returncode == 0

    tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_backup.py"]
    tried = subprocess.run(tests, cwd=tmp_path / "acme", capture_output=True, text=True, check=False)
    run = auditor("checks", "run", "backup.recent", "--local", "--set", "most_days=100000", "--format", "json")

    assert tried.returncode == 0, tried.stdout
    assert "3 passed" in tried.stdout
    assert (run.returncode, json.loads(run.stdout)[0]["verdict"]) == (0, "pass")
    assert auditor("policy", "lint").returncode == 0
