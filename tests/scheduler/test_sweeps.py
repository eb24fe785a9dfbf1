"""Sweeps: idempotent, never stopped by one broken row, and back at work once the database is."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import select, text, update

from scheduler.sweep import sweep
from tests.support.dealers import add_dealer
from tests.support.fixtures import LEE
from tests.support.logs import Logs
from tests.support.wire import Wire, recording_form
from tests.support.world import CALLER, World
from triage.errors import StoreUnavailable
from triage.services.audit import verify_chain
from triage.services.escalation import run_due_timers
from triage.store.models import BillableSession, Case, Dealer, LookUp, Timer


def poison(world: World, caller: str) -> None:
    """Make the ladder of a case fail whenever it is climbed."""
    with world.program.desk.store.write() as tx:
        case = tx.session.scalars(select(Case).where(Case.caller == caller)).one()
        timer = tx.session.scalars(select(Timer).where(Timer.case_id == case.id, Timer.kind == "ladder")).one()
        timer.kind = "no such kind"


def test_sweeping_again_at_the_same_instant_does_nothing(world: World) -> None:
    world.voicemail(CALLER)
    before = (world.bodies(LEE), verify_chain(world.program.desk).entries)

    for _ in range(5):
        world.sweep()

    assert (world.bodies(LEE), verify_chain(world.program.desk).entries) == before


@pytest.mark.on_both
def test_a_poisoned_timer_is_postponed_and_holds_nobody_up(world: World, logs: Logs) -> None:
    for number in range(3):
        world.phones.leave_voicemail(f"+1216555012{number}")
    poison(world, "+12165550120")
    poisoned_at = world.now

    world.advance(seconds=1)

    assert {text[:4] for text in world.bodies(LEE)} == {"1002", "1003"}
    with world.program.desk.store.read() as session:
        [timer] = session.scalars(select(Timer).where(Timer.kind == "no such kind")).all()
        assert timer.due_at >= poisoned_at + timedelta(seconds=60)
    assert [line["level"] for line in logs.named("timer_postponed")] == ["error"]
    assert verify_chain(world.program.desk).first_bad is None


def test_a_dealer_whose_ledger_cannot_be_reckoned_stays_due_and_holds_nobody_up(world: World, logs: Logs) -> None:
    broken, fine = add_dealer(world, "BROKEN"), add_dealer(world, "FINE")
    with world.program.desk.store.write() as tx:
        of_no_rate = {"kind": "call", "window": "support_hours", "product": "ucp", "person_id": "lee", "rate": "none"}
        span = {"opened_at": world.now, "closed_at": world.now, "minutes": 5}
        policy = world.program.desk.terms.version
        tx.session.add(BillableSession(dealer_id=broken, policy=policy, **of_no_rate, **span))
        tx.session.execute(update(Dealer).values(next_due_at=world.now))

    world.voicemail(CALLER)

    assert [text[:4] for text in world.bodies(LEE)] == ["1001"]
    with world.program.desk.store.read() as session:
        due = {dealer.id: dealer.next_due_at for dealer in session.scalars(select(Dealer))}
    assert [number for number, at in due.items() if at is None or at <= world.now] == [broken]
    assert fine in due
    assert {line["dealer"] for line in logs.named("ledger_not_settled")} == {broken}


@pytest.mark.thorough
@pytest.mark.on_both
def test_a_poisoned_delivery_is_postponed_and_holds_nobody_up(world: World, logs: Logs) -> None:
    for number in range(3):
        world.phones.leave_voicemail(f"+1216555012{number}")
    run_due_timers(world.program.desk, world.now)
    with world.program.desk.store.write() as tx:
        case = tx.session.scalars(select(Case).where(Case.caller == "+12165550120")).one()
        kept, case.window = case.window, "no such window"

    world.advance(seconds=1)
    told = [text[:4] for text in world.bodies(LEE)]
    with world.program.desk.store.write() as tx:
        tx.session.get_one(Case, case.id).window = kept
    world.advance(minutes=1)

    assert (told, world.bodies(LEE)[-1][:4]) == (["1002", "1003"], "1001")
    assert [line["level"] for line in logs.named("delivery_postponed")] == ["error"]


@pytest.mark.thorough
def test_many_poisoned_timers_do_not_hold_up_a_good_one(world: World) -> None:
    for number in range(52):
        world.phones.leave_voicemail(f"+121655502{number:02d}")
    for number in range(51):
        poison(world, f"+121655502{number:02d}")

    world.advance(seconds=1)

    assert [text[:4] for text in world.bodies(LEE)] == ["1052"]


def test_a_sweep_during_an_outage_fails_aloud_and_the_next_makes_up_for_it(world: World, postgres_server: str) -> None:
    world.phones.leave_voicemail(CALLER)
    store = world.program.desk.store
    if store.is_sqlite:
        path = store.url.database or ""
        store.close()
        Path(path).rename(f"{path}.away")
        Path(path).mkdir()
        with pytest.raises(StoreUnavailable):
            world.sweep()
        Path(path).rmdir()
        Path(f"{path}.away").rename(path)
    else:
        with psycopg.connect(postgres_server, autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )

    world.advance(seconds=1)

    assert len(world.bodies(LEE)) == 1


def test_an_unreachable_phone_system_is_tried_again_within_seconds(world: World) -> None:
    world.phones.faults.refuse_429 = 2

    world.voicemail(CALLER)
    world.advance(seconds=5)

    assert len(world.bodies(LEE)) == 1


def test_a_look_up_that_finds_nothing_yet_is_asked_again(world: World) -> None:
    world.phones.faults.drop_recording_reports = True
    call = world.phones.leave_voicemail(CALLER)
    wire = Wire(world.settings.database_url)
    call_row = world.phones.exchange.calls.pop(call.sid)
    with world.program.desk.store.write() as tx:  # we were down: the call never reached us either
        tx.session.execute(text("DELETE FROM calls"))
    wire.post("/twilio/recording", recording_form(CallSid=call.sid, RecordingSid=call.recording_sid or ""))
    world.advance(seconds=1)
    before = world.case()["caller"]

    world.phones.exchange.calls[call.sid] = call_row
    world.advance(seconds=30)
    wire.close()

    assert (before, world.case()["caller"]) == (None, CALLER)
    with world.program.desk.store.read() as session:
        assert session.scalars(select(LookUp)).all() == []


def test_asking_who_called_leaves_half_of_the_senders_to_alerts(world: World) -> None:
    wire = Wire.of(world)
    for _ in range(3):
        wire.post("/twilio/recording", recording_form())
    half = world.settings.sender_threads // 2

    asked = []
    for free in (half, half + 5):
        sweep(world.program, world.phone_system, lambda errand: None, lambda free=free: free, lambda: False)  # type: ignore[misc]
        with world.program.desk.store.read() as session:
            asked.append(sum(row.attempts for row in session.scalars(select(LookUp))))
    wire.close()

    assert asked == [0, 3]


def test_a_sweep_that_may_not_go_on_says_that_something_is_left(world: World) -> None:
    world.phones.leave_voicemail(CALLER)
    free = world.settings.sender_threads

    ends = [
        sweep(world.program, world.phone_system, lambda errand: errand(), lambda: free, lambda: False) for _ in range(9)
    ]

    assert (ends[0], ends[-1]) == (False, True)
