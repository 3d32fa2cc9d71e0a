"""What reports are written from: one finished audit with everything around it, as plain values."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from auditor.model.asset import Asset
from auditor.model.check import Check, Severity
from auditor.model.finding import Finding
from auditor.model.policy import Policy, Waiver
from auditor.model.project import Project
from auditor.model.recommendation import Recommendation
from auditor.model.result import Judged, Verdict


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

    @property
    def policy(self) -> str:
        """Return the policy's name and version."""
        ...

    @property
    def policy_digest(self) -> str:
        """Return the digest of the policy and its checks."""
        ...

    @property
    def assets(self) -> frozenset[str]:
        """Return the names of the assets that it was of."""
        ...

    @property
    def reached(self) -> int:
        """Return how many of these answered."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """One audit and what is known around it.

    `policy` is the one that recommendations cite; `judged_by` and `judged_digest` say which one the results rest on.
    `findings`, `recommendations` and `projects` are as of now, all else as of the audit.
    """

    company: str
    audit: str
    policy: Policy
    judged_by: str  # name and version
    judged_digest: str
    started_at: datetime
    finished_at: datetime | None
    newest: bool  # whether no later audit was carried out
    inventory: tuple[Asset, ...]
    asked: frozenset[str]  # names of the assets that the audit was of
    unreached: Mapping[str, str]  # those that gave no answer, and why
    last_answers: Mapping[str, datetime]  # when each asset last answered, in this audit or before
    judged: Iterable[Judged]  # each asset once; gone through once, so it may come out of the store as it is needed
    findings: tuple[Finding, ...]
    recommendations: tuple[Recommendation, ...]
    projects: Mapping[str, Project]  # drafts, by the id of their solution
    waivers: Mapping[str, tuple[Waiver, ...]]  # by what became of them: matched, changed, expired, unused
    frameworks: Mapping[str, str]  # titles, by id
    checks: Mapping[str, Check]
    history: tuple[Past, ...]  # earlier audits, oldest first
    texts: Callable[[Collection[str]], Mapping[str, str]]  # of evidence, by digest, as far as there are; AuditorError
    version: str = ""  # of auditor
