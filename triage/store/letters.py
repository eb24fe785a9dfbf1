"""Letters: who got which, and which are still to go out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from triage.store.models import Account, Letter

_GIVEN_UP = (Letter.sent_at.is_(None), Letter.next_attempt_at.is_(None), Letter.reason.is_not(None))


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


def about(session: Session, kind: str, about: str, account_id: int) -> Letter | None:
    """The letter of this kind about this that was planned for an account."""
    wanted = (Letter.kind == kind, Letter.about == about, Letter.account_id == account_id)
    return session.scalars(select(Letter).where(*wanted)).first()


def went_out(session: Session, letter: Letter, now: datetime) -> None:
    """It is settled, and so are the earlier ones to that account that were given up: its address works again."""
    letter.sent_at, letter.next_attempt_at, letter.reason = now, None, None
    session.execute(
        update(Letter)
        .where(Letter.account_id == letter.account_id, Letter.id < letter.id, *_GIVEN_UP)
        .values(reason=None)
    )


def failing(session: Session) -> Sequence[tuple[Letter, Account]]:
    """Letters whose last attempt failed, oldest first: still to go out, or given up."""
    rows = session.execute(
        select(Letter, Account)
        .join(Account, Letter.account_id == Account.id)
        .where(Letter.sent_at.is_(None), Letter.reason.is_not(None))
        .order_by(Letter.id)
    )
    return [(letter, account) for letter, account in rows]


def newest_sent(session: Session) -> datetime | None:
    """When a letter went out last."""
    return session.scalar(select(func.max(Letter.sent_at)))


def tally(session: Session) -> dict[str, int]:
    """How many letters went out, and how many wait."""
    sent, waiting = session.execute(select(func.count(Letter.sent_at), func.count(Letter.next_attempt_at))).one()
    return {"sent": sent, "waiting": waiting}
