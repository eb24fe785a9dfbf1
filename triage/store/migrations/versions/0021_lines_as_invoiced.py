"""What an invoice says of the work of its lines stays when the work is put right."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021_lines_as_invoiced"
down_revision = "0020_had_account"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("billing_lines", sa.Column("worked_on", sa.Date(), nullable=True))
    op.add_column("billing_lines", sa.Column("person_id", sa.String(length=40), nullable=True))


def downgrade() -> None:
    op.drop_column("billing_lines", "person_id")
    op.drop_column("billing_lines", "worked_on")
