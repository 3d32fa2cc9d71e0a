"""Audits side by side: met, not met, undecided, as bars that a template draws; and what changed since the last one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from auditor.model.result import Verdict
from auditor.reports.audited import Audited

HEIGHT: Final = 180  # of the tallest bar, in SVG units
WIDTH: Final = 56
GAP: Final = 48
_SMALLEST_LABELLED: Final = 15  # units of height below which a number does not fit
_MOST_BARS: Final = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One audit in numbers. What was not applicable is left out."""

    audit: str
    at: datetime
    policy: str
    policy_digest: str
    assets: frozenset[str]
    reached: int
    met: int
    not_met: int
    undecided: int

    @property
    def total(self) -> int:
        """Return the demands that had an object."""
        return self.met + self.not_met + self.undecided


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A piece of a bar, in SVG units from the top."""

    name: str  # met, not-met or undecided: the CSS class
    count: int
    y: float
    height: float

    @property
    def labelled(self) -> bool:
        """Whether its number fits."""
        return self.height >= _SMALLEST_LABELLED


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """An audit as a stack of segments, `x` units from the left."""

    point: Point
    x: int
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """Audits, oldest first and this one last; the bars are of the last nine."""

    points: tuple[Point, ...]
    bars: tuple[Bar, ...]
    not_alike: tuple[str, ...]  # why this audit and the one before cannot be compared one to one

    @property
    def before(self) -> Point | None:
        """Return the previous audit."""
        return self.points[-2] if len(self.points) > 1 else None

    @property
    def now(self) -> Point:
        """Return this audit."""
        return self.points[-1]

    @property
    def width(self) -> int:
        """Return the picture's width in SVG units."""
        return len(self.bars) * (WIDTH + GAP) + GAP


def trend(audited: Audited, counts: Mapping[Verdict, int]) -> Trend:
    """Return this audit, by its verdicts, beside those before it."""
    earlier = [
        _point(past.id, past.started_at, past.verdicts, (past.policy, past.policy_digest), (past.assets, past.reached))
        for past in audited.history
    ]
    seen = (audited.asked, len(audited.asked - audited.unreached.keys()))
    now = _point(audited.audit, audited.started_at, counts, (audited.judged_by, audited.judged_digest), seen)
    points = (*earlier, now)
    return Trend(points=points, bars=tuple(bars(points[-_MOST_BARS:])), not_alike=tuple(_not_alike(points)))


def bars(points: Sequence[Point]) -> list[Bar]:
    """Return a bar for each audit, all to one scale: undecided on top of not met on top of met."""
    unit = HEIGHT / max([point.total for point in points] + [1])
    return [Bar(point=one, x=GAP + n * (WIDTH + GAP), segments=_stack(one, unit)) for n, one in enumerate(points)]


def _stack(point: Point, unit: float) -> tuple[Segment, ...]:
    stack, top = [], float(HEIGHT)
    for name, count in (("met", point.met), ("not-met", point.not_met), ("undecided", point.undecided)):
        top -= count * unit
        if count:
            stack.append(Segment(name=name, count=count, y=round(top, 2), height=round(count * unit, 2)))
    return tuple(stack)


def _point(
    audit: str,
    at: datetime,
    verdicts: Mapping[Verdict, int],
    policy: tuple[str, str],
    seen: tuple[frozenset[str], int],
) -> Point:
    undecided = (Verdict.UNKNOWN, Verdict.ERROR, Verdict.MANUAL)
    return Point(
        audit=audit,
        at=at,
        policy=policy[0],
        policy_digest=policy[1],
        assets=seen[0],
        reached=seen[1],
        met=verdicts.get(Verdict.PASS, 0),
        not_met=verdicts.get(Verdict.FAIL, 0),
        undecided=sum(verdicts.get(verdict, 0) for verdict in undecided),
    )


def _not_alike(points: Sequence[Point]) -> list[str]:
    if len(points) < 2:
        return []
    before, now = points[-2:]
    reasons = []
    if before.assets != now.assets:
        gone, come = len(before.assets - now.assets), len(now.assets - before.assets)
        reasons.append(f"this audit was of {come} more and of {gone} fewer of the assets")
    elif before.reached != now.reached:
        reasons.append(f"{now.reached} assets answered, and {before.reached} before")
    if before.policy != now.policy:
        reasons.append(f"the policy is {now.policy}, and was {before.policy}")
    elif before.policy_digest != now.policy_digest:
        reasons.append("the policy or one of its checks was edited")
    if before.at > now.at:
        reasons.append("this machine's clock was set back between them")
    return reasons
