"""Figures to scrape and what waits for an invoice are counted by indexes alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024_counted_by_state"
down_revision = "0023_quarter_of_each"
branch_labels = None
depends_on = None

_IS_INVOICED = sa.text("invoice_id IS NOT NULL")


def upgrade() -> None:
    op.create_index("ix_deliveries_channel_state", "deliveries", ["channel", "state"])
    op.create_index("ix_recording_copies_state", "recording_copies", ["state"])
    op.drop_index("ix_billing_lines_invoice_id", table_name="billing_lines")
    op.create_index(
        "ix_billing_lines_invoice_id",
        "billing_lines",
        ["invoice_id"],
        sqlite_where=_IS_INVOICED,
        postgresql_where=_IS_INVOICED,
    )


def downgrade() -> None:
    op.drop_index("ix_billing_lines_invoice_id", table_name="billing_lines")
    op.create_index("ix_billing_lines_invoice_id", "billing_lines", ["invoice_id"])
    op.drop_index("ix_recording_copies_state", table_name="recording_copies")
    op.drop_index("ix_deliveries_channel_state", table_name="deliveries")
