"""Work that was typed knows which server was installed, and by which clock its site goes."""

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


def downgrade() -> None:
    for name in reversed(_COLUMNS):
        op.drop_column("sessions", name)
