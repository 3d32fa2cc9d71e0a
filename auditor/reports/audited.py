"""What reports are written from: one finished audit with everything around it, as plain values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from auditor.model.asset import Asset
from auditor.model.check import Check, Severity
from auditor.model.finding import Finding
from auditor.model.policy import Policy
from auditor.model.recommendation import Recommendation
from auditor.model.result import Result, Verdict


class Past(Protocol):
    """An earlier audit in numbers, as the store remembers it."""

    @property
    def id(self) -> str:
        """Return the audit's id."""
        ...

    @property
    def started_at(self) -> datetime:
        """Return when it began."""
        ...

    @property
    def verdicts(self) -> Mapping[Verdict, int]:
        """Return how many results had each verdict."""
        ...

    @property
    def standing(self) -> Mapping[Severity, int]:
        """Return how many findings stood after it, by severity."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """One audit and what is known around it.

    `assets` are those that the audit was of and that the inventory still lists; `unreached` says why an asset gave no
    answer. `findings` and `recommendations` are as of now. `history` has the earlier audits, oldest first. `excerpt`
    returns the redacted text of a piece of evidence by its digest.
    """

    company: str
    audit: str
    policy: Policy
    started_at: datetime
    finished_at: datetime | None
    assets: tuple[Asset, ...]
    unreached: Mapping[str, str]
    results: tuple[Result, ...]
    findings: tuple[Finding, ...]
    recommendations: tuple[Recommendation, ...]
    checks: Mapping[str, Check]
    history: tuple[Past, ...]
    excerpt: Callable[[str], str]
