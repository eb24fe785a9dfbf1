"""The test call through the whole path: it passes, and whatever is lost on the way, administrators hear of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.fixtures import ADA, LEE, TEAM
from tests.support.world import CALLER, Build, World
from triage.policy.canary import Hop
from triage.services import canary as canaries
from triage.services.canary import Run
from webhooks.simulator.phone_system import Behaviour
from webhooks.simulator.records import new_sid

CANARY = "+16145550198"
MONDAY = "2026-11-23T21:29:00"  # 4:29 PM EST, a minute before the call
AT_RUN = datetime.fromisoformat("2026-11-23T21:30:00+00:00")
FAILED = "The test call of 4:30 PM EST failed: "
LOOK = " Callers or alerts may not get through. Run: afterhours doctor"


@pytest.fixture
def watched(build_world: Build) -> World:
    """A minute before the test call of the day."""
    return with_canary(build_world)


def with_canary(build_world: Build, **settings: Any) -> World:
    world = build_world(**{"at": MONDAY, "roster": TEAM, "canary_number": CANARY} | settings)
    world.phones.exchange.own_numbers.add(CANARY)
    return world


def last_run(world: World) -> Run:
    run = canaries.newest_over(world.program.desk)
    assert run is not None
    return run


def paged(world: World, since: datetime) -> list[str]:
    """The pages of people, administrators left out."""
    return [page for page in world.pages(since) if "Ada" not in page and "+" not in page]


def test_every_hop_is_seen_and_nobody_is_bothered(watched: World) -> None:
    watched.advance(minutes=5)

    run = last_run(watched)
    assert run.has_passed is True
    assert list(run.progress.seconds) == ["called", "answered", "recorded", "delivered"]
    assert run.progress.seconds["delivered"] < 60
    assert watched.cases() == []
    assert watched.bodies(CANARY) == ["Test call 1: called, recorded, texted. Nothing to do."]
    assert [m.to for m in watched.phones.messages() if m.direction == "outbound-api"] == [CANARY]


def test_it_comes_every_day_at_its_times_on_the_wall(build_world: Build) -> None:
    policy = 'canary.at = ["16:30", "22:00"]'
    world = with_canary(build_world, at="2026-11-01T00:30:00", policy=policy)  # 8:30 PM EDT, the night clocks go back

    world.at("2026-11-02T03:30:00+00:00")

    calls = [call.created_at.isoformat()[:19] for call in world.phones.calls() if call.direction == "outbound-api"]
    assert calls == ["2026-11-01T02:00:00", "2026-11-01T21:30:00", "2026-11-02T03:00:00"]


def test_without_a_number_there_is_none(build_world: Build) -> None:
    world = with_canary(build_world, canary_number=None)

    world.advance(minutes=5)

    assert world.phones.calls() == ()
    assert canaries.newest_over(world.program.desk) is None


def test_no_time_of_day_means_none(build_world: Build) -> None:
    world = with_canary(build_world, policy="canary.at = []")

    world.advance(hours=24)

    assert world.phones.calls() == ()


def test_two_nodes_place_one_call(watched: World) -> None:
    watched.clock.move_to("2026-11-23T21:30:00")

    claimed = [canaries.claim_calls(watched.program.desk, watched.now, watched.now) for _ in range(3)]

    assert claimed == [[1], [], []]


def test_a_call_that_a_node_claimed_and_did_not_place_is_placed_by_the_next(watched: World) -> None:
    watched.clock.move_to("2026-11-23T21:30:00")
    canaries.claim_calls(watched.program.desk, watched.now, watched.now)
    watched.restart()
    watched.advance(minutes=3)

    assert last_run(watched).has_passed is True
    assert watched.bodies(ADA) == []


def test_a_call_that_was_placed_without_a_record_of_it_is_placed_again_and_passes_once(watched: World) -> None:
    watched.clock.move_to("2026-11-23T21:30:00")
    canaries.claim_calls(watched.program.desk, watched.now, watched.now)
    assert watched.phone_system.canary is not None
    watched.phone_system.canary.call_us()
    canaries.claim_calls(watched.program.desk, watched.now + timedelta(seconds=30), watched.now)
    canaries.place(watched.program.desk, watched.phone_system.canary, 1, lambda: watched.now)
    watched.restart()
    watched.advance(minutes=3)

    assert last_run(watched).has_passed is True
    assert watched.bodies(ADA) == []
    assert len([call for call in watched.phones.calls() if call.direction == "outbound-api"]) == 2
    assert len(watched.bodies(CANARY)) == 1


@pytest.mark.parametrize("seconds", [0, 3, 8])
def test_a_run_that_nobody_watched_to_its_end_is_begun_anew(watched: World, seconds: int) -> None:
    watched.advance(minutes=1, seconds=seconds)
    watched.clock.move_to("2026-11-23T21:45:00")
    watched.restart()
    watched.advance(minutes=4)

    run = last_run(watched)
    assert (run.number, run.has_passed) == (1, True)
    assert run.progress.started_at == datetime.fromisoformat("2026-11-23T21:45:00+00:00")
    assert watched.bodies(ADA) == []


def test_a_call_that_can_never_be_placed_fails_in_time_all_the_same(watched: World) -> None:
    watched.phones.faults.fail_500 = 100
    watched.advance(minutes=5)

    run = last_run(watched)
    assert (run.has_passed, run.progress.missing) == (False, Hop.CALLED)
    assert run.why == "Twilio answered 500"


def test_a_demo_clock_that_is_moved_on_lets_no_call_that_is_under_way_fail(watched: World) -> None:
    watched.clock.move_to("2026-11-23T21:30:00")
    began = watched.now
    canaries.claim_calls(watched.program.desk, began, began)
    assert watched.phone_system.canary is not None
    canaries.place(watched.program.desk, watched.phone_system.canary, 1, lambda: began)

    canaries.claim_calls(watched.program.desk, began + timedelta(hours=2), began)
    assert canaries.run_of(watched.program.desk, 1).has_passed is None

    canaries.claim_calls(watched.program.desk, began + timedelta(hours=2), began + timedelta(minutes=3))
    assert canaries.run_of(watched.program.desk, 1).has_passed is False


def test_call_that_fell_due_while_nobody_looked_is_made_at_the_start(watched: World) -> None:
    watched.clock.move_to("2026-11-24T03:00:00")
    watched.restart()
    watched.advance(minutes=3)

    assert last_run(watched).has_passed is True
    assert len([call for call in watched.phones.calls() if call.direction == "outbound-api"]) == 1


def test_number_that_is_taken_away_ends_the_calls(watched: World) -> None:
    watched.settings = watched.settings.model_copy(update={"canary_number": None})
    watched.restart()

    watched.advance(minutes=5)

    assert watched.phones.calls() == ()


def test_voice_webhook_that_nobody_answers(watched: World) -> None:
    watched.phones.ours.voice_url = ""
    watched.advance(minutes=5)

    assert watched.bodies(ADA) == [f"{FAILED}it did not reach our voice webhook within 3 minutes.{LOOK}"]
    assert last_run(watched).progress.missing is Hop.ANSWERED
    assert watched.cases() == []


def test_recording_that_is_never_reported(watched: World) -> None:
    watched.phones.faults.drop_recording_reports = True
    watched.advance(minutes=12)  # the reconciler finds the recording meanwhile

    assert watched.bodies(ADA) == [f"{FAILED}its recording was not reported to us within 3 minutes.{LOOK}"]
    assert watched.cases() == []


def test_recording_that_was_not_made(watched: World) -> None:
    watched.clock.move_to("2026-11-23T21:30:00")
    watched.sweep()
    call_sid = new_sid("CA")
    watched.post("/twilio/voice", CallSid=call_sid, From=CANARY, To="+16145550100", CallStatus="ringing")
    watched.post("/twilio/recording", CallSid=call_sid, RecordingSid=new_sid("RE"), RecordingStatus="absent")
    watched.advance(seconds=1)

    assert watched.bodies(ADA) == [
        f"{FAILED}its recording was not reported to us (the phone system kept no recording).{LOOK}"
    ]


def test_text_that_does_not_arrive_rings_the_administrators(build_world: Build) -> None:
    world = with_canary(build_world, roster=TEAM.replace('channels = ["sms"]', 'channels = ["sms", "voice"]'))
    world.phones.set_behaviour(CANARY, Behaviour.UNREGISTERED)
    world.phones.set_keys(ADA, "1")  # somebody picks up

    world.advance(minutes=2)

    why = "our number is not registered with the carriers"
    assert world.bodies(ADA) == []
    assert world.heard(ADA) == [f"{FAILED}the text that follows it was not delivered ({why}).{LOOK}"]
    assert last_run(world).why == why


@pytest.mark.thorough
def test_text_whose_delivery_nobody_reports(watched: World) -> None:
    watched.phones.faults.drop_reports = True
    watched.advance(minutes=5)

    assert last_run(watched).progress.missing is Hop.DELIVERED
    assert watched.bodies(ADA) == [f"{FAILED}the text that follows it was not delivered within 3 minutes.{LOOK}"]


@pytest.mark.thorough
def test_text_of_unknown_outcome_is_sent_again(watched: World) -> None:
    watched.clock.move_to("2026-11-23T21:30:00")
    watched.settle()
    watched.phones.faults.fail_500 = 1
    watched.advance(minutes=4)

    assert watched.bodies(CANARY) == ["Test call 1: called, recorded, texted. Nothing to do."]
    assert last_run(watched).has_passed is True


def test_call_that_the_phone_system_refuses(watched: World) -> None:
    watched.phones.exchange.own_numbers.clear()
    watched.advance(minutes=2)

    run = last_run(watched)
    assert (run.progress.missing, run.why) == (Hop.CALLED, "Twilio refused it with 400")
    assert watched.bodies(ADA) == [f"{FAILED}the phone system did not place it (Twilio refused it with 400).{LOOK}"]


@pytest.mark.thorough
def test_phone_system_that_has_too_much_to_do_for_a_moment_raises_no_alarm(watched: World) -> None:
    watched.phones.faults.refuse_429 = 3

    watched.advance(minutes=5)

    assert last_run(watched).has_passed is True
    assert watched.bodies(ADA) == []


def test_call_of_unknown_outcome_that_went_out_passes(watched: World) -> None:
    watched.phones.faults.accept_then_hang = 1
    watched.advance(minutes=5)

    assert last_run(watched).has_passed is True


def test_call_of_unknown_outcome_that_did_not_go_out_is_made_again(watched: World) -> None:
    watched.phones.faults.fail_500 = 1
    watched.advance(minutes=5)

    assert last_run(watched).has_passed is True
    assert watched.bodies(ADA) == []


@pytest.mark.parametrize("seconds", [0, 3, 8, 12, 16])
def test_restart_in_the_middle_changes_nothing(watched: World, seconds: int) -> None:
    watched.advance(minutes=1, seconds=seconds)
    watched.restart()
    watched.advance(minutes=4)

    assert last_run(watched).has_passed is True
    assert watched.bodies(ADA) == []


def test_webhooks_that_come_twice_change_nothing(watched: World) -> None:
    watched.phones.faults.duplicate_webhooks = True
    watched.phones.faults.double_reports = True
    watched.advance(minutes=5)

    assert last_run(watched).has_passed is True
    assert watched.bodies(CANARY) == ["Test call 1: called, recorded, texted. Nothing to do."]


@pytest.mark.thorough
def test_real_voicemail_in_the_same_minute_is_a_case_like_any_other(watched: World) -> None:
    watched.advance(minutes=1, seconds=2)
    watched.voicemail(CALLER)
    watched.advance(minutes=4)

    assert [case["caller"] for case in watched.cases()] == [CALLER]
    assert last_run(watched).has_passed is True


@pytest.mark.thorough
def test_recording_of_a_test_call_that_only_a_fallback_answered_alerts_nobody(watched: World) -> None:
    watched.phones.faults.drop_reports = True  # nor does the end of the call come
    watched.phones.ours.voice_url = ""
    watched.phones.ours.fallback_twiml = (
        '<Response><Record recordingStatusCallback="https://afterhours.example/twilio/recording"'
        ' recordingStatusCallbackEvent="completed absent"/></Response>'
    )
    watched.advance(minutes=8)

    (case,) = watched.cases()
    assert (case["state"], case["callback_due"]) == ("closed", None)
    assert paged(watched, AT_RUN) == []
    assert last_run(watched).progress.missing is Hop.ANSWERED


@pytest.mark.thorough
def test_nameless_voicemail_during_a_lost_test_call_is_alerted_a_moment_later(watched: World) -> None:
    watched.phones.ours.voice_url = ""
    watched.advance(minutes=1, seconds=5)
    left = watched.now
    watched.find_recording(left)

    watched.advance(seconds=25)

    assert paged(watched, left) == ["0:20 Sam sms"]


def test_call_from_the_canary_that_nobody_waits_for_is_no_case(watched: World) -> None:
    watched.phones.leave_voicemail(CANARY)
    watched.advance(seconds=30)

    assert watched.cases() == []
    assert watched.bodies(LEE) == []


@pytest.mark.thorough
def test_next_run_after_a_failed_one_may_pass(watched: World) -> None:
    watched.phones.faults.drop_recording_reports = True
    watched.advance(minutes=5)
    watched.phones.faults.drop_recording_reports = False

    run = canaries.start(watched.program.desk, watched.now)
    watched.advance(timedelta(minutes=2))

    assert canaries.run_of(watched.program.desk, run.number).has_passed is True
