"""What became of a demand: a verdict that cannot be built without evidence."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from auditor.model.check import Severity, Undecided, Violation
from auditor.model.evidence import Evidence


class Verdict(StrEnum):
    """The six things that can become of a demand. Only the first two are decisions."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    NOT_APPLICABLE = "not-applicable"
    MANUAL = "manual"
    UNKNOWN = "unknown"
    ERROR = "error"

    @property
    def decided(self) -> bool:
        """Whether the demand was answered by a machine: coverage counts these."""
        return self in {Verdict.PASS, Verdict.FAIL, Verdict.NOT_APPLICABLE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The verdict on one demand, why, and the evidence it rests on."""

    asset: str
    control: str
    check: str  # "" for a manual control
    verdict: Verdict
    reason: str
    evidence: tuple[Evidence, ...]
    severity: Severity
    violations: tuple[Violation, ...] = ()
    undecided: tuple[Undecided, ...] = ()
    settings: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a verdict that nothing stands behind."""
        if not self.evidence:
            raise ValueError(f"{self.check or self.control} on {self.asset}: a verdict needs evidence")
        if not self.reason:
            raise ValueError(f"{self.check or self.control} on {self.asset}: a verdict needs a reason")
        if (self.verdict is Verdict.FAIL) != bool(self.violations):
            raise ValueError(f"{self.check} on {self.asset}: a fail has violations, and nothing else has")
        if self.verdict is Verdict.PASS and not any(seen.digest or seen.origin for seen in self.evidence):
            raise ValueError(f"{self.check} on {self.asset}: a pass needs an answer, not an attempt")
