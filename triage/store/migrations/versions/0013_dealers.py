"""Dealers, what they bought and were invoiced; whose technician called."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013_dealers"
down_revision = "0012_letters"
branch_labels = None
depends_on = None

_TABLES = (
    "dealers",
    "dealer_technicians",
    "dealer_phones",
    "sites",
    "purchases",
    "invoice_runs",
    "invoices",
    "invoice_files",
    "borrow_requests",
)
_REFERENCES = (
    ("cases", "dealer_id", "dealers"),
    ("cases", "dealer_technician_id", "dealer_technicians"),
    ("calls", "dealer_technician_id", "dealer_technicians"),
)


def upgrade() -> None:
    op.create_table(
        "dealers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("joined_on", sa.Date(), nullable=True),
        sa.Column("has_account", sa.Boolean(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("next_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dealers")),
        sa.UniqueConstraint("code", name=op.f("uq_dealers_code")),
    )
    op.create_index("ix_dealers_next_due_at", "dealers", ["next_due_at"])
    op.create_table(
        "dealer_technicians",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dealer_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("pin_hash", sa.String(length=64), nullable=True),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["dealer_id"], ["dealers.id"], name=op.f("fk_dealer_technicians_dealer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dealer_technicians")),
        sa.UniqueConstraint("dealer_id", "name", name=op.f("uq_dealer_technicians_dealer_id_name")),
        sa.UniqueConstraint("pin_hash", name=op.f("uq_dealer_technicians_pin_hash")),
    )
    op.create_table(
        "dealer_phones",
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("dealer_id", sa.Integer(), nullable=False),
        sa.Column("technician_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["dealer_id"], ["dealers.id"], name=op.f("fk_dealer_phones_dealer_id")),
        sa.ForeignKeyConstraint(
            ["technician_id"], ["dealer_technicians.id"], name=op.f("fk_dealer_phones_technician_id")
        ),
        sa.PrimaryKeyConstraint("phone", name=op.f("pk_dealer_phones")),
    )
    op.create_index("ix_dealer_phones_dealer_id", "dealer_phones", ["dealer_id"])
    op.create_index("ix_dealer_phones_technician_id", "dealer_phones", ["technician_id"])
    op.create_table(
        "sites",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dealer_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("zone", sa.String(length=40), nullable=False),
        sa.Column("product", sa.String(length=20), nullable=True),
        sa.Column("software", sa.String(length=20), nullable=True),
        sa.Column("licence_until", sa.Date(), nullable=True),
        sa.Column("trunk", sa.String(length=60), nullable=True),
        sa.ForeignKeyConstraint(["dealer_id"], ["dealers.id"], name=op.f("fk_sites_dealer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sites")),
        sa.UniqueConstraint("dealer_id", "name", name=op.f("uq_sites_dealer_id_name")),
    )
    op.create_table(
        "purchases",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dealer_id", sa.Integer(), nullable=False),
        sa.Column("bought_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("amount", sa.String(length=20), nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["dealer_id"], ["dealers.id"], name=op.f("fk_purchases_dealer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchases")),
        sa.UniqueConstraint("dealer_id", "reference", name=op.f("uq_purchases_dealer_id_reference")),
    )
    op.create_table(
        "invoice_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("through_on", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_runs")),
    )
    op.create_table(
        "invoices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("dealer_id", sa.Integer(), nullable=False),
        sa.Column("total", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["dealer_id"], ["dealers.id"], name=op.f("fk_invoices_dealer_id")),
        sa.ForeignKeyConstraint(["run_id"], ["invoice_runs.id"], name=op.f("fk_invoices_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoices")),
        sa.UniqueConstraint("number", name=op.f("uq_invoices_number")),
        sa.UniqueConstraint("run_id", "dealer_id", name=op.f("uq_invoices_run_id_dealer_id")),
    )
    op.create_index("ix_invoices_dealer_id_id", "invoices", ["dealer_id", "id"])
    op.create_index("ix_invoices_run_id", "invoices", ["run_id"])
    op.create_table(
        "invoice_files",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("form", sa.String(length=20), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("exported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("exported_by", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["invoice_runs.id"], name=op.f("fk_invoice_files_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_files")),
        sa.UniqueConstraint("run_id", "form", name=op.f("uq_invoice_files_run_id_form")),
    )
    op.create_table(
        "borrow_requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dealer_id", sa.Integer(), nullable=False),
        sa.Column("quarter", sa.String(length=7), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.String(length=60), nullable=False),
        sa.Column("most_minutes", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["dealer_id"], ["dealers.id"], name=op.f("fk_borrow_requests_dealer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_borrow_requests")),
    )
    op.create_index("ix_borrow_requests_dealer_id", "borrow_requests", ["dealer_id"])
    op.create_index("uq_borrow_requests_dealer_id_quarter", "borrow_requests", ["dealer_id", "quarter"], unique=True)
    for table, column, other in _REFERENCES:  # in SQL: Alembic copies a table of SQLite for it, others refer to these
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN {column} INTEGER CONSTRAINT fk_{table}_{column} REFERENCES {other} (id)"
        )
    op.create_index("ix_cases_dealer_id", "cases", ["dealer_id"])


def downgrade() -> None:
    op.drop_index("ix_cases_dealer_id", table_name="cases")
    for table, column, _ in _REFERENCES:
        op.drop_column(table, column)
    for table in reversed(_TABLES):
        op.drop_table(table)
