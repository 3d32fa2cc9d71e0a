"""Earlier audits in numbers, for trends: counted once when an audit is finished, and cheap to read."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import cast

from sqlalchemy import Connection, Row, func, select

from auditor.model.check import Severity
from auditor.model.finding import FindingState
from auditor.model.result import Verdict
from auditor.store.blobs import read_records
from auditor.store.evidence import Kept, told_by
from auditor.store.memory import audit_number, parsed_number
from auditor.store.records import AuditOutcome, PastAsset, PastAudit, PastCheck, Tally
from auditor.store.saving import Reading, SavingMemory
from auditor.store.tables import ANSWER, ASSET, AUDIT, EVENT, FINDING, TALLY


class HistoryMemory(SavingMemory):
    """The part of the store that compares audits."""

    def tallies(self, audit: str) -> list[Tally]:
        """Return how often each verdict was given in a finished audit, by control and check."""
        with self._database.reading() as connection:
            chosen = select(TALLY).where(TALLY.c.audit_id == audit_number(connection, audit))
            return [
                Tally(control=row.control, check=row.check_name, verdict=Verdict(row.verdict), count=row.assets)
                for row in connection.execute(chosen.order_by(TALLY.c.control, TALLY.c.check_name, TALLY.c.verdict))
            ]

    def history(self, before: str = "", limit: int = 12) -> list[PastAudit]:
        """Return audits that were carried out, oldest first: the last ones before an audit, or before now."""
        done = AUDIT.c.outcome.in_([AuditOutcome.MET.value, AuditOutcome.NOT_MET.value])
        chosen = select(AUDIT).where(done).order_by(AUDIT.c.id.desc()).limit(limit)
        if before:
            chosen = chosen.where(AUDIT.c.id < parsed_number(before))
        with self._database.reading() as connection:
            rows = connection.execute(chosen).all()
            scopes = read_records(connection, {row.scope_id for row in rows})
            return [_past(connection, row, cast("list[str]", scopes[row.scope_id])) for row in reversed(rows)]

    def asset_history(self, asset: str) -> list[PastAsset]:
        """Return what every finished audit made of an asset, oldest first."""
        chosen = (
            select(ASSET.c.name, ANSWER, AUDIT.c.started_at)
            .join(ANSWER, ANSWER.c.asset_id == ASSET.c.id)
            .join(AUDIT, AUDIT.c.id == ANSWER.c.audit_id)
            .where(ASSET.c.name == asset, AUDIT.c.finished_at.is_not(None))
            .order_by(AUDIT.c.id)
        )
        with self._database.reading() as connection:
            rows = connection.execute(chosen).all()
            told = told_by(connection, rows, Kept())
        reading = Reading()
        return [
            PastAsset(
                audit=str(row.audit_id),
                started_at=row.started_at,
                reached=row.reached,
                problem=row.problem,
                judged=reading.judged(one),
            )
            for row, one in zip(rows, told, strict=True)
        ]

    def check_history(self, check: str) -> list[PastCheck]:
        """Return how often every finished audit gave each verdict on a check, oldest first."""
        chosen = (
            select(AUDIT.c.id, AUDIT.c.started_at, TALLY.c.verdict, TALLY.c.assets)
            .join(TALLY, TALLY.c.audit_id == AUDIT.c.id)
            .where(TALLY.c.check_name == check)
            .order_by(AUDIT.c.id)
        )
        counts: dict[tuple[int, datetime], Counter[Verdict]] = defaultdict(Counter)
        with self._database.reading() as connection:
            for row in connection.execute(chosen):
                counts[row.id, row.started_at][Verdict(row.verdict)] += row.assets
        return [PastCheck(audit=str(id_), started_at=at, verdicts=dict(found)) for (id_, at), found in counts.items()]

    def last_answers(self, until: str) -> dict[str, datetime]:
        """Return when each asset last answered, by name: in an audit or in those before it."""
        with self._database.reading() as connection:
            chosen = (
                select(ASSET.c.name, func.max(ANSWER.c.audit_id).label("audit"))
                .join(ANSWER, ANSWER.c.asset_id == ASSET.c.id)
                .where(ANSWER.c.reached.is_(True), ANSWER.c.audit_id <= audit_number(connection, until))
                .group_by(ASSET.c.id, ASSET.c.name)
            ).subquery()
            saved = (
                select(chosen.c.name, ANSWER.c.saved_at)
                .join(ASSET, ASSET.c.name == chosen.c.name)
                .join(ANSWER, (ANSWER.c.asset_id == ASSET.c.id) & (ANSWER.c.audit_id == chosen.c.audit))
            )
            return {row.name: row.saved_at for row in connection.execute(saved)}


def _past(connection: Connection, row: "Row[tuple[object, ...]]", assets: Iterable[str]) -> PastAudit:
    return PastAudit(
        id=str(row.id),
        started_at=row.started_at,
        verdicts=_verdicts(connection, row.id),
        standing=_standing(connection, row.id),
        policy=f"{row.policy} {row.policy_version}",
        policy_digest=row.policy_digest,
        assets=frozenset(assets),
        reached=_reached(connection, row.id),
    )


def _reached(connection: Connection, number: int) -> int:
    chosen = select(func.count()).where(ANSWER.c.audit_id == number, ANSWER.c.reached.is_(True))
    return int(connection.execute(chosen).scalar_one())


def _verdicts(connection: Connection, number: int) -> dict[Verdict, int]:
    chosen = select(TALLY.c.verdict, func.sum(TALLY.c.assets).label("results")).where(TALLY.c.audit_id == number)
    return {Verdict(row.verdict): int(row.results) for row in connection.execute(chosen.group_by(TALLY.c.verdict))}


def _standing(connection: Connection, number: int) -> dict[Severity, int]:
    """Return the findings that stood after an audit: those whose last change until then left them standing."""
    last = (
        select(func.max(EVENT.c.id).label("id"))
        .where(EVENT.c.audit_id <= number)
        .group_by(EVENT.c.finding_id)
        .subquery()
    )
    chosen = (
        select(FINDING.c.severity, EVENT.c.state, func.count().label("findings"))
        .join(last, last.c.id == EVENT.c.id)
        .join(FINDING, FINDING.c.id == EVENT.c.finding_id)
        .group_by(FINDING.c.severity, EVENT.c.state)
    )
    standing: dict[Severity, int] = defaultdict(int)
    for row in connection.execute(chosen):
        if FindingState(row.state).stands:
            standing[Severity(row.severity)] += row.findings
    return dict(standing)
