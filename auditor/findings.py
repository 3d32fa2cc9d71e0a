"""Results over time become findings. Pure: no network, no clock, no store.

A violation keeps its identity (asset, check, subject) from audit to audit. What becomes of it, by what was known and
what this audit saw of the same check on the same asset:

===============  ==============================  ========================================================
known            seen again                      not seen again
===============  ==============================  ========================================================
nothing          new                             nothing
new, open,       open                            fixed, if the check was decided and the place is not in
reopened,                                        doubt; retired, if nobody demands the check of the asset
not-verified                                     any more; else not-verified, with the reason
fixed            reopened                        fixed
retired          reopened                        as for open, once it is demanded again
waived           open, unless a waiver holds     as for open
===============  ==============================  ========================================================

While a waiver holds, whatever is seen or could not be verified is waived. A check is decided when every control that
demands it got pass, fail or not-applicable; not-applicable counts as a mend, since evidence says that the thing itself
is gone. A place is in doubt when it, a part of it or the whole it belongs to is among the undecided, or when more
violations were seen than are kept. An asset without results was not asked: its findings stay as they are, unless it
left the inventory, which retires them. No waiver holds for what is retired.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Final

from auditor.model.check import shown
from auditor.model.evidence import Evidence
from auditor.model.finding import Finding, FindingState
from auditor.model.policy import Waiver
from auditor.model.result import Judged, Judgement, Result, Verdict, judged_of

MOST_OUTCOMES: Final = 1000  # as many violations of one result as evaluation keeps; at that number some may be missing

_LEFT: Final = "The asset left the inventory."
_UNDEMANDED: Final = "The policy no longer demands it of this asset."
_MOST_KEPT: Final = 300  # tuples of judgements that are remembered while assets are gone through

_Place = tuple[str, str]  # check, subject
_Pair = tuple[str, str]  # asset, check


@dataclass(frozen=True, slots=True)
class Retiring:
    """What an audit says of findings that nobody demands to be mended any more.

    With the names of a company's whole `inventory`, findings on assets that are not among them are retired; without,
    they stay. What the company's own `policy` no longer demands is retired; of another one it is not-verified.
    """

    inventory: Collection[str] | None = None
    policy: bool = True


def reconcile(
    known: Iterable[Finding],
    results: Iterable[Result | Judged],
    waivers: Iterable[Waiver],
    solutions: Mapping[str, str],
    *,
    now: datetime,
    retiring: "Retiring | None" = None,
) -> list[Finding]:
    """Return every finding as it stands after an audit, untouched ones included, by asset, check and subject.

    `results` has one result for each demand on each asset that was asked, or one `Judged` for each such asset, which
    costs far less: a check that is missing there is no longer demanded. `solutions` names the solution of each check,
    and `retiring` what the audit says of findings that nobody demands to be mended any more. Raises ValueError for a
    `now` without a time zone, and for an asset that is there twice.
    """
    own = retiring or Retiring()
    terms = _Terms(solutions, _Waivers(waivers, _utc_day(now)), now, own.policy)
    before: dict[str, dict[_Place, Finding]] = defaultdict(dict)
    for finding in known:
        before[finding.asset][finding.check, finding.subject] = finding
    after: dict[str, list[Finding]] = {}
    judgings = _Judgings()
    for judged in _by_asset(results):
        if judged.asset in after:
            raise ValueError(f"{judged.asset} is among the results twice")
        after[judged.asset] = _after(judged, judgings.of(judged.judgements), before.pop(judged.asset, {}), terms)
    owned = None if own.inventory is None else frozenset(own.inventory)
    for asset, findings in before.items():
        left = owned is not None and asset not in owned
        after[asset] = [_retired(one, _LEFT, now) if left else one for _, one in sorted(findings.items())]
    return [finding for asset in sorted(after) for finding in after[asset]]


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
        if not finding.state.ended:
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


@dataclass(frozen=True, slots=True)
class _Terms:
    """What holds for every finding of an audit."""

    solutions: Mapping[str, str]
    agreed: "_Waivers"
    now: datetime
    retires: bool


def _by_asset(results: Iterable[Result | Judged]) -> Iterator[Judged]:
    """Give what became of each asset; single results are put together first."""
    single: dict[str, list[Result]] = defaultdict(list)
    for one in results:
        if isinstance(one, Judged):
            yield one
        else:
            single[one.asset].append(one)
    for asset, listed in single.items():
        yield judged_of(asset, (), listed)


class _Judging:
    """What judgements come to, whichever asset they are on."""

    def __init__(self, judgements: Sequence[Judgement]) -> None:
        """Choose among several controls that demand the same check the one that sees a violation as the severest."""
        self._judgements = judgements
        self._by_check: dict[str, list[Judgement]] = {}
        worst: dict[_Place, _Sight] = {}
        for judgement in judgements:
            for violation in judgement.violations if judgement.check else ():
                place = (judgement.check, violation.subject)
                sight = _Sight(judgement, shown(violation.found), shown(violation.wanted))
                if place not in worst or sight.order < worst[place].order:
                    worst[place] = sight
        self.worst = dict(sorted(worst.items()))

    def about(self, check: str) -> Sequence[Judgement]:
        """Return the judgements on a check."""
        if not self._by_check:
            for judgement in self._judgements:
                self._by_check.setdefault(judgement.check, []).append(judgement)
        return self._by_check.get(check, ()) if check else ()


class _Judgings:
    """What tuples of judgements come to, worked out once for all assets that share one."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Sequence[Judgement], _Judging]] = {}

    def of(self, judgements: Sequence[Judgement]) -> _Judging:
        """Return what these come to. They are kept, so that their id stays their own."""
        if id(judgements) not in self._known:
            if len(self._known) >= _MOST_KEPT:
                self._known.clear()
            self._known[id(judgements)] = (judgements, _Judging(judgements))
        return self._known[id(judgements)][1]


