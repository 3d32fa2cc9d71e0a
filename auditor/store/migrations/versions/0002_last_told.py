"""What assets need not send again."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "last_told",
        sa.Column("asset_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seen_id", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("asset_id", name=op.f("pk_last_told")),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_last_told_asset_id_asset")),
        sa.ForeignKeyConstraint(["seen_id"], ["record.id"], name=op.f("fk_last_told_seen_id_record")),
    )


def downgrade() -> None:
    op.drop_table("last_told")
