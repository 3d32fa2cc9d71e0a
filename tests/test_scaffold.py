"""`auditor checks new` writes a check that works as it stands."""

from pathlib import Path

import pytest

from auditor.errors import UsageError
from auditor.model.check import Check
from auditor.plugins import load_file
from auditor.scaffold import write_check
from auditor.testing import Case
from auditor.workspace import Workspace


def workspace(folder: Path) -> Workspace:
    """Return an empty workspace."""
    (folder / "auditor.toml").touch()
    return Workspace(folder)


@pytest.mark.parametrize(
    "check_id",
    ["backup.recent", "backup.backup", "class.def", "x.int", "x.float", "a-b.c-d-2", "own.from-proc", "own.check",
     "own.probe", "own.seen", "own.dataclass", "own.iterator", "my-company.two-factor"],
)  # fmt: skip
def test_what_is_written_loads_and_its_cases_are_right(tmp_path: Path, check_id: str) -> None:
    """Whatever word of Python or of the template the id happens to be."""
    check_file, test_file = write_check(workspace(tmp_path), check_id)
    tests = load_file(test_file)

    assert check_id in {one.id for one in vars(load_file(check_file)).values() if isinstance(one, Check)}
    assert len(tests.CASES) == 6
    for case in tests.CASES:
        assert isinstance(case, Case)
        assert case.check.id == check_id
        case.assert_right()
    tests.test_every_verdict_is_right()
    tests.test_the_probe_reads_what_the_host_says()
    tests.test_garbage_is_no_fact()


@pytest.mark.parametrize(
    "check_id",
    ["", "backup", "backup.", ".recent", "a.b.c", "Backup.recent", "backup.Recent", "2fa.on", "a.2", "a_b.c", "a.b-",
     "a--b.c", "../evil.x", "a.b\n", "a.b'", "ä.b", "a b.c"],
)  # fmt: skip
def test_what_is_no_id_is_refused_and_nothing_written(tmp_path: Path, check_id: str) -> None:
    """An id names a file and a function."""
    with pytest.raises(UsageError, match=r"a check's id is SUBJECT\.NAME"):
        list(write_check(workspace(tmp_path), check_id))

    assert [path.name for path in tmp_path.iterdir()] == ["auditor.toml"]


@pytest.mark.parametrize("there", ["checks/backup.py", "tests/test_backup.py"])
def test_nothing_is_overwritten(tmp_path: Path, there: str) -> None:
    """Neither file is written when one of them is there."""
    (tmp_path / there).parent.mkdir()
    (tmp_path / there).write_text("mine\n")

    with pytest.raises(UsageError, match="is there already; add the check there"):
        list(write_check(workspace(tmp_path), "backup.recent"))

    assert (tmp_path / there).read_text() == "mine\n"
    assert sum(path.is_file() for path in tmp_path.rglob("*.py")) == 1


def test_outside_a_workspace_it_would_not_be_found(tmp_path: Path) -> None:
    """So none is written."""
    with pytest.raises(UsageError, match="is no workspace"):
        list(write_check(Workspace(tmp_path), "backup.recent"))


def test_a_folder_that_cannot_be_written_to_is_said(tmp_path: Path) -> None:
    """A file stands where the folder would."""
    (tmp_path / "checks").touch()

    with pytest.raises(UsageError, match=r"backup\.py cannot be written: "):
        list(write_check(workspace(tmp_path), "backup.recent"))
