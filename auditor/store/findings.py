"""Findings kept from audit to audit: a row for each as it stands, and a row for each of its changes."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, Row, bindparam, select

from auditor.errors import UsageError
from auditor.model.check import Severity
from auditor.model.finding import Finding, FindingState
from auditor.store.memory import Memory, audit_number
from auditor.store.records import FindingEvent, FindingHistory
from auditor.store.tables import EVENT, FINDING


class FindingMemory(Memory):
    """The part of the store that follows violations."""

    def findings(self, states: Collection[FindingState] = (), asset: str = "") -> list[Finding]:
        """Return findings by asset, check and subject: in some states or all, of one asset or all."""
        chosen = select(FINDING).order_by(FINDING.c.asset, FINDING.c.check_name, FINDING.c.subject)
        if states:
            chosen = chosen.where(FINDING.c.state.in_([state.value for state in states]))
        if asset:
            chosen = chosen.where(FINDING.c.asset == asset)
        with self._database.reading() as connection:
            return [_finding(row) for row in connection.execute(chosen)]

    def save_findings(self, audit: str, findings: Iterable[Finding], *, now: datetime) -> None:
        """Keep findings as they stand now, and a record of each that changed. Saving the same again changes nothing."""
        with self._database.writing() as connection:
            write_findings(connection, audit_number(connection, audit) if audit else None, findings, now)

    def finding(self, finding: str) -> FindingHistory:
        """Return a finding by its id, or the beginning of it, with its history. Raises UsageError unless there is one.

        Findings whose ids are alike to the last digit are told apart by more digits of the same SHA-256.
        """
        if not finding or finding.strip("0123456789abcdef"):
            raise UsageError(
                f"{finding or 'nothing'}: an id has the digits 0-9 and a-f; `auditor findings list` shows them."
            )
        with self._database.reading() as connection:
            rows = connection.execute(
                select(FINDING).where(FINDING.c.identity >= finding, FINDING.c.identity < finding + "g").limit(2)
            ).all()
            if len(rows) != 1:
                why = "more than one finding begins like this" if rows else "there is no such finding"
                raise UsageError(f"{finding}: {why}; `auditor findings list` shows their ids.")
            return FindingHistory(finding=_finding(rows[0]), events=_events(connection, rows[0].id))

    def finding_history(self, finding: str) -> tuple[FindingEvent, ...]:
        """Return the changes of a finding, oldest first. Raises UsageError as `finding` does."""
        return self.finding(finding).events


def write_findings(connection: Connection, audit: int | None, findings: Iterable[Finding], now: datetime) -> None:
    """Write what is new or changed, within a transaction."""
    known = {row.identity: row for row in connection.execute(select(FINDING))}
    added: dict[str, Finding] = {}
    changed: list[tuple[Row[tuple[object, ...]], Finding]] = []
    seen_again: dict[datetime, list[int]] = {}
    for finding in findings:
        identity = _identity(finding)
        row = known.get(identity)
        if row is None:
            added[identity] = finding
        elif (different := _different(row, finding)) == ["last_seen"]:
            seen_again.setdefault(finding.last_seen, []).append(row.id)
        elif different:
            changed.append((row, finding))
    numbers = _insert(connection, added) if added else {}
    events = [_event(numbers[identity], None, finding, audit, now) for identity, finding in added.items()]
    for row, finding in changed:
        if (row.state, row.found) != (finding.state.value, finding.found):
            events.append(_event(row.id, row.state, finding, audit, now))
    _update(connection, {row.id: finding for row, finding in changed})
    _touch(connection, seen_again)
    if events:
        connection.execute(EVENT.insert(), events)


def _different(row: "Row[tuple[object, ...]]", finding: Finding) -> list[str]:
    return [name for name, value in _fields(finding).items() if getattr(row, name) != value]


def _update(connection: Connection, changed: Mapping[int, Finding]) -> None:
    rows = [{"number": number, **_fields(finding)} for number, finding in changed.items()]
    if rows:
        connection.execute(FINDING.update().where(FINDING.c.id == bindparam("number")), rows)


def _touch(connection: Connection, seen_again: Mapping[datetime, list[int]]) -> None:
    for last_seen, numbers in seen_again.items():
        for start in range(0, len(numbers), 500):  # SQLite's older limit is 999 variables a statement
            lot = FINDING.c.id.in_(numbers[start : start + 500])
            connection.execute(FINDING.update().where(lot).values(last_seen=last_seen))


def _insert(connection: Connection, added: Mapping[str, Finding]) -> dict[str, int]:
    rows = [
        {
            "identity": identity,
            "asset": finding.asset,
            "check_name": finding.check,
            "subject": finding.subject,
            **_fields(finding),
        }
        for identity, finding in added.items()
    ]
    numbers = connection.execute(FINDING.insert().returning(FINDING.c.identity, FINDING.c.id), rows)
    return {row.identity: row.id for row in numbers}


def _identity(finding: Finding) -> str:
    """Return the whole digest that a finding's id is the beginning of."""
    seen = f"{finding.asset}\0{finding.check}\0{finding.subject}"
    return hashlib.sha256(seen.encode("utf-8", "surrogatepass")).hexdigest()


def _fields(finding: Finding) -> dict[str, object]:
    """Return the columns that change."""
    return {
        "control": finding.control,
        "state": finding.state.value,
        "severity": finding.severity.value,
        "found": finding.found,
        "wanted": finding.wanted,
        "solution": finding.solution,
        "first_seen": finding.first_seen,
        "last_seen": finding.last_seen,
        "fixed_at": finding.fixed_at,
        "reason": finding.reason,
        "waived_until": finding.waived_until,
        "waived_found": finding.waived_found,
    }


def _event(number: int, before: str | None, finding: Finding, audit: int | None, now: datetime) -> dict[str, object]:
    return {
        "finding_id": number,
        "audit_id": audit,
        "at": now,
        "before": before,
        "state": finding.state.value,
        "found": finding.found,
        "reason": finding.reason,
    }


def _finding(row: "Row[tuple[object, ...]]") -> Finding:
    return Finding(
        asset=row.asset,
        check=row.check_name,
        subject=row.subject,
        control=row.control,
        state=FindingState(row.state),
        severity=Severity(row.severity),
        found=row.found,
        wanted=row.wanted,
        solution=row.solution,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        fixed_at=row.fixed_at,
        reason=row.reason,
        waived_until=row.waived_until,
        waived_found=row.waived_found,
    )


def _events(connection: Connection, number: int) -> tuple[FindingEvent, ...]:
    chosen = select(EVENT).where(EVENT.c.finding_id == number).order_by(EVENT.c.id)
    return tuple(
        FindingEvent(
            at=row.at,
            audit="" if row.audit_id is None else str(row.audit_id),
            before=FindingState(row.before) if row.before else None,
            state=FindingState(row.state),
            found=row.found,
            reason=row.reason,
        )
        for row in connection.execute(chosen)
    )
