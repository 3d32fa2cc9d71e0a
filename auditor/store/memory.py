"""What every part of the store stands on: a database, and what is known to be in it."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import Connection, select

from auditor.errors import UsageError
from auditor.model.asset import Asset
from auditor.model.finding import Finding
from auditor.store.blobs import Shelf, insert_into
from auditor.store.engine import Database
from auditor.store.records import Identity
from auditor.store.tables import ASSET, AUDIT, IDENTITY


class Memory:
    """An open database. Every method may be called from any thread, and raises DatabaseProblem."""

    def __init__(self, database: Database) -> None:
        """Stand on an open database."""
        self._database = database
        self._shelf = Shelf()
        self._findings: dict[tuple[str, str, str], tuple[int, Finding]] | None = None  # as they were last read

    def note_assets(self, assets: Iterable[Asset], *, now: datetime) -> None:
        """Remember that assets exist, and which identities they carry this day."""
        listed = list(assets)
        with self._database.writing() as connection:
            numbers = register_assets(connection, [asset.name for asset in listed], now)
            rows = [
                {"asset_id": numbers[asset.name], "identity": identity, "first_seen": now, "last_seen": now}
                for asset in listed
                for identity in sorted(asset.identities)
            ]
            if rows:
                insert = insert_into(connection.dialect.name, IDENTITY)
                connection.execute(
                    insert.on_conflict_do_update(index_elements=["asset_id", "identity"], set_={"last_seen": now}), rows
                )

    def identities(self, asset: str = "") -> list[Identity]:
        """Return the identities that were carried by an asset, or by all, by asset and first day."""
        chosen = (
            select(ASSET.c.name, IDENTITY.c.identity, IDENTITY.c.first_seen, IDENTITY.c.last_seen)
            .join(IDENTITY, IDENTITY.c.asset_id == ASSET.c.id)
            .order_by(ASSET.c.name, IDENTITY.c.first_seen, IDENTITY.c.identity)
        )
        if asset:
            chosen = chosen.where(ASSET.c.name == asset)
        with self._database.reading() as connection:
            return [
                Identity(asset=row.name, identity=row.identity, first_seen=row.first_seen, last_seen=row.last_seen)
                for row in connection.execute(chosen)
            ]


def register_assets(connection: Connection, names: Collection[str], now: datetime) -> dict[str, int]:
    """Return the number of each asset's row, made where there is none."""
    insert = insert_into(connection.dialect.name, ASSET)
    upsert = insert.on_conflict_do_update(index_elements=["name"], set_={"last_seen": now})
    rows = [{"name": name, "first_seen": now, "last_seen": now} for name in names]
    found = connection.execute(upsert.returning(ASSET.c.name, ASSET.c.id), rows) if rows else ()
    return {row.name: row.id for row in found}


def audit_number(connection: Connection, audit: str) -> int:
    """Return the number of an audit's row. Raises UsageError when there is none."""
    number = parsed_number(audit)
    if connection.execute(select(AUDIT.c.id).where(AUDIT.c.id == number)).scalar() is None:
        raise no_audit(audit)
    return number


def parsed_number(audit: str) -> int:
    """Return an audit's id as the number that it is, or 0, which no audit has."""
    return int(audit) if audit.isascii() and audit.isdecimal() and len(audit) < 10 else 0


def no_audit(audit: str) -> UsageError:
    """Return what to say of an audit that there is not."""
    return UsageError(f"There is no audit {audit}: `auditor audits` lists all.")
