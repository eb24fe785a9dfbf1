"""Telephone numbers of the roster that wait for their code."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005_numbers_that_were_asked_for"
down_revision = "0004_people_who_sign_in"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "number_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(length=40), nullable=False),
        sa.Column("joins", sa.JSON(), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("code_hash", sa.String(length=200), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["asked_by"], ["accounts.id"], name=op.f("fk_number_changes_asked_by")),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name=op.f("fk_number_changes_delivery_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_number_changes")),
    )
    op.create_index(op.f("ix_number_changes_asked_at"), "number_changes", ["asked_at"])


def downgrade() -> None:
    op.drop_table("number_changes")
