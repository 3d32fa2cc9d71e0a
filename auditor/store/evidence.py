"""Evidence read again: what each asset was asked in an audit, and the texts of its answers."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

from sqlalchemy import Connection, Row, bindparam, func, select

from auditor.model.evidence import Evidence
from auditor.store import codec
from auditor.store.ahead import Ahead
from auditor.store.blobs import read_digests, read_records, read_text, read_texts
from auditor.store.codec import Json
from auditor.store.engine import Database
from auditor.store.memory import Memory, audit_number
from auditor.store.records import LastAnswer
from auditor.store.tables import ANSWER, ASSET, LAST_TOLD

_LAST_TOLD: Final = (
    select(ASSET.c.name, LAST_TOLD.c.seen_id, LAST_TOLD.c.asked, LAST_TOLD.c.body)
    .join(ASSET, ASSET.c.id == LAST_TOLD.c.asset_id)
    .where(ASSET.c.name.in_(bindparam("assets", expanding=True)))
)
_PAGE: Final = 200  # assets read at once
_MOST_KEPT: Final = 2000  # parsed documents
_MOST_DIGESTS: Final = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Everything that one audit got from one asset, as documents; equal numbers are equal documents."""

    asset: str
    reached: bool
    problem: str
    saved_at: datetime
    plan: Json
    judged: Json
    plan_id: int
    judged_id: int
    seen: Json
    own: codec.Asked
    digests: list[str]

    def evidence(self) -> list[Evidence]:
        """Return what was asked and seen."""
        return codec.evidence_from(self.asset, cast("list[list[Json]]", self.seen), self.own, self.digests)


class Kept:
    """Parsed documents and digests of texts that are likely to be needed again while assets are gone through."""

    def __init__(self) -> None:
        """Have nothing."""
        self.documents: OrderedDict[int, Json] = OrderedDict()
        self.digests: dict[int, str] = {}

    def has(self, document: int, digests: Collection[int]) -> bool:
        """Whether nothing of these has to be read."""
        return document in self.documents and self.digests.keys() >= set(digests)

    def read(self, connection: Connection, documents: set[int], digests: set[int]) -> None:
        """Have at least these, by number."""
        if unread := documents - self.documents.keys():
            self.documents.update(read_records(connection, unread))
        for number in documents:
            self.documents.move_to_end(number)
        while len(self.documents) > max(_MOST_KEPT, len(documents)):
            self.documents.popitem(last=False)
        if len(self.digests) > _MOST_DIGESTS:
            self.digests.clear()
        if unread := digests - self.digests.keys():
            self.digests.update(read_digests(connection, unread))


class EvidenceMemory(Memory):
    """The part of the store that gives evidence back."""

    def __init__(self, database: Database) -> None:
        """Stand on an open database."""
        super().__init__(database)
        self._last, self._last_lock = Kept(), threading.Lock()  # like assets told the same

    def evidence(self, asset: str = "", audit: str = "") -> Iterator[Evidence]:
        """Give the evidence of an audit by asset; without an audit, what each asset was last asked."""
        for told in self._told(audit, asset):
            yield from told.evidence()

    def evidence_text(self, digest: str) -> str:
        """Return a text by its digest. Raises UsageError when there is none, DatabaseProblem when it is damaged."""
        with self._database.reading() as connection:
            return read_text(connection, digest)

    def evidence_texts(self, digests: Collection[str]) -> dict[str, str]:
        """Return the texts that are stored of these digests. Raises DatabaseProblem when one is damaged."""
        with self._database.reading() as connection:
            return read_texts(connection, digests)

    def last_told(self, order: Sequence[str]) -> Callable[[str], Mapping[str, LastAnswer]]:
        """Return what tells of an asset what it last told to each request (`str(request)`), where it need not send the
        same again. Assets are asked for in about this order.
        """
        ahead = Ahead(self._last_rows, order)

        def told(asset: str) -> Mapping[str, LastAnswer]:
            row = ahead.take(asset)
            return self._last_told(asset, row) if row is not None else {}

        return told

    def _last_rows(self, assets: Sequence[str]) -> "dict[str, Row[tuple[object, ...]]]":
        with self._database.reading() as connection:
            rows = connection.execute(_LAST_TOLD, {"assets": list(assets)}).all()
        return {row.name: row for row in cast("Sequence[Row[tuple[object, ...]]]", rows)}

    def _last_told(self, asset: str, row: "Row[tuple[object, ...]]") -> Mapping[str, LastAnswer]:
        own = codec.asked_from(row.asked)
        with self._last_lock:
            if not self._last.has(row.seen_id, own.texts):
                with self._database.reading() as connection:
                    self._last.read(connection, {row.seen_id}, set(own.texts))
            seen = cast("list[list[Json]]", self._last.documents[row.seen_id])
            digests = [self._last.digests[number] for number in own.texts]
        return codec.told_from(codec.evidence_from(asset, seen, own, digests), row.body)

    def _told(self, audit: str = "", asset: str = "") -> Iterator[Told]:
        """Give what assets told, by name: in an audit, or the last of each. A page at a time, so memory stays flat."""
        kept = Kept()
        after: str | None = None
        while True:
            with self._database.reading() as connection:
                page = _page(connection, kept, audit, asset, after)
            yield from page
            if len(page) < _PAGE:
                return
            after = page[-1].asset


def _page(connection: Connection, kept: Kept, audit: str, asset: str, after: str | None) -> list[Told]:
    chosen = select(ASSET.c.name, ANSWER).join(ASSET, ASSET.c.id == ANSWER.c.asset_id)
    if audit:
        chosen = chosen.where(ANSWER.c.audit_id == audit_number(connection, audit))
    else:
        chosen = chosen.where(ANSWER.c.id.in_(select(func.max(ANSWER.c.id)).group_by(ANSWER.c.asset_id)))
    if asset:
        chosen = chosen.where(ASSET.c.name == asset)
    if after is not None:
        chosen = chosen.where(ASSET.c.name > after)
    return told_by(connection, connection.execute(chosen.order_by(ASSET.c.name).limit(_PAGE)).all(), kept)


def told_by(connection: Connection, rows: "Sequence[Row[tuple[object, ...]]]", kept: Kept) -> list[Told]:
    """Return what rows of answers, joined with the asset's name, stand for."""
    asked = [codec.asked_from(row.asked) for row in rows]
    kept.read(
        connection,
        {number for row in rows for number in (row.plan_id, row.judged_id, row.seen_id)},
        {number for own in asked for number in own.texts},
    )
    return [
        Told(
            asset=row.name,
            reached=row.reached,
            problem=row.problem,
            saved_at=row.saved_at,
            plan=kept.documents[row.plan_id],
            judged=kept.documents[row.judged_id],
            plan_id=row.plan_id,
            judged_id=row.judged_id,
            seen=kept.documents[row.seen_id],
            own=own,
            digests=[kept.digests[number] for number in own.texts],
        )
        for row, own in zip(rows, asked, strict=True)
    ]
