"""Work that was typed knows which server was installed, by which clock its site goes, and whether it was booked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018_work_typed"
down_revision = "0017_pin_tries"
branch_labels = None
depends_on = None

_COLUMNS = ("server", "zone")


def upgrade() -> None:
    for name in _COLUMNS:
        op.add_column("sessions", sa.Column(name, sa.String(length=40), nullable=True))
    op.add_column("sessions", sa.Column("is_booked", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("sessions", "is_booked")
    for name in reversed(_COLUMNS):
        op.drop_column("sessions", name)
