"""What the store takes and gives besides the model's own values. An audit's id is its number, as a text."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from auditor.model.asset import Asset
from auditor.model.check import Severity
from auditor.model.finding import Finding, FindingState
from auditor.model.probe import Answer, Request
from auditor.model.result import Judged, Verdict


class AuditOutcome(StrEnum):
    """How an audit ended."""

    UNFINISHED = "unfinished"  # under way, or its process ended; it can be resumed
    MET = "met"
    NOT_MET = "not-met"
    FAILED = "failed"  # no asset answered
    ABANDONED = "abandoned"  # unfinished when another audit began


class Gathered(Protocol):
    """What one asset said, as collecting gives it."""

    @property
    def asset(self) -> Asset:
        """Return the asset that was asked."""
        ...

    @property
    def answers(self) -> Mapping[Request, Answer]:
        """Return its answers, redacted."""
        ...

    @property
    def reached(self) -> bool:
        """Whether it answered anything at all."""
        ...

    @property
    def problem(self) -> str:
        """Return why it did not, if so."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPlan:
    """What an audit is of: audits with equal plans ask the same questions of the same assets."""

    policy: str
    policy_version: str
    policy_digest: str
    inventory_digest: str
    assets: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """One audit, from when it began to how it ended."""

    id: str
    plan: AuditPlan
    started_at: datetime
    finished_at: datetime | None
    outcome: AuditOutcome

    def as_row(self) -> dict[str, object]:
        """Return it as a line of a table."""
        return {
            "id": self.id,
            "started_at": self.started_at,
            "finished_at": self.finished_at,
            "outcome": self.outcome.value,
            "policy": self.plan.policy,
            "version": self.plan.policy_version,
            "assets": len(self.plan.assets),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """An audit under way, and the assets that an interrupted process already finished."""

    id: str
    started_at: datetime
    finished: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetOutcome:
    """Whether an asset answered in an audit, and if not, why."""

    asset: str
    reached: bool
    problem: str
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class LastAnswer:
    """What an asset last said to a request: `digest` names the stored text, `raw` is of what it sent, keyed."""

    digest: str
    raw: str
    exit_status: int | None
    privilege: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many assets of an audit got a verdict on one check of one control. `check` is empty for a manual control."""

    control: str
    check: str
    verdict: Verdict
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PastAudit:
    """An audit in numbers: its verdicts, and the findings that stood after it, at the severity they have now."""

    id: str
    started_at: datetime
    verdicts: Mapping[Verdict, int]
    standing: Mapping[Severity, int]
    policy: str = ""  # its name and version
    policy_digest: str = ""
    assets: frozenset[str] = frozenset()  # that it was of
    reached: int = 0  # of these


@dataclass(frozen=True, slots=True, kw_only=True)
class PastAsset:
    """What an audit made of one asset."""

    audit: str
    started_at: datetime
    reached: bool
    problem: str
    judged: Judged


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCheck:
    """How often an audit gave each verdict on one check; a control that demands it counts, and another once more."""

    audit: str
    started_at: datetime
    verdicts: Mapping[Verdict, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingEvent:
    """A change of a finding: of its state, or of the value found."""

    at: datetime
    audit: str
    before: FindingState | None  # None: it was not known
    state: FindingState
    found: str
    reason: str

    def as_row(self) -> dict[str, object]:
        """Return it as a line of a table."""
        return {
            "at": self.at,
            "audit": self.audit,
            "from": self.before.value if self.before else "",
            "to": self.state.value,
            "found": self.found,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingHistory:
    """A finding as it stands, and how it came there, oldest change first."""

    finding: Finding
    events: tuple[FindingEvent, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A mark by which an asset is known again, such as `serial:FCZ1234`, and when it was carried."""

    asset: str
    identity: str
    first_seen: datetime
    last_seen: datetime
