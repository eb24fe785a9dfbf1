"""The ledger's entries, and the facts that they follow from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Integer, and_, cast, func, or_, select
from sqlalchemy.orm import Session

from triage.store.models import (
    BillableSession,
    BillingLine,
    BorrowRequest,
    Case,
    Dealer,
    LedgerEntry,
    Purchase,
)


class Balance(NamedTuple):
    """What is left of a lot; `begins_at` is its first entry."""

    lot: str
    minutes: int
    begins_at: datetime
    ends_at: datetime | None


class Key(NamedTuple):
    """What makes an entry the same entry: all with one key are summed up."""

    lot: str
    kind: str
    at: datetime
    session_id: int | None


def balances(session: Session, dealer_id: int, *, before: datetime) -> list[Balance]:
    """Every lot that has not ended before an instant, used up or not, by the entries that count before it."""
    is_left = LedgerEntry.ends_at.is_(None) | (LedgerEntry.ends_at >= before)
    rows = session.execute(_BALANCES.where(LedgerEntry.dealer_id == dealer_id, LedgerEntry.at < before, is_left))
    return [Balance(*row) for row in rows]


def balances_at(session: Session, dealer_id: int, at: datetime) -> list[Balance]:
    """Every lot that is not used up, by the entries that count at an instant."""
    rows = session.execute(
        _BALANCES.where(LedgerEntry.dealer_id == dealer_id, LedgerEntry.at <= at).having(_MINUTES != 0)
    )
    return [Balance(*row) for row in rows]


def balance_of(session: Session, dealer_id: int, lot: str, at: datetime) -> Balance | None:
    """One lot at an instant, used up or not; None where there was none by then."""
    wanted = _BALANCES.where(LedgerEntry.dealer_id == dealer_id, LedgerEntry.lot == lot, LedgerEntry.at <= at)
    row = session.execute(wanted).first()
    return Balance(*row) if row else None


def sums_before(session: Session, dealer_id: int, at: datetime) -> dict[str, int]:
    """What the entries before an instant come to, by lot."""
    wanted = _BALANCES.where(LedgerEntry.dealer_id == dealer_id, LedgerEntry.at < at).having(_MINUTES != 0)
    return {row[0]: row[1] for row in session.execute(wanted)}


_MINUTES = cast(func.sum(LedgerEntry.minutes), Integer)
_BALANCES = (
    select(
        LedgerEntry.lot,
        _MINUTES,
        func.min(LedgerEntry.at, type_=LedgerEntry.at.type),
        func.max(LedgerEntry.ends_at, type_=LedgerEntry.ends_at.type),
    )
    .group_by(LedgerEntry.lot)
    .order_by(LedgerEntry.lot)
)


def balances_of_each(
    session: Session, dealer_ids: Sequence[int], at: datetime, over: str
) -> list[tuple[int, str, int]]:
    """What is left at an instant of every lot of these dealers that has not ended, with what is over of one lot's name:
    dealer, lot, minutes."""
    total = func.sum(LedgerEntry.minutes)
    rows = session.execute(
        select(LedgerEntry.dealer_id, LedgerEntry.lot, total)
        .where(
            LedgerEntry.dealer_id.in_(dealer_ids),
            LedgerEntry.at <= at,
            (LedgerEntry.ends_at > at) | LedgerEntry.ends_at.is_(None),
            LedgerEntry.lot.not_like("over:%") | (LedgerEntry.lot == over),
        )
        .group_by(LedgerEntry.dealer_id, LedgerEntry.lot)
        .having(total != 0)
    )
    return [(dealer_id, lot, int(minutes)) for dealer_id, lot, minutes in rows]


def posted(session: Session, dealer_id: int, since: datetime) -> dict[Key, int]:
    """What stands in the ledger from an instant on, but for corrections, which are facts of their own."""
    rows = session.execute(
        select(LedgerEntry.lot, LedgerEntry.kind, LedgerEntry.at, LedgerEntry.session_id, func.sum(LedgerEntry.minutes))
        .where(LedgerEntry.dealer_id == dealer_id, LedgerEntry.at >= since, LedgerEntry.kind != "corrected")
        .group_by(LedgerEntry.lot, LedgerEntry.kind, LedgerEntry.at, LedgerEntry.session_id)
    )
    return {Key(lot, kind, at, session_id): int(minutes) for lot, kind, at, session_id, minutes in rows}


def posted_under(session: Session, dealer_id: int, since: datetime, kinds: Sequence[str]) -> dict[Key, str]:
    """The policy of the first entry of each key."""
    rows = session.execute(
        select(LedgerEntry.lot, LedgerEntry.kind, LedgerEntry.at, LedgerEntry.session_id, LedgerEntry.policy)
        .where(LedgerEntry.dealer_id == dealer_id, LedgerEntry.at >= since, LedgerEntry.kind.in_(kinds))
        .order_by(LedgerEntry.id.desc())
    )
    return {Key(*row[:4]): row[4] for row in rows}  # the oldest entry comes last, and stays


def corrections(session: Session, dealer_id: int, since: datetime) -> Sequence[LedgerEntry]:
    return session.scalars(
        select(LedgerEntry)
        .where(LedgerEntry.dealer_id == dealer_id, LedgerEntry.kind == "corrected", LedgerEntry.at >= since)
        .order_by(LedgerEntry.id)
    ).all()


def of_dealer(session: Session, dealer_id: int, start: datetime, end: datetime) -> Sequence[LedgerEntry]:
    """The entries that count in [start, end), by the time at which they count."""
    return session.scalars(
        select(LedgerEntry)
        .where(LedgerEntry.dealer_id == dealer_id, LedgerEntry.at >= start, LedgerEntry.at < end)
        .order_by(LedgerEntry.at, LedgerEntry.id)
    ).all()


def ids_of(session: Session, dealer_id: int) -> Sequence[int]:
    """Every entry of a dealer, those that count last first."""
    return session.scalars(
        select(LedgerEntry.id)
        .where(LedgerEntry.dealer_id == dealer_id)
        .order_by(LedgerEntry.at.desc(), LedgerEntry.id.desc())
    ).all()


def by_ids(session: Session, ids: Sequence[int]) -> Sequence[tuple[LedgerEntry, int | None]]:
    """Entries, each with the case whose session drew."""
    found = session.execute(
        select(LedgerEntry, BillableSession.case_id)
        .outerjoin(BillableSession, LedgerEntry.session_id == BillableSession.id)
        .where(LedgerEntry.id.in_(ids))
    )
    return [(entry, case_id) for entry, case_id in found]


def newest_id(session: Session, dealer_id: int) -> int:
    """The entry that was written last; 0 before the first."""
    return session.scalar(select(func.max(LedgerEntry.id)).where(LedgerEntry.dealer_id == dealer_id)) or 0


def first_at(session: Session, dealer_id: int) -> datetime | None:
    """When the first entry counts."""
    return session.scalar(
        select(LedgerEntry.at).where(LedgerEntry.dealer_id == dealer_id).order_by(LedgerEntry.at).limit(1)
    )


def drawn_by(session: Session, session_id: int) -> dict[str, int]:
    """What a session draws from each lot, below zero; a lot from which it draws nothing any more is left out."""
    total = func.sum(LedgerEntry.minutes)
    rows = session.execute(
        select(LedgerEntry.lot, total).where(LedgerEntry.session_id == session_id).group_by(LedgerEntry.lot)
    )
    return {lot: minutes for lot, minutes in rows if minutes}


def of_lot(session: Session, dealer_id: int, lot: str) -> Sequence[LedgerEntry]:
    return session.scalars(
        select(LedgerEntry)
        .where(LedgerEntry.dealer_id == dealer_id, LedgerEntry.lot == lot)
        .order_by(LedgerEntry.at, LedgerEntry.id)
    ).all()


def lots_of(session: Session, dealer_id: int) -> Sequence[str]:
    """The names of all lots that a dealer ever had."""
    return session.scalars(select(LedgerEntry.lot).where(LedgerEntry.dealer_id == dealer_id).distinct()).all()


def last_entry_of(session: Session, dealer_id: int, lot: str, kind: str) -> LedgerEntry | None:
    """The entry of a lot that counts last."""
    return session.scalars(
        select(LedgerEntry)
        .where(LedgerEntry.dealer_id == dealer_id, LedgerEntry.lot == lot, LedgerEntry.kind == kind)
        .order_by(LedgerEntry.at.desc(), LedgerEntry.id.desc())
    ).first()


def end_of(session: Session, dealer_id: int, key: Key) -> datetime | None:
    """When the lot of an entry that stands ends, by that entry."""
    return session.scalar(
        select(LedgerEntry.ends_at)
        .where(
            LedgerEntry.dealer_id == dealer_id,
            LedgerEntry.lot == key.lot,
            LedgerEntry.kind == key.kind,
            LedgerEntry.at == key.at,
            LedgerEntry.session_id.is_not_distinct_from(key.session_id),
        )
        .order_by(LedgerEntry.id)
        .limit(1)
    )


def sums_of_quarter(session: Session, starts: datetime, ends: datetime) -> list[tuple[int, str, int]]:
    """What moved in [starts, ends) by dealer and kind, without what is over. What expires at an end is of the quarter
    before it."""
    total = func.sum(LedgerEntry.minutes)
    found = session.execute(
        select(LedgerEntry.dealer_id, LedgerEntry.kind, total)
        .where(
            LedgerEntry.lot.not_like("over:%"),
            LedgerEntry.at >= starts,
            LedgerEntry.at <= ends,
            or_(
                and_(LedgerEntry.kind == "expired", LedgerEntry.at > starts),
                and_(LedgerEntry.kind != "expired", LedgerEntry.at < ends),
            ),
        )
        .group_by(LedgerEntry.dealer_id, LedgerEntry.kind)
    )
    return [(dealer_id, kind, int(minutes)) for dealer_id, kind, minutes in found]


def sums_of_lot(session: Session, lot: str) -> list[tuple[int, str, int]]:
    """The entries of a lot that several dealers have, summed up by dealer and kind."""
    found = session.execute(
        select(LedgerEntry.dealer_id, LedgerEntry.kind, func.sum(LedgerEntry.minutes))
        .where(LedgerEntry.lot == lot)
        .group_by(LedgerEntry.dealer_id, LedgerEntry.kind)
    )
    return [(dealer_id, kind, int(minutes)) for dealer_id, kind, minutes in found]


def lines_of_quarters(session: Session, quarter: str) -> Sequence[BillingLine]:
    """What every dealer is billed for a quarter as such."""
    return session.scalars(
        select(BillingLine)
        .where(BillingLine.quarter == quarter, BillingLine.session_id.is_(None))
        .order_by(BillingLine.id)
    ).all()


def purchases(session: Session, dealer_id: int, since: date = date.min) -> Sequence[Any]:
    """What was bought, from a day on. Columns, and no objects: a dealer has hundreds."""
    return session.execute(
        select(Purchase.id, Purchase.bought_on, Purchase.kind, Purchase.amount)
        .where(Purchase.dealer_id == dealer_id, Purchase.bought_on >= since)
        .order_by(Purchase.bought_on, Purchase.id)
    ).all()


def purchases_of_each(session: Session, dealer_ids: Sequence[int], first: date, last: date) -> Sequence[Any]:
    """What these dealers bought on the days [first, last], as `purchases` has it, with the dealer."""
    return session.execute(
        select(Purchase.id, Purchase.dealer_id, Purchase.bought_on, Purchase.kind, Purchase.amount).where(
            Purchase.dealer_id.in_(dealer_ids), Purchase.bought_on >= first, Purchase.bought_on <= last
        )
    ).all()


def borrow_requests(session: Session, dealer_id: int) -> Sequence[BorrowRequest]:
    return session.scalars(
        select(BorrowRequest).where(BorrowRequest.dealer_id == dealer_id).order_by(BorrowRequest.quarter)
    ).all()


def worked(
    session: Session, dealer_id: int, since: datetime, until: datetime | None = None
) -> Sequence[tuple[BillableSession, bool]]:
    """The closed sessions of a dealer that were opened in [since, until), with whether their case is ever billed."""
    wanted = (
        select(BillableSession, Case.is_billable)
        .outerjoin(Case, BillableSession.case_id == Case.id)
        .where(
            BillableSession.dealer_id == dealer_id,
            BillableSession.opened_at >= since,
            BillableSession.closed_at.is_not(None),
            BillableSession.withdrawn_at.is_(None),
        )
        .order_by(BillableSession.opened_at, BillableSession.id)
    )
    rows = session.execute(wanted if until is None else wanted.where(BillableSession.opened_at < until))
    return [(work, is_billable is not False) for work, is_billable in rows]


def lines_of_quarter(session: Session, dealer_id: int, quarter: str) -> Sequence[BillingLine]:
    return session.scalars(
        select(BillingLine)
        .where(BillingLine.dealer_id == dealer_id, BillingLine.quarter == quarter, BillingLine.session_id.is_(None))
        .order_by(BillingLine.id)
    ).all()


def due_dealers(session: Session, now: datetime, most: int) -> Sequence[Dealer]:
    """Dealers whose ledger changes by itself about now."""
    return session.scalars(
        select(Dealer).where(Dealer.next_due_at <= now).order_by(Dealer.next_due_at, Dealer.id).limit(most)
    ).all()
