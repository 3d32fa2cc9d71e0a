"""Rows as the driver has them, for where there are hundreds of thousands: the types of `tables.py` as plain functions.

To bind a finding through typed columns, or as a mapping, costs several times what it costs to insert it. What is
written by these reads the same through `tables.py`, and the other way round.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Final

from sqlalchemy import Connection, Dialect, Insert, Table, TableClause, Update, column, table

from auditor.store.tables import escaped, restored

_MOST_REMEMBERED: Final = 5000


@dataclass(frozen=True, slots=True)
class Form:
    """How a driver takes texts that an asset may have chosen, moments and days."""

    text: Callable[[str], str]
    moment: Callable[[datetime], str | datetime]
    day: Callable[[date], str | date]


def form(dialect: str) -> Form:
    """Return the form of SQLite, which has no types for times, or of PostgreSQL."""
    return _SQLITE if dialect == "sqlite" else _POSTGRESQL


def untyped(known: Table) -> TableClause:
    """Return a table whose columns leave values as the driver takes and gives them."""
    return table(known.name, *(column(name) for name in known.c.keys()))  # noqa: SIM118


def run_for_each(
    connection: Connection, statement: Insert | Update, names: tuple[str, ...], rows: Sequence[tuple[object, ...]]
) -> None:
    """Run a statement for each row of values as the driver takes them. `names` are the statement's, in its order."""
    text, positional = _compiled(statement, names, connection.dialect)
    if rows:
        connection.exec_driver_sql(text, rows if positional else [dict(zip(names, row, strict=True)) for row in rows])


@lru_cache(32)
def _compiled(statement: Insert | Update, names: tuple[str, ...], dialect: Dialect) -> tuple[str, bool]:
    """Return a statement as the driver takes it, and whether it takes values by their places or by their names."""
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    if compiled.positional and compiled.positiontup != list(names):
        raise ValueError(f"the values of {statement} are not in the order of {names}")
    return compiled.string, compiled.positional


text_from: Final = lru_cache(_MOST_REMEMBERED)(restored)


@lru_cache(_MOST_REMEMBERED)
def moment_from(stored: str | datetime) -> datetime:
    """Return the moment that SQLite has as a text and PostgreSQL as a moment, in UTC."""
    if isinstance(stored, datetime):
        return stored.astimezone(UTC)
    return datetime.fromisoformat(stored).replace(tzinfo=UTC)


def day_from(stored: str | date) -> date:
    """Return the day that SQLite has as a text and PostgreSQL as a day."""
    return date.fromisoformat(stored) if isinstance(stored, str) else stored


@lru_cache(_MOST_REMEMBERED)
def _moment_as_text(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


_SQLITE: Final = Form(lru_cache(_MOST_REMEMBERED)(escaped), _moment_as_text, date.isoformat)
_POSTGRESQL: Final = Form(_SQLITE.text, lambda moment: moment, lambda day: day)
