"""A caller's closed cases, those closed since an instant and those of a contract are found without reading all."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027_looked_up_by_caller"
down_revision = "0026_alarms"
branch_labels = None
depends_on = None

_IS_LIVE = sa.text("state != 'closed'")
_WAS_KEYED, _IS_CLOSED = sa.text("callback_number IS NOT NULL"), sa.text("closed_at IS NOT NULL")


def upgrade() -> None:
    op.drop_index("ix_cases_caller_open", table_name="cases")
    op.create_index("ix_cases_caller_callback_made_at", "cases", ["caller", "callback_made_at"])
    op.create_index("ix_cases_policy", "cases", ["policy"])
    for name, where in (("callback_number", _WAS_KEYED), ("closed_at", _IS_CLOSED)):
        op.create_index(f"ix_cases_{name}", "cases", [name], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for name in ("closed_at", "callback_number", "policy", "caller_callback_made_at"):
        op.drop_index(f"ix_cases_{name}", table_name="cases")
    op.create_index("ix_cases_caller_open", "cases", ["caller"], sqlite_where=_IS_LIVE, postgresql_where=_IS_LIVE)
