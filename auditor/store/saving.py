"""What assets said and were judged to be: saved asset by asset or many at once, and read again.

Whoever saves holds the audit lock. What many assets share is recognised by the very object: the same tuple of
judgements, the same texts by their digests.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final, cast

from sqlalchemy import Connection, Table, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite

from auditor.errors import UsageError
from auditor.model.evidence import evidence_of, text_digest
from auditor.model.result import Judged, Judgement, Result, judged_of
from auditor.store import codec
from auditor.store.blobs import Document, Filing, compressed, insert_into, lots, text_numbers
from auditor.store.codec import Json
from auditor.store.evidence import EvidenceMemory, Told
from auditor.store.memory import audit_number, no_audit, parsed_number, register_assets
from auditor.store.records import AuditOutcome, Gathered
from auditor.store.tables import ANSWER, AUDIT, LAST_TOLD

_MOST_READ: Final = 300  # pairs of documents kept while results are read

Saved = tuple[Gathered, Judged]


class SavingMemory(EvidenceMemory):
    """The part of the store that keeps what assets said and were judged to be."""

    def save_asset(self, audit: str, gathered: Gathered, results: Sequence[Result] | Judged, *, now: datetime) -> None:
        """Keep what one asset said and what it was judged to be: all of it, or after an error nothing.

        Saving it once more replaces it. Raises ValueError when a result is about another asset or rests on a text that
        is not stored, UsageError when the audit is finished.
        """
        judged = results if isinstance(results, Judged) else _judged(gathered, results)
        self.save_assets(audit, [(gathered, judged)], now=now)

    def save_assets(self, audit: str, batch: Iterable[Saved], *, now: datetime) -> None:
        """Keep several assets in one transaction: when this returns all of them are kept, after an error none.

        `Judged.evidence` begins with the evidence of the answers, as `judged_of` has it. Raises as `save_asset` does.
        """
        listed = list(batch)
        for gathered, judged in listed:
            if judged.asset != gathered.asset.name:
                raise ValueError(f"a result about {judged.asset} was given for {gathered.asset.name}")
        stored, unknown = self._texts(listed)
        texts = compressed(unknown)
        written = [_written(gathered, judged, self._shelf.pair(judged.judgements)) for gathered, judged in listed]
        with self._database.writing() as connection:
            filing = Filing(connection, self._shelf)
            number = _open_audit(connection, audit)
            filing.texts.update(stored)
            filing.file_texts(texts)
            asked = [codec.asked(judged.asset, judged.evidence, filing.texts) for _, judged in listed]
            assets = self._asset_numbers(connection, [judged.asset for _, judged in listed], now)
            pairs = _file_pairs(connection, filing, written, assets)
            seen = filing.file_records([Document(one.sights.seen, one.sights.family) for one in written])
            rows = [
                {
                    "audit_id": number,
                    "asset_id": assets[one.judged.asset],
                    "reached": one.gathered.reached,
                    "problem": one.gathered.problem,
                    "saved_at": now,
                    "plan_id": pair[0],
                    "judged_id": pair[1],
                    "seen_id": sighted,
                    "asked": own,
                }
                for one, pair, sighted, own in zip(written, pairs, seen, asked, strict=True)
            ]
            told = [
                {"asset_id": assets[one.judged.asset], "seen_id": sighted, "asked": own, "body": one.told}
                for one, sighted, own in zip(written, seen, asked, strict=True)
                if one.told
            ]
            for table, key, fresh in ((ANSWER, ("audit_id", "asset_id"), rows), (LAST_TOLD, ("asset_id",), told)):
                if fresh:
                    connection.execute(_upsert(connection.dialect.name, table, key), fresh)
        self._shelf.assets.update(assets)
        self._shelf.keep(filing)
        for one, pair in zip(written, pairs, strict=True):
            self._shelf.keep_pair(one.judged.judgements, *pair)

    def judged(self, audit: str, asset: str = "") -> Iterator[Judged]:
        """Give what became of each asset of an audit, by name. Assets that were judged alike share their judgements.

        Memory stays flat. Raises UsageError when there is no such audit.
        """
        with self._database.reading() as connection:
            number = str(audit_number(connection, audit))
        reading = Reading()
        for told in self._told(number, asset):
            yield reading.judged(told)

    def results(self, audit: str, asset: str = "") -> Iterator[Result]:
        """Give the results of an audit, by asset and in the policy's order. Memory stays flat. Raises UsageError."""
        for one in self.judged(audit, asset):
            yield from one.results

    def _texts(self, batch: Sequence[Saved]) -> tuple[dict[str, int], dict[str, str]]:
        """Return the numbers of a batch's texts that are stored, and the other texts, by digest.

        It is looked up before a text costs its hashing and compression, and while nobody waits to write.
        """
        needed = [{seen.digest for seen in judged.evidence if seen.digest} for _, judged in batch]
        known = self._shelf.texts
        stored = {digest: known[digest] for digest in set().union(*needed) if digest in known}
        if unsure := set[str]().union(*needed) - stored.keys():
            with self._database.reading() as connection:
                stored |= text_numbers(connection, unsure)
        fresh = set[str]().union(*needed) - stored.keys()
        unknown = _given(batch, fresh) if fresh else {}
        for (_, judged), digests in zip(batch, needed, strict=True):
            if lost := digests - stored.keys() - unknown.keys():
                raise ValueError(f"a result of {judged.asset} rests on a text that is not stored: {min(lost)}")
        return stored, unknown

    def _asset_numbers(self, connection: Connection, names: Collection[str], now: datetime) -> Mapping[str, int]:
        known = self._shelf.assets
        unknown = [name for name in names if name not in known]
        fresh = register_assets(connection, unknown, now) if unknown else {}
        return {name: known.get(name) or fresh[name] for name in names}


