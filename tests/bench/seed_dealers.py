"""The dealers of the seed: three hundred, with two years of purchases, typed work, bookings, ledgers and invoices.

Each has three of the callers' numbers; the rest of the callers are nobody's. Ledgers and lines are settled by the
program itself, once for each dealer, and each quarter that ended is invoiced.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from sqlalchemy import insert

from triage.bootstrap import Program
from triage.policy.hours import span_of_days
from triage.services import invoices, ledger
from triage.store.base import Base
from triage.store.models import (
    BillableSession,
    Booking,
    Dealer,
    DealerPhone,
    DealerTechnician,
    Purchase,
    Site,
    WorkSpan,
)

DEALERS = 300
TECHNICIANS = 3  # of each dealer
PHONES = 3  # of each dealer: one of each of two technicians, and a shared one
LEFT = 10  # dealers, the last of them
PURCHASES = 72  # of each dealer
TYPED = 2_400  # sessions
BOOKED = 1_200
_SETTLED_AT_ONCE = 10
_PEOPLE = ("dana", "lee", "sam", "ines", "omar", "ruth")

Row = dict[str, Any]


def code_of(dealer_id: int) -> str:
    return f"D{dealer_id:04d}"


def caller_of(number: int) -> str:
    return f"+1614555{number:04d}"


def whose(number: int) -> tuple[int | None, int | None]:
    """The dealer and the technician of a caller by its number; None for nobody, and for a shared telephone."""
    if number >= DEALERS * PHONES:
        return None, None
    dealer, phone = number // PHONES, number % PHONES
    return dealer + 1, None if phone == PHONES - 1 else dealer * TECHNICIANS + phone + 1


def seed_dealers(program: Program, begin: datetime, end: datetime) -> None:
    """Who they are and what they bought in [begin, end)."""
    draw, days = Random(300), (end - begin).days
    with program.desk.store.write() as tx:
        for model, rows in (
            (Dealer, list(_dealers(begin, end))),
            (DealerTechnician, list(_technicians())),
            (DealerPhone, list(_phones())),
            (Site, list(_sites(end))),
            (Purchase, list(_purchases(draw, begin, days))),
        ):
            tx.session.execute(insert(Base.metadata.tables[model.__tablename__]), rows)


def seed_work(program: Program, begin: datetime, end: datetime, *, after: int) -> None:
    """Work that was typed, and what was booked until a month after the end. `after` is the last session that is."""
    draw, desk = Random(301), program.desk
    sessions, spans, bookings = list[Row](), list[Row](), list[Row]()
    for number in range(TYPED):
        at = (begin + (end - begin) * number / TYPED).replace(minute=0, second=0, microsecond=0)
        kind = "call" if number % 2 == 0 else draw.choice(("email", "installation"))
        sessions.append(_typed(draw, after + number + 1, at, kind, desk.terms.version))
        spans.append(
            {
                "session_id": sessions[-1]["id"],
                "person_id": sessions[-1]["person_id"],
                "starts_at": at,
                "ends_at": sessions[-1]["closed_at"],
            }
        )
    for number in range(BOOKED):
        is_over = number < BOOKED - 100
        of = sessions[TYPED - 2 * (BOOKED - 100) + 2 * number] if is_over else None
        at = of["opened_at"] if of else end.replace(minute=0) + timedelta(hours=7 * (number - BOOKED + 100))
        bookings.append(_booking(draw, at, of, desk.terms.version))
    with desk.store.write() as tx:
        for model, rows in ((BillableSession, sessions), (WorkSpan, spans), (Booking, bookings)):
            tx.session.execute(insert(Base.metadata.tables[model.__tablename__]), rows)


def settle_and_invoice(program: Program, begin: datetime, end: datetime) -> None:
    """Every ledger from the beginning, and one run of invoices for each quarter that ended."""
    desk = program.desk
    for first in range(1, DEALERS + 1, _SETTLED_AT_ONCE):
        with desk.store.write() as tx:
            for dealer_id in range(first, first + _SETTLED_AT_ONCE):
                ledger.settle(tx, desk, dealer_id, begin - timedelta(days=1), end)
    for last in _ended_quarters(begin, end):
        made_at = span_of_days(last, last, desk.terms)[1] + timedelta(hours=9)
        invoices.make_invoices(desk, last, made_at, actor="bench")


def _dealers(begin: datetime, end: datetime) -> Iterator[Row]:
    for number in range(1, DEALERS + 1):
        yield {
            "id": number, "code": code_of(number), "name": f"Dealer {number:03d} Telephone",
            "email": f"office@d{number}.example",
            "joined_on": begin.date() + timedelta(days=number) if number % 3 else None,
            "has_account": number % 10 != 0, "left_on": end.date() if number > DEALERS - LEFT else None,
            "next_due_at": None,
        }  # fmt: skip


def _technicians() -> Iterator[Row]:
    for number in range(DEALERS * TECHNICIANS):
        yield {
            "id": number + 1, "dealer_id": number // TECHNICIANS + 1, "name": f"Jo {number % TECHNICIANS + 1}",
            "pin_hash": f"{number:064x}", "left_on": None,
        }  # fmt: skip


def _phones() -> Iterator[Row]:
    for number in range(DEALERS * PHONES):
        dealer_id, technician_id = whose(number)
        yield {"phone": caller_of(number), "dealer_id": dealer_id, "technician_id": technician_id}


def _sites(end: datetime) -> Iterator[Row]:
    for number in range(DEALERS * 2):
        yield {
            "dealer_id": number // 2 + 1, "name": f"Branch {number % 2 + 1}", "zone": "America/Chicago",
            "product": "ucp", "software": "4.0.1", "trunk": None,
            "licence_until": end.date() + timedelta(days=number - 100),
        }  # fmt: skip


def _purchases(draw: Random, begin: datetime, days: int) -> Iterator[Row]:
    kinds = ("hardware", "hardware", "hardware", "licence", "licence", "other")
    for number in range(DEALERS * PURCHASES):
        on: date = begin.date() + timedelta(days=days * (number % PURCHASES) // PURCHASES)
        place = number % PURCHASES
        kind = "prepaid" if place in {20, 50} else "training" if place == 40 else draw.choice(kinds)
        amount = Decimal(1250) if kind == "prepaid" else Decimal(draw.randrange(20_000, 400_000)).scaleb(-2)
        yield {
            "dealer_id": number // PURCHASES + 1, "bought_on": on, "kind": kind, "amount": amount,
            "reference": f"PO-{number}", "created_at": begin,
        }  # fmt: skip


def _typed(draw: Random, session_id: int, at: datetime, kind: str, policy: str) -> Row:
    dealer, minutes = draw.randrange(DEALERS), draw.randrange(10, 50)
    return {
        "id": session_id, "case_id": None, "dealer_id": dealer + 1, "dealer_technician_id": dealer * TECHNICIANS + 1,
        "site_id": dealer * 2 + 1, "kind": kind, "window": "support_hours",
        "product": "ucp", "server": None, "zone": None, "policy": policy, "person_id": draw.choice(_PEOPLE),
        "rate": "standard", "opened_at": at, "closed_at": at + timedelta(minutes=minutes), "withdrawn_at": None,
        "minutes": minutes, "measured_s": 0, "stated_minutes": minutes, "had_account": None,
        "note": "went through the settings of the trunk",
    }  # fmt: skip


def _booking(draw: Random, at: datetime, of: Row | None, policy: str) -> Row:
    dealer_id = of["dealer_id"] if of else draw.randrange(DEALERS - LEFT) + 1
    return {
        "version": 1, "state": "finished" if of else "booked", "dealer_id": dealer_id, "site_id": dealer_id * 2,
        "phone": caller_of((dealer_id - 1) * PHONES), "email": None,
        "person_id": of["person_id"] if of else draw.choice(_PEOPLE),
        "kind": "call", "product": "ucp", "note": "the new gateway", "starts_at": at,
        "ends_at": at + timedelta(hours=1), "started_at": at if of else None, "session_id": of["id"] if of else None,
        "next_due_at": None if of else at - timedelta(hours=24), "policy": policy,
        "booked_at": at - timedelta(days=40), "booked_by": "account:1",
    }  # fmt: skip


def _ended_quarters(begin: datetime, end: datetime) -> Iterator[date]:
    """The last day of each."""
    for year in range(begin.year, end.year + 1):
        for month, day in ((3, 31), (6, 30), (9, 30), (12, 31)):
            last = date(year, month, day)
            if begin.date() < last < end.date() - timedelta(days=1):
                yield last
