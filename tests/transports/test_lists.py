"""What came to our number, as Twilio's lists tell it: whole, of our number only, no older than asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import count

import pytest

from tests.support.world import CALLER, OUR_NUMBER
from tests.transports.conftest import Line, make_line
from triage.errors import OutcomeUnknown, TransportError
from webhooks.simulator.faults import Faults, Refused
from webhooks.simulator.in_process import InProcessHttpClient
from webhooks.simulator.phone_system import PhoneSystem
from webhooks.simulator.records import Call, Message, Recording, new_sid
from webhooks.simulator.rest import create_rest_app

HOUR = timedelta(hours=1)
ANOTHER_NUMBER_OF_THE_ACCOUNT = "+16145550177"


def test_a_voicemail_is_listed_with_its_own_times(line: Line) -> None:
    call = line.phones.leave_voicemail(CALLER, seconds=40)

    [recording] = line.traffic.recordings(line.phones.now - HOUR)

    assert (recording.recording_sid, recording.call_sid) == (call.recording_sid, call.sid)
    assert (recording.is_message, recording.is_recorded) == (True, True)
    assert recording.duration == timedelta(seconds=40)
    assert recording.started_at is not None
    assert recording.ended_at == recording.started_at + timedelta(seconds=40)


def test_a_recording_that_was_not_kept_is_listed_as_such(line: Line) -> None:
    line.phones.leave_voicemail(CALLER, silent=True)

    [recording] = line.traffic.recordings(line.phones.now - HOUR)

    assert (recording.is_recorded, recording.duration) == (False, None)
    assert recording.ended_at == recording.started_at


def test_a_recording_that_is_still_made_has_no_end(line: Line) -> None:
    now = line.phones.now
    recording = Recording(
        sid=new_sid("RE"), call_sid=new_sid("CA"), status="processing", started_at=now, created_at=now, seconds=30
    )
    line.phones.exchange.recordings[recording.sid] = recording

    [found] = line.traffic.recordings(now - HOUR)

    assert (found.is_recorded, found.ended_at) == (None, None)


def test_a_recorded_conversation_is_no_message(line: Line) -> None:
    line.phones.add_phone(CALLER, "Caller", talks_for=60)
    line.phones.calling.create(
        to="+16145550101",
        from_=OUR_NUMBER,
        twiml=f'<Response><Dial record="record-from-answer">{CALLER}</Dial></Response>',
    )
    line.phones.run_all()

    assert [recording.is_message for recording in line.traffic.recordings(line.phones.now - HOUR)] == [False]


def test_calls_are_those_to_our_number(line: Line) -> None:
    made = line.phones.leave_voicemail(CALLER)
    line.phones.calling.create(to="+16145550101", from_=OUR_NUMBER, twiml="<Response><Say>Hello</Say></Response>")
    line.phones.run_all()

    [call] = line.traffic.calls(line.phones.now - HOUR)

    assert (call.call_sid, call.from_number, call.status) == (made.sid, CALLER, "completed")
    assert call.is_ours
    assert call.ended_at is not None


def test_a_call_to_another_number_of_the_account_is_not_ours(line: Line) -> None:
    now = line.phones.now
    call = Call(
        sid=new_sid("CA"),
        from_=CALLER,
        to=ANOTHER_NUMBER_OF_THE_ACCOUNT,
        direction="inbound",
        status="completed",
        created_at=now,
        started_at=now,
        ended_at=now,
    )
    line.phones.exchange.calls[call.sid] = call

    found = line.calls.call(call.sid)

    assert line.traffic.calls(now - HOUR) == []
    assert found is not None
    assert not found.is_ours


def test_texts_are_those_that_came_to_our_number(line: Line) -> None:
    line.phones.text(CALLER, "is anybody there?")
    line.phones.texting.create(to=CALLER, from_=OUR_NUMBER, body="yes")

    [text] = line.traffic.texts(line.phones.now - HOUR)

    assert (text.from_number, text.body) == (CALLER, "is anybody there?")
    assert text.sent_at.tzinfo is not None


def test_nothing_is_older_than_asked_for(line: Line) -> None:
    line.phones.leave_voicemail(CALLER)
    line.phones.text(CALLER, "hello")
    later = line.phones.now + timedelta(minutes=1)

    assert [*line.traffic.recordings(later), *line.traffic.calls(later), *line.traffic.texts(later)] == []


def test_every_answer_tells_the_time_by_the_phone_systems_clock(line: Line) -> None:
    assert line.traffic.told_at is None

    line.traffic.texts(line.phones.now - HOUR)

    told = line.traffic.told_at
    assert told is not None
    assert timedelta(0) <= line.phones.now - told < timedelta(seconds=3)


def test_a_list_of_many_pages_comes_whole(phones: PhoneSystem) -> None:
    now = phones.now
    for number in range(2_500):
        sid = new_sid("SM")
        phones.exchange.messages[sid] = Message(
            sid=sid, from_=CALLER, to=OUR_NUMBER, body=str(number), direction="inbound", status="received",
            created_at=now, updated_at=now, sent_at=now,
        )  # fmt: skip
    line = make_line(phones, InProcessHttpClient(create_rest_app(phones)))

    assert {text.body for text in line.traffic.texts(now - HOUR)} == {str(number) for number in range(2_500)}


LISTS: list[Callable[[Line], object]] = [
    lambda line: line.traffic.recordings(line.phones.now),
    lambda line: line.traffic.calls(line.phones.now),
    lambda line: line.traffic.texts(line.phones.now),
]


@pytest.mark.parametrize("read", LISTS, ids=["recordings", "calls", "texts"])
def test_a_list_that_fails_is_no_empty_list(read: Callable[[Line], object], line: Line) -> None:
    line.phones.faults.fail_reads = 1

    with pytest.raises(OutcomeUnknown):
        read(line)


def test_a_list_that_fails_on_a_later_page_is_not_half_a_list(
    phones: PhoneSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("triage.transports.twilio_lists._PAGE", 2)
    for _ in range(3):
        phones.text(CALLER, "hello")
    line = make_line(phones, InProcessHttpClient(create_rest_app(phones)))
    reads = count(1)

    def fail_from_the_second_on(_faults: Faults) -> None:
        if next(reads) > 1:
            raise Refused(20500, "An internal server error has occurred", 500)

    monkeypatch.setattr(Faults, "before_read", fail_from_the_second_on)

    with pytest.raises(OutcomeUnknown):
        line.traffic.texts(phones.now - HOUR)


def test_without_a_number_of_ours_nothing_is_taken_for_ours(phones: PhoneSystem) -> None:
    line = make_line(
        phones,
        InProcessHttpClient(create_rest_app(phones)),
        twilio_from=None,
        twilio_messaging_service_sid="MG" + "a" * 32,
    )

    with pytest.raises(TransportError, match="AFTERHOURS_TWILIO_FROM"):
        line.traffic.texts(phones.now)


def test_a_list_that_is_refused_says_why(phones: PhoneSystem) -> None:
    line = make_line(phones, InProcessHttpClient(create_rest_app(phones)), twilio_auth_token="wrong")

    with pytest.raises(TransportError, match="refused our credentials"):
        line.traffic.texts(phones.now)
