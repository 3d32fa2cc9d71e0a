"""Next runs, over the hours that clocks skip and repeat."""

from datetime import UTC, datetime

import pytest

from auditor.errors import UsageError
from auditor.schedules import Schedule, next_run

BERLIN = "Europe/Berlin"  # clocks go forward on 2026-03-29 at 02:00, back on 2026-10-25 at 03:00


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("cron", "zone", "after", "then"),
    [
        ("0 3 * * 1", "UTC", "2026-11-22 03:00", "2026-11-23 03:00"),
        ("0 3 * * 1", "UTC", "2026-11-23 03:00", "2026-11-30 03:00"),
        ("0 3 * * MON", BERLIN, "2026-11-22 03:00", "2026-11-23 02:00"),
        ("0 3 * * 7", "UTC", "2026-11-21 03:00", "2026-11-22 03:00"),
        ("0 0 29 2 *", "UTC", "2026-01-01 00:00", "2028-02-29 00:00"),
        ("30 2 * * *", BERLIN, "2026-03-28 12:00", "2026-03-29 01:00"),  # 02:30 is skipped: at 03:00
        ("30 2 * * *", BERLIN, "2026-03-29 01:00", "2026-03-30 00:30"),
        ("30 2 * * *", BERLIN, "2026-10-24 12:00", "2026-10-25 00:30"),  # 02:30 the first time
        ("30 2 * * *", BERLIN, "2026-10-25 00:30", "2026-10-26 01:30"),  # and not the second
        ("30 2 * * *", BERLIN, "2026-10-25 01:30", "2026-10-26 01:30"),
        ("*/30 * * * *", BERLIN, "2026-10-25 00:30", "2026-10-25 01:00"),  # what is due each half hour stays so
        ("0 12 * * *", "Asia/Kolkata", "2026-11-22 00:00", "2026-11-22 06:30"),
    ],
)
def test_next_run(cron: str, zone: str, after: str, then: str) -> None:
    """Once a day is once a day, in the schedule's own zone."""
    assert next_run(cron, zone, after=at(after)) == at(then)


def test_a_year_of_days_has_a_run_each() -> None:
    """Over both changes of the clock, a daily run is due 365 times in 365 days."""
    run, runs = at("2026-01-01 00:00"), 0
    while (run := next_run("30 2 * * *", BERLIN, after=run)) < at("2027-01-01 00:00"):
        runs += 1

    assert runs == 365


@pytest.mark.parametrize(
    "cron", ["", "x", "* * * *", "* * * * * *", "60 * * * *", "@daily", "0 0 31 2 *", "0 0 * * MOON", "*/0 * * * *"]
)
def test_what_is_no_time(cron: str) -> None:
    """What crontab(5) does not know, and seconds, which auditor does not."""
    with pytest.raises(UsageError, match=r"minute hour day month weekday|never due"):
        next_run(cron, "UTC", after=at("2026-01-01 00:00"))


@pytest.mark.parametrize("zone", ["", "Nope/Zone", "../etc/passwd", "/etc/passwd", "Europe", "Europe/Berlin\0"])
def test_what_is_no_zone(zone: str) -> None:
    """A zone that is not installed is named."""
    with pytest.raises(UsageError, match="There is no time zone"):
        next_run("0 3 * * *", zone, after=at("2026-01-01 00:00"))


def test_a_time_needs_a_zone() -> None:
    """A naive time is a mistake of the caller."""
    with pytest.raises(ValueError, match="time zone"):
        next_run("0 3 * * *", "UTC", after=datetime(2026, 1, 1))  # noqa: DTZ001


def test_a_row_shows_the_schedules_own_time() -> None:
    """People read when their clock will show it."""
    row = Schedule(name="weekly", cron="0 3 * * 1", timezone=BERLIN, next_run_at=at("2026-11-23 02:00")).as_row()

    assert (str(row["next_run_at"]), row["assets"]) == ("2026-11-23 03:00:00+01:00", "all")