@dataclass(frozen=True, slots=True)
class _Sight:
    """A violation as one control sees it, in words."""

    judgement: Judgement
    found: str
    wanted: str

    @property
    def order(self) -> tuple[int, str, str, str]:
        """Return where it stands among others of the same place: the severest first."""
        return (-self.judgement.severity.rank, self.judgement.control, self.found, self.wanted)


def _after(judged: Judged, judging: _Judging, before: Mapping[_Place, Finding], terms: _Terms) -> list[Finding]:
    """Return the findings on one asset that was asked."""
    worst = judging.worst
    after: list[Finding] = []
    for place in worst if before.keys() <= worst.keys() else sorted(before.keys() | worst.keys()):
        previous = before.get(place)
        if place in worst:
            seen = _seen(judged.asset, place, worst[place], previous, terms)
            after.append(terms.agreed.applied(seen, previous))
        elif previous and previous.state is FindingState.FIXED:
            after.append(previous)
        elif previous:
            after.append(_unseen(previous, judging.about(previous.check), judged.evidence, terms))
    return after


def _seen(asset: str, place: _Place, sight: _Sight, previous: Finding | None, terms: _Terms) -> Finding:
    check, subject = place
    return Finding(
        asset=asset,
        check=check,
        subject=subject,
        control=sight.judgement.control,
        state=_state_when_seen(previous),
        severity=sight.judgement.severity,
        found=sight.found,
        wanted=sight.wanted,
        solution=terms.solutions.get(check, previous.solution if previous else ""),
        first_seen=previous.first_seen if previous else terms.now,
        last_seen=terms.now,
        waived_until=previous.waived_until if previous else None,
        waived_found=previous.waived_found if previous else "",
    )


def _state_when_seen(previous: Finding | None) -> FindingState:
    if previous is None:
        return FindingState.NEW
    return FindingState.REOPENED if previous.state.ended else FindingState.OPEN


def _unseen(previous: Finding, judgements: Sequence[Judgement], evidence: Sequence[Evidence], terms: _Terms) -> Finding:
    if not judgements and (terms.retires or previous.state.ended):
        return _retired(previous, _UNDEMANDED, terms.now)
    if doubt := _doubt(previous.subject, judgements, evidence):
        return _not_verified(previous, doubt, terms.agreed)
    gone = next((one.reason for one in judgements if one.verdict is Verdict.NOT_APPLICABLE), "")
    reason = f"No longer applies: {gone}" if gone else ""
    return replace(previous, state=FindingState.FIXED, fixed_at=terms.now, retired_at=None, reason=reason)


def _retired(previous: Finding, why: str, now: datetime) -> Finding:
    """Return a finding that nobody demands to be mended any more; one that has ended already stays as it ended."""
    return (
        previous if previous.state.ended else replace(previous, state=FindingState.RETIRED, retired_at=now, reason=why)
    )


def _doubt(subject: str, judgements: Sequence[Judgement], evidence: Sequence[Evidence]) -> str:
    """Return why it cannot be said that a place is mended, or nothing when it can."""
    if not judgements:
        return "This audit's policy does not demand it of this asset."
    for judgement in judgements:
        if not judgement.verdict.decided:
            return judgement.reason
        if judgement.verdict is Verdict.NOT_APPLICABLE and not _answered(evidence[place] for place in judgement.at):
            return f"Nothing was answered: {judgement.reason}"
        if max(len(judgement.violations), len(judgement.undecided)) >= MOST_OUTCOMES:
            return f"More than {MOST_OUTCOMES - 1} places are not met; not all of them were kept."
        for place in judgement.undecided:
            if subject.startswith(place.subject) or place.subject.startswith(subject):
                return place.reason
    return ""


def _answered(evidence: Iterable[Evidence]) -> bool:
    return any(seen.digest or seen.origin for seen in evidence)


def _not_verified(previous: Finding, why: str, agreed: "_Waivers") -> Finding:
    if waived := agreed.still_holding(previous):
        return replace(waived, reason=f"{waived.reason}; not verified in this audit: {why}")
    lapsed = "; no waiver holds any more" if previous.state is FindingState.WAIVED else ""
    return replace(previous, state=FindingState.NOT_VERIFIED, retired_at=None, reason=why + lapsed)


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
        about = self._about(finding)
        if not about:
            return _unwaived(finding, previous)
        if waived := self.still_holding(finding):
            return waived
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
        lot = self._by_pair.get((finding.asset, finding.check), ())
        return [one for one in lot if one.matches(finding.asset, finding.check, finding.subject)] if lot else []


def _unwaived(finding: Finding, previous: Finding | None) -> Finding:
    """Return a violation just seen of which no waiver speaks."""
    if previous is None:
        return finding
    if previous.state is not FindingState.WAIVED and not (finding.waived_until or finding.waived_found):
        return finding  # as nearly all are: a copy of each would cost more than all else
    reason = "The waiver was withdrawn." if previous.state is FindingState.WAIVED else ""
    return replace(finding, waived_until=None, waived_found="", reason=reason)


def _precedence(waiver: Waiver) -> tuple[bool, date, str, str]:
    """Return how well a waiver speaks for a violation: by name first, then the longest."""
    return (bool(waiver.subject), waiver.expires, waiver.reason, waiver.approved_by)
