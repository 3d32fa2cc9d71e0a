"""What assets need not send again; and findings in less room: half a digest, and no index that nothing needs."""

import hashlib

import sqlalchemy as sa
from alembic import op

from auditor.store.tables import restored

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "last_told",
        sa.Column("asset_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seen_id", sa.Integer(), nullable=False),
        sa.Column("asked", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("asset_id", name=op.f("pk_last_told")),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_last_told_asset_id_asset")),
        sa.ForeignKeyConstraint(["seen_id"], ["record.id"], name=op.f("fk_last_told_seen_id_record")),
    )
    op.drop_index("ix_finding_state", "finding")
    op.drop_index("ix_finding_event_audit_id", "finding_event")
    op.execute("UPDATE finding SET identity = substr(identity, 1, 32)")


def downgrade() -> None:
    op.create_index("ix_finding_event_audit_id", "finding_event", ["audit_id"])
    op.create_index("ix_finding_state", "finding", ["state"])
    op.drop_table("last_told")
    _whole_identities(op.get_bind())


def _whole_identities(connection: sa.Connection) -> None:
    finding = sa.table("finding", *map(sa.column, ("id", "identity", "asset", "check_name", "subject")))
    rows = connection.execute(sa.select(finding.c.id, finding.c.asset, finding.c.check_name, finding.c.subject)).all()
    whole = [{"number": row[0], "digest": _digest("\0".join(map(restored, row[1:])))} for row in rows]
    if whole:
        change = finding.update().where(finding.c.id == sa.bindparam("number")).values(identity=sa.bindparam("digest"))
        connection.execute(change, whole)


def _digest(seen: str) -> str:
    return hashlib.sha256(seen.encode("utf-8", "surrogatepass")).hexdigest()
