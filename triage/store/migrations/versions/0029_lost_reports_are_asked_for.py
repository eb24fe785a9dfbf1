"""The phone system is asked about a text or call whose end it did not report.

What was sent within the last day before the change, and has no end on record, is asked about as well.
"""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

from triage.clock import SystemClock

revision = "0029_lost_reports_are_asked_for"
down_revision = "0028_links_keep_second_factor"
branch_labels = None
depends_on = None

_IS_ASKED_ABOUT = sa.text("ask_at IS NOT NULL")


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("ask_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_deliveries_ask_at",
        "deliveries",
        ["ask_at"],
        postgresql_where=_IS_ASKED_ABOUT,
        sqlite_where=_IS_ASKED_ABOUT,
    )
    deliveries = sa.table(
        "deliveries",
        sa.column("ask_at", sa.DateTime(timezone=True)),
        sa.column("state", sa.String),
        sa.column("created_at", sa.DateTime(timezone=True)),
    )
    now = SystemClock().now()
    op.execute(
        deliveries.update()
        .where(deliveries.c.state.in_(["accepted", "sent"]), deliveries.c.created_at > now - timedelta(days=1))
        .values(ask_at=now)
    )


def downgrade() -> None:
    op.drop_index("ix_deliveries_ask_at", "deliveries")
    op.drop_column("deliveries", "ask_at")
