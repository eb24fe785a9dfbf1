"""Dealers and their work as rows, settled as the services settle them."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from tests.support.world import World
from triage.policy.dealer_files import Kind
from triage.services import billing, ledger
from triage.services.dealer_files import import_file
from triage.store.models import BillableSession, BillingLine, BorrowRequest, Dealer, LedgerEntry, Purchase

NEW_YORK = ZoneInfo("America/New_York")
BEFORE_ALL = datetime(2020, 1, 1, tzinfo=UTC)


def eastern(day: date | str, clock: str = "10:00") -> datetime:
    """An instant by the wall clock in New York."""
    on = date.fromisoformat(day) if isinstance(day, str) else day
    return datetime.combine(on, time.fromisoformat(clock), NEW_YORK).astimezone(UTC)


def jump(world: World, at: str) -> None:
    """Move the clock to an instant in UTC, and sweep once there."""
    world.clock.move_to(datetime.fromisoformat(at).replace(tzinfo=UTC))
    world.sweep()


def add_dealer(world: World, code: str = "ACME", **given: Any) -> int:
    """A dealer with an account, not granted anything for joining unless `joined_on` is given."""
    desk, now = world.program.desk, world.now
    with desk.store.write() as tx:
        dealer = Dealer(**{"code": code, "name": f"{code.title()} Telephone", "has_account": True, **given})
        tx.session.add(dealer)
        tx.session.flush()
        ledger.settle(tx, desk, dealer.id, BEFORE_ALL, now)
        return dealer.id


def buy(world: World, dealer_id: int, on: str, amount: str, kind: str = "hardware") -> None:
    desk, now = world.program.desk, world.now
    with desk.store.write() as tx:
        number = len(tx.session.scalars(select(Purchase.id)).all()) + 1
        day = date.fromisoformat(on)
        tx.session.add(
            Purchase(
                dealer_id=dealer_id,
                bought_on=day,
                kind=kind,
                amount=Decimal(amount),
                reference=f"PO-{number}",
                created_at=now,
            )
        )
        tx.session.flush()
        ledger.settle(tx, desk, dealer_id, eastern(day, "00:00"), now)


def work(world: World, dealer_id: int | None, at: datetime, minutes: int, **given: Any) -> int:
    """A session of so many minutes that began at an instant, closed and billed."""
    desk = world.program.desk
    with desk.store.write() as tx:
        session = BillableSession(
            **{
                "dealer_id": dealer_id,
                "kind": "call",
                "window": "support_hours",
                "product": "ucp",
                "policy": desk.terms.version,
                "person_id": "lee",
                "rate": "standard",
                "opened_at": at,
                "closed_at": at + timedelta(minutes=minutes),
                "minutes": minutes,
                "stated_minutes": minutes,
                **given,
            }
        )
        tx.session.add(session)
        billing.bill(tx, desk, session, world.now, is_billable=True)
        return session.id


def borrow(world: World, dealer_id: int, quarter: str, most: int | None = None) -> None:
    desk, now = world.program.desk, world.now
    with desk.store.write() as tx:
        asked = BorrowRequest(
            dealer_id=dealer_id, quarter=quarter, asked_at=now, asked_by="account:1", most_minutes=most
        )
        tx.session.add(asked)
        ledger.settle(tx, desk, dealer_id, now, now)


def add_dealer_with_history(world: World, code: str = "ACME") -> int:
    """A dealer with technicians and a site, hours earned and bought, work that drew and some that is over."""
    dealer_id = add_dealer(world, code, joined_on=date(2026, 7, 1))
    buy(world, dealer_id, "2026-08-10", "10000.00")
    buy(world, dealer_id, "2026-11-02", "250.00", "prepaid")
    work(world, dealer_id, eastern("2026-09-07", "09:00"), 330)
    work(world, dealer_id, eastern("2026-11-05", "09:00"), 95)
    files: dict[Kind, str] = {
        "technicians": f"dealer,name,phones,pin,left_on\n{code},Jo Park,+16145550111,new,\n"
        f"{code},Al Kim,,,2026-02-01\n",
        "sites": f"dealer,name,zone,product,software,licence_until,trunk\n{code},Old Mill,,emg,2.1,,Zed Telecom\n",
    }
    for kind, text in files.items():
        import_file(world.program.desk, kind, text.encode(), is_dry_run=False, actor="test", now=world.now)
    return dealer_id


def lots(world: World, dealer_id: int, at: datetime | None = None) -> dict[str, int]:
    """What is left of each lot, by the sum of its entries."""
    left: Counter[str] = Counter()
    with world.program.desk.store.read() as session:
        for entry in session.scalars(select(LedgerEntry).where(LedgerEntry.dealer_id == dealer_id)):
            if at is None or entry.at <= at:
                left[entry.lot] += entry.minutes
    return {lot: minutes for lot, minutes in left.items() if minutes}


def billed(world: World) -> list[tuple[str, int, str]]:
    """Every billing line: its rate, its billed minutes, its amount."""
    with world.program.desk.store.read() as session:
        rows = session.scalars(select(BillingLine).order_by(BillingLine.id)).all()
        return [(row.rate, row.billed_minutes, str(row.amount)) for row in rows]
