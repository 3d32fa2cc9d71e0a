"""The tables. Rows never leave this package: what comes out are frozen values.

Names of constraints follow one convention, since SQLite can change a constraint only by its name (Alembic, batch mode).
Times are aware and kept in UTC. Texts that an asset may have chosen are `AnyText`. Verdicts and lists of evidence are
not rows but compressed `record`s, shared by every asset and audit for which they are the same.
"""

import json
from datetime import date, datetime
from typing import Final

from sqlalchemy import Dialect, ForeignKey, Index, LargeBinary, MetaData, String, Table, Text, UniqueConstraint
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

HEAD: Final = "0003"  # the newest migration: a database at this version needs no look at the migrations
VERSION_TABLE: Final = "auditor_version"

_ESCAPED: Final = "\x01json:"


class AnyText(TypeDecorator[str]):
    """A text that holds whatever a hostile asset put in: PostgreSQL refuses NUL, and UTF-8 has no lone surrogates."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Return the text as it is stored."""
        del dialect
        return None if value is None else escaped(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Return the text as it was given."""
        del dialect
        return None if value is None else restored(value)


def escaped(text: str) -> str:
    """Return a text as it is stored: escaped when it could not be stored, or would read as escaped."""
    return _ESCAPED + json.dumps(text) if _awkward(text) else text


def restored(stored: str) -> str:
    """Return the text that is stored like this."""
    return str(json.loads(stored.removeprefix(_ESCAPED))) if stored.startswith(_ESCAPED) else stored


def _awkward(text: str) -> bool:
    if text.isascii():
        return "\0" in text or text.startswith(_ESCAPED)
    return "\0" in text or any("\ud800" <= sign <= "\udfff" for sign in text)


class Row(SQLModel):
    """What all tables share: metadata of their own, so that nobody else's tables get into our migrations."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class RecordRow(Row, table=True):
    """A compressed JSON document, named by the SHA-256 of its text.

    Documents of one `family` are much alike: all but the first, which alone names the family, are compressed against
    it or against another that is closer, their `base`, which is always an older row.
    """

    __tablename__ = "record"
    __table_args__ = (Index(None, "family", "base_id"),)
    id: int | None = Field(default=None, primary_key=True)
    digest: str = Field(sa_type=String(64), unique=True)
    family: str = Field(sa_type=String(64))
    base_id: int | None = Field(sa_column_args=(ForeignKey("record.id"),), default=None)
    body: bytes = Field(sa_type=LargeBinary)


class TextRow(Row, table=True):
    """What an asset said, redacted and compressed, named by the SHA-256 of the text. `size` counts characters."""

    __tablename__ = "evidence_text"
    id: int | None = Field(default=None, primary_key=True)
    digest: str = Field(sa_type=String(64), unique=True)
    size: int
    body: bytes = Field(sa_type=LargeBinary)


class AuditRow(Row, table=True):
    """An audit. `scope` is the record of the asset names that it is about."""

    __tablename__ = "audit"
    id: int | None = Field(default=None, primary_key=True)
    started_at: datetime
    finished_at: datetime | None = None
    outcome: str = Field(sa_type=String(16), index=True)
    policy: str = Field(sa_type=AnyText)
    policy_version: str = Field(sa_type=AnyText)
    policy_digest: str = Field(sa_type=AnyText)
    inventory_digest: str = Field(sa_type=AnyText)
    scope_id: int = Field(foreign_key="record.id")


class AssetRow(Row, table=True):
    """An asset that was ever audited."""

    __tablename__ = "asset"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(sa_type=AnyText, unique=True)
    first_seen: datetime
    last_seen: datetime


class IdentityRow(Row, table=True):
    """A mark that an asset carried from one day to another."""

    __tablename__ = "asset_identity"
    __table_args__ = (UniqueConstraint("asset_id", "identity"),)
    id: int | None = Field(default=None, primary_key=True)
    asset_id: int = Field(foreign_key="asset.id")
    identity: str = Field(sa_type=AnyText, index=True)
    first_seen: datetime
    last_seen: datetime


class AnswerRow(Row, table=True):
    """Everything that one audit got from one asset: its presence says that the asset is done.

    `plan` has the demands, `judged` their verdicts, `seen` the evidence without its times and texts, `asked` the times
    and the numbers of the texts.
    """

    __tablename__ = "asset_audit"
    __table_args__ = (UniqueConstraint("audit_id", "asset_id"),)
    id: int | None = Field(default=None, primary_key=True)
    audit_id: int = Field(foreign_key="audit.id")
    asset_id: int = Field(foreign_key="asset.id", index=True)
    reached: bool
    problem: str = Field(sa_type=AnyText)
    saved_at: datetime
    plan_id: int = Field(foreign_key="record.id")
    judged_id: int = Field(foreign_key="record.id")
    seen_id: int = Field(foreign_key="record.id")
    asked: bytes = Field(sa_type=LargeBinary)


class LastToldRow(Row, table=True):
    """What an asset need not send again as long as it stays the same; only the newest is kept.

    `body` goes with the evidence in `seen` and `asked`, item by item: exit statuses, keyed digests of what was sent.
    """

    __tablename__ = "last_told"
    asset_id: int = Field(primary_key=True, foreign_key="asset.id", sa_column_kwargs={"autoincrement": False})
    seen_id: int = Field(foreign_key="record.id")
    asked: bytes = Field(sa_type=LargeBinary)
    body: bytes = Field(sa_type=LargeBinary)


class TallyRow(Row, table=True):
    """How many assets of a finished audit got a verdict on a check."""

    __tablename__ = "tally"
    __table_args__ = (UniqueConstraint("audit_id", "control", "check_name", "verdict"),)
    id: int | None = Field(default=None, primary_key=True)
    audit_id: int = Field(foreign_key="audit.id")
    control: str = Field(sa_type=AnyText)
    check_name: str = Field(sa_type=AnyText, index=True)
    verdict: str = Field(sa_type=String(16))
    assets: int


class FindingRow(Row, table=True):
    """A finding as it stands. `identity` is half the SHA-256 of asset, check and subject; a finding's id begins it."""

    __tablename__ = "finding"
    id: int | None = Field(default=None, primary_key=True)
    identity: str = Field(sa_type=String(64), unique=True)
    asset: str = Field(sa_type=AnyText, index=True)
    check_name: str = Field(sa_type=AnyText)
    subject: str = Field(sa_type=AnyText)
    control: str = Field(sa_type=AnyText)
    state: str = Field(sa_type=String(16))
    severity: str = Field(sa_type=String(16))
    found: str = Field(sa_type=AnyText)
    wanted: str = Field(sa_type=AnyText)
    solution: str = Field(sa_type=AnyText)
    first_seen: datetime
    last_seen: datetime
    fixed_at: datetime | None = None
    retired_at: datetime | None = None
    reason: str = Field(sa_type=AnyText)
    waived_until: date | None = None
    waived_found: str = Field(sa_type=AnyText)


class EventRow(Row, table=True):
    """A change of a finding."""

    __tablename__ = "finding_event"
    id: int | None = Field(default=None, primary_key=True)
    finding_id: int = Field(foreign_key="finding.id", index=True)
    audit_id: int | None = Field(default=None, foreign_key="audit.id")
    at: datetime
    before: str | None = Field(default=None, sa_type=String(16))
    state: str = Field(sa_type=String(16))
    found: str = Field(sa_type=AnyText)
    reason: str = Field(sa_type=AnyText)


class HostKeyRow(Row, table=True):
    """A host's public key as it was first seen: the blob in base64, named by its SHA-256 as OpenSSH prints it."""

    __tablename__ = "host_key"
    __table_args__ = (UniqueConstraint("address", "port", "fingerprint"),)
    id: int | None = Field(default=None, primary_key=True)
    address: str = Field(sa_type=AnyText)
    port: int
    fingerprint: str = Field(sa_type=String(64))
    type: str = Field(sa_type=AnyText)
    blob_base64: str = Field(sa_type=Text)
    revoked: bool
    pinned_at: datetime


class ScheduleRow(Row, table=True):
    """An audit that runs by itself. Whoever moves `next_run_at` on from what it was runs it."""

    __tablename__ = "schedule"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(sa_type=AnyText, unique=True)
    cron: str = Field(sa_type=String(255))
    zone: str = Field(sa_type=String(255))
    assets: str = Field(sa_type=Text)  # a JSON list of selectors
    policy: str = Field(sa_type=AnyText)
    created_at: datetime
    next_run_at: datetime = Field(index=True)
    last_run_at: datetime | None = None
    last_owner: str = Field(default="", sa_type=AnyText)
    last_outcome: str = Field(default="", sa_type=AnyText)


def _table(row: type[Row]) -> Table:
    return row.metadata.tables[str(row.__tablename__)]


RECORD: Final = _table(RecordRow)
TEXT: Final = _table(TextRow)
AUDIT: Final = _table(AuditRow)
ASSET: Final = _table(AssetRow)
IDENTITY: Final = _table(IdentityRow)
ANSWER: Final = _table(AnswerRow)
LAST_TOLD: Final = _table(LastToldRow)
TALLY: Final = _table(TallyRow)
FINDING: Final = _table(FindingRow)
EVENT: Final = _table(EventRow)
HOST_KEY: Final = _table(HostKeyRow)
SCHEDULE: Final = _table(ScheduleRow)
