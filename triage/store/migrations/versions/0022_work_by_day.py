"""Work by the day on which it began and lines that wait for an invoice are found without looking at all others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022_work_by_day"
down_revision = "0021_lines_as_invoiced"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_sessions_opened_at", "sessions", ["opened_at"])
    op.create_index(
        "ix_billing_lines_waiting",
        "billing_lines",
        ["dealer_id", "billed_at", "amount"],
        sqlite_where=sa.text("invoice_id IS NULL"),
        postgresql_where=sa.text("invoice_id IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_billing_lines_waiting", table_name="billing_lines")
    op.drop_index("ix_sessions_opened_at", table_name="sessions")
