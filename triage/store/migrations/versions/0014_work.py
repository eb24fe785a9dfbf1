"""Work of every kind, its ledger and its bookings; lines that an invoice keeps."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0014_work"
down_revision = "0013_dealers"
branch_labels = None
depends_on = None

_CHANGED = ("sessions", "billing_lines")


def upgrade() -> None:
    _put_aside()
    op.create_table(
        "sessions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("dealer_id", sa.Integer(), nullable=True),
        sa.Column("dealer_technician_id", sa.Integer(), nullable=True),
        sa.Column("site_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("window", sa.String(length=20), nullable=False),
        sa.Column("product", sa.String(length=20), nullable=False),
        sa.Column("policy", sa.String(length=12), nullable=False),
        *_session_columns(),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["dealer_id"], ["dealers.id"], name="fk_sessions_dealer_id"),
        sa.ForeignKeyConstraint(
            ["dealer_technician_id"], ["dealer_technicians.id"], name="fk_sessions_dealer_technician_id"
        ),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_sessions_site_id"),
        sa.ForeignKeyConstraint(["policy"], ["policy_versions.version"], name="fk_sessions_policy"),
        sqlite_autoincrement=True,
    )
    live = sa.text("withdrawn_at IS NULL")
    op.create_index(
        "uq_sessions_case_id", "sessions", ["case_id"], unique=True, sqlite_where=live, postgresql_where=live
    )
    op.create_index("ix_sessions_case_id", "sessions", ["case_id"])
    op.create_index("ix_sessions_dealer_id_opened_at", "sessions", ["dealer_id", "opened_at"])
    op.create_table(
        "billing_lines",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=True),
        sa.Column("dealer_id", sa.Integer(), nullable=True),
        sa.Column("quarter", sa.String(length=7), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("billed_days", sa.Integer(), nullable=False),
        sa.Column("billed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=True),
        *_line_columns(),
        sa.ForeignKeyConstraint(["dealer_id"], ["dealers.id"], name="fk_billing_lines_dealer_id"),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoices.id"], name="fk_billing_lines_invoice_id"),
        sa.UniqueConstraint("session_id", "rule", "revision", name="uq_billing_lines_session_id_rule_revision"),
        sa.UniqueConstraint(
            "dealer_id", "quarter", "rule", "revision", name="uq_billing_lines_dealer_id_quarter_rule_revision"
        ),
    )
    op.create_index("ix_billing_lines_billed_at", "billing_lines", ["billed_at"])
    op.create_index("ix_billing_lines_invoice_id", "billing_lines", ["invoice_id"])
    work = ", ".join(column.name for column in _session_columns() if isinstance(column, sa.Column))
    op.execute(
        f'INSERT INTO sessions (id, case_id, kind, "window", product, policy, {work})'  # noqa: S608 - names of ours # nosec B608
        f" SELECT s.id, s.case_id, 'callback', c.\"window\", c.product, c.policy, {_of('s', work)}"
        " FROM sessions_aside s JOIN cases c ON c.id = s.case_id"
    )
    lines = ", ".join(column.name for column in _line_columns() if isinstance(column, sa.Column))
    op.execute(
        f"INSERT INTO billing_lines (id, session_id, revision, billed_days, billed_at, {lines})"  # noqa: S608 - names of ours # nosec B608
        f" SELECT l.id, l.session_id, 0, 0, s.closed_at, {_of('l', lines)}"
        " FROM billing_lines_aside l JOIN sessions_aside s ON s.id = l.session_id"
    )
    _take_away_what_was_aside()
    op.create_table(
        "work_spans",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_work_spans_session_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_spans")),
    )
    op.create_index("ix_work_spans_person_id_starts_at", "work_spans", ["person_id", "starts_at"])
    op.create_index("ix_work_spans_session_id", "work_spans", ["session_id"])
    op.create_table(
        "expenses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(length=120), nullable=False),
        sa.Column("miles", sa.Integer(), nullable=True),
        sa.Column("amount", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_expenses_session_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expenses")),
    )
    op.create_index("ix_expenses_session_id", "expenses", ["session_id"])
    op.create_table(
        "ledger_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dealer_id", sa.Integer(), nullable=False),
        sa.Column("lot", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("session_id", sa.Integer(), nullable=True),
        sa.Column("clauses", sa.JSON(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("policy", sa.String(length=12), nullable=False),
        sa.Column("actor", sa.String(length=60), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["dealer_id"], ["dealers.id"], name=op.f("fk_ledger_entries_dealer_id")),
        sa.ForeignKeyConstraint(["policy"], ["policy_versions.version"], name=op.f("fk_ledger_entries_policy")),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_ledger_entries_session_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entries")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_ledger_entries_dealer_id_at", "ledger_entries", ["dealer_id", "at"])
    op.create_index("ix_ledger_entries_session_id", "ledger_entries", ["session_id"])
    op.create_table(
        "bookings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("dealer_id", sa.Integer(), nullable=True),
        sa.Column("site_id", sa.Integer(), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("product", sa.String(length=20), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("session_id", sa.Integer(), nullable=True),
        sa.Column("next_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("policy", sa.String(length=12), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("booked_by", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(["dealer_id"], ["dealers.id"], name=op.f("fk_bookings_dealer_id")),
        sa.ForeignKeyConstraint(["policy"], ["policy_versions.version"], name=op.f("fk_bookings_policy")),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_bookings_session_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_bookings_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bookings")),
        sa.UniqueConstraint("session_id", name=op.f("uq_bookings_session_id")),
    )
    op.create_index("ix_bookings_dealer_id", "bookings", ["dealer_id"])
    op.create_index("ix_bookings_next_due_at", "bookings", ["next_due_at"])
    op.create_index("ix_bookings_person_id_starts_at", "bookings", ["person_id", "starts_at"])


def downgrade() -> None:
    """What is of no case, or was taken back, has no place in the tables as they were, and is lost."""
    for table in ("bookings", "ledger_entries", "expenses", "work_spans"):
        op.drop_table(table)
    _put_aside()
    op.create_table(
        "sessions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        *_session_columns(),
        sa.UniqueConstraint("case_id", name="uq_sessions_case_id"),
    )
    op.create_table(
        "billing_lines",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        *_line_columns(),
        sa.UniqueConstraint("session_id", "rule", name="uq_billing_lines_session_id_rule"),
    )
    work = ", ".join(column.name for column in _session_columns() if isinstance(column, sa.Column))
    op.execute(
        f"INSERT INTO sessions (id, case_id, {work}) SELECT id, case_id, {work} FROM sessions_aside"  # noqa: S608 - names of ours # nosec B608
        " WHERE case_id IS NOT NULL AND withdrawn_at IS NULL"
    )
    lines = ", ".join(column.name for column in _line_columns() if isinstance(column, sa.Column))
    op.execute(
        f"INSERT INTO billing_lines (id, session_id, {lines}) SELECT id, session_id, {lines}"  # noqa: S608 - names of ours # nosec B608
        " FROM billing_lines_aside WHERE revision = 0 AND session_id IN (SELECT id FROM sessions)"
    )
    _take_away_what_was_aside()


def _put_aside() -> None:
    """Copies, as SQLite cannot change a table that another one refers to."""
    for table in _CHANGED:
        op.execute(f"CREATE TABLE {table}_aside AS SELECT * FROM {table}")  # noqa: S608 - names of ours # nosec B608
    for table in reversed(_CHANGED):
        op.drop_table(table)


def _take_away_what_was_aside() -> None:
    for table in _CHANGED:
        op.drop_table(f"{table}_aside")
        if op.get_context().dialect.name == "postgresql":
            op.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'),"  # noqa: S608 - names of ours # nosec B608
                f" (SELECT coalesce(max(id), 0) + 1 FROM {table}), false)"
            )
    op.create_index("ix_sessions_closed_at", "sessions", ["closed_at"])


def _of(table: str, columns: str) -> str:
    return ", ".join(f"{table}.{column}" for column in columns.split(", "))


def _session_columns() -> tuple[sa.Column[Any] | sa.Constraint, ...]:
    """What both shapes of the table have, but for its keys."""
    return (
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("rate", sa.String(length=20), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("measured_s", sa.Integer(), nullable=False),
        sa.Column("stated_minutes", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_sessions_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
    )


def _line_columns() -> tuple[sa.Column[Any] | sa.Constraint, ...]:
    return (
        sa.Column("rule", sa.String(length=10), nullable=False),
        sa.Column("rate", sa.String(length=20), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("billed_minutes", sa.Integer(), nullable=False),
        sa.Column("amount", sa.String(length=20), nullable=False),
        sa.Column("is_taxable", sa.Boolean(), nullable=False),
        sa.Column("clauses", sa.JSON(), nullable=False),
        sa.Column("arithmetic", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name="fk_billing_lines_session_id"),
        sa.PrimaryKeyConstraint("id", name="pk_billing_lines"),
    )
