"""Letters: who got which, and which are still to go out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from triage.store.models import Account, Letter


def accounts_with(session: Session, kind: str, about: str) -> set[int]:
    """Whose letter of this kind about this is planned, or went out."""
    return set(session.scalars(select(Letter.account_id).where(Letter.kind == kind, Letter.about == about)))


def plan(session: Session, kind: str, about: str, account_ids: Sequence[int], now: datetime) -> None:
    """A letter to each of these accounts, to be sent now."""
    session.add_all(
        Letter(kind=kind, about=about, account_id=account_id, created_at=now, attempts=0, next_attempt_at=now)
        for account_id in account_ids
    )


def due(session: Session, now: datetime, most: int) -> Sequence[tuple[Letter, Account]]:
    """Letters to be tried now, the longest overdue first.

    The write transaction it runs in is alone: that is the claim.
    """
    rows = session.execute(
        select(Letter, Account)
        .join(Account, Letter.account_id == Account.id)
        .where(Letter.next_attempt_at <= now)
        .order_by(Letter.next_attempt_at, Letter.id)
        .limit(most)
    )
    return [(letter, account) for letter, account in rows]


def one(session: Session, letter_id: int) -> Letter | None:
    return session.get(Letter, letter_id)


def failing(session: Session) -> Sequence[Letter]:
    """Letters whose last attempt failed, oldest first: still to go out, or given up."""
    return session.scalars(
        select(Letter).where(Letter.sent_at.is_(None), Letter.reason.is_not(None)).order_by(Letter.id)
    ).all()


def tally(session: Session) -> dict[str, int]:
    """How many letters went out, wait, and were given up."""
    total, sent, waiting = session.execute(
        select(func.count(), func.count(Letter.sent_at), func.count(Letter.next_attempt_at)).select_from(Letter)
    ).one()
    return {"sent": sent, "waiting": waiting, "given_up": total - sent - waiting}
