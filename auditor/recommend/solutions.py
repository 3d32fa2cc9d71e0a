"""The catalogue of solutions: `policies/solutions/*.yaml`, the workspace's own first."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from auditor.documents import Document, read_yaml, validated
from auditor.errors import ContentError
from auditor.model.recommendation import Estimate, Solution, SolutionKind, TaskTemplate

Hours = Annotated[float, Field(ge=0, le=10_000)]


class _Written(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Task(_Written):
    title: str
    role: str
    hours: tuple[Hours, Hours, Hours]
    per_asset: bool = False


class _Solution(_Written):
    id: str
    title: str
    kind: SolutionKind
    summary: str
    trend: str = ""
    material_cost: Annotated[float, Field(ge=0)] = 0.0
    tasks: Annotated[tuple[_Task, ...], Field(min_length=1)]


class _File(_Written):
    solutions: tuple[_Solution, ...]


def load_solutions(folders: Sequence[Path]) -> dict[str, Solution]:
    """Return the solutions of some `policies` folders by id; the first folder's win. Raises ContentError."""
    found: dict[str, Solution] = {}
    for folder in folders:
        for path in sorted((folder / "solutions").glob("*.yaml")):
            for solution in _read(path):
                found.setdefault(solution.id, solution)
    return found


def _read(path: Path) -> list[Solution]:
    document = read_yaml(path)
    written = validated(document, _File)
    return [_solution(one, document, index) for index, one in enumerate(written.solutions)]


def _solution(written: _Solution, document: Document, index: int) -> Solution:
    return Solution(
        id=written.id,
        title=written.title,
        kind=written.kind,
        summary=written.summary,
        trend=written.trend,
        material_cost=written.material_cost,
        tasks=tuple(
            TaskTemplate(
                title=task.title,
                role=task.role,
                per_asset=task.per_asset,
                hours=_estimate(task, document, index, number),
            )
            for number, task in enumerate(written.tasks)
        ),
    )


def _estimate(task: _Task, document: Document, index: int, number: int) -> Estimate:
    low, likely, high = task.hours
    if not low <= likely <= high:
        place = document.place("solutions", index, "tasks", number, "hours")
        raise ContentError(place, "hours must rise: optimistic, most likely, pessimistic")
    return Estimate(low, likely, high)
