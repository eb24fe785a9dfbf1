"""Indexes to read the history by time, kind and actor; the check of its chain that is under way."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007_history_to_read"
down_revision = "0006_answers_to_callers"
branch_labels = None
depends_on = None

_INDEXES = {
    "ix_events_at_number": ["at", "number"],
    "ix_events_kind_at_number": ["kind", "at", "number"],
    "ix_events_actor_at_number": ["actor", "at", "number"],
}


def upgrade() -> None:
    for name, columns in _INDEXES.items():
        op.create_index(name, "events", columns)
    op.create_table(
        "chain_checks",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_checks")),
    )


def downgrade() -> None:
    op.drop_table("chain_checks")
    for name in _INDEXES:
        op.drop_index(name, table_name="events")
