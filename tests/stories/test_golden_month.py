"""March 2026 from its voicemails to the invoice file: every way to be paid for, every figure reckoned by hand."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.support.callbacks import call_back
from tests.support.dealers import eastern, jump, lots
from tests.support.fixtures import LEE, TEAM
from tests.support.world import Build, World
from triage.policy.session_price import Kind
from triage.policy.work import NewExpense
from triage.services import invoices, work
from triage.services.dealer_files import import_file
from triage.services.invoice_exports import export_run
from triage.services.records import billing_report, totals_by_rate
from triage.services.work import NewWork
from triage.store.models import Dealer

GOLDEN = Path(__file__).parent / "golden"
ACME, BELL, CORE, STRANGER = "+16145550201", "+16145550202", "+16145550203", "+16145550204"
ACTOR = "account:1"

FILES = {
    "dealers": (
        "code,name,email,joined_on,has_account,left_on\n"
        "ACME,Acme Telephone,,,yes,\n"
        "BELL,Bell & Sons,,,no,\n"
        "CORE,Core Voice,,2026-03-01,yes,\n"
    ),
    "technicians": (
        "dealer,name,phones,pin,left_on\n"
        f"ACME,Ann Ames,{ACME},,\n"
        f"BELL,Bo Bell,{BELL},,\n"
        f"CORE,Cy Core,{CORE},,\n"
    ),
    "sites": (
        "dealer,name,zone,product,software,licence_until,trunk\n"
        "ACME,Mesa Clinic,America/Phoenix,ucp,5.0.12,2027-01-31,nexVortex\n"
    ),
    "purchases": (
        "dealer,date,amount,kind,reference\n"
        "ACME,2025-06-10,20000.00,hardware,A-1\n"  # more than E6 asks for; its credits ended long ago
        "ACME,2025-11-03,2400.00,licence,A-2\n"  # C1: 2 full thousands, 2 h for the first quarter
        "BELL,2026-03-02,250.00,prepaid,B-1\n"  # R3: 2 h
    ),
}  # fmt: skip


def import_all(world: World) -> None:
    for kind, text in FILES.items():
        imported = import_file(world.program.desk, kind, text.encode(), is_dry_run=False, actor=ACTOR, now=world.now)  # type: ignore[arg-type]
        assert (imported.is_done, list(imported.faults)) == (True, [])


def called(world: World, caller: str, at: str, minutes: int, **keys: Any) -> str:
    """A voicemail at a wall-clock time, and work of so many minutes right after it. Returns our answer."""
    day, clock = at.split()
    jump(world, eastern(day, clock).replace(tzinfo=None).isoformat())
    world.voicemail(caller, **keys)
    reference = world.cases()[-1]["ref"]
    world.clock.tick(timedelta(minutes=minutes))
    return world.text(LEE, f"DONE {reference} {minutes}") or ""


def typed(world: World, code: str, kind: Kind, *spans: tuple[str, str, str], **given: Any) -> None:
    """Work that Dana typed on the evening of its last day."""
    last_day = spans[-1][0]
    jump(world, eastern(last_day, "19:00").replace(tzinfo=None).isoformat())
    with world.program.desk.store.write() as tx:
        dealer = tx.session.scalars(select(Dealer).where(Dealer.code == code)).one()
        new = NewWork(
            kind=kind,
            person_id="dana",
            dealer_id=dealer.id,
            dealer_technician_id=None,
            site_id=1 if kind is Kind.ON_SITE_DAY else None,
            product=given.pop("product", "ucp"),
            spans=tuple((eastern(day, start), eastern(day, end)) for day, start, end in spans),
            **given,
        )
        work.record(tx, world.program.desk, new, world.now, actor="person:dana")


@pytest.mark.thorough
def test_march_2026_from_its_voicemails_to_the_file_for_accounting(build_world: Build) -> None:
    world = build_world(roster=TEAM, at="2026-03-02T14:00:00")
    import_all(world)
    assert (lots(world, 1), lots(world, 2), lots(world, 3)) == (
        {"earned:2026-Q1": 120}, {"prepaid:3": 120}, {"new": 300},
    )  # fmt: skip

    jump(world, "2026-03-03T15:00:00")
    world.voicemail(ACME)
    call_back(world, ACME, talks_for=125)
    world.text(LEE, "DONE")  # W1: 3 minutes, measured, of 120 credit minutes
    called(world, ACME, "2026-03-04 18:30", 100)  # W2: 100 more
    called(world, ACME, "2026-03-05 21:30", 61, attested=True)  # W3: R1, 90 min = 371.25
    called(world, STRANGER, "2026-03-08 01:50", 20, attested=True)  # the clocks go forward; 247.50, of nobody
    called(world, BELL, "2026-03-14 11:00", 20, attested=True)  # W4: R1 in spite of its prepaid hours, 247.50
    called(world, BELL, "2026-03-16 09:00", 50)  # W1: R3 bills 60 of 120 prepaid minutes
    typed(world, "ACME", Kind.EMAIL, ("2026-03-17", "14:00", "14:40"))  # 17 min left: 23 are over
    called(world, CORE, "2026-03-18 11:00", 30)  # W1: 30 of the new dealer's 300
    typed(world, "CORE", Kind.CALL, ("2026-03-19", "10:00", "10:50"), product="server")  # R2: no credits, 165.00
    typed(
        world,
        "ACME",
        Kind.ON_SITE_DAY,
        ("2026-03-24", "12:00", "18:00"),  # 9 AM to 3 PM in Phoenix: one day, billed as two, 3,550.00
        expenses=(
            NewExpense(words="Hotel", amount=Decimal("184.30")),
            NewExpense(words="By car", miles=120),
        ),  # 84.00 at 0.70
    )
    typed(world, "BELL", Kind.REMOTE_DAY, ("2026-03-26", "09:00", "18:00"))  # R4 1,775.00; the hour after 5 PM 247.50
    typed(
        world, "ACME", Kind.SERVER_INSTALLATION, ("2026-03-27", "09:00", "12:00"), product="server", server="IPCR"
    )  # R7: two hours at R2, 330.00, then a remote day, 1,775.00
    jump(world, "2026-04-01T04:00:00")  # midnight: 23 min over are a half hour at R6, 82.50

    assert (lots(world, 1), lots(world, 2), lots(world, 3)) == ({"over:2026-Q1": -23}, {"prepaid:3": 60}, {})
    totals = totals_by_rate(billing_report(world.program.desk, date(2026, 3, 1), date(2026, 3, 31)))
    assert totals["credit_overage"]["minutes"] == 23  # of the e-mail's 40, which the sum has already
    assert totals["all"]["minutes"] == 3 + 100 + 61 + 20 + 20 + 50 + 40 + 30 + 50 + 360 + 540 + 180
    waiting = invoices.waiting(world.program.desk, date(2026, 3, 31), world.now)
    assert {account.code: account.total for account in waiting.due} == {
        "ACME": Decimal("371.25") + 3550 + Decimal("184.30") + 84 + 330 + 1775 + Decimal("82.50"),
        "BELL": Decimal("247.50") + 1775 + Decimal("247.50"),
        "CORE": Decimal("165.00"),
    }
    assert (waiting.strangers.lines, waiting.strangers.total) == (1, Decimal("247.50"))

    made = invoices.make_invoices(world.program.desk, date(2026, 3, 31), world.now, actor=ACTOR)
    assert made == ["2026-0001", "2026-0002", "2026-0003"]
    assert invoices.make_invoices(world.program.desk, date(2026, 3, 31), world.now, actor=ACTOR) == []
    for form in ("csv", "quickbooks"):
        file = export_run(world.program.desk, 1, form, actor=ACTOR, now=world.now).file
        assert file.content == (GOLDEN / f"march-2026-{form}.csv").read_bytes()
