"""A remediation project as it is proposed: what it covers, who does what, what it takes and what it closes."""

from dataclasses import dataclass
from datetime import date

from auditor.model.recommendation import Estimate, Recommendation


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A piece of work. `after` names the tasks that must be finished first."""

    id: str
    title: str
    owner: str
    hours: Estimate
    cost: float
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A draft that a project manager can take further. Costs are in `currency`."""

    id: str
    title: str
    goal: str
    scope: tuple[str, ...]  # asset names
    recommendation: Recommendation
    tasks: tuple[Task, ...]
    closes: tuple[str, ...]  # finding ids
    proposed_on: date
    currency: str
    missing: tuple[str, ...] = ()  # what a charter still needs: sponsor, manager, ...

    @property
    def hours(self) -> Estimate:
        """Return the sum of the tasks' estimates: low, likely and high as if every task went that way."""
        return Estimate(
            sum(task.hours.low for task in self.tasks),
            sum(task.hours.likely for task in self.tasks),
            sum(task.hours.high for task in self.tasks),
        )

    @property
    def cost(self) -> float:
        """Return the expected cost of all tasks, material included."""
        return sum(task.cost for task in self.tasks)
