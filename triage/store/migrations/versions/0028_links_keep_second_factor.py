"""A new link for a lost password leaves the second factor as it is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028_links_keep_second_factor"
down_revision = "0027_looked_up_by_caller"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "invitations", sa.Column("keeps_second_factor", sa.Boolean(), nullable=False, server_default=sa.false())
    )


def downgrade() -> None:
    op.drop_column("invitations", "keeps_second_factor")
