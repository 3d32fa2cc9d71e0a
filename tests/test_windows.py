"""Assets are asked in their maintenance windows, and never in a freeze: over midnight, and where the clocks change."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from auditor.documents import read_toml
from auditor.errors import ContentError
from auditor.model.asset import Kind
from auditor.windows import Windows, parse_windows
from tests.make import asset

BERLIN = "Europe/Berlin"  # clocks go forward on 2026-03-29 at 02:00, back on 2026-10-25 at 03:00
SHOP = asset("shop-01", site="bonn", zone="shops", tags=frozenset({"till"}))


def read(folder: Path, *lines: str) -> Windows:
    """Return the windows of an auditor.toml."""
    path = folder / "auditor.toml"
    path.write_text("\n".join((*lines, "")), encoding="utf-8")
    document = read_toml(path)
    assert isinstance(document.value, dict)
    windows, freezes = (document.value.get(name, []) for name in ("windows", "freezes"))
    assert isinstance(windows, list)
    assert isinstance(freezes, list)
    return parse_windows(windows, freezes, document)


def window(folder: Path, hours: str, *lines: str, timezone: str = BERLIN) -> Windows:
    """Return one window, such as 22:00-04:00."""
    opens, closes = hours.split("-")
    return read(folder, "[[windows]]", f'from = "{opens}"', f'to = "{closes}"', f'timezone = "{timezone}"', *lines)


def problems(folder: Path, *lines: str) -> list[str]:
    """Return what is said of wrong tables, without the folder's name."""
    with pytest.raises(ContentError) as caught:
        read(folder, *lines)
    lines = (line for line in str(caught.value).splitlines() if not line.startswith("  "))
    return [line.removeprefix(f"{folder}/auditor.toml:").replace(":1: ", ": ", 1) for line in lines]


def local(text: str, timezone: str = BERLIN, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(timezone), fold=fold)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def open_minutes(windows: Windows, start: datetime, hours: int) -> list[str]:
    """Return when it opens and closes from a time on, in UTC, by looking at every minute."""
    changes, before = [], bool(windows.closed(SHOP, start))
    for minute in range(hours * 60):
        now = start.astimezone(UTC) + timedelta(minutes=minute)  # not by the wall clock
        closed = bool(windows.closed(SHOP, now))
        if closed != before:
            changes.append(f"{'closes' if closed else 'opens'} {now:%d %H:%M}")
        before = closed
    return changes


def test_without_windows_anything_may_be_asked_at_any_time() -> None:
    """Whoever wants them declares them."""
    assert Windows().closed(SHOP, utc("2026-11-22 12:00")) == ""


def test_a_time_without_a_zone_is_no_time(tmp_path: Path) -> None:
    """It could be anybody's."""
    with pytest.raises(ValueError, match="time zone"):
        window(tmp_path, "22:00-04:00").closed(SHOP, datetime(2026, 11, 22))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("hours", "now", "is_open"),
    [
        ("09:00-17:00", "2026-11-23 08:59:59", False),
        ("09:00-17:00", "2026-11-23 09:00", True),
        ("09:00-17:00", "2026-11-23 16:59:59.999", True),
        ("09:00-17:00", "2026-11-23 17:00", False),
        ("22:00-04:00", "2026-11-23 21:59", False),
        ("22:00-04:00", "2026-11-23 22:00", True),
        ("22:00-04:00", "2026-11-24 00:00", True),
        ("22:00-04:00", "2026-11-24 03:59", True),
        ("22:00-04:00", "2026-11-24 04:00", False),
        ("00:00-24:00", "2026-11-24 00:00", True),
        ("00:00-24:00", "2026-11-24 23:59:59", True),
        ("22:00-24:00", "2026-11-24 23:59", True),
        ("22:00-24:00", "2026-11-25 00:00", False),
        ("22:00-00:00", "2026-11-24 23:59", True),
        ("22:00-00:00", "2026-11-25 00:00", False),
    ],
)
def test_hours(tmp_path: Path, hours: str, now: str, is_open: bool) -> None:  # noqa: FBT001
    """The first minute is in it, the last is not; a window that ends before it begins ends the day after."""
    said = window(tmp_path, hours).closed(SHOP, local(now))

    shown = hours.replace("-", " to ")
    assert said == ("" if is_open else f"outside its maintenance window: every day {shown} {BERLIN}")


