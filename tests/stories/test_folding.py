"""One caller, several messages: one case while it is open. And messages without words."""

from __future__ import annotations

import pytest

from tests.support.fixtures import DANA, LEE
from tests.support.world import CALLER, Build, World
from webhooks.simulator.records import new_sid


def test_second_message_joins_the_open_case_and_the_first_deadline_stands(team: World) -> None:
    first = team.voicemail(attested=True)
    due = team.case()["callback_due"]
    team.advance(minutes=20)

    second = team.voicemail(attested=True)

    (case,) = team.cases()
    assert case["callback_due"] == due
    assert case["recordings"] == [first.recording_sid, second.recording_sid]


def test_whoever_was_alerted_hears_once_of_the_second_message(team: World) -> None:
    team.voicemail(attested=True)
    team.advance(minutes=2)

    team.voicemail(attested=True)
    team.advance(minutes=2)

    assert team.bodies(LEE)[1:] == [
        "1001: 2nd message, same caller. Call by 11:30 PM EST, 117 min left. Reply ACK 1001, CALL 1001 or PASS"
    ]
    assert team.bodies(DANA) == []


@pytest.mark.thorough
def test_only_the_owner_hears_of_it_once_somebody_has_the_case(team: World) -> None:
    team.voicemail(attested=True)
    team.advance(minutes=16)
    team.text(DANA, "ACK")
    heard = len(team.bodies(LEE))

    team.voicemail(attested=True)

    assert team.bodies(DANA)[-1].endswith("\n2nd message, same caller. Call by 11:30 PM EST, 103 min left.")
    assert len(team.bodies(LEE)) == heard


def test_message_after_the_callback_is_a_new_case(team: World) -> None:
    team.voicemail(attested=True)
    team.text(LEE, "DONE")

    team.voicemail(attested=True)

    assert [(case["ref"], case["state"]) for case in team.cases()] == [("1001", "called_back"), ("1002", "open")]


@pytest.mark.thorough
def test_other_callers_have_cases_of_their_own(team: World) -> None:
    team.voicemail(CALLER, attested=True)
    team.voicemail("+12125550101", attested=True)

    assert [case["caller"] for case in team.cases()] == [CALLER, "+12125550101"]


def test_withheld_numbers_are_never_taken_for_one_caller(team: World) -> None:
    team.voicemail(withheld=True, attested=True)
    team.voicemail(withheld=True, attested=True)

    assert [case["caller"] for case in team.cases()] == [None, None]
    assert team.bodies(LEE)[0].startswith("1001 overnight: number unknown.\nCall by 11:30 PM EST")
    assert (team.text(LEE, "ACK 1001") or "").startswith("1001 is yours. Their number is not known;")


def test_hang_up_is_kept_for_review_and_pages_nobody(team: World) -> None:
    left = team.now

    call = team.voicemail(seconds=1)
    team.advance(hours=3)

    case = team.case()
    assert (case["state"], case["recordings"]) == ("review", [call.recording_sid])
    assert "hang_up" in case["flags"]
    assert team.pages(left) == []


@pytest.mark.parametrize(("seconds", "state"), [(2, "review"), (3, "open")])
def test_three_seconds_of_speech_are_a_message(team: World, seconds: int, state: str) -> None:
    team.voicemail(seconds=seconds, attested=True)

    assert team.case()["state"] == state


def test_hang_up_in_an_open_case_is_kept_there_and_nobody_is_told(team: World) -> None:
    team.voicemail(attested=True)

    team.voicemail(seconds=1)

    assert len(team.case()["recordings"]) == 2
    assert len(team.bodies(LEE)) == 1


def test_caller_who_hangs_up_at_the_greeting_left_nothing(team: World) -> None:
    team.voicemail(hang_up_at_greeting=True)

    assert team.cases() == []


def test_missed_call_whose_recording_failed_is_paged_all_the_same(team: World) -> None:
    sids = {"CallSid": new_sid("CA"), "RecordingSid": new_sid("RE")}

    team.post("/twilio/recording", **sids, RecordingStatus="absent", From=CALLER)
    team.advance(seconds=1)

    assert team.bodies(LEE)[0].startswith("1001 overnight: +16145550199. Not attested. No words recorded.\nCall by")


@pytest.mark.thorough
def test_recording_that_was_silent_is_a_hang_up(team: World) -> None:
    sids = {"CallSid": new_sid("CA"), "RecordingSid": new_sid("RE")}

    team.post("/twilio/recording", **sids, RecordingStatus="absent", ErrorCode="16101", From=CALLER)
    team.advance(hours=3)

    assert (team.case()["state"], team.bodies(LEE)) == ("review", [])


def test_owner_of_the_policy_may_list_absent_recordings_instead(build_world: Build) -> None:
    world = build_world(policy='intake.absent_recording = "list"')
    sids = {"CallSid": new_sid("CA"), "RecordingSid": new_sid("RE")}

    world.post("/twilio/recording", **sids, RecordingStatus="absent", From=CALLER)

    assert world.case()["state"] == "review"


def test_every_webhook_twice_is_one_case_and_one_alert(team: World) -> None:
    team.phones.faults.duplicate_webhooks = True

    team.voicemail(attested=True)
    team.advance(minutes=4)

    assert [len(case["recordings"]) for case in team.cases()] == [1]
    assert len(team.bodies(LEE)) == 1


def test_reports_of_a_call_in_the_wrong_order_are_the_same_case(team: World) -> None:
    team.phones.faults.reverse_reports = True

    team.voicemail(attested=True, transcript="the gateway is down")

    (case,) = team.cases()
    assert (case["caller"], case["state"], case["flags"]) == (CALLER, "open", [])


@pytest.mark.thorough
def test_what_the_second_message_tells_is_learnt_where_the_first_did_not(world: World) -> None:
    world.find_recording(world.now, RecordingStatus="absent", From=CALLER)
    world.advance(seconds=1)
    assert world.case()["flags"] == ["not_attested", "no_recording"]

    world.voicemail(attested=True, product="ucp")

    case = world.case()
    assert (case["product"], case["attested"], case["flags"]) == ("ucp", True, [])
    assert world.bodies(LEE)[-1].startswith("1001: 2nd message, same caller. Call by ")
    assert "Not attested" not in world.bodies(LEE)[-1]
