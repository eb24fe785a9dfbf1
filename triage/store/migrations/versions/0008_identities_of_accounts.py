"""Accounts keep who they are at the sign-in provider."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008_identities_of_accounts"
down_revision = "0007_history_to_read"
branch_labels = None
depends_on = None

_INDEX = "ix_accounts_oidc_issuer_oidc_subject"


def upgrade() -> None:
    op.add_column("accounts", sa.Column("oidc_issuer", sa.String(length=300), nullable=True))
    op.add_column("accounts", sa.Column("oidc_subject", sa.String(length=255), nullable=True))
    op.create_index(op.f(_INDEX), "accounts", ["oidc_issuer", "oidc_subject"], unique=True)


def downgrade() -> None:
    op.drop_index(op.f(_INDEX), "accounts")
    op.drop_column("accounts", "oidc_subject")
    op.drop_column("accounts", "oidc_issuer")
