"""Work of every kind, typed: priced, never twice at one time, put right, withdrawn."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select

from tests.support.callbacks import call_back
from tests.support.dealers import add_dealer, billed, buy, eastern, jump, lots
from tests.support.fixtures import LEE, TEAM
from tests.support.world import Build, World
from triage.errors import NotFound, Refused
from triage.policy.session_price import Kind
from triage.policy.work import NewExpense
from triage.services import records, work, work_records
from triage.services.invoices import make_invoices
from triage.services.work import Changed, NewWork
from triage.services.work_records import Sought
from triage.store import sessions
from triage.store.models import BillableSession, Site, WorkSpan

MONDAY = "2026-03-09"


@pytest.fixture
def office(build_world: Build) -> World:
    """Friday afternoon, March 13: a week of work is to be typed."""
    return build_world(roster=TEAM, at="2026-03-13T19:00:00")


def new(dealer: int | None, *spans: tuple[datetime, datetime], **given: Any) -> NewWork:
    values: dict[str, Any] = {
        "kind": Kind.CALL,
        "person_id": "lee",
        "dealer_id": dealer,
        "dealer_technician_id": None,
        "site_id": None,
        "product": "ucp",
        "spans": spans,
    }
    return NewWork(**{**values, **given})


def span(day: str, start: str, end: str) -> tuple[datetime, datetime]:
    return eastern(day, start), eastern(day, end)


def record(world: World, dealer: int | None, *spans: tuple[datetime, datetime], **given: Any) -> int:
    desk = world.program.desk
    with desk.store.write() as tx:
        return work.record(tx, desk, new(dealer, *spans, **given), world.now, actor="account:1").id


def add_site(world: World, dealer: int, **given: Any) -> int:
    with world.program.desk.store.write() as tx:
        site = Site(**{"dealer_id": dealer, "name": "Plant", "zone": "America/Los_Angeles", **given})
        tx.session.add(site)
        tx.session.flush()
        return site.id


def prices(world: World) -> list[tuple[str, str]]:
    return [(rate, amount) for rate, _, amount in billed(world)]


@pytest.mark.thorough
@pytest.mark.on_both
def test_work_of_every_kind_is_typed_and_billed_by_its_own_rule(office: World) -> None:
    acme = add_dealer(office)
    buy(office, acme, "2025-12-01", "6000.00")  # six hours of credits
    site = add_site(office, acme)

    call = record(office, acme, span(MONDAY, "09:00", "09:20"))
    record(office, acme, span(MONDAY, "18:00", "18:40"), kind=Kind.EMAIL)
    record(office, acme, span(MONDAY, "18:40", "19:00"), is_booked=True)
    record(office, acme, span(MONDAY, "20:00", "20:10"))
    record(office, acme, span(MONDAY, "12:00", "13:00"), kind=Kind.INSTALLATION)
    record(office, acme, span(MONDAY, "13:00", "13:05"), product="server")
    record(office, acme, span(MONDAY, "14:00", "14:30"), product="discontinued")
    record(office, acme, span("2026-03-10", "12:00", "16:00"), kind=Kind.SERVER_INSTALLATION, server="UMS-II")
    visit = (span("2026-03-11", "11:00", "20:00"), span("2026-03-12", "10:00", "20:00"))
    spent = (NewExpense(words="Flight", amount=Decimal("412.50")), NewExpense(words="Own car", miles=90))
    record(office, acme, *visit, kind=Kind.ON_SITE_DAY, site_id=site, expenses=spent)

    assert billed(office) == [
        ("standard", 0, "0.00"),  # 20 min of credits
        ("standard", 0, "0.00"),  # 40 more
        ("after_hours", 60, "247.50"),  # booked (E7)
        ("after_hours", 60, "247.50"),
        ("standard", 60, "165.00"),  # credits pay for no installation
        ("standard", 30, "82.50"),  # nor for server products
        ("standard", 120, "330.00"), ("remote_day", 0, "1775.00"),
        ("on_site_day", 0, "3550.00"), ("after_hours", 60, "247.50"),  # an hour before eight at the site
        ("expenses", 0, "412.50"), ("expenses", 0, "63.00"),
    ]  # fmt: skip
    assert lots(office, acme) == {"earned:2026-Q1": 300}
    report = records.billing_report(office.program.desk, eastern(MONDAY).date(), eastern(MONDAY).date())
    assert (report[0]["measured"], report[0]["stated_minutes"], report[0]["technician"]) == (False, 20, "lee")
    assert [(line["ref"], line["session"], line["kind"], line["corrected"]) for line in report[:2]] == [
        (None, call, "call", False),
        (None, call + 4, "installation", False),
    ]
    recorded = office.entries("work_recorded")
    assert recorded[0].details["session"] == call
    assert [entry.details["clauses"] for entry in recorded[2:4]] == [["W2", "E7", "R1"], ["W3", "R1"]]
    assert recorded[6].details["rate"] == "not_billed"
    assert [entry.details["clauses"] for entry in office.entries("not_billed")] == [["E3"]]


@pytest.mark.thorough
@pytest.mark.on_both
def test_what_work_would_cost_is_said_and_nothing_of_it_is_kept(office: World) -> None:
    acme, desk = add_dealer(office), office.program.desk
    buy(office, acme, "2025-12-01", "6000.00")
    record(office, acme, span(MONDAY, "09:00", "14:50"))
    record(office, acme, span(MONDAY, "15:00", "15:05"), product="discontinued")
    record(office, acme, span(MONDAY, "20:00", "20:05"), product="server")
    before = lots(office, acme), billed(office), len(office.entries("work_recorded"))

    asked = new(acme, span("2026-03-10", "09:00", "09:20"))
    would = work_records.check_work(desk, asked, office.now, actor="account:1")

    assert [(line["amount"], line["arithmetic"]) for line in would["lines"]] == [
        (
            Decimal("0.00"),
            (
                "20 min worked: 10 min from the credits of 2026-Q1 (C2),"
                " 10 min over the credits, billed with the quarter (C6)"
            ),
        )
    ]
    assert (lots(office, acme), billed(office), len(office.entries("work_recorded"))) == before
    day = date(2026, 3, 9)
    found = work_records.list_work(desk, work_records.find_work(desk, Sought(first=day, last=day, dealer="acme")))
    assert [(row["session"], row["amount"]) for row in found] == [
        (3, Decimal("247.50")),
        (2, None),
        (1, Decimal("0.00")),
    ]
    assert work_records.find_work(desk, Sought(first=day, last=day, person="dana")) == []
    shown = [work_records.show_work(desk, number) for number in (1, 2, 3)]
    assert shown[0]["drawn"] == [{"lot": "earned:2026-Q1", "words": "the credits of 2026-Q1", "minutes": 350}]
    assert [[note["words"].partition(":")[0] for note in each["notes"]] for each in shown] == [
        [],
        ["No support is owed for this product"],
        ["No support is owed for such a product at that hour"],
    ]
    assert [event["kind"] for event in shown[0]["events"]] == ["work_recorded"]


def test_old_software_at_a_site_is_not_supported(office: World) -> None:
    acme = add_dealer(office)
    site = add_site(office, acme, product="ucp", software="3.0.7")

    record(office, acme, span(MONDAY, "09:00", "09:30"), site_id=site)
    record(office, acme, span(MONDAY, "10:00", "10:30"), site_id=site, product="application")

    assert prices(office) == [("standard", "82.50")]


def test_nobody_works_on_two_things_at_once(office: World) -> None:
    record(office, None, span(MONDAY, "09:00", "10:00"))

    with pytest.raises(Refused, match=r"Lee Okafor has work 1 \(call\) then: 2026-03-09 09:00:00 EDT to 2026-03-09 10"):
        record(office, None, span("2026-03-06", "09:00", "10:00"), span(MONDAY, "09:59", "11:00"), kind=Kind.REMOTE_DAY)
    record(office, None, span(MONDAY, "10:00", "11:00"))
    record(office, None, span(MONDAY, "09:00", "10:00"), person_id="dana")


@pytest.mark.thorough
def test_a_measured_call_is_work_too_but_a_callback_is_never_refused(world: World) -> None:
    world.voicemail(attested=True)
    began = world.now
    call_back(world)

    with pytest.raises(
        Refused, match=r"Lee Okafor was on the telephone for case 1001 then, as measured: 2026-11-20 21:"
    ):
        record(world, None, (began, world.now))
    record(world, None, (began - timedelta(hours=1), began))
    record(world, None, (world.now - timedelta(minutes=1), world.now))
    world.text(LEE, "DONE 1001 90")  # both times again
    assert world.case()["sessions"][0]["stated_minutes"] == 90


@pytest.mark.thorough
def test_of_a_call_that_runs_nobody_types_the_time(world: World) -> None:
    world.voicemail(attested=True)
    began = world.now
    call_back(world, talks_for=7200)

    with pytest.raises(Refused, match=r"for case 1001 then, as measured: .* to now"):
        record(world, None, (began, world.now))


@pytest.mark.on_both
def test_of_two_who_type_the_same_hour_at_once_one_is_refused(office: World) -> None:
    acme = add_dealer(office)
    start = Barrier(4)

    def typist(_: int) -> bool:
        start.wait(timeout=10)
        try:
            record(office, acme, span(MONDAY, "09:00", "10:00"))
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(typist, range(4))) == [False, False, False, True]
    with office.program.desk.store.read() as session:
        assert len(session.scalars(select(WorkSpan)).all()) == 1


@pytest.mark.parametrize(
    ("spans", "given", "words"),
    [
        ([], {}, "Say when"),
        ([("09:00", "09:00")], {}, "ends after it begins"),
        ([("10:00", "09:00")], {}, "ends after it begins"),
        ([("09:00", "10:00"), ("09:30", "11:00")], {"kind": Kind.REMOTE_DAY}, "overlap: the same time counts once"),
        ([("08:00", "16:01")], {}, "8 h 01 min 00 s, more than 8 h 00 min 00 s"),
        ([("09:00", "10:00")], {"kind": Kind.CALLBACK}, "when its case is closed"),
        ([("09:00", "10:00")], {"kind": Kind.SERVER_INSTALLATION}, "Say which server was installed: IPCR"),
        ([("09:00", "10:00")], {"server": "IPCR"}, "for the installation of a server only"),
        ([("09:00", "10:00")], {"person_id": "nobody"}, "Nobody of the roster"),
        ([("09:00", "10:00")], {"site_id": 7}, "not of this dealer"),
        ([("09:00", "10:00")], {"note": "x" * 501}, "500 characters"),
        ([("09:00", "10:00")], {"expenses": (NewExpense(words="Taxi", miles=3),)}, "on site only"),
        *(
            ([("09:00", "10:00")], {"kind": Kind.ON_SITE_DAY, "expenses": (expense,)}, words)
            for expense, words in (
                (NewExpense(words=" ", miles=3), "what each expense was for"),
                (NewExpense(words="Taxi"), "an amount, or miles"),
                (NewExpense(words="Taxi", miles=0), "1 to 9999"),
                (NewExpense(words="Taxi", amount=Decimal("0.001")), "dollars and cents"),
                (NewExpense(words="Taxi", amount=Decimal("NaN")), "dollars and cents"),
            )
        ),
    ],
)
def test_what_nobody_can_have_worked_is_refused_with_the_reason(
    office: World, spans: list[tuple[str, str]], given: dict[str, Any], words: str
) -> None:
    with pytest.raises(Refused, match=words):
        record(office, None, *(span(MONDAY, *each) for each in spans), **given)
    assert billed(office) == []


def test_a_long_call_is_believed_where_somebody_is_sure(office: World) -> None:
    record(office, None, span(MONDAY, "08:00", "16:01"), is_sure=True)

    assert billed(office) == [("standard", 495, "1361.25")]


@pytest.mark.thorough
def test_work_put_right_is_billed_anew_from_the_earlier_of_both_times(office: World) -> None:
    acme, desk = add_dealer(office), office.program.desk
    buy(office, acme, "2025-12-01", "6000.00")
    jump(office, "2026-04-08T15:00:00")
    first = record(office, acme, span("2026-04-01", "09:00", "10:00"))
    assert prices(office) == [("standard", "0.00")]

    with desk.store.write() as tx:
        changed = Changed(spans=(span("2026-03-30", "20:00", "21:00"),), note="it was on Monday, at night")
        work.correct(tx, desk, first, changed, office.now, reason="wrong day", actor="account:1")

    assert billed(office) == [("after_hours", 60, "247.50")]
    assert lots(office, acme) == {}
    [entry] = office.entries("work_corrected")
    assert (entry.details["reason"], entry.details["before"]["rate"], entry.details["after"]["amount"]) == (
        "wrong day", "standard", "247.50",
    )  # fmt: skip
    with desk.store.write() as tx, pytest.raises(Refused, match="Nothing was changed"):
        work.correct(tx, desk, first, Changed(), office.now, reason="again", actor="account:1")
    with desk.store.write() as tx, pytest.raises(Refused, match="Say why"):
        work.correct(tx, desk, first, Changed(note="x"), office.now, reason=" ", actor="account:1")


@pytest.mark.thorough
def test_work_that_was_booked_says_so_at_whatever_hour_and_stays_booked_when_it_is_put_right(office: World) -> None:
    acme, desk = add_dealer(office), office.program.desk
    times = [(MONDAY, "17:00"), (MONDAY, "21:00"), ("2026-03-07", "10:00"), (MONDAY, "09:00")]
    typed = [
        record(office, acme, span(day, begins, f"{begins[:2]}:30"), is_booked=True, kind=Kind.CALL)
        for day, begins in times
    ]

    def clauses_of(number: int) -> list[str]:
        with desk.store.read() as session:
            return [clause for line in sessions.lines_of(session, number) for clause in line.clauses]

    assert [clauses_of(number) for number in typed] == [
        ["W2", "E7", "R1"], ["W3", "E7", "R1"], ["W4", "E7", "R1"], ["W1", "R2"]
    ]  # fmt: skip
    with desk.store.write() as tx:
        changed = Changed(spans=(span(MONDAY, "18:00", "18:30"),))
        work.correct(tx, desk, typed[0], changed, office.now, reason="an hour later", actor="account:1")
    assert clauses_of(typed[0]) == ["W2", "E7", "R1"]


def test_what_is_on_an_invoice_is_credited_when_it_is_withdrawn(office: World) -> None:
    acme, desk = add_dealer(office), office.program.desk
    spent = (NewExpense(words="Hotel", amount=Decimal("150.00")),)
    visit = record(office, acme, span(MONDAY, "09:00", "10:00"), kind=Kind.ON_SITE_DAY, expenses=spent)
    make_invoices(desk, office.now.date(), office.now, actor="account:1")

    with desk.store.write() as tx:
        work.withdraw(tx, desk, visit, office.now, reason="another dealer", actor="account:1")

    assert prices(office) == [
        ("on_site_day", "3550.00"), ("expenses", "150.00"), ("on_site_day", "-3550.00"), ("expenses", "-150.00")
    ]  # fmt: skip
    with desk.store.read() as session:
        assert session.get_one(BillableSession, visit).withdrawn_at == office.now
    record(office, acme, span(MONDAY, "09:00", "10:00"))  # the time is free again
    with desk.store.write() as tx, pytest.raises(Refused, match="withdrawn already"):
        work.withdraw(tx, desk, visit, office.now, reason="again", actor="account:1")
    with desk.store.write() as tx, pytest.raises(NotFound):
        work.withdraw(tx, desk, 999, office.now, reason="none", actor="account:1")
