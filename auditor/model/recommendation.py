"""What to do about findings: solutions from the catalogue, and the four bases that a recommendation rests on."""

from dataclasses import dataclass
from enum import StrEnum

from auditor.model.finding import Finding


class SolutionKind(StrEnum):
    """The sort of change that a solution is."""

    CONFIGURE = "configure"
    UPGRADE = "upgrade"
    REPLACE = "replace"
    SEGMENT = "segment"
    RETIRE = "retire"
    TRAIN = "train"
    CHANGE_PROCESS = "change-process"


@dataclass(frozen=True, slots=True)
class Estimate:
    """Optimistic, most likely and pessimistic working hours."""

    low: float
    likely: float
    high: float

    @property
    def expected(self) -> float:
        """Return the mean of the PERT beta distribution: (low + 4 likely + high) / 6."""
        return (self.low + 4 * self.likely + self.high) / 6

    @property
    def deviation(self) -> float:
        """Return the PERT standard deviation: (high - low) / 6."""
        return (self.high - self.low) / 6


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskTemplate:
    """A step of a solution. Hours are once for the whole project, or for each asset."""

    title: str
    role: str
    hours: Estimate
    per_asset: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """A known way to close findings, with what it takes."""

    id: str
    title: str
    kind: SolutionKind
    summary: str
    tasks: tuple[TaskTemplate, ...]
    trend: str = ""  # what currently makes it more urgent, with its source and date
    material_cost: float = 0.0  # for each asset, in the workspace's currency


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """One solution for the findings that it closes, and the four bases of saying so."""

    solution: Solution
    findings: tuple[Finding, ...]
    assets: tuple[str, ...]
    experience: str
    company_policy: str
    audit_result: str
    current_trend: str
    risk: float  # sum of the weights of the findings it closes, each check on each asset counted once
