"""The SLA report keeps what it counted of a month; a change of one of its cases, however it is made, removes that."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025_kept_months"
down_revision = "0024_counted_by_state"
branch_labels = None
depends_on = None

_CHANGES = {"insert": ("new",), "update": ("old", "new"), "delete": ("old",)}


def upgrade() -> None:
    op.create_table(
        "kept_months",
        sa.Column("ends_at", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("form", sa.Integer(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("spans", sa.LargeBinary(), nullable=False),
    )
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for change, rows in _CHANGES.items():
        of_each = " OR ".join(f"(ends_at > {row}.left_at AND starts_at <= {row}.left_at)" for row in rows)
        forget = f"DELETE FROM kept_months WHERE {of_each};"  # noqa: S608 - ours # nosec B608
        name = f"cases_forget_month_{change}"
        if is_sqlite:
            op.execute(f"CREATE TRIGGER {name} AFTER {change.upper()} ON cases BEGIN {forget} END")
            continue
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {forget} RETURN NULL; END $$"
        )
        op.execute(f"CREATE TRIGGER {name} AFTER {change.upper()} ON cases FOR EACH ROW EXECUTE FUNCTION {name}()")


def downgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for change in _CHANGES:
        name = f"cases_forget_month_{change}"
        op.execute(f"DROP TRIGGER {name}" if is_sqlite else f"DROP FUNCTION {name}() CASCADE")
    op.drop_table("kept_months")
