"""A message that is found late is owed what it was owed when it was left, and its breach is told at once."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.support.fixtures import LEE, SAM
from tests.support.world import CALLER, PUBLIC_URL, World
from webhooks.simulator.records import Call, Recording, new_sid

HOURS = timedelta(hours=1)
OUR_OWN_RECORDING = f"""<Response><Record action="{PUBLIC_URL}/twilio/voice/recorded"
 recordingStatusCallback="{PUBLIC_URL}/twilio/recording" recordingStatusCallbackEvent="completed absent"/></Response>"""


def a_call_of_long_ago(world: World, ended: datetime) -> tuple[str, str]:
    """A call and a recording that the phone system knows of, and we do not."""
    call, recording = new_sid("CA"), new_sid("RE")
    began = ended - timedelta(seconds=60)
    world.phones.exchange.calls[call] = Call(
        sid=call, from_=CALLER, to="+16145550100", direction="inbound", status="completed",
        created_at=began, started_at=began, ended_at=ended,
    )  # fmt: skip
    world.phones.exchange.recordings[recording] = Recording(
        sid=recording, call_sid=call, status="completed", started_at=began, created_at=began, seconds=60
    )
    return call, recording


def test_message_of_three_hours_ago_has_its_own_window_and_deadline(team: World) -> None:
    team.find_recording(team.now - 3 * HOURS, From=CALLER)

    case = team.case()
    assert (case["window"], case["rate"]) == ("evening", "standard")
    assert case["left_at"] == team.now - 3 * HOURS
    assert case["callback_due"] == team.now - 1 * HOURS
    assert case["breached_at"] == team.now


@pytest.mark.thorough
def test_everybody_gets_one_alert_of_it_and_not_two(team: World) -> None:
    found = team.now

    team.find_recording(found - 3 * HOURS, From=CALLER)
    team.advance(seconds=30)

    texts = [page for page in team.pages(found) if page.endswith("sms")]
    assert texts == ["0:00 Ada sms", "0:00 Dana sms", "0:00 Lee sms", "0:00 Maria sms", "0:00 Sam sms"]
    assert len([page for page in team.pages(found) if page.endswith("call")]) == 4
    assert {*team.bodies(LEE), *team.bodies(SAM)} == {
        "OVERDUE 1001 evening: +16145550199.\nCall now: due 8:30 PM EST, 60 min late. Reply ACK 1001, CALL 1001 or PASS"
    }


@pytest.mark.thorough
def test_message_found_in_its_last_half_hour_is_at_risk_at_once(team: World) -> None:
    found = team.now

    team.find_recording(found - timedelta(minutes=100), From=CALLER)
    team.advance(seconds=30)

    assert team.pages(found) == ["0:00 Dana sms", "0:00 Lee sms", "0:00 Maria sms"]
    assert team.bodies(LEE)[0].startswith("AT RISK 1001 evening: +16145550199.\nCall by 9:50 PM EST, 20 min left.")


def test_voicemail_left_while_we_were_down_becomes_a_case_with_its_caller(team: World) -> None:
    team.phones.ours.voice_url = f"{PUBLIC_URL}/nobody-is-here"
    team.phones.ours.fallback_twiml = OUR_OWN_RECORDING
    team.phones.ours.status_callback = ""

    team.phones.leave_voicemail(CALLER)
    team.advance(seconds=1)

    case = team.case()
    assert (case["caller"], case["window"], case["flags"]) == (CALLER, "overnight", ["not_attested"])
    assert team.bodies(LEE)[0].startswith("1001 overnight: ")


def test_caller_and_times_are_asked_of_the_phone_system_where_the_recording_lacks_them(team: World) -> None:
    call, recording = a_call_of_long_ago(team, team.now - 3 * HOURS)

    team.post("/twilio/recording", CallSid=call, RecordingSid=recording, RecordingStatus="completed")

    case = team.case()
    assert case["caller"] == CALLER
    assert (case["window"], case["callback_due"]) == ("evening", team.now - 1 * HOURS)
    assert "resorted" in team.kinds()


@pytest.mark.thorough
@pytest.mark.on_both
def test_phone_system_that_does_not_answer_is_asked_again(team: World) -> None:
    call, recording = a_call_of_long_ago(team, team.now)
    team.phones.faults.fail_reads = 3

    team.post("/twilio/recording", CallSid=call, RecordingSid=recording, RecordingStatus="completed")
    before = team.case()["caller"]
    team.advance(minutes=1)

    assert (before, team.case()["caller"]) == (None, CALLER)


def test_recording_dated_in_the_future_is_taken_to_have_ended_now(team: World) -> None:
    team.find_recording(team.now + timedelta(minutes=2), From=CALLER)
    team.find_recording(team.now + timedelta(days=365), From="+12125550101")

    assert [case["callback_due"] - team.now for case in team.cases()] == [2 * HOURS, 2 * HOURS]
