"""Audits: begun, saved asset by asset so that a killed one can be resumed, finished all at once, and read again."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, cast

from sqlalchemy import Connection, Row, Select, func, select

from auditor.model.finding import Finding, FindingState
from auditor.model.policy import Policy
from auditor.store.blobs import Filing, read_records
from auditor.store.codec import Json
from auditor.store.findings import write_findings
from auditor.store.memory import audit_number, register_assets
from auditor.store.records import AssetOutcome, Audit, AuditOutcome, AuditPlan, Run
from auditor.store.saving import SavingMemory
from auditor.store.tables import ANSWER, ASSET, AUDIT, TALLY

_RESUMABLE: Final = timedelta(days=1)  # older answers would be passed off as today's
_FOR_EVER: Final = datetime(9999, 12, 31, tzinfo=UTC)


class AuditMemory(SavingMemory):
    """The part of the store that keeps audits. Whoever begins, saves or finishes holds the audit lock."""

    def resume_or_begin(self, policy: Policy, inventory_digest: str, assets: Iterable[str], *, now: datetime) -> Run:
        """Take up the audit of the same policy, inventory and assets that a process left within a day, or begin one."""
        plan = AuditPlan(
            policy=policy.id,
            policy_version=policy.version,
            policy_digest=policy.digest,
            inventory_digest=inventory_digest,
            assets=frozenset(assets),
        )
        if left := self.unfinished_audit(plan, since=now - _RESUMABLE, until=now + _RESUMABLE):
            return Run(id=left.id, started_at=left.started_at, finished=self.finished_assets(left.id))
        begun = self.begin_audit(plan, now=now)
        return Run(id=begun.id, started_at=begun.started_at)

    def begin_audit(self, plan: AuditPlan, *, now: datetime) -> Audit:
        """Begin an audit. One that was left unfinished is abandoned by this; what it saved stays."""
        with self._database.writing() as connection:
            filing = Filing(connection, self._shelf)
            unfinished = AUDIT.c.outcome == AuditOutcome.UNFINISHED.value
            connection.execute(AUDIT.update().where(unfinished).values(outcome=AuditOutcome.ABANDONED.value))
            assets = register_assets(connection, sorted(plan.assets), now)
            row = {
                "started_at": now,
                "outcome": AuditOutcome.UNFINISHED.value,
                "policy": plan.policy,
                "policy_version": plan.policy_version,
                "policy_digest": plan.policy_digest,
                "inventory_digest": plan.inventory_digest,
                "scope_id": filing.file_record(json.dumps(sorted(plan.assets))),
            }
            number = connection.execute(AUDIT.insert().values(row).returning(AUDIT.c.id)).scalar_one()
        self._shelf.keep(filing)
        self._shelf.assets.update(assets)
        return Audit(id=str(number), plan=plan, started_at=now, finished_at=None, outcome=AuditOutcome.UNFINISHED)

    def unfinished_audit(self, plan: AuditPlan, *, since: datetime, until: datetime = _FOR_EVER) -> Audit | None:
        """Return the audit with this very plan that began between two moments and was not finished, or None.

        One that begins in the future tells that the clock was stepped back: by how much is not known.
        """
        chosen = select(AUDIT).where(
            AUDIT.c.outcome == AuditOutcome.UNFINISHED.value,
            AUDIT.c.started_at.between(since, until),
            AUDIT.c.policy_digest == plan.policy_digest,
            AUDIT.c.inventory_digest == plan.inventory_digest,
        )
        return next((audit for audit in self._audits(chosen.order_by(AUDIT.c.id.desc())) if audit.plan == plan), None)

    def finished_assets(self, audit: str) -> frozenset[str]:
        """Return the names of the assets that are saved."""
        with self._database.reading() as connection:
            chosen = (
                select(ASSET.c.name)
                .join(ANSWER, ANSWER.c.asset_id == ASSET.c.id)
                .where(ANSWER.c.audit_id == audit_number(connection, audit))
            )
            return frozenset(connection.execute(chosen).scalars())

    def finish_audit(
        self, audit: str, findings: Iterable[Finding], *, now: datetime, outcome: AuditOutcome | None = None
    ) -> AuditOutcome:
        """Finish an audit and keep the findings, all at once: a process killed before has changed nothing.

        Without an outcome it is `failed` when no asset answered, `not-met` when a finding on an asset of the audit was
        seen and nobody answers for it, else `met`. Finishing once more changes nothing.
        """
        listed = list(findings)
        with self._database.writing() as connection:
            number = audit_number(connection, audit)
            found = connection.execute(select(AUDIT.c.outcome).where(AUDIT.c.id == number)).scalar_one()
            if found != AuditOutcome.UNFINISHED.value:
                return AuditOutcome(found)
            ended = outcome or _outcome(connection, number, listed)
            write_findings(connection, number, listed, now, self._findings)
            rows = _tallies(connection, number)
            if rows:
                connection.execute(TALLY.insert(), rows)
            connection.execute(AUDIT.update().where(AUDIT.c.id == number).values(finished_at=now, outcome=ended.value))
        self._findings = None
        return ended

    def audits(self, limit: int = 100) -> list[Audit]:
        """Return audits, the newest first."""
        return self._audits(select(AUDIT).order_by(AUDIT.c.id.desc()).limit(limit))

    def audit(self, audit: str) -> Audit:
        """Return an audit. Raises UsageError when there is none."""
        with self._database.reading() as connection:
            number = audit_number(connection, audit)
        return self._audits(select(AUDIT).where(AUDIT.c.id == number))[0]

    def latest_audit(self) -> Audit | None:
        """Return the newest audit that was carried out, or None."""
        done = AUDIT.c.outcome.in_([AuditOutcome.MET.value, AuditOutcome.NOT_MET.value])
        return next(iter(self._audits(select(AUDIT).where(done).order_by(AUDIT.c.id.desc()).limit(1))), None)

    def collected(self, audit: str) -> dict[str, AssetOutcome]:
        """Return whether each asset of an audit answered, by name."""
        with self._database.reading() as connection:
            chosen = (
                select(ASSET.c.name, ANSWER.c.reached, ANSWER.c.problem, ANSWER.c.saved_at)
                .join(ANSWER, ANSWER.c.asset_id == ASSET.c.id)
                .where(ANSWER.c.audit_id == audit_number(connection, audit))
                .order_by(ASSET.c.name)
            )
            return {
                row.name: AssetOutcome(asset=row.name, reached=row.reached, problem=row.problem, saved_at=row.saved_at)
                for row in connection.execute(chosen)
            }

    def reached(self, audit: str) -> int:
        """Return how many assets of an audit answered."""
        with self._database.reading() as connection:
            return _reached(connection, audit_number(connection, audit))

    def _audits(self, chosen: "Select[tuple[object, ...]]") -> list[Audit]:
        with self._database.reading() as connection:
            rows = connection.execute(chosen).all()
            scopes = read_records(connection, {row.scope_id for row in rows})
            return [_audit(row, cast("list[str]", scopes[row.scope_id])) for row in rows]


def _audit(row: "Row[tuple[object, ...]]", assets: Iterable[str]) -> Audit:
    return Audit(
        id=str(row.id),
        plan=AuditPlan(
            policy=row.policy,
            policy_version=row.policy_version,
            policy_digest=row.policy_digest,
            inventory_digest=row.inventory_digest,
            assets=frozenset(assets),
        ),
        started_at=row.started_at,
        finished_at=row.finished_at,
        outcome=AuditOutcome(row.outcome),
    )


def _reached(connection: Connection, number: int) -> int:
    chosen = select(func.count()).where(ANSWER.c.audit_id == number, ANSWER.c.reached.is_(True))
    return int(connection.execute(chosen).scalar_one())


def _outcome(connection: Connection, number: int, findings: Iterable[Finding]) -> AuditOutcome:
    if not _reached(connection, number):
        return AuditOutcome.FAILED
    names = select(ASSET.c.name).join(ANSWER, ANSWER.c.asset_id == ASSET.c.id).where(ANSWER.c.audit_id == number)
    asked = set(connection.execute(names).scalars())
    seen = {FindingState.NEW, FindingState.OPEN, FindingState.REOPENED}
    unmet = any(finding.state in seen and finding.asset in asked for finding in findings)
    return AuditOutcome.NOT_MET if unmet else AuditOutcome.MET


def _tallies(connection: Connection, number: int) -> list[dict[str, object]]:
    """Return the verdicts of an audit counted: each distinct pair of documents is read once."""
    alike = (
        select(ANSWER.c.plan_id, ANSWER.c.judged_id, func.count().label("assets"))
        .where(ANSWER.c.audit_id == number)
        .group_by(ANSWER.c.plan_id, ANSWER.c.judged_id)
    )
    counts: Counter[tuple[str, str, str]] = Counter()
    rows = connection.execute(alike).all()
    for start in range(0, len(rows), 200):
        lot = rows[start : start + 200]
        documents = read_records(connection, {id_ for row in lot for id_ in (row.plan_id, row.judged_id)})
        for row in lot:
            _count(counts, documents, row)
    return [
        {"audit_id": number, "control": control, "check_name": check, "verdict": verdict, "assets": count}
        for (control, check, verdict), count in counts.items()
    ]


def _count(counts: "Counter[tuple[str, str, str]]", documents: Mapping[int, Json], row: "Row[tuple[int, ...]]") -> None:
    plan = cast("list[list[str]]", documents[row.plan_id])
    judged = cast("list[list[str]]", documents[row.judged_id])
    for demand, judgement in zip(plan, judged, strict=True):
        counts[demand[0], demand[1], judgement[0]] += row.assets
