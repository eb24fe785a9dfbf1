"""The salt of dealers' PINs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015_pin_salt"
down_revision = "0014_work"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pin_salts",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("salt", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pin_salts")),
    )


def downgrade() -> None:
    op.drop_table("pin_salts")
