"""The machine's clock ran ahead for a while and was put back: nothing sleeps until it is there again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from tests.support.fixtures import DANA, LEE, TEAM
from tests.support.world import Build, World
from triage.services import records
from triage.services.booking_checks import NewBooking
from triage.services.bookings import book
from triage.store.models import Alert, Booking, Delivery, Heartbeat

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
OTHER = "+12125550101"


@contextmanager
def clock_ahead(world: World, span: timedelta) -> Iterator[None]:
    """What happens meanwhile is done by a clock that is ahead; then the clock is put back."""
    world.clock.tick(span)
    world.settle()
    yield
    world.settle()
    world.clock.move_to((world.now - span).replace(tzinfo=None))
    world.settle()


def pages(world: World, since: datetime, to: str) -> list[str]:
    """When a phone was alerted since an instant, and by what; what the wrong clock sent left out."""
    found = [page.split() for page in world.pages(since, to=to)]
    return [f"{at} {by}" for at, _, by in found if int(at.split(":")[0]) < 12 * 60]


ONE_TEXT = """
[promise]
realert_after_breach = "15m"

[ladder]
rounds = 1

[[ladder.steps]]
after = "0s"
to = ["primary"]
by = ["sms"]
"""


@pytest.mark.thorough
@pytest.mark.on_both
@pytest.mark.parametrize("span", [2 * MINUTE, DAY, 500 * DAY], ids=["minutes", "a day", "years"])
def test_ladder_that_a_wrong_clock_began_goes_on_in_its_time(team: World, span: timedelta) -> None:
    with clock_ahead(team, span):
        team.voicemail(attested=True)
        due = team.case()["callback_due"]
    left = team.now

    team.advance(minutes=5, seconds=30)

    assert pages(team, left, LEE)[-3:] == ["5:00 call", "5:00 sms", "5:20 call"]
    assert team.case()["callback_due"] == due
    [entry] = team.entries("clock_was_ahead")
    assert entry.details["cases"] == ["1001"]
    assert abs(entry.details["ahead_s"] - span.total_seconds()) <= 1
    with team.program.desk.store.read() as session:
        for column in (Alert.created_at, Delivery.created_at, Delivery.started_at, Heartbeat.at):
            newest = session.scalar(select(func.max(column)))
            assert newest is not None
            assert newest <= team.now


@pytest.mark.thorough
def test_breach_that_only_a_wrong_clock_saw_is_taken_back_and_the_promise_is_watched_again(build_world: Build) -> None:
    world = build_world(roster=TEAM, policy=ONE_TEXT)
    world.voicemail(attested=True)
    left, due = world.now, world.case()["callback_due"]
    with clock_ahead(world, DAY):
        assert world.case()["breached_at"] is not None
    case = world.case()
    assert (case["breached_at"], case["at_risk_at"], case["callback_due"]) == (None, None, due)
    assert world.kinds().count("breach_was_early") == 1

    world.at(due)

    assert pages(world, left, LEE)[0] == "0:00 sms"
    case = world.case()
    assert (case["at_risk_at"], case["breached_at"]) == (due - 30 * MINUTE, due)
    assert pages(world, due, DANA) == ["0:00 call", "0:00 sms"]
    assert len(world.entries("clock_was_ahead")) == 1


def test_callback_that_a_wrong_clock_dated_keeps_the_promise_that_it_kept(team: World) -> None:
    team.voicemail(attested=True)
    team.phones.set_keys(LEE, "1", "1", "1")
    due = team.case()["callback_due"]
    with clock_ahead(team, DAY):
        team.text(LEE, "CALL 1001")
        team.advance(minutes=10)
        assert team.case()["breached_at"] is not None
        assert team.case()["callback_made_at"] > due

    case = team.case()

    assert (case["callback_due"], case["breached_at"]) == (due, None)
    assert team.now - 11 * MINUTE < case["callback_made_at"] <= team.now
    assert team.kinds().count("breach_withdrawn") == 1
    assert team.entries("clock_was_ahead")[0].details["cases"] == ["1001"]


def test_attempt_that_a_wrong_clock_dated_counts_from_when_the_clock_was_put_back(team: World) -> None:
    team.voicemail(attested=True)
    due = team.case()["callback_due"]
    with clock_ahead(team, DAY):
        team.text(LEE, "TRIED 1001")
    team.advance(minutes=12)
    team.text(LEE, "TRIED 1001")

    case = team.case()

    assert team.entries("called_back")[-1].details["basis"] == "attempts"
    assert (case["callback_made_at"], case["breached_at"]) == (team.now, None)
    assert case["callback_made_at"] < due


def test_what_a_wrong_clock_dated_is_marked_and_on_record_once(team: World) -> None:
    left = team.now
    with clock_ahead(team, 40 * DAY):
        team.voicemail(attested=True)
        team.text(LEE, "DONE 1001 10 fixed")
    day = (left + 40 * DAY).date()
    [marked] = records.billing_report(team.program.desk, day - DAY, day)
    with clock_ahead(team, DAY):  # again: it is told once
        pass

    [entry] = team.entries("dated_ahead")
    assert (marked["misdated"], team.case()["flags"]) == (True, ["misdated"])
    assert set(entry.details) == {"opened_at", "begun_at", "closed_at", "billed_at", "ahead_s"}
    assert team.entries("clock_was_ahead")[0].details["misdated"] == ["1001"]


@pytest.mark.thorough
def test_promise_that_is_broken_all_the_same_is_alerted_again_every_quarter_of_an_hour(build_world: Build) -> None:
    world = build_world(roster=TEAM, policy=ONE_TEXT)
    world.voicemail(attested=True)
    due = world.case()["callback_due"]
    world.at(due + MINUTE)
    with clock_ahead(world, DAY):
        pass

    world.at(due + 16 * MINUTE)

    assert "15:00 sms" in pages(world, due, DANA)
    assert "breach_was_early" not in world.kinds()


@pytest.mark.thorough
def test_who_took_a_case_by_a_wrong_clock_is_waited_for_no_longer_than_the_policy_says(build_world: Build) -> None:
    world = build_world(roster=TEAM, policy=ONE_TEXT)
    world.voicemail(attested=True)
    with clock_ahead(world, 40 * MINUTE):
        world.text(LEE, "ACK")
    taken = world.now

    world.advance(minutes=46)

    [resumed] = world.entries("ladder_resumed")
    assert 45 * MINUTE <= resumed.at - taken <= 46 * MINUTE


def test_text_of_unknown_outcome_is_looked_for_and_repeated_soon(team: World) -> None:
    with clock_ahead(team, DAY):
        team.phones.faults.fail_500 = 1
        team.voicemail(attested=True)
    put_back_at = team.now

    team.advance(minutes=1)

    assert pages(team, put_back_at, LEE) == ["0:50 sms"]


@pytest.mark.thorough
def test_texts_of_a_wrong_clock_do_not_count_as_those_of_the_last_minutes(build_world: Build) -> None:
    world = build_world(roster=TEAM, policy=f'{ONE_TEXT}[limits]\ntexts = 2\ntexts_within = "1m"')
    with clock_ahead(world, DAY):
        world.voicemail(attested=True)
        world.voicemail("+12125550101", attested=True)
    world.advance(minutes=2)
    left = world.now

    world.voicemail("+12125550102", attested=True)

    assert pages(world, left, LEE) == ["0:00 sms"]


def test_test_call_comes_at_its_hour_though_a_wrong_clock_made_it_already(build_world: Build) -> None:
    world = build_world(at="2026-11-23T21:00:00", roster=TEAM, canary_number="+16145550198")
    world.phones.exchange.own_numbers.add("+16145550198")
    with clock_ahead(world, DAY):
        world.phones.faults.drop_webhooks = True
        world.advance(minutes=3)
    world.phones.faults.drop_webhooks = False

    world.at("2026-11-23T21:35:00+00:00")

    assert world.entries("canary_started")[-1].at.isoformat()[:16] == "2026-11-23T21:30"


def test_a_booking_that_only_a_wrong_clock_missed_is_reminded_of_and_begins_in_its_time(team: World) -> None:
    desk, starts_at = team.program.desk, team.now + 4 * DAY
    new = NewBooking(starts_at=starts_at, ends_at=starts_at + 60 * MINUTE, person_id="lee", product="ucp", phone=OTHER)
    number = book(desk, new, team.now, actor="account:1")
    with desk.store.read() as session:
        due = session.get_one(Booking, number).next_due_at

    with clock_ahead(team, 30 * DAY), desk.store.read() as session:
        assert session.get_one(Booking, number).state == "missed"

    with desk.store.read() as session:
        booking = session.get_one(Booking, number)
        assert (booking.state, booking.next_due_at) == ("booked", due)
    put_back_at = team.now
    team.clock.move_to((starts_at - MINUTE).replace(tzinfo=None))
    team.settle()
    texts = [(row.created_at, row.body) for row in team.phones.messages() if row.to == LEE and "B1" in row.body]
    reminders = [body for at, body in texts if put_back_at < at <= team.now]
    assert len(reminders) == 1