def test_days_are_those_on_which_it_opens(tmp_path: Path) -> None:
    """The night from Friday to Saturday is Friday's."""
    windows = window(tmp_path, "22:00-04:00", 'days = ["fri"]', 'name = "shops"')

    assert windows.closed(SHOP, local("2026-11-27 23:00")) == ""  # a Friday
    assert windows.closed(SHOP, local("2026-11-28 03:00")) == ""
    assert windows.closed(SHOP, local("2026-11-28 23:00")).endswith(f": shops (fri 22:00 to 04:00 {BERLIN})")
    assert windows.closed(SHOP, local("2026-11-27 03:00")) != ""


def test_the_clock_is_that_of_the_zone(tmp_path: Path) -> None:
    """Whatever zone the time is given in."""
    windows = window(tmp_path, "09:00-17:00", timezone="Asia/Kolkata")

    assert windows.closed(SHOP, utc("2026-11-23 03:30")) == ""
    assert windows.closed(SHOP, utc("2026-11-23 03:29")) != ""
    assert windows.closed(SHOP, local("2026-11-23 12:29")) == ""  # 16:59 there
    assert windows.closed(SHOP, local("2026-11-23 12:30")) != ""


@pytest.mark.parametrize(
    ("hours", "changes"),
    [
        ("22:00-04:00", ["opens 28 21:00", "closes 29 02:00"]),  # five hours
        ("01:00-02:30", ["opens 29 00:00", "closes 29 00:30"]),  # 02:30 is never shown
        ("02:30-05:00", ["opens 29 01:30", "closes 29 03:00"]),
        ("02:10-02:50", []),
    ],
)
def test_clocks_go_forward(tmp_path: Path, hours: str, changes: list[str]) -> None:
    """A window is never longer than it is written, and one that lies in the skipped hour does not open."""
    assert open_minutes(window(tmp_path, hours), local("2026-03-28 12:00"), 24) == changes


@pytest.mark.parametrize(
    ("hours", "changes"),
    [
        ("22:00-04:00", ["opens 24 20:00", "closes 25 03:00"]),  # seven hours
        ("01:00-02:30", ["opens 24 23:00", "closes 25 00:30"]),  # 02:30 the first time
        ("02:30-05:00", ["opens 25 01:30", "closes 25 04:00"]),  # 02:30 the second time
        ("02:10-02:50", []),
    ],
)
def test_clocks_go_back(tmp_path: Path, hours: str, changes: list[str]) -> None:
    """It opens once: what closed at half past two is not open again when it is two once more."""
    assert open_minutes(window(tmp_path, hours), local("2026-10-24 12:00"), 24) == changes


def test_the_whole_day_is_whole_when_the_clocks_change(tmp_path: Path) -> None:
    """All 25 hours of it."""
    assert open_minutes(window(tmp_path, "00:00-24:00"), local("2026-10-24 12:00"), 48) == []


def test_one_of_several_windows_is_enough(tmp_path: Path) -> None:
    """Each asset has those that cover it; the others are not its business."""
    rows = [
        *("[[windows]]", 'from = "01:00"', "to = 02:00:00", 'timezone = "UTC"', 'applies_to = {zone = ["shops"]}'),
        *(
            "[[windows]]",
            'from = "05:00"',
            'to = "06:00"',
            'timezone = "UTC"',
            "[windows.applies_to]",
            'site = ["bonn"]',
        ),
        *("[[windows]]", 'from = "08:00"', 'to = "09:00"', 'timezone = "UTC"', 'applies_to = {kind = ["printer"]}'),
    ]
    windows = read(tmp_path, *rows)

    assert [windows.closed(SHOP, utc(f"2026-11-22 0{hour}:30")) == "" for hour in (1, 5, 8)] == [True, True, False]
    assert windows.closed(SHOP, utc("2026-11-22 08:30")) == (
        "outside its maintenance window: every day 01:00 to 02:00 UTC; or every day 05:00 to 06:00 UTC"
    )
    assert windows.closed(asset("other", kind=Kind.ROUTER), utc("2026-11-22 12:00")) == ""


def freeze(folder: Path, *lines: str) -> Windows:
    """Return a freeze over the end of the year."""
    rows = ("[[freezes]]", "from = 2026-12-20", 'to = "2027-01-03"', f'timezone = "{BERLIN}"', 'reason = "year end"')
    return read(folder, *rows, *lines)


