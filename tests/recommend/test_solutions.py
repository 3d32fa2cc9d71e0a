"""The catalogue of solutions: what ships fits the checks, and a mistake in a file is named where it stands."""

from functools import cache
from pathlib import Path

import pytest

from auditor.errors import ContentError
from auditor.model.check import Check
from auditor.model.recommendation import Estimate, Solution
from auditor.plugins import load_content
from auditor.recommend import load_solutions
from auditor.workspace import Workspace
from tests.make import ROOT

GOOD = """\
solutions:
  - id: harden-ssh
    title: Set up SSH
    kind: configure
    summary: One configuration.
    tasks:
      - {title: Do it, role: engineering, hours: [1, 2, 4]}
"""


@cache
def shipped() -> dict[str, Solution]:
    """Return the shipped catalogue."""
    return load_solutions([ROOT / "policies"])


@cache
def checks() -> dict[str, Check]:
    """Return every shipped check."""
    return dict(load_content(Workspace(ROOT)).checks)


def given(folder: Path, text: str, name: str = "one.yaml") -> Path:
    """Return a `policies` folder whose catalogue has this file."""
    (folder / "solutions").mkdir(parents=True, exist_ok=True)
    (folder / "solutions" / name).write_text(text, encoding="utf-8")
    return folder


def test_every_shipped_check_has_its_solution() -> None:
    """A finding without a solution would end in no project."""
    assert {check.id: check.fix.solution for check in checks().values() if check.fix.solution not in shipped()} == {}


def test_every_shipped_solution_is_used() -> None:
    """A solution that mends nothing is dead weight, or a check lacks."""
    assert shipped().keys() - {check.fix.solution for check in checks().values()} == set()


@pytest.mark.parametrize("solution", [pytest.param(one, id=one.id) for one in shipped().values()])
def test_a_shipped_solution_is_a_plan(solution: Solution) -> None:
    """It tries before it rolls out, asks for approval of a change, works on assets, and ends with a verification."""
    assert solution.trend
    assert any(task.per_asset for task in solution.tasks)
    assert solution.tasks[-1].role == "security"
    assert not solution.tasks[-1].per_asset
    assert all(0 < task.hours.low <= task.hours.likely <= task.hours.high for task in solution.tasks)
    assert all(not task.title.endswith(".") for task in solution.tasks)


def test_a_file_is_read(tmp_path: Path) -> None:
    solution = load_solutions([given(tmp_path, GOOD)])["harden-ssh"]

    assert (solution.title, solution.tasks[0].hours) == ("Set up SSH", Estimate(1, 2, 4))


def test_the_workspace_replaces_a_shipped_solution(tmp_path: Path) -> None:
    """The first folder wins, solution by solution."""
    both = load_solutions([given(tmp_path, GOOD), ROOT / "policies"])

    assert both["harden-ssh"].title == "Set up SSH"
    assert both.keys() == shipped().keys()


def test_no_folder_no_solutions(tmp_path: Path) -> None:
    assert load_solutions([tmp_path, tmp_path / "absent"]) == {}


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("[1, 2, 4]", "[4, 2, 1]", 7, "hours must rise"),
        ("[1, 2, 4]", "[1, 2]", 7, "required"),
        ("[1, 2, 4]", "[-1, 2, 4]", 7, "greater than or equal to 0"),
        ("[1, 2, 4]", "[1, 2, .nan]", 7, "finite number|less than or equal"),
        ("[1, 2, 4]", "[1, 2, .inf]", 7, "finite number|less than or equal"),
        ("configure", "magic", 4, "kind"),
        ("summary: One configuration.", "summary: ''", 5, "summary"),
        ("summary:", "sumary:", 5, "there is no such field"),
        ("harden-ssh", "Harden SSH", 2, "id"),
        ("kind: configure", "kind: configure\n    material_cost: .inf", 5, "finite number"),
        ("solutions:", "solution:", 1, "there is no such field"),
    ],
)
def test_a_mistake_is_named_where_it_stands(tmp_path: Path, old: str, new: str, line: int, message: str) -> None:
    """File and line, and every problem of the file at once."""
    with pytest.raises(ContentError, match=message) as problem:
        load_solutions([given(tmp_path, GOOD.replace(old, new))])

    lines = {one.place.line for one in (problem.value, *problem.value.others)}
    assert line in lines
    assert problem.value.place.file.endswith("one.yaml")


def test_a_solution_that_stands_twice(tmp_path: Path) -> None:
    """In two files of one folder, one of them would be lost without a word."""
    given(tmp_path, GOOD, "one.yaml")

    with pytest.raises(ContentError, match=r"two\.yaml:2:\d+: harden-ssh: stands at .*one\.yaml:2"):
        load_solutions([given(tmp_path, GOOD, "two.yaml")])
