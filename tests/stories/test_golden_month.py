"""September 2026 from voicemails to the file for accounting, byte by byte."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from tests.support.bills import add_dealer
from tests.support.fixtures import LEE, TEAM
from tests.support.world import Build, World
from triage.services import invoices, ledger
from triage.services.invoice_exports import export_run
from triage.store.models import DealerPhone, Purchase

GOLDEN = Path(__file__).with_name("golden-month.csv")
ACME, BELL, STRANGER = "+16145550150", "+16145550160", "+16145550170"
JULY = datetime(2026, 7, 1, 4, tzinfo=UTC)


def worked(world: World, at: str, caller: str, minutes: int) -> None:
    """A voicemail, at an instant in UTC, that Lee takes at once, and calls back for so long."""
    world.clock.move_to(at)
    reference = str(1001 + len(world.cases()))
    world.voicemail(caller, attested=True)
    world.text(LEE, f"ACK {reference}")
    world.clock.tick(timedelta(minutes=minutes))
    world.text(LEE, f"DONE {reference} {minutes}")


def two_dealers(world: World) -> None:
    """Acme earned one credit hour for the quarter and need not prepay; Bell bought one hour beforehand."""
    bought = (
        (1, date(2026, 5, 4), "hardware", "1000.00"),
        (1, date(2026, 5, 4), "other", "5000.00"),
        (2, date(2026, 9, 1), "prepaid", "125.00"),
    )
    with world.program.desk.store.write() as tx:
        for code, name, phone in (("C1042", "Acme Telephone", ACME), ("C2001", "Bell & Sons", BELL)):
            dealer = add_dealer(tx, code, name=name, next_due_at=None)
            tx.session.add(DealerPhone(phone=phone, dealer_id=dealer.id))
        tx.session.flush()
        for number, (dealer_id, on, kind, amount) in enumerate(bought):
            row = {"dealer_id": dealer_id, "bought_on": on, "kind": kind, "amount": Decimal(amount)}
            tx.session.add(Purchase(**row, reference=f"P{number}", created_at=world.now))
        for dealer_id in (1, 2):
            ledger.settle(tx, world.program.desk, dealer_id, JULY, world.now)


def test_a_month_goes_from_voicemails_to_the_file_of_accounting(build_world: Build) -> None:
    world = build_world(at="2026-09-01T12:00:00", roster=TEAM.replace("2026-11-16", "2026-08-03"))
    two_dealers(world)

    worked(world, "2026-09-03T22:30:00", ACME, 46)  # evening: credits pay
    worked(world, "2026-09-09T02:30:00", ACME, 61)  # overnight: nothing pays, 90 min at R1
    worked(world, "2026-09-10T22:00:00", BELL, 44)  # evening: 45 of 60 prepaid minutes
    worked(world, "2026-09-17T22:00:00", ACME, 40)  # evening: 14 min of credits, 26 over, billed with the quarter
    worked(world, "2026-09-24T22:00:00", BELL, 31)  # evening: 15 prepaid, and who must prepay owes the rest
    worked(world, "2026-09-25T22:00:00", STRANGER, 30)
    world.clock.move_to("2026-10-01T13:00:00")
    world.advance(minutes=1)

    waits = invoices.waiting(world.program.desk, date(2026, 9, 30), world.now)
    made = invoices.make_invoices(world.program.desk, date(2026, 9, 30), world.now, actor="system")

    assert (waits.unsettled, waits.strangers.newest, waits.strangers.total) == ((), ("1006",), Decimal("82.50"))
    assert made == ["2026-0001", "2026-0002"]
    file = export_run(world.program.desk, 1, "csv", actor="system", now=world.now).file
    assert file.content == GOLDEN.read_bytes()
