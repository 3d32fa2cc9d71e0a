"""Schedules are claimed by one, and caught up with once."""

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from auditor.errors import UsageError
from auditor.store.store import Store
from tests.make import NOW, ROOT

HOUR = timedelta(hours=1)


def claiming(where: str, state: str, owner: str) -> None:
    """Run in a process of its own: claim every hour of a day, and print what was won."""
    with Store.open(where, state=Path(state)) as store:
        print("ready", flush=True)  # noqa: T201
        input()
        schedules = store.schedules()
        for hour in range(1, 25):
            if schedules.claim("hourly", NOW + hour * HOUR, owner):
                print(hour, flush=True)  # noqa: T201


def test_schedules_come_back_as_they_were_added(store: Store) -> None:
    """By name, with their first run after now."""
    schedules = store.schedules()
    weekly = schedules.add(
        "weekly", "0 3 * * 1", now=NOW, assets=("web-01", "kind:router"), policy="p", timezone="Europe/Berlin"
    )
    daily = schedules.add("daily", "0 3 * * *", now=NOW)

    assert schedules.list() == (daily, weekly)
    assert (weekly.assets, weekly.policy, weekly.timezone) == (("web-01", "kind:router"), "p", "Europe/Berlin")
    assert (weekly.next_run_at, daily.next_run_at) == (NOW.replace(day=23, hour=2), NOW.replace(day=23))


def test_bad_schedules_are_refused(store: Store) -> None:
    """A name that is taken or empty, a time or a zone that there is not; nothing is added."""
    schedules = store.schedules()
    schedules.add("daily", "0 3 * * *", now=NOW)
    for name, cron, timezone, why in [
        ("daily", "0 4 * * *", "UTC", "There is a schedule daily already"),
        (" ", "0 4 * * *", "UTC", "needs a name"),
        ("other", "x", "UTC", "is not five fields"),
        ("other", "0 4 * * *", "Nowhere", "There is no time zone"),
    ]:
        with pytest.raises(UsageError, match=why):
            schedules.add(name, cron, now=NOW, timezone=timezone)

    assert [schedule.cron for schedule in schedules.list()] == ["0 3 * * *"]


def test_removing(store: Store) -> None:
    """What was removed is gone, and cannot be removed or claimed again."""
    schedules = store.schedules()
    schedules.add("daily", "0 3 * * *", now=NOW)
    schedules.remove("daily")

    assert schedules.list() == ()
    for act in (lambda: schedules.remove("daily"), lambda: schedules.claim("daily", NOW, "me")):
        with pytest.raises(UsageError, match="There is no schedule daily"):
            act()


def test_a_run_is_due_from_its_moment_on(store: Store) -> None:
    """Not before; the longest overdue comes first."""
    schedules = store.schedules()
    schedules.add("hourly", "0 * * * *", now=NOW)
    schedules.add("half", "30 * * * *", now=NOW)

    assert schedules.due(NOW + HOUR / 2 - timedelta(microseconds=1)) == ()
    assert [schedule.name for schedule in schedules.due(NOW + HOUR / 2)] == ["half"]
    assert [schedule.name for schedule in schedules.due(NOW + HOUR)] == ["half", "hourly"]
    assert not schedules.claim("hourly", NOW, "me")


def test_what_was_missed_is_caught_up_with_once(store: Store) -> None:
    """After a week of nobody being there, one run makes up for all, and the next is in the future."""
    schedules = store.schedules()
    schedules.add("hourly", "0 * * * *", now=NOW)
    back = NOW + timedelta(days=7, minutes=10)

    assert schedules.claim("hourly", back, "me")
    assert not schedules.claim("hourly", back, "you")
    assert schedules.due(back) == ()
    schedules.done("hourly", "you", "not mine to say")
    schedules.done("hourly", "me", "met")
    (schedule,) = schedules.list()
    assert (schedule.next_run_at, schedule.last_run_at) == (NOW + timedelta(days=7, hours=1), back)
    assert (schedule.last_owner, schedule.last_outcome) == ("me", "met")


def test_of_many_threads_one_gets_it(open_store: Callable[[], Store]) -> None:
    """Each run goes to one of several schedulers that ask in the same moment."""
    stores = [open_store() for _ in range(4)]
    stores[0].schedules().add("hourly", "0 * * * *", now=NOW)
    with ThreadPoolExecutor(4) as pool:
        for hour in range(1, 11):
            claims = pool.map(lambda one: one.schedules().claim("hourly", NOW + hour * HOUR, "x"), stores)  # noqa: B023
            assert sorted(claims) == [False, False, False, True]


def test_of_two_processes_one_gets_it(store: Store, where: str, tmp_path: Path) -> None:
    """Two schedulers on one database never run one twice, and together miss none."""
    store.schedules().add("hourly", "0 * * * *", now=NOW)
    program = "import sys; from tests.store.test_schedules import claiming; claiming(*sys.argv[1:])"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program, where, str(tmp_path), owner],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for owner in ("one", "other")
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    won = []
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in started:
        won += [int(line) for line in process.communicate(timeout=60)[0].split()]

    assert sorted(won) == list(range(1, 25))
