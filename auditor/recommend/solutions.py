"""The catalogue of solutions: `policies/solutions/*.yaml`, the workspace's own first."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from auditor.documents import Document, read_yaml, validated
from auditor.errors import ContentError, Place
from auditor.model.recommendation import Estimate, Solution, SolutionKind, TaskTemplate

Hours = Annotated[float, Field(ge=0, le=10_000, allow_inf_nan=False)]
Words = Annotated[str, Field(min_length=1)]


class _Written(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Task(_Written):
    title: Words
    role: Words
    hours: tuple[Hours, Hours, Hours]
    per_asset: bool = False


class _Solution(_Written):
    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    title: Words
    kind: SolutionKind
    summary: Words
    trend: str = ""
    material_cost: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    tasks: Annotated[tuple[_Task, ...], Field(min_length=1)]


class _File(_Written):
    solutions: tuple[_Solution, ...]


def load_solutions(folders: Sequence[Path]) -> dict[str, Solution]:
    """Return the solutions of some `policies` folders by id; the first folder's win. Raises ContentError.

    An id that stands twice in one folder is an error: one of the two would be silently lost.
    """
    found: dict[str, Solution] = {}
    for folder in folders:
        here: dict[str, Place] = {}
        for path in sorted((folder / "solutions").glob("*.yaml")):
            for place, solution in _read(path):
                if solution.id in here:
                    raise ContentError(place, f"{solution.id}: stands at {here[solution.id]} too", "Keep one of them.")
                here[solution.id] = place
                found.setdefault(solution.id, solution)
    return found


def _read(path: Path) -> Iterator[tuple[Place, Solution]]:
    document = read_yaml(path)
    written = validated(document, _File)
    for index, one in enumerate(written.solutions):
        yield document.place("solutions", index, "id"), _solution(one, document, index)


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
