"""Texts and documents that are stored once, however many assets and audits have them in common."""

import hashlib
import json
import zlib
from collections.abc import Collection, Iterable, Mapping
from typing import Final, cast

from sqlalchemy import Connection, Table, select
from sqlalchemy.dialects import postgresql, sqlite

from auditor.errors import DatabaseProblem, UsageError
from auditor.model.evidence import text_digest
from auditor.store.codec import Json
from auditor.store.tables import RECORD, TEXT

_WINDOW: Final = 32768  # bytes of a base that zlib can look back into (RFC 1951)
_LEVEL: Final = 6
_MOST_REMEMBERED: Final = 100_000


def insert_into(dialect: str, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """Return an insert that can say what to do about a row that is already there."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


class Shelf:
    """What this process knows to be stored, so that it need not ask again. Holds nothing that is not committed."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self.assets: dict[str, int] = {}
        self.texts: set[str] = set()
        self.records: dict[str, int] = {}
        self.bases: dict[str, tuple[int, bytes]] = {}

    def compressed(self, texts: Mapping[str, str]) -> dict[str, tuple[int, bytes]]:
        """Return the size and compressed form of each text that is not known to be stored, by digest.

        Raises ValueError for a text that is not the one its digest names.
        """
        fresh = {digest: text for digest, text in texts.items() if digest not in self.texts}
        if wrong := [digest for digest, text in fresh.items() if text_digest(text) != digest]:
            raise ValueError(f"the text given for {wrong[0]} is another")
        return {digest: (len(text), zlib.compress(_bytes(text), _LEVEL)) for digest, text in fresh.items()}

    def keep(self, filing: "Filing") -> None:
        """Remember what a transaction stored, now that it is committed."""
        for known, fresh in ((self.records, filing.records), (self.bases, filing.bases)):
            if len(known) > _MOST_REMEMBERED:
                known.clear()
            cast("dict[str, object]", known).update(fresh)
        if len(self.texts) > _MOST_REMEMBERED:
            self.texts.clear()
        self.texts |= filing.texts


class Filing:
    """Stores texts and documents within one transaction."""

    def __init__(self, connection: Connection, shelf: Shelf) -> None:
        """Begin with what is known to be stored."""
        self._connection = connection
        self._shelf = shelf
        self.texts: set[str] = set()
        self.records: dict[str, int] = {}
        self.bases: dict[str, tuple[int, bytes]] = {}

    def file_texts(self, compressed: Mapping[str, tuple[int, bytes]]) -> None:
        """Store texts by digest."""
        rows = [{"digest": digest, "size": size, "body": body} for digest, (size, body) in compressed.items()]
        if rows:
            self._connection.execute(
                insert_into(self._connection.dialect.name, TEXT).on_conflict_do_nothing(index_elements=["digest"]), rows
            )
        self.texts |= compressed.keys()

    def missing(self, digests: Collection[str]) -> set[str]:
        """Return the digests whose texts are not stored."""
        unsure = set(digests) - self._shelf.texts - self.texts
        if unsure:
            found = self._connection.execute(select(TEXT.c.digest).where(TEXT.c.digest.in_(unsure)))
            self.texts |= {str(digest) for digest in found.scalars()}
        return unsure - self.texts

    def file_record(self, text: str, family: str = "") -> int:
        """Store a document and return its number. Documents of one family are kept against its first."""
        kin = hashlib.sha256(family.encode()).hexdigest() if family else ""
        digest = hashlib.sha256(f"{kin}\n{text}".encode()).hexdigest()
        known = self._shelf.records.get(digest) or self.records.get(digest)
        if known is None:
            known = self._connection.execute(select(RECORD.c.id).where(RECORD.c.digest == digest)).scalar()
        if known is None:
            known = self._file_new(digest, text, kin)
        self.records[digest] = known
        return known

    def _file_new(self, digest: str, text: str, family: str) -> int:
        raw = text.encode()
        base_id, base = self._base(family)
        row = {"digest": digest, "family": family, "base_id": base_id, "body": _squeezed(raw, base)}
        number = cast("int", self._connection.execute(RECORD.insert().values(row).returning(RECORD.c.id)).scalar_one())
        if family and base_id is None:
            self.bases[family] = (number, raw)
        return number

    def _base(self, family: str) -> tuple[int | None, bytes]:
        if not family:
            return (None, b"")
        if known := self._shelf.bases.get(family) or self.bases.get(family):
            return known
        of_family = select(RECORD.c.id, RECORD.c.body).where(RECORD.c.family == family, RECORD.c.base_id.is_(None))
        first = self._connection.execute(of_family.order_by(RECORD.c.id).limit(1)).first()
        if first is None:
            return (None, b"")
        self.bases[family] = (first.id, zlib.decompress(first.body))
        return self.bases[family]


def read_records(connection: Connection, numbers: Iterable[int]) -> dict[int, Json]:
    """Return documents, parsed, by number. Raises DatabaseProblem when one is damaged."""
    rows = {row.id: row for row in _rows(connection, set(numbers))}
    bases = {row.id: row for row in _rows(connection, {row.base_id for row in rows.values() if row.base_id})}
    try:
        raw = {number: zlib.decompress(row.body) for number, row in bases.items()}
        return {number: json.loads(_restored(row.body, raw.get(row.base_id or 0, b""))) for number, row in rows.items()}
    except (zlib.error, ValueError) as error:
        raise DatabaseProblem("A stored result is damaged: restore the database from a backup.") from error


def read_text(connection: Connection, digest: str) -> str:
    """Return a text by its digest. Raises UsageError when there is none, DatabaseProblem when it is damaged."""
    body = connection.execute(select(TEXT.c.body).where(TEXT.c.digest == digest)).scalar()
    if body is None:
        raise UsageError(f"No evidence with the digest {digest} is stored.")
    try:
        text = zlib.decompress(cast("bytes", body)).decode("utf-8", "surrogatepass")
    except (zlib.error, UnicodeDecodeError) as error:
        raise DatabaseProblem(f"The evidence {digest} is damaged: restore the database from a backup.") from error
    if text_digest(text) != digest:
        raise DatabaseProblem(f"The evidence {digest} was changed after it was stored.")
    return text


class _RecordRow:
    """A row of the record table, as selected here."""

    id: int
    base_id: int | None
    body: bytes


def _rows(connection: Connection, numbers: set[int]) -> "list[_RecordRow]":
    found: list[_RecordRow] = []
    wanted = sorted(numbers)
    for start in range(0, len(wanted), 500):  # SQLite's older limit is 999 variables a statement
        chosen = select(RECORD.c.id, RECORD.c.base_id, RECORD.c.body).where(
            RECORD.c.id.in_(wanted[start : start + 500])
        )
        found += cast("list[_RecordRow]", connection.execute(chosen).all())
    return found


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _squeezed(raw: bytes, base: bytes) -> bytes:
    if not base:
        return zlib.compress(raw, _LEVEL)
    squeezer = zlib.compressobj(_LEVEL, zdict=base[-_WINDOW:])
    return squeezer.compress(raw) + squeezer.flush()


def _restored(body: bytes, base: bytes) -> bytes:
    if not base:
        return zlib.decompress(body)
    restorer = zlib.decompressobj(zdict=base[-_WINDOW:])
    return restorer.decompress(body) + restorer.flush()
