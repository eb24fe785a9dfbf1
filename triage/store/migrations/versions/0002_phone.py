"""The phone, both ways: keyed numbers, bridged callbacks, copies of recordings, reconciliation, the canary."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002_phone"
down_revision = "0001_cases"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("calls", sa.Column("language", sa.String(length=2), nullable=False, server_default="en"))
    op.add_column("calls", sa.Column("callback_number", sa.String(length=20), nullable=True))
    op.add_column("cases", sa.Column("callback_number", sa.String(length=20), nullable=True))
    op.add_column("cases", sa.Column("language", sa.String(length=2), nullable=False, server_default="en"))
    op.add_column("voicemails", sa.Column("is_confirmed", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("deliveries", sa.Column("pressed", sa.String(length=10), nullable=True))
    op.execute(  # a batch would drop the table, which its own rows refer to
        "ALTER TABLE deliveries ADD COLUMN bundled_in INTEGER"
        " CONSTRAINT fk_deliveries_bundled_in REFERENCES deliveries (id)"
    )
    op.create_index(op.f("ix_deliveries_bundled_in"), "deliveries", ["bundled_in"])
    _replace_person_of_deliveries(nullable=True)
    op.add_column("sessions", sa.Column("measured_s", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("sessions", sa.Column("stated_minutes", sa.Integer(), nullable=True))
    op.execute("UPDATE sessions SET stated_minutes = minutes")
    op.drop_column("sessions", "is_measured")
    op.create_table(
        "bridges",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("parent_sid", sa.String(length=34), nullable=True),
        sa.Column("provider_sid", sa.String(length=34), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seconds", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_bridges_case_id")),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name=op.f("fk_bridges_delivery_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bridges")),
        sa.UniqueConstraint("provider_sid", name=op.f("uq_bridges_provider_sid")),
    )
    op.create_index(op.f("ix_bridges_case_id"), "bridges", ["case_id"])
    op.create_index(op.f("ix_bridges_delivery_id"), "bridges", ["delivery_id"])
    op.create_index(op.f("ix_bridges_next_attempt_at"), "bridges", ["next_attempt_at"])
    op.create_index(op.f("ix_bridges_number"), "bridges", ["number"])
    op.create_index(op.f("ix_bridges_parent_sid"), "bridges", ["parent_sid"])
    op.create_table(
        "recording_copies",
        sa.Column("voicemail_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("file_name", sa.String(length=80), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at_provider_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=120), nullable=True),
        sa.ForeignKeyConstraint(["voicemail_id"], ["voicemails.id"], name=op.f("fk_recording_copies_voicemail_id")),
        sa.PrimaryKeyConstraint("voicemail_id", name=op.f("pk_recording_copies")),
    )
    op.create_index(op.f("ix_recording_copies_next_attempt_at"), "recording_copies", ["next_attempt_at"])
    op.execute(  # what was recorded before is fetched too
        "INSERT INTO recording_copies (voicemail_id, state, attempts, next_attempt_at)"
        " SELECT id, 'wanted', 0, received_at FROM voicemails WHERE status = 'completed'"
    )
    op.create_table(
        "marks",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_marks")),
    )
    op.create_index(op.f("ix_marks_next_attempt_at"), "marks", ["next_attempt_at"])
    op.create_table(
        "canary_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("call_sid", sa.String(length=34), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivery_id", sa.Integer(), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=120), nullable=True),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name=op.f("fk_canary_runs_delivery_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canary_runs")),
        sa.UniqueConstraint("call_sid", name=op.f("uq_canary_runs_call_sid")),
    )
    op.create_index(op.f("ix_canary_runs_next_attempt_at"), "canary_runs", ["next_attempt_at"])
    with op.batch_alter_table("attempts") as table:  # SQLite cannot add a column that refers to another table
        table.add_column(sa.Column("bridge_id", sa.Integer(), nullable=True))
        table.create_foreign_key(op.f("fk_attempts_bridge_id"), "bridges", ["bridge_id"], ["id"])
        table.create_unique_constraint(op.f("uq_attempts_bridge_id"), ["bridge_id"])


def downgrade() -> None:
    with op.batch_alter_table("attempts") as table:
        table.drop_constraint(op.f("uq_attempts_bridge_id"), type_="unique")
        table.drop_constraint(op.f("fk_attempts_bridge_id"), type_="foreignkey")
        table.drop_column("bridge_id")
    op.drop_table("canary_runs")
    op.drop_table("marks")
    op.drop_table("recording_copies")
    op.drop_table("bridges")
    op.add_column("sessions", sa.Column("is_measured", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.drop_column("sessions", "stated_minutes")
    op.drop_column("sessions", "measured_s")
    _replace_person_of_deliveries(nullable=False)
    op.drop_index(op.f("ix_deliveries_bundled_in"), "deliveries")
    op.drop_column("deliveries", "bundled_in")
    op.drop_column("deliveries", "pressed")
    op.drop_column("voicemails", "is_confirmed")
    op.drop_column("cases", "language")
    op.drop_column("cases", "callback_number")
    op.drop_column("calls", "callback_number")
    op.drop_column("calls", "language")


def _replace_person_of_deliveries(*, nullable: bool) -> None:
    """By another column: SQLite would copy the table and drop the old one, to which its own rows refer."""
    default = None if nullable else ""
    op.add_column("deliveries", sa.Column("person", sa.String(length=40), nullable=nullable, server_default=default))
    op.execute("UPDATE deliveries SET person = person_id WHERE person_id IS NOT NULL")
    op.drop_column("deliveries", "person_id")
    op.alter_column("deliveries", "person", new_column_name="person_id")
