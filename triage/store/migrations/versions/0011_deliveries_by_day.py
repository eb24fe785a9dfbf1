"""An index for what was sent in the last day."""

from __future__ import annotations

from alembic import op

revision = "0011_deliveries_by_day"
down_revision = "0010_calendar_feeds"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_deliveries_created_at", "deliveries", ["created_at"])


def downgrade() -> None:
    op.drop_index("ix_deliveries_created_at", table_name="deliveries")
