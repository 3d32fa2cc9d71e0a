"""Results over time become findings. Pure: no network, no clock, no store.

A violation keeps its identity (asset, check, subject) from audit to audit. What becomes of it, by what was known and
what this audit saw of the same check on the same asset:

===============  ==============================  ========================================================
known            seen again                      not seen again
===============  ==============================  ========================================================
nothing          new                             nothing
new, open,       open                            fixed, if the check was decided and the place is not in
reopened,                                        doubt; else not-verified, with the reason
not-verified
fixed            reopened                        fixed
waived           open, unless a waiver holds     as for open
===============  ==============================  ========================================================

While a waiver holds, whatever is seen or could not be verified is waived. A check is decided when every control that
demands it got pass, fail or not-applicable; not-applicable counts as a mend, since evidence says that the thing itself
is gone. A place is in doubt when it, a part of it or the whole it belongs to is among the undecided, or when more
violations were seen than are kept. An asset without results was not asked: its findings stay as they are.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Final

from auditor.model.check import Violation, shown
from auditor.model.finding import Finding, FindingState
from auditor.model.policy import Waiver
from auditor.model.result import Result, Verdict

MOST_OUTCOMES: Final = 1000  # as many violations of one result as evaluation keeps; at that number some may be missing

_Key = tuple[str, str, str]  # asset, check, subject
_Pair = tuple[str, str]  # asset, check


def reconcile(
    known: Iterable[Finding],
    results: Iterable[Result],
    waivers: Iterable[Waiver],
    solutions: Mapping[str, str],
    *,
    now: datetime,
    inventory: Collection[str] | None = None,
) -> list[Finding]:
    """Return every finding as it stands after an audit, untouched ones included, by asset, check and subject.

    `results` has one result for each demand on each asset that was asked: a check that is missing there is no longer
    demanded. `solutions` names the solution of each check. With the names of the whole `inventory`, findings on assets
    that are not among them become not-verified. Raises ValueError for a `now` without a time zone.
    """
    day = _utc_day(now)
    before = {(finding.asset, finding.check, finding.subject): finding for finding in known}
    told, asked = _told(results, {(asset, check) for asset, check, _ in before})
    seen = _worst(told)
    agreed = _Waivers(waivers, day)
    after: list[Finding] = []
    for key in sorted(before.keys() | seen.keys()):
        previous = before.get(key)
        if key in seen:
            after.append(agreed.applied(_seen(key, seen[key], previous, solutions, now), previous))
        elif previous is None or previous.state is FindingState.FIXED:
            after.extend([previous] if previous else [])
        elif previous.asset in asked:
            after.append(_unseen(previous, told.get(key[:2], ()), agreed, now))
        elif inventory is not None and previous.asset not in inventory:
            after.append(_not_verified(previous, "The asset is no longer in the inventory.", agreed))
        else:
            after.append(previous)
    return after


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverReview:
    """What became of each waiver; every waiver is in exactly one of the four."""

    matched: tuple[Waiver, ...] = ()  # somebody answers for a violation by it
    changed: tuple[Waiver, ...] = ()  # the value found is no longer the one that it was granted for
    expired: tuple[Waiver, ...] = ()  # its last day is over
    unused: tuple[Waiver, ...] = ()  # it speaks of nothing that is violated

    def by_fate(self) -> dict[str, tuple[Waiver, ...]]:
        """Return the four by name."""
        return {"matched": self.matched, "changed": self.changed, "expired": self.expired, "unused": self.unused}


def review(waivers: Iterable[Waiver], findings: Iterable[Finding], *, now: datetime) -> WaiverReview:
    """Return what became of each waiver after an audit, given the findings as `reconcile` returns them."""
    day = _utc_day(now)
    standing: dict[_Pair, list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.state is not FindingState.FIXED:
            standing[finding.asset, finding.check].append(finding)
    lots: dict[str, list[Waiver]] = defaultdict(list)
    for waiver in waivers:
        about = [
            finding
            for asset in waiver.assets
            for finding in standing.get((asset, waiver.check), ())
            if waiver.matches(finding.asset, finding.check, finding.subject)
        ]
        lots[_fate(waiver, about, day)].append(waiver)
    return WaiverReview(**{fate: tuple(lot) for fate, lot in lots.items()})


def _fate(waiver: Waiver, about: Sequence[Finding], day: date) -> str:
    if day > waiver.expires:
        return "expired"
    if any(f.state is FindingState.WAIVED and _granted_for(waiver, f) == f.found for f in about):
        return "matched"
    return "changed" if about else "unused"


def _utc_day(now: datetime) -> date:
    if now.utcoffset() is None:
        raise ValueError("the time of an audit needs a time zone")
    return now.astimezone(UTC).date()


def _told(results: Iterable[Result], watched: Collection[_Pair]) -> tuple[dict[_Pair, list[Result]], set[str]]:
    """Return the results that can change a finding, by asset and check, and every asset that was asked."""
    told: dict[_Pair, list[Result]] = defaultdict(list)
    asked: set[str] = set()
    for result in results:
        asked.add(result.asset)
        pair = (result.asset, result.check)
        if result.check and (result.verdict is Verdict.FAIL or pair in watched):
            told[pair].append(result)
    return told, asked


def _worst(told: Mapping[_Pair, Iterable[Result]]) -> dict[_Key, tuple[Result, Violation]]:
    """Return each violation once: where several controls demand the same check, as the severest sees it."""
    worst: dict[_Key, tuple[Result, Violation]] = {}
    for (asset, check), results in told.items():
        for result in results:
            for violation in result.violations:
                key = (asset, check, violation.subject)
                other = worst.get(key)
                if other is None or _order(result, violation) < _order(*other):
                    worst[key] = (result, violation)
    return worst


def _order(result: Result, violation: Violation) -> tuple[int, str, str, str]:
    return (-result.severity.rank, result.control, shown(violation.found), shown(violation.wanted))


def _seen(
    key: _Key,
    seen: tuple[Result, Violation],
    previous: Finding | None,
    solutions: Mapping[str, str],
    now: datetime,
) -> Finding:
    (asset, check, subject), (result, violation) = key, seen
    return Finding(
        asset=asset,
        check=check,
        subject=subject,
        control=result.control,
        state=_state_when_seen(previous),
        severity=result.severity,
        found=shown(violation.found),
        wanted=shown(violation.wanted),
        solution=solutions.get(check, previous.solution if previous else ""),
        first_seen=previous.first_seen if previous else now,
        last_seen=now,
        waived_until=previous.waived_until if previous else None,
        waived_found=previous.waived_found if previous else "",
    )


def _state_when_seen(previous: Finding | None) -> FindingState:
    if previous is None:
        return FindingState.NEW
    return FindingState.REOPENED if previous.state is FindingState.FIXED else FindingState.OPEN


def _unseen(previous: Finding, results: Sequence[Result], agreed: "_Waivers", now: datetime) -> Finding:
    if doubt := _doubt(previous.subject, results):
        return _not_verified(previous, doubt, agreed)
    gone = next((result.reason for result in results if result.verdict is Verdict.NOT_APPLICABLE), "")
    return replace(
        previous, state=FindingState.FIXED, fixed_at=now, reason=f"No longer applies: {gone}" if gone else ""
    )


def _doubt(subject: str, results: Sequence[Result]) -> str:
    """Return why it cannot be said that a place is mended, or nothing when it can."""
    if not results:
        return "No longer demanded by the policy."
    for result in results:
        if not result.verdict.decided:
            return result.reason
        if result.verdict is Verdict.NOT_APPLICABLE and not any(seen.digest or seen.origin for seen in result.evidence):
            return f"Nothing was answered: {result.reason}"
        if max(len(result.violations), len(result.undecided)) >= MOST_OUTCOMES:
            return f"More than {MOST_OUTCOMES - 1} places are not met; not all of them were kept."
        for place in result.undecided:
            if subject.startswith(place.subject) or place.subject.startswith(subject):
                return place.reason
    return ""


def _not_verified(previous: Finding, why: str, agreed: "_Waivers") -> Finding:
    if waived := agreed.still_holding(previous):
        return replace(waived, reason=f"{waived.reason}; not verified in this audit: {why}")
    lapsed = "; no waiver holds any more" if previous.state is FindingState.WAIVED else ""
    return replace(previous, state=FindingState.NOT_VERIFIED, reason=why + lapsed)


def _granted_for(waiver: Waiver, finding: Finding) -> str:
    """Return the value that a waiver was granted for: as written, as remembered, or else the value of this day.

    What is remembered belongs to one waiver, known by its last day: a waiver with another last day is another grant.
    """
    if waiver.found:
        return waiver.found
    return finding.waived_found if finding.waived_until == waiver.expires else finding.found


class _Waivers:
    """The waivers of an audit's policy, as they stand on the audit's day."""

    def __init__(self, waivers: Iterable[Waiver], day: date) -> None:
        self._day = day
        self._by_pair: dict[_Pair, list[Waiver]] = defaultdict(list)
        for waiver in waivers:
            for asset in waiver.assets:
                self._by_pair[asset, waiver.check].append(waiver)

    def applied(self, finding: Finding, previous: Finding | None) -> Finding:
        """Return a violation just seen as waived when a waiver holds, and otherwise with the reason why none does."""
        if waived := self.still_holding(finding):
            return waived
        about = self._about(finding)
        if not about:
            withdrawn = previous is not None and previous.state is FindingState.WAIVED
            reason = "The waiver was withdrawn." if withdrawn else ""
            return replace(finding, waived_until=None, waived_found="", reason=reason)
        waiver = max(about, key=_precedence)
        if self._day > waiver.expires:
            return replace(finding, reason=f"The waiver's last day was {waiver.expires}.")
        granted = _granted_for(waiver, finding)
        reason = f"The waiver was granted for the value {granted}; another value ends it."
        return replace(finding, reason=reason)

    def still_holding(self, finding: Finding) -> Finding | None:
        """Return the finding as waived, or None when no waiver holds for the value that it has."""
        holding = [
            waiver
            for waiver in self._about(finding)
            if self._day <= waiver.expires and _granted_for(waiver, finding) == finding.found
        ]
        if not holding:
            return None
        waiver = max(holding, key=_precedence)
        return replace(
            finding,
            state=FindingState.WAIVED,
            reason=f"{waiver.reason} (approved by {waiver.approved_by})",
            waived_until=waiver.expires,
            waived_found=finding.found,
        )

    def _about(self, finding: Finding) -> list[Waiver]:
        return [
            waiver
            for waiver in self._by_pair.get((finding.asset, finding.check), ())
            if waiver.matches(finding.asset, finding.check, finding.subject)
        ]


def _precedence(waiver: Waiver) -> tuple[bool, date, str, str]:
    """Return how well a waiver speaks for a violation: by name first, then the longest."""
    return (bool(waiver.subject), waiver.expires, waiver.reason, waiver.approved_by)
