"""A text to a caller who asked for it is no text that nobody asked for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006_answers_to_callers"
down_revision = "0005_numbers_that_were_asked_for"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("is_answer", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("deliveries", "is_answer")
