"""Stories of dealers: hours earned, used, expired and over, bookings, invoices."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select

from tests.crashes.story import Story
from tests.support.crashes import CrashingWorld
from tests.support.dealers import add_dealer, buy, eastern, work
from tests.support.fixtures import LEE
from tests.support.world import CALLER
from triage.services import bookings, invoices, ledger_changes
from triage.services.booking_checks import NewBooking
from triage.services.invoice_exports import export_run
from triage.store.models import Booking, InvoiceRun

SEVEN = eastern("2026-11-21", "19:00")
MANAGER = "account:1"
QUARTER_ENDS = "2026-04-01T04:00:00+00:00"


def rows_of(world: CrashingWorld, model: type[Booking] | type[InvoiceRun]) -> list[int]:
    with world.program.desk.store.read() as session:
        return list(session.scalars(select(model.id)))


def two_dealers_in_a_quarter(world: CrashingWorld) -> None:
    for code, minutes in (("ACME", 500), ("BELL", 20)):
        dealer = add_dealer(world, code, joined_on=date(2026, 1, 5))
        buy(world, dealer, "2026-01-06", "5000.00")
        work(world, dealer, eastern("2026-01-21"), minutes)
    world.clock.move_to("2026-04-01T03:30:00")


def the_quarters_end(world: CrashingWorld) -> None:
    """What was not used expires, what was over is billed, some is borrowed, all is invoiced and exported."""

    def close() -> None:
        ledger_changes.close_quarter(world.program.desk, "2026-Q1", actor=MANAGER, now=world.now)

    def correct() -> None:
        desk, ends_on = world.program.desk, date(2026, 8, 1)
        ledger_changes.correct(desk, "BELL", 45, "counted again", ends_on=ends_on, actor=MANAGER, now=world.now)

    def borrow() -> None:
        ledger_changes.borrow(world.program.desk, "ACME", "2026-Q1", most=30, actor=MANAGER, now=world.now)

    def invoice() -> None:
        invoices.make_invoices(world.program.desk, date(2026, 3, 31), world.now, actor=MANAGER)

    def export() -> None:
        [run] = rows_of(world, InvoiceRun)
        export_run(world.program.desk, run, "csv", actor=MANAGER, now=world.now)

    world.at(QUARTER_ENDS)
    world.advance(minutes=1)
    world.by_hand(close, is_done=lambda: bool(world.entries("quarter_closed")))
    world.by_hand(correct, is_done=lambda: bool(world.entries("ledger_corrected")))
    world.by_hand(borrow, is_done=lambda: bool(world.entries("hours_borrowed")))
    world.advance(minutes=1)
    world.by_hand(invoice)
    world.by_hand(export, is_done=lambda: bool(world.entries("invoices_exported")))
    world.by_hand(export, is_done=lambda: len(world.entries("invoices_exported")) > 1)
    world.advance(hours=1)


def book(world: CrashingWorld) -> None:
    new = NewBooking(starts_at=SEVEN, ends_at=SEVEN + timedelta(hours=1), person_id="lee", product="ucp", phone=CALLER)
    world.by_hand(
        lambda: bookings.book(world.program.desk, new, world.now, actor=MANAGER),
        is_done=lambda: bool(rows_of(world, Booking)),
    )


def a_booking_is_kept(world: CrashingWorld) -> None:
    book(world)
    world.advance(minutes=3)
    [number] = rows_of(world, Booking)
    world.at(SEVEN + timedelta(minutes=2))
    world.text(LEE, f"BEGIN B{number}")
    world.at(SEVEN + timedelta(minutes=40))
    world.text(LEE, f"DONE B{number} 38 reset the trunk")
    world.advance(hours=3)


def a_booking_is_forgotten(world: CrashingWorld) -> None:
    """Nobody begins: the technician is alerted, then the managers, then it is missed."""
    book(world)
    world.at(SEVEN + timedelta(hours=3))


STORIES = [
    Story(
        name="a quarter's end",
        tell=the_quarters_end,
        prepare=two_dealers_in_a_quarter,
        at="2026-01-05T15:00:00",
        ends={
            "invoices": {"2026-0001: 495.00": 1},
            "lines": {"credit_overage, 170 min, 495.00, 2026-Q1, revision 0, on an invoice": 1},
            "ledger": {"new: expired -280": 1, "over:2026-Q1: borrowed 30": 1, "corrected:1: corrected 45": 1},
        },
    ),
    Story(
        name="a booking that is kept",
        tell=a_booking_is_kept,
        at="2026-11-21T17:00:00",
        ends={"lines": {"after_hours, 38 min, 247.50, None, revision 0, open": 1}},
    ),
    Story(
        name="a booking that is forgotten",
        tell=a_booking_is_forgotten,
        at="2026-11-21T17:00:00",
        ends={"bookings": {"missed, None": 1}},
    ),
]
