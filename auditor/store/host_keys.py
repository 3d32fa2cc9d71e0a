"""Host keys pinned in the database; `transports.host_keys.HostKeys` is what transports know of them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Final

from sqlalchemy import Row, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from auditor.store.ahead import Ahead
from auditor.store.blobs import insert_into
from auditor.store.engine import Database
from auditor.store.tables import HOST_KEY
from auditor.transports.host_keys import PinnedKey

_OF_HOSTS: Final = (
    select(HOST_KEY).where(HOST_KEY.c.address.in_(bindparam("addresses", expanding=True))).order_by(HOST_KEY.c.id)
)


class StoredHostKeys:
    """The host keys of a workspace, by address or name in lower case, and port."""

    def __init__(self, database: Database, order: Sequence[str] = ()) -> None:
        """Stand on an open database; addresses are asked for in about this order."""
        self._database = database
        self._ahead = Ahead(self._of_hosts, [address.lower() for address in order])

    def pinned(self, address: str, port: int) -> tuple[PinnedKey, ...]:
        """Return the keys known of a host, the oldest first; none when it was never seen."""
        rows = self._ahead.take(address.lower()) or ()
        return tuple([PinnedKey(row.type, row.blob_base64, revoked=row.revoked) for row in rows if row.port == port])

    def _of_hosts(self, addresses: Sequence[str]) -> "dict[str, list[Row[tuple[object, ...]]]]":
        found: dict[str, list[Row[tuple[object, ...]]]] = {}
        with self._database.reading() as connection:
            for row in connection.execute(_OF_HOSTS, {"addresses": list(addresses)}):
                found.setdefault(row.address, []).append(row)
        return found

    def pin(self, address: str, port: int, key: PinnedKey) -> None:
        """Remember a key of a host; one that is pinned already takes the new key's `revoked`, and keeps its day."""
        row = {
            "address": address.lower(),
            "port": port,
            "fingerprint": key.fingerprint,
            "type": key.type,
            "blob_base64": key.blob_base64,
            "revoked": key.revoked,
            "pinned_at": datetime.now(UTC),
        }
        with self._database.writing() as connection:
            connection.execute(_pinning(connection.dialect.name), row)

    def unpin(self, address: str, port: int) -> int:
        """Forget a host's keys, so that it can be enrolled anew. Return how many there were."""
        of_host = (HOST_KEY.c.address == address.lower()) & (HOST_KEY.c.port == port)
        with self._database.writing() as connection:
            return connection.execute(HOST_KEY.delete().where(of_host)).rowcount

    def all(self) -> Mapping[tuple[str, int], tuple[PinnedKey, ...]]:
        """Return the keys of every host, by address and port."""
        chosen = select(HOST_KEY).order_by(HOST_KEY.c.address, HOST_KEY.c.port, HOST_KEY.c.id)
        keys: dict[tuple[str, int], tuple[PinnedKey, ...]] = {}
        with self._database.reading() as connection:
            for row in connection.execute(chosen):
                key = PinnedKey(row.type, row.blob_base64, revoked=row.revoked)
                keys[row.address, row.port] = (*keys.get((row.address, row.port), ()), key)
        return keys


@cache
def _pinning(dialect: str) -> "sqlite.Insert | postgresql.Insert":
    """Return the statement that pins a key: made anew for each it would cost more than to run it."""
    insert = insert_into(dialect, HOST_KEY)
    same = ["address", "port", "fingerprint"]
    return insert.on_conflict_do_update(index_elements=same, set_={"revoked": insert.excluded.revoked})
