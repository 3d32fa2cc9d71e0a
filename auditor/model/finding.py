"""A violation that keeps its identity from audit to audit: asset, check, subject."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from auditor.model.check import Severity


class FindingState(StrEnum):
    """Where a finding stands after an audit."""

    NEW = "new"  # not seen before this audit
    OPEN = "open"  # seen before, and again
    REOPENED = "reopened"  # was fixed, is back
    WAIVED = "waived"  # seen, and somebody answers for it
    NOT_VERIFIED = "not-verified"  # seen before; this audit could not tell
    FIXED = "fixed"  # the asset answered and the check passed
    RETIRED = "retired"  # nobody demands it any more: the asset left the inventory, or the demand the policy

    @property
    def stands(self) -> bool:
        """Whether there is still work to do, as far as anybody knows."""
        return self in {FindingState.NEW, FindingState.OPEN, FindingState.REOPENED, FindingState.NOT_VERIFIED}

    @property
    def ended(self) -> bool:
        """Whether it is over, until it is seen again."""
        return self in {FindingState.FIXED, FindingState.RETIRED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One violation over time. `found` and `wanted` are as last seen, written for people."""

    asset: str
    check: str
    subject: str
    control: str
    state: FindingState
    severity: Severity
    found: str
    wanted: str
    solution: str
    first_seen: datetime
    last_seen: datetime
    fixed_at: datetime | None = None
    retired_at: datetime | None = None
    reason: str = ""  # of a waiver, of not being verified, or of being retired
    waived_until: date | None = None
    waived_found: str = ""  # the value that a waiver was first applied to; another value ends the waiver

    @property
    def ended_at(self) -> datetime | None:
        """Return when it was seen fixed, or retired; None while it is neither."""
        return {FindingState.FIXED: self.fixed_at, FindingState.RETIRED: self.retired_at}.get(self.state)

    @property
    def id(self) -> str:
        """Return the identity that lasts: a short digest of asset, check and subject."""
        return finding_id(self.asset, self.check, self.subject)


def finding_id(asset: str, check: str, subject: str) -> str:
    """Return the identity of a violation wherever and whenever it is seen."""
    return hashlib.sha256(f"{asset}\0{check}\0{subject}".encode("utf-8", "surrogatepass")).hexdigest()[:10]
