"""Calendar feeds: those of an account, and the one that a token opens."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from triage.store.models import Account, CalendarFeed


def of_account(session: Session, account_id: int) -> Sequence[CalendarFeed]:
    """Those that are not revoked, the newest first."""
    asked = select(CalendarFeed).where(CalendarFeed.account_id == account_id, CalendarFeed.revoked_at.is_(None))
    return session.scalars(asked.order_by(CalendarFeed.id.desc())).all()


def of_token(session: Session, token_hash: str) -> CalendarFeed | None:
    """The feed that is not revoked, and whose account is not disabled."""
    asked = select(CalendarFeed).join(Account, Account.id == CalendarFeed.account_id)
    is_open = CalendarFeed.revoked_at.is_(None), Account.disabled_at.is_(None)
    return session.scalars(asked.where(CalendarFeed.token_hash == token_hash, *is_open)).first()