def _given(batch: Iterable[Saved], wanted: Collection[str]) -> dict[str, str]:
    """Return the texts with these digests that any asset of a batch gave."""
    given: dict[str, str] = {}
    for gathered, _ in batch:
        for answer in gathered.answers.values():
            named = answer.digest or text_digest(answer.text)
            if named in wanted and named not in given and text_digest(answer.text) == named:
                given[named] = answer.text
    return given


@dataclass(frozen=True, slots=True)
class _Written:
    """An asset's part in a batch, made ready before the transaction begins."""

    gathered: Gathered
    judged: Judged
    pair: tuple[int, int] | None  # the numbers of its plan and verdicts, where these are known to be stored
    judging: codec.Judging | None
    sights: codec.Sights
    told: bytes


def _written(gathered: Gathered, judged: Judged, pair: tuple[int, int] | None) -> _Written:
    return _Written(
        gathered,
        judged,
        pair,
        None if pair else codec.judging(judged.judgements),
        codec.sights(judged.asset, judged.evidence),
        codec.told(judged, gathered.answers.values()),
    )


def _file_pairs(
    connection: Connection, filing: Filing, written: Sequence[_Written], assets: Mapping[str, int]
) -> list[tuple[int, int]]:
    """Store the plan and verdicts of each, where they are not known to be stored, and return their numbers."""
    fresh = [(one.judging, assets[one.judged.asset]) for one in written if one.judging]
    plans = filing.file_records([Document(shared.plan) for shared, _ in fresh])
    verdicts = [Document(shared.judged, shared.plan) for shared, _ in fresh]
    lacking = filing.lacking(verdicts)
    before = _last_judged(connection, [asset for (_, asset), new in zip(fresh, lacking, strict=True) if new])
    closer = [one._replace(after=before.get(asset, 0)) for one, (_, asset) in zip(verdicts, fresh, strict=True)]
    stored = zip(plans, filing.file_records(closer), strict=True)
    return [one.pair or next(stored) for one in written]


def _last_judged(connection: Connection, assets: Collection[int]) -> dict[int, int]:
    """Return the record of each asset's last verdicts, which new ones are likely to be much alike."""
    found: dict[int, int] = {}
    for lot in lots(assets):
        newest = select(func.max(ANSWER.c.id)).where(ANSWER.c.asset_id.in_(lot)).group_by(ANSWER.c.asset_id)
        rows = connection.execute(select(ANSWER.c.asset_id, ANSWER.c.judged_id).where(ANSWER.c.id.in_(newest)))
        found |= {row.asset_id: row.judged_id for row in rows}
    return found


class Reading:
    """Documents that many assets and audits have in common, made into values once."""

    def __init__(self) -> None:
        """Have read nothing."""
        self._demands: dict[int, list[codec.Demanded]] = {}
        self._judgements: OrderedDict[tuple[int, int], tuple[Judgement, ...]] = OrderedDict()

    def judged(self, told: Told) -> Judged:
        """Return what became of an asset."""
        return Judged(told.asset, self._shared(told), tuple(told.evidence()))

    def _shared(self, told: Told) -> tuple[Judgement, ...]:
        key = (told.plan_id, told.judged_id)
        if key not in self._judgements:
            if told.plan_id not in self._demands:
                self._demands[told.plan_id] = codec.demands_from(cast("list[list[Json]]", told.plan))
            judged = cast("list[list[Json]]", told.judged)
            self._judgements[key] = codec.judgements_from(self._demands[told.plan_id], judged)
        self._judgements.move_to_end(key)
        while len(self._judgements) > _MOST_READ:
            self._judgements.popitem(last=False)
        return self._judgements[key]


def _judged(gathered: Gathered, results: Sequence[Result]) -> Judged:
    name = gathered.asset.name
    if strange := [result for result in results if result.asset != name]:
        raise ValueError(f"a result about {strange[0].asset} was given for {name}")
    return judged_of(name, [evidence_of(name, answer) for answer in gathered.answers.values()], results)


_OUTCOME: Final = select(AUDIT.c.outcome).where(AUDIT.c.id == bindparam("audit"))


@cache
def _upsert(dialect: str, table: Table, key: tuple[str, ...]) -> "sqlite.Insert | postgresql.Insert":
    """Return the statement that saves an asset once: made anew for each it would cost more than to run it."""
    insert = insert_into(dialect, table)
    fields = {name: insert.excluded[name] for name in table.c.keys() if name not in {"id", *key}}  # noqa: SIM118
    return insert.on_conflict_do_update(index_elements=key, set_=fields)


def _open_audit(connection: Connection, audit: str) -> int:
    number = parsed_number(audit)
    outcome = connection.execute(_OUTCOME, {"audit": number}).scalar()
    if outcome is None:
        raise no_audit(audit)
    if outcome != AuditOutcome.UNFINISHED.value:
        raise UsageError(f"The audit {audit} is {outcome}: nothing can be added to it.")
    return number
