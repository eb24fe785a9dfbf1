"""Each list of the phone system has a mark of its own, which says since when something holds it back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003_a_mark_for_each_list"
down_revision = "0002_phone"
branch_labels = None
depends_on = None


_LISTS = "('calls', 'recordings', 'texts')"


def upgrade() -> None:
    op.add_column("marks", sa.Column("held_since", sa.DateTime(timezone=True), nullable=True))
    for name in ("calls", "recordings", "texts"):
        op.execute(
            f"INSERT INTO marks (name, at, next_attempt_at)"  # noqa: S608 - our own three words # nosec B608
            f" SELECT '{name}', at, next_attempt_at FROM marks WHERE name = 'traffic'"
        )
    op.execute("DELETE FROM marks WHERE name = 'traffic'")


def downgrade() -> None:
    op.execute(
        "INSERT INTO marks (name, at, next_attempt_at) SELECT 'traffic', min(at), min(next_attempt_at)"  # noqa: S608 - names of ours # nosec B608
        f" FROM marks WHERE name IN {_LISTS} HAVING count(*) > 0"
    )
    op.execute(f"DELETE FROM marks WHERE name IN {_LISTS}")  # noqa: S608 - names of ours # nosec B608
    op.drop_column("marks", "held_since")
