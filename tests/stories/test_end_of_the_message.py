"""The end of a message is told twice: to who still listens, and by the recording's own report, in any order.

Whatever comes first, twice or never: one voicemail, one case, one alert, and what was promised stays.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.fixtures import LEE
from tests.support.world import CALLER, World
from triage.store import cases
from triage.store.models import Voicemail
from webhooks.simulator.faults import Webhook
from webhooks.simulator.posting import Answer
from webhooks.simulator.records import rfc2822

CALL, RECORDING = "CA" + "1" * 32, "RE" + "1" * 32


def recorded(world: World, **form: str) -> Answer:
    """The caller ended the message with the pound key."""
    url = f"https://api.twilio.com/2010-04-01/Accounts/{world.settings.twilio_account_sid}/Recordings/{RECORDING}"
    told = {"RecordingUrl": url, "RecordingDuration": "30", "Digits": "#"}
    return world.post("/twilio/voice/recorded", CallSid=CALL, From=CALLER, **{**told, **form})


def reported(world: World, **form: str) -> Answer:
    """The recording's own report, which began half a minute before now."""
    start = rfc2822(world.now - timedelta(seconds=30)) or ""
    told = {"RecordingStatus": "completed", "RecordingDuration": "30", "RecordingStartTime": start}
    return world.post("/twilio/recording", CallSid=CALL, RecordingSid=RECORDING, **{**told, **form})


def voicemail(world: World) -> Voicemail:
    with world.program.desk.store.read() as session:
        found = cases.voicemail(session, RECORDING)
        assert found is not None
        session.expunge(found)
        return found


@pytest.fixture
def greeted(team: World) -> World:
    """A caller who heard the greeting and attested."""
    team.post("/twilio/voice", CallSid=CALL, From=CALLER)
    team.post("/twilio/voice/attest?repeats=0&language=en", CallSid=CALL, From=CALLER, Digits="1")
    team.advance(minutes=1)
    return team


@pytest.mark.parametrize(
    "order",
    ["recorded reported", "reported recorded", "recorded recorded reported reported", "reported reported recorded"],
)
def test_one_voicemail_and_one_alert_in_any_order(order: str, greeted: World) -> None:
    answers = [{"recorded": recorded, "reported": reported}[step](greeted) for step in order.split()]
    greeted.advance(minutes=4)

    assert [case["recordings"] for case in greeted.cases()] == [[RECORDING]]
    assert (voicemail(greeted).is_confirmed, voicemail(greeted).duration_s) == (True, 30)
    assert len(greeted.bodies(LEE)) == 1
    spoken = [answer.body for answer in answers if answer.status == 200]
    assert spoken
    assert all("Your case is 1 0 0 1. A technician calls you by 11 31 PM" in body for body in spoken)


@pytest.mark.thorough
@pytest.mark.on_both
def test_a_report_that_never_comes_leaves_the_case_that_was_promised(team: World) -> None:
    team.phones.faults.drop = {Webhook.RECORDING}

    call = team.voicemail(attested=True, stays=True)

    assert "Your case is 1 0 0 1." in call.heard[-1]
    assert (team.case()["state"], team.case()["recordings"]) == ("open", [call.recording_sid])
    assert team.bodies(LEE)[0].startswith("1001 overnight: +16145550199 COLUMBUS OH.\nCall by 11:30 PM EST")


def test_own_times_of_the_recording_count_once_they_are_told(greeted: World) -> None:
    recorded(greeted)
    promised = greeted.case()["callback_due"]
    start = greeted.now - timedelta(seconds=75)

    reported(greeted, RecordingStartTime=rfc2822(start) or "", RecordingDuration="60")

    case = greeted.case()
    assert case["left_at"] == start + timedelta(seconds=60)
    assert promised - case["callback_due"] == timedelta(seconds=15)
    assert voicemail(greeted).duration_s == 60


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("report", "flag"),
    [
        ({"RecordingStatus": "absent", "RecordingDuration": ""}, "no_recording"),
        ({"RecordingDuration": "1"}, "hang_up"),
    ],
)
def test_what_was_promised_stays_whatever_the_recording_turns_out_to_be(
    report: dict[str, str], flag: str, greeted: World
) -> None:
    recorded(greeted)
    promised = greeted.case()

    reported(greeted, **report)
    reported(greeted, **report)

    case = greeted.case()
    assert case["flags"] == [flag]
    assert case["state"] == "open"
    assert promised["callback_due"] - timedelta(minutes=1) <= case["callback_due"] <= promised["callback_due"]
    assert greeted.kinds().count("recording_confirmed") == 1
    greeted.advance(minutes=5, seconds=10)
    assert len(greeted.bodies(LEE)) == 2


def test_times_learnt_after_a_short_recording_keep_its_promise(greeted: World) -> None:
    recorded(greeted)
    reported(greeted, RecordingDuration="1")
    due = greeted.case()["callback_due"]

    reported(greeted, RecordingDuration="1", RecordingStartTime=rfc2822(greeted.now - timedelta(minutes=2)) or "")

    assert greeted.case()["flags"] == ["hang_up"]
    assert timedelta(0) < due - greeted.case()["callback_due"] < timedelta(minutes=3)


@pytest.mark.thorough
def test_second_message_is_told_once_though_it_is_reported_twice(team: World) -> None:
    team.voicemail(attested=True)
    team.advance(minutes=2)

    team.voicemail(attested=True, stays=True)

    assert [body.split(". ")[0] for body in team.bodies(LEE)[1:]] == ["1001: 2nd message, same caller"]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://api.twilio.com/2010-04-01/Accounts/AC" + "f" * 32 + "/Recordings/" + RECORDING,
        "https://api.twilio.com/2010-04-01/Accounts/{account}/Recordings/" + RECORDING + "/../RE" + "2" * 32,
        "https://api.twilio.com/2010-04-01/Accounts/{account}/Recordings/RE123",
        "file:///2010-04-01/Accounts/{account}/Recordings/" + RECORDING,
    ],
)
def test_address_that_is_no_recording_of_ours_promises_nothing(url: str, greeted: World) -> None:
    answer = recorded(greeted, RecordingUrl=url.format(account=greeted.settings.twilio_account_sid))

    assert ">Thank you. Goodbye.<" in answer.body
    assert greeted.cases() == []


def test_who_hung_up_is_promised_nothing_and_the_report_makes_the_case(greeted: World) -> None:
    recorded(greeted, Digits="hangup", CallStatus="completed")
    assert greeted.cases() == []

    reported(greeted)

    assert len(greeted.cases()) == 1
