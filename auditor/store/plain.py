"""Rows as the driver has them, for where there are hundreds of thousands: the types of `tables.py` as plain functions.

To bind a finding through typed columns costs several times what it costs to insert it. What is written by these reads
the same through `tables.py`, and the other way round.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Final

from sqlalchemy import Table, TableClause, column, table

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
