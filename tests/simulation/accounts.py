"""I8 for dealers: what their prepaid hours and credits pay, and what is left to bill; worked out here anew.

Everything a dealer has follows from when it joined and what it bought, everything it used from its work. No entry of
the ledger is read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.simulation.house import Broken
from tests.simulation.money import STANDARD, rate_of
from triage.store.models import BillableSession, BillingLine, Case, Dealer, LedgerEntry, Purchase

NEW_YORK = ZoneInfo("America/New_York")
NEW_DEALER = 5 * 60
OVERAGE, OVERAGE_STEP = Decimal("82.50"), 30
ENOUGH_BOUGHT = 5000
_CENT = Decimal("0.01")


@dataclass(slots=True)
class Lot:
    """Minutes that a dealer has from one instant to another; prepaid ones do not end."""

    left: int
    begins: datetime
    ends: datetime | None

    def pays_at(self, at: datetime) -> bool:
        return self.left > 0 and self.begins <= at and (self.ends is None or at < self.ends)


def each_dealer_pays_what_it_owes(session: Session, now: datetime) -> None:
    """Each session's lines come to what lots leave over of it, each quarter's to what was over its credits."""
    for dealer in session.scalars(select(Dealer).order_by(Dealer.id)):
        over = _of_sessions(session, dealer)
        billed = dict(
            session.execute(
                select(BillingLine.quarter, func.sum(BillingLine.amount))
                .where(BillingLine.dealer_id == dealer.id, BillingLine.session_id.is_(None))
                .group_by(BillingLine.quarter)
            ).all()
        )
        for first in sorted({*over, *(_quarter_named(quarter or "") for quarter in billed)}):
            is_over = _midnight(_next_quarter(first)) <= now
            owed = OVERAGE * -(-over.get(first, 0) // OVERAGE_STEP) if is_over else Decimal(0)
            if billed.get(_name_of(first), Decimal(0)) != owed:
                raise Broken(f"I8: {dealer.code} is billed {billed} for its quarters, {_name_of(first)} is {owed}")
    drawn = session.execute(
        select(LedgerEntry.dealer_id, LedgerEntry.lot)
        .where(~LedgerEntry.lot.startswith("over:"))
        .group_by(LedgerEntry.dealer_id, LedgerEntry.lot)
        .having(func.sum(LedgerEntry.minutes) < 0)
    ).all()
    if drawn:
        raise Broken(f"I8: more was drawn than there was: {drawn}")


def _of_sessions(session: Session, dealer: Dealer) -> dict[date, int]:
    """Look at the lines of each session; the minutes over the credits, by the first day of their quarter."""
    bought = session.scalars(select(Purchase).where(Purchase.dealer_id == dealer.id)).all()
    prepaid, credit = _lots(dealer, bought)
    over: dict[date, int] = defaultdict(int)
    billed: dict[int | None, Decimal] = dict(
        session.execute(
            select(BillingLine.session_id, func.sum(BillingLine.amount))
            .where(BillingLine.dealer_id == dealer.id, BillingLine.session_id.is_not(None))
            .group_by(BillingLine.session_id)
        ).all()
    )
    work = session.execute(
        select(BillableSession, Case.is_billable)
        .outerjoin(Case, BillableSession.case_id == Case.id)
        .where(BillableSession.dealer_id == dealer.id, BillableSession.closed_at.is_not(None))
        .order_by(BillableSession.opened_at, BillableSession.id)
    ).all()
    for each, is_billable in work:
        counts = is_billable is not False and each.withdrawn_at is None and (each.minutes or 0) > 0
        owed = _owed(each, dealer, bought, prepaid, credit, over) if counts else Decimal(0)
        if billed.pop(each.id, Decimal(0)) != owed:
            raise Broken(f"I8: the lines of session {each.id} of {dealer.code} do not come to {owed}")
    if billed:
        raise Broken(f"I8: {dealer.code} is billed for sessions that are not closed: {sorted(map(str, billed))}")
    return over


def _owed(
    each: BillableSession,
    dealer: Dealer,
    bought: Sequence[Purchase],
    prepaid: list[Lot],
    credit: list[Lot],
    over: dict[date, int],
) -> Decimal:
    """What is billed of a session at once, once lots paid (C2, C5) and the rest waits for the quarter's end (C6)."""
    minutes, at = each.minutes or 0, each.opened_at
    rate = rate_of(each)
    left, paid = minutes, 0
    if rate is STANDARD:
        paid = _draw(prepaid, at, rate.billed(minutes))  # R3 has its steps
        left = max(minutes - paid, 0)
        if each.product not in {"server", "discontinued"}:
            of_credits = _draw(credit, at, left)
            left, paid = left - of_credits, paid + of_credits
            if not _must_prepay(dealer, bought, at):
                over[_quarter_of(at)] += left
                left = 0
    return (rate.an_hour * (rate.billed(minutes) - paid) / 60).quantize(_CENT) if left else Decimal(0)


def _draw(lots: list[Lot], at: datetime, wanted: int) -> int:
    """Take as much as is there, what ends soonest first."""
    taken = 0
    for lot in sorted((lot for lot in lots if lot.pays_at(at)), key=lambda lot: (lot.ends or lot.begins, lot.begins)):
        part = min(lot.left, wanted - taken)
        lot.left -= part
        taken += part
    return taken


def _lots(dealer: Dealer, bought: Sequence[Purchase]) -> tuple[list[Lot], list[Lot]]:
    """What a dealer's prepaid money bought (C5), and its credits: a new dealer's (C4), those earned before (C1)."""
    prepaid = [
        Lot(int(each.amount * 60 // 125), _midnight(each.bought_on), None)
        for each in sorted(bought, key=lambda one: (one.bought_on, one.id))
        if each.kind == "prepaid"
    ]
    credit = []
    if dealer.joined_on is not None:
        ends = _midnight(_next_quarter(_quarter_on(dealer.joined_on)))
        credit.append(Lot(NEW_DEALER, _midnight(dealer.joined_on), ends))
    earning: dict[date, Decimal] = defaultdict(Decimal)
    for each in bought:
        if each.kind in {"hardware", "licence"}:
            earning[_next_quarter(_quarter_on(each.bought_on))] += each.amount
    for first, amount in earning.items():
        credit.append(Lot(int(amount // 1000) * 60, _midnight(first), _midnight(_next_quarter(first))))
    return prepaid, credit


def _must_prepay(dealer: Dealer, bought: Sequence[Purchase], at: datetime) -> bool:
    """Without an account, or where less than $5,000 was bought in the year before (E6)."""
    on = at.astimezone(NEW_YORK).date()
    spent = sum(each.amount for each in bought if (on - each.bought_on).days in range(1, 366))
    return not dealer.has_account or spent < ENOUGH_BOUGHT


def _quarter_on(day: date) -> date:
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def _quarter_of(at: datetime) -> date:
    return _quarter_on(at.astimezone(NEW_YORK).date())


def _next_quarter(first: date) -> date:
    return date(first.year + (first.month == 10), (first.month + 2) % 12 + 1, 1)


def _name_of(first: date) -> str:
    return f"{first.year}-Q{first.month // 3 + 1}"


def _quarter_named(name: str) -> date:
    return date(int(name[:4]), int(name[-1]) * 3 - 2, 1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, NEW_YORK).astimezone(UTC)
