"""Findings kept from audit to audit: a row for each as it stands, and a row for each of its changes."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from operator import attrgetter
from typing import Final

from sqlalchemy import Connection, bindparam, func, null, select, text

from auditor.errors import UsageError
from auditor.model.check import Severity
from auditor.model.finding import Finding, FindingState
from auditor.store.blobs import lots
from auditor.store.memory import Memory, audit_number
from auditor.store.plain import Form, day_from, form, moment_from, run_for_each, text_from, untyped
from auditor.store.records import FindingEvent, FindingHistory
from auditor.store.tables import EVENT, FINDING, escaped

_OWN: Final = ("identity", "asset", "check_name", "subject")
_CHANGING: Final = (
    "control", "state", "severity", "found", "wanted", "solution",
    "first_seen", "last_seen", "fixed_at", "retired_at", "reason", "waived_until", "waived_found",
)  # fmt: skip
_EVENT: Final = ("finding_id", "audit_id", "at", "before", "state", "found", "reason")
_BUT_LAST_SEEN: Final = attrgetter(*(one.name for one in fields(Finding) if one.name != "last_seen"))
_STATES: Final = {state.value: state for state in FindingState}
_SEVERITIES: Final = {severity.value: severity for severity in Severity}
_PLAIN, _PLAIN_EVENT = untyped(FINDING), untyped(EVENT)
_READ: Final = select(_PLAIN.c.id, *(_PLAIN.c[name] for name in (*_OWN[1:], *_CHANGING)))
_NEWEST: Final = select(func.count(), func.max(_PLAIN.c.id))

_LOT: Final = 2000  # findings that are held as rows at once

_Values = tuple[object, ...]  # of the columns that change
_Place = tuple[str, str, str]  # asset, check, subject
Stored = Mapping[_Place, tuple[int, Finding]]  # with the number of its row


class FindingMemory(Memory):
    """The part of the store that follows violations."""

    def findings(self, states: Collection[FindingState] = (), asset: str = "") -> list[Finding]:
        """Return findings by asset, check and subject: in some states or all, of one asset or all.

        All of them are remembered until the audit that asks for them is finished.
        """
        chosen = _READ.order_by(_PLAIN.c.asset, _PLAIN.c.check_name, _PLAIN.c.subject)
        if states:
            chosen = chosen.where(_PLAIN.c.state.in_([state.value for state in states]))
        if asset:
            chosen = chosen.where(_PLAIN.c.asset == escaped(asset))
        with self._database.reading() as connection:
            stored = _stored(connection.execute(chosen).partitions(_LOT))
        if not states and not asset:
            self._findings = stored
        return [finding for _, finding in stored.values()]

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
            beginning = (_PLAIN.c.identity >= finding) & (_PLAIN.c.identity < finding + "g")
            rows = connection.execute(_READ.where(beginning).limit(2)).all()
            if len(rows) != 1:
                why = "more than one finding begins like this" if rows else "there is no such finding"
                raise UsageError(f"{finding}: {why}; `auditor findings list` shows their ids.")
            return FindingHistory(finding=_finding(rows[0]), events=_events(connection, rows[0].id))

    def finding_history(self, finding: str) -> tuple[FindingEvent, ...]:
        """Return the changes of a finding, oldest first. Raises UsageError as `finding` does."""
        return self.finding(finding).events


def write_findings(
    connection: Connection, audit: int | None, findings: Iterable[Finding], now: datetime, read: Stored | None = None
) -> None:
    """Write what is new or changed, within a transaction; `read` are all findings as they were read under this lock."""
    if connection.dialect.name != "sqlite":  # so that every number given from here on is ours
        connection.execute(text("LOCK TABLE finding IN SHARE ROW EXCLUSIVE MODE"))
    known, last = _known(connection, read)
    written = form(connection.dialect.name)
    own = (audit, written.moment(now))
    for lot in lots(findings, _LOT):
        _write(connection, _sorted_out(known, lot, written), own)
    connection.execute(_FIRST_EVENTS, {"audit": audit, "now": now, "last": last})


def _write(connection: Connection, writing: "_Writing", own: _Values) -> None:
    run_for_each(connection, _ADD, (*_OWN, *_CHANGING), list(writing.added.values()))
    run_for_each(connection, _CHANGE, (*_CHANGING, "number"), writing.changed)
    run_for_each(connection, _TELL, _EVENT, [(number, *own, *event) for number, *event in writing.events])
    for last_seen, numbers in writing.seen_again.items():
        for lot in lots(numbers):
            connection.execute(FINDING.update().where(FINDING.c.id.in_(lot)).values(last_seen=last_seen))


_ADD: Final = _PLAIN.insert()
_TELL: Final = _PLAIN_EVENT.insert()
_CHANGE: Final = (
    _PLAIN.update().where(_PLAIN.c.id == bindparam("number")).values({name: bindparam(name) for name in _CHANGING})
)
_FIRST_EVENTS: Final = EVENT.insert().from_select(
    ["finding_id", "audit_id", "at", "before", "state", "found", "reason"],
    select(
        FINDING.c.id,
        bindparam("audit", type_=EVENT.c.audit_id.type),
        bindparam("now", type_=EVENT.c.at.type),
        null(),
        FINDING.c.state,
        FINDING.c.found,
        FINDING.c.reason,
    ).where(FINDING.c.id > bindparam("last")),
)


@dataclass(frozen=True, slots=True)
class _Writing:
    """Rows to add by identity, rows to change, what happened to these, and the numbers of those just seen again."""

    added: dict[str, _Values] = field(default_factory=dict)
    changed: list[_Values] = field(default_factory=list)
    events: list[_Values] = field(default_factory=list)
    seen_again: dict[datetime, list[int]] = field(default_factory=dict)


def _known(connection: Connection, read: Stored | None) -> tuple[Stored, int]:
    """Return what is stored, and the last number that was given: as it was read before, where it still is so."""
    count, last = connection.execute(_NEWEST).one()
    if (
        read is not None
        and count == len(read)
        and (last or 0) == max((number for number, _ in read.values()), default=0)
    ):
        return read, last or 0
    return _stored(connection.execute(_READ).partitions(_LOT)), last or 0


def _stored(read_lots: Iterable[Sequence[Sequence[str]]]) -> dict[_Place, tuple[int, Finding]]:
    """Return findings with the numbers of their rows, in their order; fetched one by one they would cost more."""
    read = ((int(row[0]), _finding(row)) for lot in read_lots for row in lot)
    return {_place(finding): (number, finding) for number, finding in read}


def _sorted_out(known: Stored, findings: Iterable[Finding], form: Form) -> _Writing:
    writing = _Writing()
    for finding in findings:
        stored = known.get(_place(finding))
        if stored is None:
            identity = _identity(finding)
            own = (identity, form.text(finding.asset), form.text(finding.check), form.text(finding.subject))
            writing.added[identity] = own + _values(finding, form)
        elif stored[1] != finding:
            _note_change(writing, *stored, finding, form)
    return writing


def _note_change(writing: _Writing, number: int, before: Finding, finding: Finding, form: Form) -> None:
    if _BUT_LAST_SEEN(before) == _BUT_LAST_SEEN(finding):
        writing.seen_again.setdefault(finding.last_seen, []).append(number)
        return
    writing.changed.append((*_values(finding, form), number))
    if _tells(before.state, finding.state) or before.found != finding.found:
        happened = (str(before.state), str(finding.state), form.text(finding.found), form.text(finding.reason))
        writing.events.append((number, *happened))


def _tells(before: FindingState, state: FindingState) -> bool:
    """Whether a change of state is worth a line: that what was new or back is still there is not."""
    seen_again = state is FindingState.OPEN and before in {FindingState.NEW, FindingState.REOPENED}
    return before is not state and not seen_again


def _place(finding: Finding) -> _Place:
    return finding.asset, finding.check, finding.subject


def _identity(finding: Finding) -> str:
    """Return the digest that a finding's id is the beginning of: half of a SHA-256, of which there may be millions."""
    seen = f"{finding.asset}\0{finding.check}\0{finding.subject}"
    return hashlib.sha256(seen.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _values(finding: Finding, form: Form) -> _Values:
    return (
        form.text(finding.control),
        str(finding.state),
        str(finding.severity),
        form.text(finding.found),
        form.text(finding.wanted),
        form.text(finding.solution),
        form.moment(finding.first_seen),
        form.moment(finding.last_seen),
        finding.fixed_at and form.moment(finding.fixed_at),
        finding.retired_at and form.moment(finding.retired_at),
        form.text(finding.reason),
        finding.waived_until and form.day(finding.waived_until),
        form.text(finding.waived_found),
    )


def _finding(row: Sequence[str]) -> Finding:
    """Return the finding of a row of `_READ`, which begins with the row's number."""
    _, asset, check, subject, control, state, severity, found, wanted, solution = row[:10]
    first_seen, last_seen, fixed_at, retired_at, reason, waived_until, waived_found = row[10:]
    return Finding(
        asset=text_from(asset),
        check=text_from(check),
        subject=text_from(subject),
        control=text_from(control),
        state=_STATES[state],
        severity=_SEVERITIES[severity],
        found=text_from(found),
        wanted=text_from(wanted),
        solution=text_from(solution),
        first_seen=moment_from(first_seen),
        last_seen=moment_from(last_seen),
        fixed_at=moment_from(fixed_at) if fixed_at else None,
        retired_at=moment_from(retired_at) if retired_at else None,
        reason=text_from(reason),
        waived_until=day_from(waived_until) if waived_until else None,
        waived_found=text_from(waived_found),
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
