"""Reports of SMS and calls: out of order, repeated, early, stray, with and without our own id."""

from __future__ import annotations

from itertools import permutations

import pytest
from sqlalchemy import select

from tests.support.fixtures import LEE
from tests.support.wire import Wire, call_form, sid
from tests.support.world import CALLER, World
from triage.store.models import Call, Delivery, Report


def delivery(world: World, number: int = 1) -> Delivery:
    with world.program.desk.store.read() as session:
        row = session.get_one(Delivery, number)
        session.expunge(row)
    return row


def report(world: World, status: str, *, provider_sid: str, query: str = "", **fields: str) -> int:
    wire = Wire.of(world)
    form = {"MessageSid": provider_sid, "MessageStatus": status, **fields}
    return wire.post("/twilio/message-status", form, query=query).status_code


@pytest.fixture
def quiet(world: World) -> World:
    """A voicemail whose SMS went out, and of which nobody reports anything by itself."""
    world.phones.faults.drop_reports = True
    world.voicemail(CALLER)
    return world


@pytest.mark.thorough
def test_reports_in_any_order_end_in_delivered(quiet: World) -> None:
    orders = list(permutations(["queued", "sent", "delivered"]))
    for number in range(1, len(orders)):
        quiet.voicemail(f"+1216555012{number}")

    for number, order in enumerate(orders, start=1):
        known = delivery(quiet, number).provider_sid or ""
        assert {report(quiet, status, provider_sid=known) for status in order} == {204}

    assert {delivery(quiet, number).state for number in range(1, len(orders) + 1)} == {"delivered"}


def test_a_failure_stays_one_whatever_comes_late(quiet: World) -> None:
    known = delivery(quiet).provider_sid or ""
    report(quiet, "undelivered", provider_sid=known, ErrorCode="30003")

    for late in ("sent", "queued", "delivered", "read", "undelivered", "failed"):
        report(quiet, late, provider_sid=known)

        row = delivery(quiet)
        assert (row.state, row.error_code) == ("failed", 30003)


def test_a_repeated_failure_moves_the_ladder_once(quiet: World) -> None:
    known = delivery(quiet).provider_sid or ""

    for _ in range(3):
        report(quiet, "undelivered", provider_sid=known, ErrorCode="30005")

    assert quiet.kinds().count("delivery_failed") == 1
    assert quiet.kinds().count("ladder_moved_on") == 1


def test_a_report_of_an_unknown_sms_is_kept_and_answered(wire: Wire) -> None:
    answer = wire.post("/twilio/message-status", {"MessageSid": sid("SM"), "MessageStatus": "delivered"})

    assert answer.status_code == 204
    assert wire.rows() == {"reports": 1}


@pytest.mark.parametrize(
    "query", ["delivery=12345", "delivery=", "delivery=abc", "delivery=-1", "delivery=9999999999999"]
)
def test_a_report_for_a_delivery_that_is_none_is_answered(query: str, wire: Wire) -> None:
    form = {"MessageSid": sid("SM"), "MessageStatus": "delivered"}

    answers = [
        wire.post(path, form | call_form(), query=query) for path in ("/twilio/message-status", "/twilio/call-status")
    ]

    assert [answer.status_code for answer in answers] == [204, 204]


def test_a_report_with_our_id_settles_what_nobody_heard_of(world: World) -> None:
    world.phones.faults.accept_then_hang = 1
    world.phones.faults.drop_reports = True
    world.voicemail(CALLER)
    assert delivery(world).state == "unknown"
    [message] = world.phones.messages()

    report(world, "delivered", provider_sid=message.sid, query="delivery=1")

    row = delivery(world)
    assert (row.state, row.provider_sid) == ("delivered", message.sid)
    assert len(world.inbox(LEE)) == 1


def test_a_report_that_overtakes_our_own_knowledge_counts_once_we_know(world: World) -> None:
    world.phones.faults.accept_then_hang = 1
    world.phones.faults.drop_reports = True
    world.voicemail(CALLER)
    [message] = world.phones.messages()

    report(world, "delivered", provider_sid=message.sid)
    before = delivery(world).state
    world.advance(minutes=1)

    assert (before, delivery(world).state) == ("unknown", "delivered")


def test_another_sid_cannot_take_over_a_delivery(quiet: World) -> None:
    known = delivery(quiet).provider_sid

    report(quiet, "undelivered", provider_sid=sid("SM"), query="delivery=1", ErrorCode="30005")

    row = delivery(quiet)
    assert (row.provider_sid, row.state) == (known, "accepted")


def test_old_names_of_the_fields_are_understood(quiet: World) -> None:
    wire = Wire.of(quiet)

    answer = wire.post("/twilio/message-status", {"SmsSid": delivery(quiet).provider_sid or "", "SmsStatus": "sent"})

    assert answer.status_code == 204
    assert delivery(quiet).state == "sent"


def test_a_status_of_next_year_changes_nothing(quiet: World) -> None:
    report(quiet, "teleported", provider_sid=delivery(quiet).provider_sid or "")

    assert delivery(quiet).state == "accepted"


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 2, 2)])
def test_the_status_of_a_call_never_goes_back(order: tuple[int, ...], wire: Wire) -> None:
    statuses = ["ringing", "in-progress", "completed"]
    call_sid = sid("CA")

    for number in order:
        form = call_form(CallSid=call_sid, CallStatus=statuses[number], SequenceNumber=str(number))
        assert wire.post("/twilio/call-status", form).status_code == 204

    assert wire.only(Call).status == "completed"


def test_call_status_alone_makes_no_case(wire: Wire) -> None:
    wire.post("/twilio/call-status", call_form(CallStatus="completed"))

    assert wire.cases() == []
    assert wire.rows() == {"calls": 1}


def test_an_outbound_call_never_counts_as_a_caller(wire: Wire) -> None:
    wire.post("/twilio/call-status", call_form(Direction="outbound-api", CallStatus="busy"), query="delivery=77")

    assert wire.rows() == {"reports": 1}


@pytest.mark.on_both
def test_the_same_report_from_eight_threads_is_kept_once(wire: Wire) -> None:
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

    form = {"MessageSid": sid("SM"), "MessageStatus": "delivered"}

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: wire.post("/twilio/message-status", form).status_code, range(16)))

    assert set(answers) == {204}
    with wire.program.desk.store.read() as session:
        assert len(session.scalars(select(Report)).all()) == 1
