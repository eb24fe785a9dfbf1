"""What an invoice says of itself stays as it was, whatever its dealer is called later."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016_what_an_invoice_says"
down_revision = "0015_pin_salt"
branch_labels = None
depends_on = None

_COLUMNS = ("code", "name", "issued_on", "due_on")


def upgrade() -> None:
    """No release made invoices before: the values given to those that are there are never seen."""
    op.add_column("invoices", sa.Column("code", sa.String(length=40), nullable=False, server_default=""))
    op.add_column("invoices", sa.Column("name", sa.String(length=120), nullable=False, server_default=""))
    for name in ("issued_on", "due_on"):
        op.add_column("invoices", sa.Column(name, sa.Date(), nullable=False, server_default="1970-01-01"))


def downgrade() -> None:
    for name in reversed(_COLUMNS):
        op.drop_column("invoices", name)
