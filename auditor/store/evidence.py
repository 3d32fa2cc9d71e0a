"""Evidence read again: what each asset was asked in an audit, and the texts of its answers."""

from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

from sqlalchemy import Connection, func, select

from auditor.model.evidence import Evidence
from auditor.store import codec
from auditor.store.blobs import read_records, read_text, read_texts
from auditor.store.codec import Json
from auditor.store.memory import Memory, audit_number
from auditor.store.records import LastAnswer
from auditor.store.tables import ANSWER, ASSET, LAST_TOLD

_PAGE: Final = 200  # assets read at once
_MOST_KEPT: Final = 2000  # parsed documents


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
    asked: bytes

    def evidence(self) -> list[Evidence]:
        """Return what was asked and seen."""
        seen = cast("list[list[Json]]", self.seen)
        return codec.evidence_from(self.asset, seen, codec.times_from(self.asked))


class EvidenceMemory(Memory):
    """The part of the store that gives evidence back."""

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

    def last_told(self, asset: str) -> Mapping[str, LastAnswer]:
        """Return what an asset last told to each request (`str(request)`), where it need not send the same again."""
        chosen = select(LAST_TOLD.c.seen_id, LAST_TOLD.c.body).join(ASSET, ASSET.c.id == LAST_TOLD.c.asset_id)
        with self._database.reading() as connection:
            row = connection.execute(chosen.where(ASSET.c.name == asset)).first()
            if row is None:
                return {}
            seen = read_records(connection, [row.seen_id])[row.seen_id]
        return codec.told_from(asset, cast("list[list[Json]]", seen), row.body)

    def _told(self, audit: str = "", asset: str = "") -> Iterator[Told]:
        """Give what assets told, by name: in an audit, or the last of each. A page at a time, so memory stays flat."""
        kept: OrderedDict[int, Json] = OrderedDict()
        after: str | None = None
        while True:
            with self._database.reading() as connection:
                page = _page(connection, kept, audit, asset, after)
            yield from page
            if len(page) < _PAGE:
                return
            after = page[-1].asset


def _page(
    connection: Connection, kept: OrderedDict[int, Json], audit: str, asset: str, after: str | None
) -> list[Told]:
    chosen = select(ASSET.c.name, ANSWER).join(ASSET, ASSET.c.id == ANSWER.c.asset_id)
    if audit:
        chosen = chosen.where(ANSWER.c.audit_id == audit_number(connection, audit))
    else:
        chosen = chosen.where(ANSWER.c.id.in_(select(func.max(ANSWER.c.id)).group_by(ANSWER.c.asset_id)))
    if asset:
        chosen = chosen.where(ASSET.c.name == asset)
    if after is not None:
        chosen = chosen.where(ASSET.c.name > after)
    rows = connection.execute(chosen.order_by(ASSET.c.name).limit(_PAGE)).all()
    needed = {number for row in rows for number in (row.plan_id, row.judged_id, row.seen_id)}
    _keep(kept, read_records(connection, needed - kept.keys()), needed)
    return [
        Told(
            asset=row.name,
            reached=row.reached,
            problem=row.problem,
            saved_at=row.saved_at,
            plan=kept[row.plan_id],
            judged=kept[row.judged_id],
            plan_id=row.plan_id,
            judged_id=row.judged_id,
            seen=kept[row.seen_id],
            asked=row.asked,
        )
        for row in rows
    ]


def _keep(kept: OrderedDict[int, Json], fresh: dict[int, Json], needed: set[int]) -> None:
    """Add documents, and drop those that have not been needed for the longest time."""
    kept.update(fresh)
    for number in needed:
        kept.move_to_end(number)
    while len(kept) > max(_MOST_KEPT, len(needed)):
        kept.popitem(last=False)
