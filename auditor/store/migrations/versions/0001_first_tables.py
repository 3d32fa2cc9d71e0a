"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _asset()
    _evidence_text()
    _finding()
    _host_key()
    _record()
    _schedule()
    _asset_identity()
    _audit()
    _asset_audit()
    _finding_event()
    _tally()


def downgrade() -> None:
    for table in (
        "tally",
        "finding_event",
        "asset_audit",
        "audit",
        "asset_identity",
        "schedule",
        "record",
        "host_key",
        "finding",
        "evidence_text",
        "asset",
    ):
        op.drop_table(table)


def _asset() -> None:
    op.create_table(
        "asset",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asset")),
        sa.UniqueConstraint("name", name=op.f("uq_asset_name")),
    )


def _evidence_text() -> None:
    op.create_table(
        "evidence_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_text")),
        sa.UniqueConstraint("digest", name=op.f("uq_evidence_text_digest")),
    )


def _finding() -> None:
    op.create_table(
        "finding",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("identity", sa.String(64), nullable=False),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("check_name", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("control", sa.Text(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("found", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.Column("solution", sa.Text(), nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fixed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("waived_until", sa.Date(), nullable=True),
        sa.Column("waived_found", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
        sa.UniqueConstraint("identity", name=op.f("uq_finding_identity")),
    )
    op.create_index(op.f("ix_finding_asset"), "finding", ["asset"])
    op.create_index(op.f("ix_finding_state"), "finding", ["state"])


def _host_key() -> None:
    op.create_table(
        "host_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("blob_base64", sa.Text(), nullable=False),
        sa.Column("revoked", sa.Boolean(), nullable=False),
        sa.Column("pinned_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_host_key")),
        sa.UniqueConstraint("address", "port", "fingerprint", name=op.f("uq_host_key_address_port_fingerprint")),
    )


def _record() -> None:
    op.create_table(
        "record",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("family", sa.String(64), nullable=False),
        sa.Column("base_id", sa.Integer(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record")),
        sa.UniqueConstraint("digest", name=op.f("uq_record_digest")),
        sa.ForeignKeyConstraint(["base_id"], ["record.id"], name=op.f("fk_record_base_id_record")),
    )
    op.create_index(op.f("ix_record_family_base_id"), "record", ["family", "base_id"])


def _schedule() -> None:
    op.create_table(
        "schedule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("cron", sa.String(255), nullable=False),
        sa.Column("zone", sa.String(255), nullable=False),
        sa.Column("assets", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_run_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_run_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_owner", sa.Text(), nullable=False),
        sa.Column("last_outcome", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedule")),
        sa.UniqueConstraint("name", name=op.f("uq_schedule_name")),
    )
    op.create_index(op.f("ix_schedule_next_run_at"), "schedule", ["next_run_at"])


def _asset_identity() -> None:
    op.create_table(
        "asset_identity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("asset_id", sa.Integer(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asset_identity")),
        sa.UniqueConstraint("asset_id", "identity", name=op.f("uq_asset_identity_asset_id_identity")),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_asset_identity_asset_id_asset")),
    )
    op.create_index(op.f("ix_asset_identity_identity"), "asset_identity", ["identity"])


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("policy_version", sa.Text(), nullable=False),
        sa.Column("policy_digest", sa.Text(), nullable=False),
        sa.Column("inventory_digest", sa.Text(), nullable=False),
        sa.Column("scope_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        sa.ForeignKeyConstraint(["scope_id"], ["record.id"], name=op.f("fk_audit_scope_id_record")),
    )
    op.create_index(op.f("ix_audit_outcome"), "audit", ["outcome"])


def _asset_audit() -> None:
    op.create_table(
        "asset_audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("audit_id", sa.Integer(), nullable=False),
        sa.Column("asset_id", sa.Integer(), nullable=False),
        sa.Column("reached", sa.Boolean(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("judged_id", sa.Integer(), nullable=False),
        sa.Column("seen_id", sa.Integer(), nullable=False),
        sa.Column("asked", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asset_audit")),
        sa.UniqueConstraint("audit_id", "asset_id", name=op.f("uq_asset_audit_audit_id_asset_id")),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_asset_audit_asset_id_asset")),
        sa.ForeignKeyConstraint(["audit_id"], ["audit.id"], name=op.f("fk_asset_audit_audit_id_audit")),
        sa.ForeignKeyConstraint(["judged_id"], ["record.id"], name=op.f("fk_asset_audit_judged_id_record")),
        sa.ForeignKeyConstraint(["plan_id"], ["record.id"], name=op.f("fk_asset_audit_plan_id_record")),
        sa.ForeignKeyConstraint(["seen_id"], ["record.id"], name=op.f("fk_asset_audit_seen_id_record")),
    )
    op.create_index(op.f("ix_asset_audit_asset_id"), "asset_audit", ["asset_id"])


def _finding_event() -> None:
    op.create_table(
        "finding_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("finding_id", sa.Integer(), nullable=False),
        sa.Column("audit_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("before", sa.String(16), nullable=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("found", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding_event")),
        sa.ForeignKeyConstraint(["audit_id"], ["audit.id"], name=op.f("fk_finding_event_audit_id_audit")),
        sa.ForeignKeyConstraint(["finding_id"], ["finding.id"], name=op.f("fk_finding_event_finding_id_finding")),
    )
    op.create_index(op.f("ix_finding_event_audit_id"), "finding_event", ["audit_id"])
    op.create_index(op.f("ix_finding_event_finding_id"), "finding_event", ["finding_id"])


def _tally() -> None:
    op.create_table(
        "tally",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("audit_id", sa.Integer(), nullable=False),
        sa.Column("control", sa.Text(), nullable=False),
        sa.Column("check_name", sa.Text(), nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("assets", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tally")),
        sa.UniqueConstraint(
            "audit_id", "control", "check_name", "verdict", name=op.f("uq_tally_audit_id_control_check_name_verdict")
        ),
        sa.ForeignKeyConstraint(["audit_id"], ["audit.id"], name=op.f("fk_tally_audit_id_audit")),
    )
    op.create_index(op.f("ix_tally_check_name"), "tally", ["check_name"])
