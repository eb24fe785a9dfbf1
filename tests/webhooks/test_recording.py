"""A recording is told of: it is a case with its deadline, whatever came before it, after it, or never."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from sqlalchemy import delete, select

from tests.support.wire import Wire, call_form, recording_form, sid
from tests.support.world import CALLER, World
from triage.services.audit import verify_chain
from triage.store.models import Call, LookUp, Voicemail

WITHHELD = ["anonymous", "+266696687", "unknown", "", "Restricted", "+86282452253", "unavailable", "-"]
"""What Twilio puts into From where a number is withheld; some are a word spelt on a keypad. "-": no From at all."""


def test_a_recording_alone_is_a_case_due_two_hours_after_it_ended(wire: Wire) -> None:
    answer = wire.post("/twilio/recording", recording_form(RecordingStartTime="Sat, 21 Nov 2026 02:30:00 +0000"))

    assert (answer.status_code, answer.data) == (204, b"")
    [case] = wire.cases()
    ended = datetime(2026, 11, 21, 2, 30, 30, tzinfo=UTC)
    assert case["left_at"] == min(ended, case["opened_at"])
    assert case["callback_due"] - case["left_at"] == timedelta(hours=2)
    assert case["caller"] is None


@pytest.mark.parametrize("status", ["absent", "failed"])
def test_a_recording_that_could_not_be_made_is_a_case_all_the_same(status: str, wire: Wire) -> None:
    wire.post("/twilio/recording", recording_form(RecordingStatus=status, RecordingDuration="-", From=CALLER))

    [case] = wire.cases()
    assert case["state"] == "open"
    assert "no_recording" in case["flags"]
    assert case["callback_due"] is not None


@pytest.mark.parametrize("status", ["in-progress", "paused", "processing", "a-status-of-next-year"])
def test_a_recording_that_is_not_over_is_no_case_yet(status: str, wire: Wire) -> None:
    form = recording_form(RecordingStatus=status)

    assert wire.post("/twilio/recording", form).status_code == 204
    assert wire.cases() == []
    wire.post("/twilio/recording", {**form, "RecordingStatus": "completed"})
    assert len(wire.cases()) == 1


def test_a_late_in_progress_changes_nothing(wire: Wire) -> None:
    form = recording_form()
    wire.post("/twilio/recording", form)
    before = wire.rows()

    wire.post("/twilio/recording", {**form, "RecordingStatus": "in-progress"})

    assert wire.rows() == before


def test_the_same_recording_twice_is_one_voicemail(wire: Wire) -> None:
    form = recording_form(From=CALLER)

    answers = [wire.post("/twilio/recording", form).status_code for _ in range(3)]

    assert answers == [204, 204, 204]
    [case] = wire.cases()
    assert case["recordings"] == [form["RecordingSid"]]


def test_eight_threads_with_one_recording_make_one_case(wire: Wire) -> None:
    form = recording_form(From=CALLER)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: wire.post("/twilio/recording", form).status_code, range(32)))

    assert set(answers) == {204}
    assert [case["recordings"] for case in wire.cases()] == [[form["RecordingSid"]]]
    assert verify_chain(wire.program.desk).first_bad is None


def test_the_steps_of_one_call_at_once_make_one_case_that_knows_its_caller(wire: Wire) -> None:
    call_sid = sid("CA")
    posts = [
        ("/twilio/voice", call_form(CallSid=call_sid)),
        ("/twilio/voice/greeting", call_form(CallSid=call_sid, Digits="1")),
        ("/twilio/voice/recorded", call_form(CallSid=call_sid)),
        ("/twilio/recording", recording_form(CallSid=call_sid)),
        ("/twilio/call-status", call_form(CallSid=call_sid, CallStatus="completed", SequenceNumber="0")),
    ] * 3

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda post: wire.post(*post).status_code, posts))

    assert set(answers) <= {200, 204}
    assert [case["caller"] for case in wire.cases()] == [CALLER]


@pytest.mark.on_both
def test_a_recording_before_its_call_learns_the_caller_from_it(wire: Wire) -> None:
    call_sid = sid("CA")
    wire.post("/twilio/recording", recording_form(CallSid=call_sid))

    wire.post("/twilio/call-status", call_form(CallSid=call_sid, CallStatus="completed"))

    [case] = wire.cases()
    assert (case["caller"], case["caller_place"]) == (CALLER, "COLUMBUS OH")


def test_a_recording_with_from_knows_its_caller_at_once(wire: Wire) -> None:
    wire.post("/twilio/recording", recording_form(From=CALLER))

    assert wire.cases()[0]["caller"] == CALLER


def test_two_recordings_of_unknown_length_in_one_case_are_looked_up_once(wire: Wire) -> None:
    answers = [wire.post("/twilio/recording", recording_form(From=CALLER, RecordingDuration="-")) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [204, 204]
    with wire.program.desk.store.read() as session:
        assert len(session.scalars(select(LookUp)).all()) == len(wire.cases()) == 1


def test_a_recording_without_from_is_looked_up_afterwards(world: World) -> None:
    world.phones.faults.drop_recording_reports = True
    call = world.phones.leave_voicemail(CALLER, seconds=40)
    left = world.now
    with world.program.desk.store.write() as tx:  # we were down: of the call itself we never heard
        tx.session.execute(delete(Call))
    world.advance(minutes=11)

    wire = Wire(world.settings.database_url)
    wire.post("/twilio/recording", recording_form(CallSid=call.sid, RecordingSid=call.recording_sid or ""))
    wire.close()
    at_once = world.case()
    world.advance(seconds=1)

    assert (at_once["caller"], at_once["callback_due"]) == (None, left + timedelta(minutes=11, hours=2))
    assert (world.case()["caller"], world.case()["left_at"]) == (CALLER, left)
    assert world.case()["callback_due"] == left + timedelta(hours=2)


@pytest.mark.parametrize("path", ["/twilio/recording", "/twilio/voice"])
def test_a_withheld_number_is_no_number(path: str, wire: Wire) -> None:
    for number in WITHHELD:
        call_sid = sid("CA")
        if path == "/twilio/voice":
            assert wire.post(path, call_form(CallSid=call_sid, From=number)).status_code == 200
        assert wire.post("/twilio/recording", recording_form(CallSid=call_sid, From=number)).status_code == 204

    assert [case["caller"] for case in wire.cases()] == [None] * len(WITHHELD)


def test_two_withheld_callers_are_two_cases(wire: Wire) -> None:
    for _ in range(2):
        wire.post("/twilio/recording", recording_form(From="anonymous"))

    assert len(wire.cases()) == 2


START = datetime(2024, 11, 3, 5, 59, 50, tzinfo=UTC)


WRITTEN = [
    "Sun, 03 Nov 2024 05:59:50 +0000",
    "Sun, 03 Nov 2024 05:59:50 GMT",
    "Sun, 03 Nov 2024 05:59:50 -0000",
    "Sun, 03 Nov 2024 01:59:50 -0400",
    "03 Nov 2024 05:59:50 +0000",
    "2024-11-03T05:59:50Z",
    "2024-11-03T05:59:50+00:00",
    "2024-11-03T01:59:50-04:00",
    "2024-11-03 05:59:50.000+00:00",
    " 2024-11-03T05:59:50Z ",
]


def test_the_start_of_a_recording_is_read_in_every_form(wire: Wire) -> None:
    for written in WRITTEN:
        assert wire.post("/twilio/recording", recording_form(RecordingStartTime=written)).status_code == 204

    assert [case["left_at"] for case in wire.cases()] == [START + timedelta(seconds=30)] * len(WRITTEN)


def test_a_recording_years_old_keeps_its_own_times_and_is_overdue(wire: Wire) -> None:
    wire.post("/twilio/recording", recording_form(RecordingStartTime="2019-07-04T03:00:00Z", From=CALLER))

    [case] = wire.cases()
    assert case["left_at"] == datetime(2019, 7, 4, 3, 0, 30, tzinfo=UTC)
    assert case["callback_due"] == datetime(2019, 7, 4, 5, 0, 30, tzinfo=UTC)
    assert case["window"] == "overnight"
    assert case["opened_at"].year > 2023


@pytest.mark.parametrize("ahead", [timedelta(hours=3), timedelta(days=400), timedelta(days=365 * 60)])
def test_a_recording_from_the_future_is_due_as_if_it_ended_now(ahead: timedelta, wire: Wire) -> None:
    later = format_datetime(wire.program.now() + ahead)

    wire.post("/twilio/recording", recording_form(RecordingStartTime=later))

    [case] = wire.cases()
    assert case["left_at"] == case["opened_at"]
    assert case["callback_due"] - case["opened_at"] == timedelta(hours=2)


def test_a_recording_without_a_start_ended_when_the_caller_stopped_speaking(world: World) -> None:
    wire = Wire(world.settings.database_url)
    call_sid = sid("CA")
    wire.post("/twilio/voice", call_form(CallSid=call_sid))
    wire.post("/twilio/voice/recorded", call_form(CallSid=call_sid))
    ended = world.now

    world.advance(minutes=7)
    wire.post("/twilio/recording", recording_form(CallSid=call_sid))
    wire.close()

    assert world.case()["left_at"] == ended
    assert world.case()["callback_due"] == ended + timedelta(hours=2)


@pytest.mark.parametrize(("seconds", "state"), [("0", "review"), ("2", "review"), ("3", "open"), ("-1", "open")])
def test_a_few_seconds_are_a_hang_up(seconds: str, state: str, wire: Wire) -> None:
    wire.post("/twilio/recording", recording_form(RecordingDuration=seconds))

    assert wire.cases()[0]["state"] == state


@pytest.mark.parametrize("code", ["16101", "16102"])
def test_silence_is_a_hang_up(code: str, wire: Wire) -> None:
    wire.post("/twilio/recording", recording_form(RecordingStatus="absent", RecordingDuration="-", ErrorCode=code))

    assert wire.cases()[0]["state"] == "review"


def test_a_transcript_is_kept_once_and_may_come_first(wire: Wire) -> None:
    form = recording_form()
    words = {
        "RecordingSid": form["RecordingSid"],
        "TranscriptionStatus": "completed",
        "TranscriptionText": "Help\x1b[2J",
    }

    early = wire.post("/twilio/transcription", words)
    wire.post("/twilio/recording", form)
    wire.post("/twilio/transcription", words)
    wire.post("/twilio/transcription", {**words, "TranscriptionText": "something else"})

    assert early.status_code == 204
    assert wire.only(Voicemail).transcript == "Help[2J"


def test_a_failed_transcription_says_nothing(wire: Wire) -> None:
    form = recording_form()
    wire.post("/twilio/recording", form)
    before = wire.rows()

    answer = wire.post("/twilio/transcription", {"RecordingSid": form["RecordingSid"], "TranscriptionStatus": "failed"})

    assert answer.status_code == 204
    assert wire.rows() == before
