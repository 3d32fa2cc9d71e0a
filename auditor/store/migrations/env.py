"""Run by Alembic for each command, inside the transaction of the connection that `versions.py` hands over."""

from alembic import context

from auditor.store.tables import VERSION_TABLE, Row

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Row.metadata,
    render_as_batch=True,
    version_table=VERSION_TABLE,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
