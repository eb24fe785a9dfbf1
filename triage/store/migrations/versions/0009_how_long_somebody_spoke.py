"""How long a caller spoke at the most, by what was told when the recording ended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009_how_long_somebody_spoke"
down_revision = "0008_identities_of_accounts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("calls", sa.Column("spoken_s", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("calls", "spoken_s")