@pytest.mark.parametrize(
    ("now", "frozen"),
    [
        ("2026-12-19 23:59:59", False),
        ("2026-12-20 00:00", True),
        ("2027-01-03 23:59:59", True),
        ("2027-01-04 00:00", False),
    ],
)
def test_a_freeze_lasts_whole_days(tmp_path: Path, now: str, frozen: bool) -> None:  # noqa: FBT001
    """From the first to the last, in its own zone."""
    said = freeze(tmp_path).closed(SHOP, local(now).astimezone(UTC))

    assert said == ("frozen from 2026-12-20 to 2027-01-03: year end" if frozen else "")


def test_a_freeze_wins_over_windows(tmp_path: Path) -> None:
    """And holds for those assets only that it covers."""
    hours = ("[[windows]]", 'from = "00:00"', 'to = "24:00"', 'timezone = "UTC"')
    windows = freeze(tmp_path, 'applies_to = {tags = ["till"]}', *hours)

    assert windows.closed(SHOP, local("2026-12-24 12:00")).startswith("frozen from")
    assert windows.closed(asset("other"), local("2026-12-24 12:00")) == ""


def test_names_that_no_asset_has_are_refused(tmp_path: Path) -> None:
    """With a wrong name, an asset would be asked at any time."""
    lines = 'applies_to = {site = ["bonn", "bon"], tags = ["tills"], assets = ["shop-01"], except_assets = ["shop-1"]}'
    windows = freeze(tmp_path, lines)

    with pytest.raises(ContentError) as caught:
        windows.refuse_strays([SHOP])
    assert [(one.place.line, one.problem) for one in (caught.value, *caught.value.others)] == [
        (1, "applies_to.site: no asset has the site bon"),
        (1, "applies_to.tags: no asset has the tag tills"),
        (1, "applies_to.except_assets: no asset has the name shop-1"),
    ]
    window(tmp_path, "22:00-04:00", 'applies_to = {zone = ["shops"], kind = ["printer"]}').refuse_strays([SHOP])


def test_what_is_wrong_is_said_with_its_line(tmp_path: Path) -> None:
    """All of it at once."""
    good = ('from = "22:00"', 'to = "04:00"', 'timezone = "UTC"')
    lines = [
        *("[[windows]]", *good, "days = []"),
        *("[[windows]]", *good, 'days = ["monday"]'),
        *("[[windows]]", 'from = "22:00"', 'to = "22:00"', 'timezone = "UTC"'),
        *("[[windows]]", 'from = "24:00"', 'to = "04:00"', 'timezone = "UTC"'),
        *("[[windows]]", 'from = "7:00"', "to = 25", 'timezone = "Europe/Bonn"'),
        *("[[windows]]", *good, 'zone = ["dmz"]'),
        *("[[windows]]", *good, 'applies_to = {zones = ["dmz"]}'),
        *("[[windows]]", 'from = "22:00"', 'to = "23:00"'),
        *("[[freezes]]", "from = 2026-12-20", "to = 2026-12-19", 'timezone = "UTC"', 'reason = "x"'),
        *("[[freezes]]", "from = 20261220", "to = 2026-12-24T00:00:00", 'timezone = "UTC"'),
    ]

    assert [one.split(";")[0] for one in problems(tmp_path, *lines)] == [
        "5: days: should name one at least",
        "10: days: input should be 'mon', 'tue', 'wed', 'thu', 'fri', 'sat' or 'sun'",
        "13: to: is no later than from",
        "17: to: is no later than from",
        '22: timezone: there is no time zone "Europe/Bonn" on this machine: write Europe/Berlin, say, or UTC.',
        '20: from: should be a time of day: "22:00"',
        '21: to: should be a time of day: "22:00"',
        "27: zone: there is no such field",
        "32: zones: there is no such field",
        "33: timezone: is required",
        "38: to: is before from",
        "42: from: should be a day: 2026-12-24",
        "43: to: should be a day: 2026-12-24",
        "41: reason: is required",
    ]


def test_a_table_that_is_none(tmp_path: Path) -> None:
    """Words where tables are expected."""
    assert problems(tmp_path, 'windows = ["always"]') == [
        "1: windows: should be fields with values, as in `name: value`"
    ]
