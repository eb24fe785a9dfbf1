"""Wrong PINs, counted for the number that they came from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017_pin_tries"
down_revision = "0016_what_an_invoice_says"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pin_tries",
        sa.Column("call_sid", sa.String(length=34), nullable=False),
        sa.Column("repeats", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("caller", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("call_sid", "repeats", name=op.f("pk_pin_tries")),
    )
    op.create_index("ix_pin_tries_caller_at", "pin_tries", ["caller", "at"])


def downgrade() -> None:
    op.drop_table("pin_tries")
