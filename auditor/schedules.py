"""When an audit runs by itself. Pure: the next run of a crontab(5) expression in a time zone.

Clocks that go back show an hour twice: what is due in it once a day runs the first time only. Clocks that go forward
skip an hour: what was due in it runs as soon as it is over.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from auditor.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """An audit that runs by itself; without assets, of all of them. Times are in UTC."""

    name: str
    cron: str
    timezone: str
    next_run_at: datetime
    assets: tuple[str, ...] = ()
    policy: str = ""
    last_run_at: datetime | None = None
    last_owner: str = ""  # who ran it last
    last_outcome: str = ""

    def as_row(self) -> dict[str, object]:
        """Return it as a line of a table, the next run in its own time zone."""
        return {
            "name": self.name,
            "cron": self.cron,
            "timezone": self.timezone,
            "assets": ", ".join(self.assets) or "all",
            "policy": self.policy,
            "next_run_at": self.next_run_at.astimezone(zone(self.timezone)),
            "last_run_at": self.last_run_at,
            "last_outcome": self.last_outcome,
        }


def next_run(cron: str, timezone: str, *, after: datetime) -> datetime:
    """Return the first time after another at which an expression is due, in UTC.

    Raises UsageError for an expression or a zone that there is not, ValueError for an `after` without a time zone.
    """
    if after.utcoffset() is None:
        raise ValueError("a schedule needs a time with a time zone")
    if len(cron.split()) != 5:
        raise UsageError(f'"{cron}" is not five fields: minute hour day month weekday, such as "0 3 * * 1".')
    try:
        return next(CronSim(cron, after.astimezone(zone(timezone)))).astimezone(UTC)
    except CronSimError as error:
        raise UsageError(
            f'"{cron}" is not a time: {error}. Write minute hour day month weekday: "0 3 * * 1".'
        ) from error
    except StopIteration as error:
        raise UsageError(f'"{cron}" is never due.') from error


def zone(timezone: str) -> tzinfo:
    """Return a time zone by its name, such as Europe/Berlin. Raises UsageError."""
    if timezone.upper() in {"UTC", "Z", "ETC/UTC"}:
        return UTC  # also where no time zones are installed
    try:
        return ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError(
            f'There is no time zone "{timezone}" on this machine: write Europe/Berlin, say, or UTC.'
        ) from error
