"""How Alembic reaches the database: by the connection that `schema.upgrade` hands over."""

from __future__ import annotations

from alembic import context

from triage.store.base import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transaction_per_migration=False,
    render_as_batch=True,  # SQLite changes a table by copying it
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
