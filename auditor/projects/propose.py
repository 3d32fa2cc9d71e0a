"""A recommendation becomes a draft project: scope, tasks with owners, three-point estimates, cost, what it closes."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from auditor.model.project import Project, Task
from auditor.model.recommendation import Estimate, Recommendation, TaskTemplate

_MISSING: Final = ("sponsor", "project manager", "deadline", "approval", "budget release")
_NOBODY: Final = "to be named"
_BUYER: Final = "procurement"


@dataclass(frozen=True, slots=True)
class Terms:
    """What an hour of work costs; `rates` of a role where they differ."""

    currency: str
    hourly_rate: float
    rates: Mapping[str, float] = field(default_factory=dict)

    def rate(self, role: str) -> float:
        """Return what an hour of somebody in this role costs."""
        return self.rates.get(role, self.hourly_rate)


def propose(advice: Recommendation, owners: Mapping[str, str], terms: Terms, *, today: date) -> Project:
    """Return a draft project that carries out a recommendation. `owners` says who answers for each asset."""
    closes = tuple(finding.id for finding in advice.findings)
    return Project(
        id=f"{advice.solution.id}-{hashlib.sha256(' '.join(sorted(closes)).encode()).hexdigest()[:6]}",
        title=advice.solution.title,
        goal=f"The next audits find none of the {len(closes)} violations that this project closes.",
        scope=advice.assets,
        recommendation=advice,
        tasks=tuple(_tasks(advice, owners, terms)),
        closes=closes,
        proposed_on=today,
        currency=terms.currency,
        missing=_MISSING,
    )


def _tasks(advice: Recommendation, owners: Mapping[str, str], terms: Terms) -> Iterator[Task]:
    """Yield the solution's steps, each after the one before; work on assets is one task for each owner.

    Material is bought before the first work on assets.
    """
    before: tuple[str, ...] = ()
    number = 0
    to_buy = bool(advice.solution.material_cost)
    for template in advice.solution.tasks:
        if to_buy and template.per_asset:
            number, to_buy = number + 1, False
            yield _purchase(f"T{number}", advice, before, terms)
            before = (f"T{number}",)
        step: list[str] = []
        for owner, assets in _shares(template, advice.assets, owners):
            number += 1
            yield _task(f"T{number}", template, owner, assets, before, terms)
            step.append(f"T{number}")
        before = tuple(step)
    if to_buy:
        yield _purchase(f"T{number + 1}", advice, before, terms)


def _purchase(id_: str, advice: Recommendation, before: tuple[str, ...], terms: Terms) -> Task:
    hours = Estimate(1, 2, 4)
    count = len(advice.assets)
    return Task(
        id=id_,
        title=f"Buy material for {count} asset{'' if count == 1 else 's'}",
        owner=f"{_NOBODY} ({_BUYER})",
        hours=hours,
        cost=advice.solution.material_cost * count + hours.expected * terms.rate(_BUYER),
        after=before,
    )


def _shares(
    template: TaskTemplate, assets: tuple[str, ...], owners: Mapping[str, str]
) -> list[tuple[str, tuple[str, ...]]]:
    if not template.per_asset:
        return [(_NOBODY, ())]
    shares: dict[str, list[str]] = {}
    for asset in assets:
        shares.setdefault(owners.get(asset) or _NOBODY, []).append(asset)
    return [(owner, tuple(mine)) for owner, mine in sorted(shares.items())]


def _task(
    id_: str, template: TaskTemplate, owner: str, assets: tuple[str, ...], before: tuple[str, ...], terms: Terms
) -> Task:
    times = max(len(assets), 1)
    hours = Estimate(template.hours.low * times, template.hours.likely * times, template.hours.high * times)
    named = f": {', '.join(assets)}" if assets else ""
    return Task(
        id=id_,
        title=f"{template.title}{named}",
        owner=owner if owner != _NOBODY else f"{_NOBODY} ({template.role})",
        hours=hours,
        cost=hours.expected * terms.rate(template.role),
        after=before,
    )
