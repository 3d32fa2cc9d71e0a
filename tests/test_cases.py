"""The cases behind a check: where they are found, what differs, and how they are counted."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from auditor.cases import COUNTED, KINDS, find_cases, read_counts, trust, try_cases
from auditor.errors import ContentError
from auditor.plugins import load_content
from auditor.scaffold import write_check
from auditor.testing import Case, wrong
from auditor.workspace import Workspace
from tests.make import ABSENT, ROOT, UNKNOWN, Verdict, checks
from tools.trust import counted

ssh = checks("ssh")
NOTHING = dict.fromkeys(KINDS, 0)
MORE = """
CASES += [
    Case(content.recent, (content.BackupRecent(days_up=400),), Verdict.PASS, why="somebody erred"),
    "no case",
]
"""


@pytest.fixture
def acme(tmp_path: Path) -> Workspace:
    """Return a workspace with a check as it is written to begin with."""
    (tmp_path / "auditor.toml").touch()
    list(write_check(Workspace(tmp_path), "backup.recent"))
    return Workspace(tmp_path)


def stands(workspace: Workspace) -> Mapping[str, Mapping[Verdict, int]]:
    """Return what stands behind the checks of a workspace."""
    return trust(workspace, load_content(workspace))


def test_cases_are_found_in_tests_and_in_tests_checks(acme: Workspace) -> None:
    """With their places; what is no case is none, and a file that lists none is not even loaded."""
    written = acme.root / "tests/test_backup.py"
    (acme.root / "tests/test_other.py").write_text('raise RuntimeError("not loaded: CASES")\n')
    (acme.root / "tests/checks").mkdir()
    text = written.read_text().replace("parent.parent", "parents[2]") + MORE
    (acme.root / "tests/checks/test_more.py").write_text(text)
    found = find_cases(acme)

    assert [(one.file.name, one.number) for one in found] == [
        *(("test_backup.py", number) for number in range(6)),
        *(("test_more.py", number) for number in range(7)),
    ]
    assert str(found[0]) == f"{written}: CASES[0]"


def test_without_a_workspace_there_are_none(tmp_path: Path) -> None:
    """A folder of somebody else's is not searched for Python to run."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_x.py").write_text("CASES = [1 / 0]\n")

    assert find_cases(Workspace(tmp_path)) == []


def test_a_file_that_cannot_be_loaded_is_named_with_its_line(acme: Workspace) -> None:
    """Also where it is not ours: pytest that is not installed, say."""
    (acme.root / "tests/test_bad.py").write_text("import no_such_module\n\nCASES = []\n")

    with pytest.raises(ContentError, match=r"test_bad\.py:1: ModuleNotFoundError: .*no_such_module"):
        find_cases(acme)


@pytest.mark.parametrize(
    ("case", "difference"),
    [
        (Case(ssh.root_login, (UNKNOWN,), Verdict.UNKNOWN), ""),
        (Case(ssh.root_login, (UNKNOWN,), Verdict.PASS), "pass is right, and it says unknown: the answer was cut off"),
        (Case(ssh.root_login, (ABSENT,), Verdict.NOT_APPLICABLE), ""),
        (Case(ssh.root_login, (), Verdict.UNKNOWN), "the case gives 0 facts, and the check takes SshServer"),
        (Case(ssh.root_login, ("no fact",), Verdict.FAIL), "fail is right, and it says error: The check failed: "),
        (Case(ssh.root_login, Path("/no/recording"), Verdict.UNKNOWN), "the recording /no/recording/recording.json "),
    ],
    ids=str,
)
def test_a_case_says_how_it_differs(case: Case, difference: str) -> None:
    """In one sentence; a case that cannot be tried is not right."""
    assert case.difference().startswith(difference)
    assert bool(case.difference()) is bool(difference)
    assert wrong([case]) == ([f"{case}: {case.difference()}"] if difference else [])


def test_a_violation_elsewhere_differs(acme: Workspace) -> None:
    """A finding is followed by its subject."""
    case = next(one.case for one in find_cases(acme) if one.case.verdict is Verdict.FAIL)
    elsewhere = Case(case.check, case.facts, case.verdict, at=("host",))

    assert elsewhere.difference() == "it fails at uptime, and not at host"


def test_a_case_of_a_check_that_is_not_there_differs(acme: Workspace) -> None:
    """It would stand behind nothing."""
    (tried,) = try_cases(find_cases(acme), ["ssh.root-login"]).values()

    assert (tried.right.total(), len(tried.differing)) == (0, 6)
    assert {difference for _, difference in tried.differing} == {"there is no check of this id here"}


def test_only_what_is_right_counts(acme: Workspace) -> None:
    """And a check without cases has none."""
    with (acme.root / "tests/test_backup.py").open("a") as file:
        file.write(MORE)
    (acme.root / "checks/other.py").write_text(
        (acme.root / "checks/backup.py").read_text().replace("backup.recent", "other.recent")
    )
    counts = stands(acme)

    right = {Verdict.PASS: 3, Verdict.FAIL: 1, Verdict.UNKNOWN: 1, Verdict.NOT_APPLICABLE: 1}
    assert (counts["backup.recent"], counts["other.recent"]) == (right, NOTHING)


def test_the_counts_that_ship_are_those_of_the_cases(acme: Workspace) -> None:
    """Where they differ, run `python -m tools.trust`. They are what another workspace shows of the checks that ship."""
    shown = (ROOT / "checks" / COUNTED).read_text()
    counts = stands(acme)

    assert shown == counted(), "run: python -m tools.trust"
    assert {name: counts[name] for name in counts if name != "backup.recent"} == read_counts(ROOT / "checks" / COUNTED)
    assert min(counts["ssh.root-login"].values()) >= 1


@pytest.mark.parametrize("text", ["", "check\nssh.root-login\n", "check,pass,fail,unknown,not-applicable\na,1,2,3,x\n"])
def test_counts_that_cannot_be_read_are_no_zeros(tmp_path: Path, text: str) -> None:
    """A damaged installation says so."""
    (tmp_path / "x.csv").write_text(text)
    if not text:
        (tmp_path / "x.csv").unlink()

    with pytest.raises(ContentError, match="cannot be read"):
        read_counts(tmp_path / "x.csv")
