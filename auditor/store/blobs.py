"""Texts and documents that are stored once, however many assets and audits have them in common."""

import hashlib
import json
import zlib
from base64 import urlsafe_b64encode
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final, NamedTuple, TypeVar, cast

from sqlalchemy import Connection, Table, select
from sqlalchemy.dialects import postgresql, sqlite

from auditor.errors import DatabaseProblem, UsageError
from auditor.model.evidence import text_digest
from auditor.model.result import Judgement
from auditor.store.codec import Json
from auditor.store.deltas import DAMAGED, Packed, Reference, packed, unpacked
from auditor.store.tables import RECORD, TEXT

_TEXT_LEVEL: Final = 3  # 0.55 of the CPU of level 6 for 1.1 of the bytes, measured over what hosts answer
_MOST_REMEMBERED: Final = 100_000
_MOST_TUPLES: Final = 500
_DEEPEST: Final = 16  # documents that have to be read to read one, besides the first of its family
_LOT: Final = 500  # SQLite's older limit is 999 variables a statement
ItemT = TypeVar("ItemT")


def insert_into(dialect: str, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """Return an insert that can say what to do about a row that is already there."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def lots(items: Iterable[ItemT], size: int = _LOT) -> Iterator[list[ItemT]]:
    """Give items in lots, of as many as one statement can name unless another size is given."""
    left = iter(items)
    while lot := list(islice(left, size)):
        yield lot


class Document(NamedTuple):
    """A JSON text to be stored, and what it is alike to.

    Documents of one family are kept against its first, or against the stored document `after`, which is closer still.
    """

    text: str
    family: str = ""
    after: int = 0


class Shelf:
    """What this process knows to be stored, so that it need not ask again. Holds nothing that is not committed."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self.assets: dict[str, int] = {}
        self.texts: dict[str, int] = {}
        self.records: dict[str, int] = {}
        self.bases: dict[str, Reference] = {}
        self._pairs: dict[int, tuple[tuple[Judgement, ...], int, int]] = {}

    def pair(self, judgements: tuple[Judgement, ...]) -> tuple[int, int] | None:
        """Return the numbers of the plan and the verdicts of this very tuple, if it was stored before."""
        known = self._pairs.get(id(judgements))
        return known[1:] if known else None

    def keep_pair(self, judgements: tuple[Judgement, ...], plan: int, judged: int) -> None:
        """Remember the numbers of a tuple. Holding the tuple keeps its id its own."""
        if len(self._pairs) >= _MOST_TUPLES:
            self._pairs.clear()
        self._pairs[id(judgements)] = (judgements, plan, judged)

    def keep(self, filing: "Filing") -> None:
        """Remember what a transaction stored, now that it is committed."""
        for known, fresh in ((self.records, filing.records), (self.bases, filing.bases), (self.texts, filing.texts)):
            if len(known) > _MOST_REMEMBERED:
                known.clear()
            cast("dict[str, object]", known).update(fresh)


class Filing:
    """Stores texts and documents within one transaction."""

    def __init__(self, connection: Connection, shelf: Shelf) -> None:
        """Begin with what is known to be stored."""
        self._connection = connection
        self._shelf = shelf
        self.texts: dict[str, int] = {}
        self.records: dict[str, int] = {}
        self.bases: dict[str, Reference] = {}

    def file_texts(self, compressed: Mapping[str, tuple[int, bytes]]) -> None:
        """Store texts by digest."""
        rows = [{"digest": digest, "size": size, "body": body} for digest, (size, body) in compressed.items()]
        if rows:
            self._connection.execute(
                insert_into(self._connection.dialect.name, TEXT).on_conflict_do_nothing(index_elements=["digest"]), rows
            )
            self.texts |= text_numbers(self._connection, compressed.keys())

    def lacking(self, documents: Sequence[Document]) -> list[bool]:
        """Return of each document whether it is still to be stored."""
        digests = [_name(document.text) for document in documents]
        self._look_up(set(digests))
        return [digest not in self.records for digest in digests]

    def file_record(self, text: str) -> int:
        """Store a document and return its number."""
        return self.file_records([Document(text)])[0]

    def file_records(self, documents: Sequence[Document]) -> list[int]:
        """Store documents and return their numbers, in their order."""
        digests = [_name(document.text) for document in documents]
        self._look_up(set(digests))
        listed = zip(digests, documents, strict=True)
        if fresh := {digest: document for digest, document in listed if digest not in self.records}:
            self._file_new(fresh)
        return [self.records[digest] for digest in digests]

    def _look_up(self, digests: Collection[str]) -> None:
        known = self._shelf.records
        self.records |= {digest: known[digest] for digest in digests if digest in known}
        self._read_numbers(digest for digest in digests if digest not in self.records)

    def _read_numbers(self, digests: Iterable[str]) -> None:
        for lot in lots(digests):
            found = self._connection.execute(select(RECORD.c.digest, RECORD.c.id).where(RECORD.c.digest.in_(lot)))
            self.records |= {row.digest: row.id for row in found}

    def _file_new(self, fresh: Mapping[str, Document]) -> None:
        kin = {digest: _name(document.family) for digest, document in fresh.items() if document.family}
        self._look_up_bases(set(kin.values()))
        first = {family: digest for digest, family in reversed(kin.items()) if family not in self.bases}
        self._insert([_row(digest, fresh[digest], None, family) for family, digest in first.items()])
        self.bases |= {family: Reference.first(self.records[one], fresh[one].text) for family, one in first.items()}
        rest = {digest: document for digest, document in fresh.items() if digest not in self.records}
        closer = self._closer({document.after for document in rest.values() if document.after})
        bases = {one: closer.get(fresh[one].after) or self.bases.get(kin.get(one, "")) for one in rest}
        self._insert([_row(digest, document, bases[digest]) for digest, document in rest.items()])

    def _closer(self, numbers: set[int]) -> dict[int, Reference]:
        """Return stored documents; those left out of which too many others would have to be read to read them."""
        stored = unpacked(_with_bases(self._connection, numbers))
        return {number: stored[number] for number in numbers if stored[number].depth < _DEEPEST}

    def _look_up_bases(self, families: Collection[str]) -> None:
        known = self._shelf.bases
        self.bases |= {family: known[family] for family in families if family in known}
        chosen = select(RECORD.c.family, RECORD.c.id, RECORD.c.base_id, RECORD.c.body)
        for lot in lots(family for family in families if family not in self.bases):
            rows = self._connection.execute(chosen.where(RECORD.c.family.in_(lot), RECORD.c.base_id.is_(None))).all()
            stored = unpacked({row.id: Packed(*row[1:]) for row in rows})
            self.bases |= {row.family: stored[row.id] for row in rows}

    def _insert(self, rows: Sequence[dict[str, object]]) -> None:
        if rows:
            insert = insert_into(self._connection.dialect.name, RECORD)
            self._connection.execute(insert.on_conflict_do_nothing(index_elements=["digest"]), rows)
            self._read_numbers(str(row["digest"]) for row in rows)


def compressed(texts: Mapping[str, str]) -> dict[str, tuple[int, bytes]]:
    """Return the size and compressed form of texts by digest."""
    return {digest: (len(text), zlib.compress(_bytes(text), _TEXT_LEVEL)) for digest, text in texts.items()}


def text_numbers(connection: Connection, digests: Collection[str]) -> dict[str, int]:
    """Return the numbers of those texts that are stored, by digest."""
    found: dict[str, int] = {}
    for lot in lots(digests):
        rows = connection.execute(select(TEXT.c.digest, TEXT.c.id).where(TEXT.c.digest.in_(lot)))
        found |= {row.digest: row.id for row in rows}
    return found


def read_digests(connection: Connection, numbers: Collection[int]) -> dict[int, str]:
    """Return the digests of texts by number. Raises DatabaseProblem when there is no such text."""
    found: dict[int, str] = {}
    for lot in lots(set(numbers)):
        rows = connection.execute(select(TEXT.c.id, TEXT.c.digest).where(TEXT.c.id.in_(lot)))
        found |= {row.id: row.digest for row in rows}
    if not found.keys() >= set(numbers):
        raise DatabaseProblem("A stored text is missing: restore the database from a backup.")
    return found


def read_records(connection: Connection, numbers: Iterable[int]) -> dict[int, Json]:
    """Return documents, parsed, by number. Raises DatabaseProblem when one is damaged."""
    wanted = set(numbers)
    stored = unpacked(_with_bases(connection, wanted))
    try:
        return {number: json.loads(stored[number].text) for number in wanted}
    except (KeyError, ValueError) as error:
        raise DatabaseProblem(DAMAGED) from error


def read_text(connection: Connection, digest: str) -> str:
    """Return a text by its digest. Raises UsageError when there is none, DatabaseProblem when it is damaged."""
    if found := read_texts(connection, [digest]):
        return found[digest]
    raise UsageError(f"No evidence with the digest {digest} is stored.")


def read_texts(connection: Connection, digests: Collection[str]) -> dict[str, str]:
    """Return those texts that are stored, by digest. Raises DatabaseProblem when one is damaged."""
    found: dict[str, str] = {}
    for lot in lots(digests):
        for row in connection.execute(select(TEXT.c.digest, TEXT.c.body).where(TEXT.c.digest.in_(lot))):
            found[row.digest] = _checked(row.digest, row.body)
    return found


def _checked(digest: str, body: bytes) -> str:
    try:
        text = zlib.decompress(body).decode("utf-8", "surrogatepass")
    except (zlib.error, UnicodeDecodeError) as error:
        raise DatabaseProblem(f"The evidence {digest} is damaged: restore the database from a backup.") from error
    if text_digest(text) != digest:
        raise DatabaseProblem(f"The evidence {digest} was changed after it was stored.")
    return text


def _with_bases(connection: Connection, numbers: set[int]) -> dict[int, Packed]:
    """Return rows by number, and those that they are kept against."""
    rows: dict[int, Packed] = {}
    wanted = numbers
    while wanted:
        fresh = _rows(connection, wanted)
        rows |= {row.id: row for row in fresh}
        wanted = {row.base_id for row in fresh if row.base_id} - rows.keys()
    return rows


def _rows(connection: Connection, numbers: set[int]) -> list[Packed]:
    found: list[Packed] = []
    for lot in lots(sorted(numbers)):
        chosen = select(RECORD.c.id, RECORD.c.base_id, RECORD.c.body).where(RECORD.c.id.in_(lot))
        found += [Packed(*row) for row in connection.execute(chosen)]
    return found


def _row(digest: str, document: Document, base: Reference | None, family: str = "") -> dict[str, object]:
    """Return a document as a row; only the first of a family names it."""
    number = base.number if base else None
    return {"digest": digest, "family": family, "base_id": number, "body": packed(document.text, base)}


def _name(text: str) -> str:
    """Return the name a document is stored by: 192 bits of SHA-256, since a year's audits have millions of names."""
    return urlsafe_b64encode(hashlib.sha256(text.encode()).digest()[:24]).decode()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
