"""A quarter of all dealers is summed up without looking at the entries of all others."""

from __future__ import annotations

from alembic import op

revision = "0023_quarter_of_each"
down_revision = "0022_work_by_day"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_ledger_entries_at", "ledger_entries", ["at"])
    op.create_index("ix_ledger_entries_lot", "ledger_entries", ["lot"])


def downgrade() -> None:
    op.drop_index("ix_ledger_entries_lot", table_name="ledger_entries")
    op.drop_index("ix_ledger_entries_at", table_name="ledger_entries")
