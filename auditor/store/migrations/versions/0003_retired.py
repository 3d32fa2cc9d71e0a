"""When a finding was retired, beside when it was fixed."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("finding", sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Call what is retired not verified, as it was called before."""
    for table, column in (("finding", "state"), ("finding_event", "state"), ("finding_event", "before")):
        state = sa.column(column, sa.String)
        op.execute(sa.update(sa.table(table, state)).where(state == "retired").values({column: "not-verified"}))
    with op.batch_alter_table("finding") as batch:
        batch.drop_column("retired_at")
