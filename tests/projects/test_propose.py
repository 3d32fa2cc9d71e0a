"""A recommendation becomes a draft project: who does what after what, and what it costs."""

from dataclasses import replace
from datetime import date

import pytest

from auditor.model.finding import FindingState
from auditor.model.project import Project
from auditor.model.recommendation import Estimate, Recommendation, Solution, TaskTemplate
from auditor.projects import Terms, propose
from auditor.recommend import recommend
from tests.reports.made import POLICY, SOLUTIONS, finding

TODAY = date(2026, 11, 22)
OWNERS = {"web-01": "web@acme.example", "web-02": "web@acme.example", "db-01": "db@acme.example"}
TASKS = (
    TaskTemplate(title="Plan it", role="engineering", hours=Estimate(1, 2, 9)),
    TaskTemplate(title="Do it", role="engineering", hours=Estimate(0.5, 1, 1.5), per_asset=True),
    TaskTemplate(title="Verify it", role="security", hours=Estimate(1, 1, 1)),
)


def advised(*assets: str, **changed: object) -> Recommendation:
    """Return the recommendation to harden SSH on some assets, with fields of the solution changed."""
    solution: Solution = replace(SOLUTIONS["harden-ssh"], tasks=TASKS, **changed)
    findings = [finding(name, FindingState.OPEN) for name in assets]
    return recommend(findings, {"harden-ssh": solution}, POLICY)[0]


def proposed(*assets: str, rates: dict[str, float] | None = None, **changed: object) -> Project:
    """Return the draft of it; an hour costs 100, or what `rates` says."""
    return propose(advised(*assets, **changed), OWNERS, Terms("EUR", 100.0, rates or {}), today=TODAY)


def test_work_on_assets_is_one_task_for_each_owner() -> None:
    """Steps follow each other, owners work side by side, and an asset without an owner needs somebody to be named."""
    tasks = [
        (task.id, task.title, task.owner, task.after) for task in proposed("web-01", "web-02", "db-01", "app-01").tasks
    ]

    assert tasks == [
        ("T1", "Plan it", "to be named (engineering)", ()),
        ("T2", "Do it: db-01", "db@acme.example", ("T1",)),
        ("T3", "Do it: app-01", "to be named (engineering)", ("T1",)),
        ("T4", "Do it: web-01, web-02", "web@acme.example", ("T1",)),
        ("T5", "Verify it", "to be named (security)", ("T2", "T3", "T4")),
    ]


def test_hours_grow_with_the_assets() -> None:
    """Three points a task; per-asset work is multiplied, the rest is not."""
    project = proposed("web-01", "web-02")

    assert [task.hours for task in project.tasks] == [Estimate(1, 2, 9), Estimate(1, 2, 3), Estimate(1, 1, 1)]
    assert project.hours == Estimate(3, 5, 13)


def test_an_estimate_is_the_mean_of_three_points() -> None:
    """(1 + 4 x 2 + 9) / 6 = 3 hours, with a deviation of (9 - 1) / 6."""
    assert (Estimate(1, 2, 9).expected, Estimate(1, 2, 9).deviation) == (3.0, pytest.approx(8 / 6))


def test_cost_is_expected_hours_at_the_rate_of_the_role() -> None:
    """3 hours and 1 hour of engineering at 100, 1 hour of security at 150."""
    assert proposed("web-01", rates={"security": 150.0}).cost == 3 * 100 + 1 * 100 + 1 * 150


def test_material_is_bought_before_the_work_on_assets() -> None:
    """250 for each of two assets, and the buyer's hours; nobody installs what has not come."""
    tasks = proposed("web-01", "web-02", material_cost=250.0).tasks
    bought = tasks[1]

    assert (bought.title, bought.owner, bought.after) == (
        "Buy material for 2 assets",
        "to be named (procurement)",
        ("T1",),
    )
    assert bought.cost == pytest.approx(500 + (1 + 8 + 4) / 6 * 100)
    assert tasks[2].after == (bought.id,)


def test_every_task_waits_for_tasks_that_stand_before_it() -> None:
    """No cycle and no dangling name, whatever the shape."""
    for project in (proposed("web-01"), proposed("web-01", "db-01", material_cost=1.0)):
        known: set[str] = set()
        for task in project.tasks:
            assert set(task.after) <= known
            assert task.id not in known
            known.add(task.id)


def test_a_draft_says_what_it_closes_and_what_it_lacks() -> None:
    """The findings by id, and what only people can give."""
    project = proposed("web-01", "db-01")

    assert project.closes == tuple(one.id for one in project.recommendation.findings)
    assert (project.scope, project.proposed_on) == (("db-01", "web-01"), TODAY)
    assert project.missing == ("sponsor", "project manager", "deadline", "approval", "budget release")


def test_the_same_findings_give_the_same_project() -> None:
    """Its id can be cited; other findings are another project."""
    assert proposed("web-01", "db-01").id == proposed("db-01", "web-01").id
    assert proposed("web-01").id != proposed("db-01").id
