"""Texts about bookings, and until when a text is of use."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019_texts_about_bookings"
down_revision = "0018_work_typed"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("good_until", sa.DateTime(timezone=True), nullable=True))
    op.execute(  # in SQL: Alembic copies a table of SQLite for it, and others refer to this one
        "ALTER TABLE deliveries ADD COLUMN booking_id INTEGER"
        " CONSTRAINT fk_deliveries_booking_id REFERENCES bookings (id)"
    )
    op.create_index("ix_deliveries_booking_id", "deliveries", ["booking_id"])


def downgrade() -> None:
    op.drop_index("ix_deliveries_booking_id", table_name="deliveries")
    op.drop_column("deliveries", "booking_id")
    op.drop_column("deliveries", "good_until")
