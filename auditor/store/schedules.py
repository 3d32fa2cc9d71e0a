"""Schedules kept, and claimed so that two schedulers never run one of them twice."""

import json
from datetime import datetime

from sqlalchemy import Connection, Row, select

from auditor.errors import UsageError
from auditor.schedules import Schedule, next_run
from auditor.store.blobs import insert_into
from auditor.store.engine import Database
from auditor.store.tables import SCHEDULE


class Schedules:
    """The schedules of a workspace."""

    def __init__(self, database: Database) -> None:
        """Stand on an open database."""
        self._database = database

    def add(
        self,
        name: str,
        cron: str,
        *,
        now: datetime,
        assets: tuple[str, ...] = (),
        policy: str = "",
        timezone: str = "UTC",
    ) -> Schedule:
        """Add a schedule; its first run is the first after now. Raises UsageError when the name is taken or empty."""
        if not name.strip():
            raise UsageError("A schedule needs a name.")
        row = {
            "name": name,
            "cron": cron,
            "zone": timezone,
            "assets": json.dumps(assets),
            "policy": policy,
            "created_at": now,
            "next_run_at": next_run(cron, timezone, after=now),
            "last_owner": "",
            "last_outcome": "",
        }
        with self._database.writing() as connection:
            insert = (
                insert_into(connection.dialect.name, SCHEDULE)
                .values(row)
                .on_conflict_do_nothing(index_elements=["name"])
            )
            if connection.execute(insert.returning(SCHEDULE.c.id)).first() is None:
                raise UsageError(f"There is a schedule {name} already: remove it first, or choose another name.")
            return _one(connection, name)

    def list(self) -> tuple[Schedule, ...]:
        """Return all schedules by name."""
        with self._database.reading() as connection:
            return tuple(_schedule(row) for row in connection.execute(select(SCHEDULE).order_by(SCHEDULE.c.name)))

    def remove(self, name: str) -> None:
        """Remove a schedule. Raises UsageError when there is none."""
        with self._database.writing() as connection:
            if not connection.execute(SCHEDULE.delete().where(SCHEDULE.c.name == name)).rowcount:
                raise _no_schedule(name)

    def due(self, now: datetime) -> tuple[Schedule, ...]:
        """Return what should be running by now, the longest overdue first."""
        chosen = select(SCHEDULE).where(SCHEDULE.c.next_run_at <= now).order_by(SCHEDULE.c.next_run_at)
        with self._database.reading() as connection:
            return tuple(_schedule(row) for row in connection.execute(chosen))

    def claim(self, name: str, now: datetime, owner: str) -> bool:
        """Whether the run that is due is the owner's alone. Of several that ask, one gets it.

        The next run is the first after now: however many were missed while nobody was there, one makes up for all.
        Raises UsageError when there is no such schedule.
        """
        with self._database.writing() as connection:
            schedule = _one(connection, name)
            if schedule.next_run_at > now:
                return False
            moved = (
                SCHEDULE.update()
                .where(SCHEDULE.c.name == name, SCHEDULE.c.next_run_at == schedule.next_run_at)
                .values(
                    next_run_at=next_run(schedule.cron, schedule.timezone, after=now),
                    last_run_at=now,
                    last_owner=owner,
                    last_outcome="running",
                )
            )
            return connection.execute(moved).rowcount == 1

    def done(self, name: str, owner: str, outcome: str) -> None:
        """Remember what came of a run; nothing, when another owner has claimed a later one or it was removed."""
        with self._database.writing() as connection:
            mine = SCHEDULE.update().where(SCHEDULE.c.name == name, SCHEDULE.c.last_owner == owner)
            connection.execute(mine.values(last_outcome=outcome))


def _one(connection: Connection, name: str) -> Schedule:
    row = connection.execute(select(SCHEDULE).where(SCHEDULE.c.name == name)).first()
    if row is None:
        raise _no_schedule(name)
    return _schedule(row)


def _no_schedule(name: str) -> UsageError:
    return UsageError(f"There is no schedule {name}: `auditor schedule list` shows all.")


def _schedule(row: "Row[tuple[object, ...]]") -> Schedule:
    return Schedule(
        name=row.name,
        cron=row.cron,
        timezone=row.zone,
        next_run_at=row.next_run_at,
        assets=tuple(json.loads(row.assets)),
        policy=row.policy,
        last_run_at=row.last_run_at,
        last_owner=row.last_owner,
        last_outcome=row.last_outcome,
    )
