"""What the auditor found outlives a restart: nobody is told of it twice."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026_alarms"
down_revision = "0025_kept_months"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alarms",
        sa.Column("fault", sa.String(20), primary_key=True),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_letter_at", sa.DateTime(timezone=True)),
        sa.Column("told_at", sa.DateTime(timezone=True)),
        sa.Column("letters", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
    )


def downgrade() -> None:
    op.drop_table("alarms")
