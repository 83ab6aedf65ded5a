"""Alembic's environment: one tree for the whole product, run as the owner's role."""

from alembic import context

from tapak.migrations import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata(),
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
