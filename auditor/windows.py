"""When assets may be asked: maintenance windows, and the days on which they are left alone altogether. Pure.

`[[windows]]` and `[[freezes]]` of auditor.toml select assets as policies do. An asset that windows cover may be asked
while one of them is open, and one that no window covers at any time; none that a freeze covers is asked, whatever its
windows say. Times are those of the wall clock in the IANA time zone beside them.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Annotated, Final, TypeVar, cast

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from auditor.documents import Document, Key, Plain, validated
from auditor.errors import ContentError, Place, UsageError
from auditor.model.asset import Asset
from auditor.model.policy import Scope
from auditor.policy.files import ScopeFile, Word
from auditor.schedules import zone

_CLOCK: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|(24):(00)")
_WHOLE_DAY: Final = 24 * 60
_NAMES: Final = {"site": "site", "zone": "zone", "tags": "tag", "assets": "name", "except_assets": "name"}
RuleT = TypeVar("RuleT")


class Day(StrEnum):
    """A day of the week, Monday first."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


_WEEK: Final = tuple(Day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Hours in which assets may be asked: from the minute `opens` of each of `days` until `closes`.

    Both are minutes since midnight, `closes` up to 1440; where it is not after `opens`, it is of the day after.
    """

    covers: Scope
    days: frozenset[Day]
    opens: int
    closes: int
    timezone: str
    name: str = ""
    declared_at: Place = Place("")

    def __str__(self) -> str:
        """Return it in words."""
        days = ", ".join(day for day in _WEEK if day in self.days) if len(self.days) < len(_WEEK) else "every day"
        hours = f"{days} {_shown(self.opens)} to {_shown(self.closes)} {self.timezone}"
        return f"{self.name} ({hours})" if self.name else hours

    def is_open(self, now: datetime) -> bool:
        """Whether it is open at a time.

        Where clocks go back or forward, an hour is shown twice or never. Of a time in it, the window opens at the later
        reading and closes at the earlier one: it is never longer than somebody may have meant it.
        """
        place = zone(self.timezone)
        today = now.astimezone(place).date()
        return any(
            _WEEK[day.weekday()] in self.days and self._opened(day, place) <= now < self._closed(day, place)
            for day in (today - timedelta(days=1), today)
        )

    def _opened(self, day: date, place: tzinfo) -> datetime:
        return max(_readings(day, self.opens, place))

    def _closed(self, day: date, place: tzinfo) -> datetime:
        return min(_readings(day, self.closes + (_WHOLE_DAY if self.closes <= self.opens else 0), place))


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """Days on which assets are left alone, from the first to the last, both whole."""

    covers: Scope
    first: date
    last: date
    timezone: str
    reason: str
    declared_at: Place = Place("")

    def holds(self, now: datetime) -> bool:
        """Whether a time lies in it."""
        return self.first <= now.astimezone(zone(self.timezone)).date() <= self.last


@dataclass(frozen=True, slots=True)
class Windows:
    """All windows and freezes of a workspace."""

    windows: tuple[Window, ...] = ()
    freezes: tuple[Freeze, ...] = ()

    def closed(self, asset: Asset, now: datetime) -> str:
        """Return why an asset may not be asked at a time, or nothing. Raises ValueError for a time without a zone."""
        if now.utcoffset() is None:
            raise ValueError("a maintenance window needs a time with a time zone")
        for freeze in self.freezes:
            if freeze.covers.covers(asset) and freeze.holds(now):
                return f"frozen from {freeze.first} to {freeze.last}: {freeze.reason}"
        own = [window for window in self.windows if window.covers.covers(asset)]
        if not own or any(window.is_open(now) for window in own):
            return ""
        return f"outside its maintenance window: {'; or '.join(map(str, own))}"

    def refuse_strays(self, assets: Iterable[Asset]) -> None:
        """Raise ContentError for names that no asset of the inventory has.

        What they were meant for would be asked at any time.
        """
        known = _known(assets)
        rules: Sequence[Window | Freeze] = (*self.windows, *self.freezes)
        problems = [problem for rule in rules for problem in _strays(rule, known)]
        if problems:
            raise ContentError.of(problems)


def parse_windows(windows: Sequence[object], freezes: Sequence[object], document: Document) -> Windows:
    """Return what `[[windows]]` and `[[freezes]]` of a file say. Raises ContentError with every problem placed."""
    problems: list[ContentError] = []
    read = Windows(
        tuple(_rules(_WindowRow.read, "windows", windows, document, problems)),
        tuple(_rules(_FreezeRow.read, "freezes", freezes, document, problems)),
    )
    if problems:
        raise ContentError.of(problems)
    return read


def _rules(
    read: Callable[[Document, Plain, tuple[Key, ...]], RuleT],
    table: str,
    rows: Sequence[object],
    document: Document,
    problems: list[ContentError],
) -> Iterator[RuleT]:
    for index, row in enumerate(rows):
        try:
            yield read(document, cast("Plain", row), (table, index))
        except ContentError as error:
            problems.append(error)


def _minutes(value: object) -> int:
    """Return a time of day as minutes since midnight; TOML has a form of its own for it."""
    if isinstance(value, time) and value.second == value.microsecond == 0:
        return value.hour * 60 + value.minute
    found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise ValueError('should be a time of day: "22:00"')
    return int(found[1] or found[3]) * 60 + int(found[2] or found[4])


def _day(value: object) -> object:
    """Refuse what pydantic would take for seconds since 1970."""
    if not isinstance(value, date | str) or isinstance(value, datetime):
        raise ValueError("should be a day: 2026-12-24")  # noqa: TRY004  (pydantic places ValueErrors)
    return value


def _zone(value: str) -> str:
    try:
        zone(value)
    except UsageError as error:
        raise ValueError(str(error)) from error
    return value


Minutes = Annotated[int, BeforeValidator(_minutes)]
Calendar = Annotated[date, BeforeValidator(_day)]
Timezone = Annotated[Word, AfterValidator(_zone)]


class _Row(BaseModel):
    """What windows and freezes have in common."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    applies_to: ScopeFile = ScopeFile()
    timezone: Timezone


class _WindowRow(_Row):
    """`[[windows]]`, as a person writes it."""

    name: str = ""
    days: Annotated[frozenset[Day], Field(min_length=1)] = frozenset(Day)
    opens: Minutes = Field(alias="from")
    closes: Minutes = Field(alias="to")

    @classmethod
    def read(cls, document: Document, value: Plain, path: tuple[Key, ...]) -> Window:
        """Return the window that stands at a path. Raises ContentError."""
        row = validated(document, cls, value, at=path)
        if row.opens in {row.closes, _WHOLE_DAY}:
            problem, mend = "to: is no later than from", 'For whole days write from = "00:00" and to = "24:00".'
            raise ContentError(document.place(*path, "to"), problem, mend)
        return Window(
            covers=Scope(**dict(row.applies_to)),
            days=row.days,
            opens=row.opens,
            closes=row.closes,
            timezone=row.timezone,
            name=row.name,
            declared_at=document.place(*path),
        )


class _FreezeRow(_Row):
    """`[[freezes]]`, as a person writes it."""

    first: Calendar = Field(alias="from")
    last: Calendar = Field(alias="to")
    reason: Word

    @classmethod
    def read(cls, document: Document, value: Plain, path: tuple[Key, ...]) -> Freeze:
        """Return the freeze that stands at a path. Raises ContentError."""
        row = validated(document, cls, value, at=path)
        if row.last < row.first:
            raise ContentError(document.place(*path, "to"), "to: is before from", "`to` is the last day of the freeze.")
        return Freeze(
            covers=Scope(**dict(row.applies_to)),
            first=row.first,
            last=row.last,
            timezone=row.timezone,
            reason=row.reason,
            declared_at=document.place(*path),
        )


def _shown(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _readings(day: date, minutes: int, place: tzinfo) -> Iterator[datetime]:
    """Yield both readings of a time on the wall clock; they are one, save where the clock changes (PEP 495)."""
    wall = datetime.combine(day, time()) + timedelta(minutes=minutes)
    return (wall.replace(tzinfo=place, fold=fold).astimezone(UTC) for fold in (0, 1))


def _known(assets: Iterable[Asset]) -> Mapping[str, frozenset[str]]:
    """Return what the assets of an inventory are called, by the fields of a scope."""
    owned = tuple(assets)
    names = frozenset(asset.name for asset in owned)
    return {
        "site": frozenset(asset.site for asset in owned),
        "zone": frozenset(asset.zone for asset in owned),
        "tags": frozenset().union(*(asset.tags for asset in owned)),
        "assets": names,
        "except_assets": names,
    }


def _strays(rule: Window | Freeze, known: Mapping[str, frozenset[str]]) -> Iterator[ContentError]:
    for field, sort in _NAMES.items():
        for name in sorted(getattr(rule.covers, field) - known[field]):
            mend = "Correct the name; what it was meant for would be asked at any time."
            yield ContentError(rule.declared_at, f"applies_to.{field}: no asset has the {sort} {name}", mend)
