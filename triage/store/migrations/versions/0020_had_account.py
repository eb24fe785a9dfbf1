"""Whether a session's dealer might be billed afterwards when it was priced first (E6)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020_had_account"
down_revision = "0019_texts_about_bookings"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("had_account", sa.Boolean(), nullable=True))


def downgrade() -> None:
    op.drop_column("sessions", "had_account")
