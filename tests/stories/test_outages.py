"""Nothing is missed while webhooks are lost or the daemon is down: the phone system's lists make up for it."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from tests.support.fixtures import ADA, TEAM
from tests.support.world import CALLER, OUR_NUMBER, PUBLIC_URL, Build, World
from triage.services.reconciler import claim_look, take_look
from triage.store import chain
from webhooks.simulator.records import Call, Recording, new_sid

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
BIN = f"""<Response><Say>This call is recorded.</Say><Record timeout="0" finishOnKey="" maxLength="300"
 recordingStatusCallback="{PUBLIC_URL}/twilio/recording" recordingStatusCallbackEvent="completed absent"/></Response>"""
SHORT = '[reconciler]\nlooks_back = "5m"'
QUIET = """
[promise]
realert_after_breach = "24h"

[ladder]
rounds = 1

[[ladder.steps]]
after = "0s"
to = ["primary"]
by = ["sms"]
"""
"""One alert a case, and one more when it is overdue: these stories are about what comes in."""


@pytest.fixture
def watched(build_world: Build) -> World:
    """The team's Friday night, a fallback document at the phone system, and lists that are read."""
    return with_fallback(build_world(roster=TEAM, policy=QUIET, reconciles=True))


def with_fallback(world: World) -> World:
    world.phones.ours.fallback_twiml = BIN
    world.advance(minutes=1)
    return world


def lose_webhooks(world: World) -> None:
    world.phones.faults.drop_webhooks = True


def leave(world: World, caller: str = CALLER, **how: object) -> datetime:
    """A voicemail is left now, whoever hears of it; when it ended."""
    world.phones.leave_voicemail(caller, **how)  # type: ignore[arg-type]
    return world.now.replace(microsecond=0)


def be_down(world: World, span: timedelta) -> None:
    """Time passes in which nothing of ours runs."""
    lose_webhooks(world)
    world.clock.tick(span)


def come_back(world: World) -> None:
    """Webhooks reach us, and our processes start again."""
    world.phones.faults.drop_webhooks = False
    world.restart()
    world.advance(seconds=1)


def left_by_caller(world: World) -> dict[str, datetime]:
    return {case["caller"]: case["left_at"] for case in world.cases()}


@pytest.mark.thorough
def test_six_hours_without_a_webhook_delay_no_case_by_ten_minutes(watched: World) -> None:
    lose_webhooks(watched)
    left = {}
    for number in range(6):
        left[f"+1216555000{number}"] = leave(watched, f"+1216555000{number}")
        watched.advance(minutes=10)
        assert left_by_caller(watched) == left
        watched.clock.tick(50 * MINUTE)
    watched.phones.faults.drop_webhooks = False
    watched.advance(minutes=10)

    cases = watched.cases()
    assert left_by_caller(watched) == left
    assert len(cases) == 6
    assert all(case["callback_due"] == case["left_at"] + 2 * HOUR for case in cases)
    assert all(case["opened_at"] - case["left_at"] < 7 * MINUTE for case in cases)
    assert {(case["window"], *case["flags"]) for case in cases} == {("overnight", "not_attested")}


@pytest.mark.thorough
def test_six_hours_of_a_dead_daemon_are_made_up_at_its_start(watched: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("triage.transports.twilio_lists._PAGE", 4)
    lose_webhooks(watched)
    left = {}
    for number in range(6):
        left[f"+1216555000{number}"] = leave(watched, f"+1216555000{number}")
        be_down(watched, HOUR)

    come_back(watched)

    cases = watched.cases()
    assert left_by_caller(watched) == left
    assert [case["left_at"] for case in cases] == sorted(left.values())
    assert all(case["callback_due"] == case["left_at"] + 2 * HOUR for case in cases)
    assert {case["caller"] for case in cases if case["breached_at"]} == {
        caller for caller, at in left.items() if at + 2 * HOUR <= watched.now
    }
    [told] = [body for body in watched.bodies(ADA) if body.startswith("We were down")]
    assert told == (
        "We were down Fri 9:31 PM EST to 3:31 AM EST. 6 voicemails were left meanwhile: 1001 1002 1003 1004 1005 1006,"
        " with their own times."
    )


@pytest.mark.thorough
def test_the_night_that_clocks_go_back_is_made_up_as_it_was(build_world: Build) -> None:
    world = with_fallback(
        build_world(at="2026-11-01T03:29:00", roster=TEAM, policy=QUIET, reconciles=True)
    )  # 11:29 PM EDT
    lose_webhooks(world)
    left = {}
    for number, minutes in enumerate((60, 60, 60, 60, 340, 30)):  # 11:30 PM EDT to 2:30 AM EST, and 8:10
        left[f"+1216555000{number}"] = leave(world, f"+1216555000{number}")
        be_down(world, minutes * MINUTE)

    come_back(world)

    cases = world.cases()
    assert [(case["left_at"], case["callback_due"]) for case in cases] == [
        (at, at + 2 * HOUR) for at in sorted(left.values())
    ]
    assert [case["window"] for case in cases] == [*["overnight"] * 5, "other"]
    assert {later - earlier for earlier, later in pairwise(sorted(left.values())[:5])} == {HOUR}


def test_an_outage_is_on_record_and_a_restart_is_none(watched: World) -> None:
    began = watched.now
    be_down(watched, HOUR)
    come_back(watched)
    watched.advance(minutes=1)
    watched.restart()

    with watched.program.desk.store.read() as session:
        outage = chain.newest_of(session, "outage")
        assert outage is not None
        assert [datetime.fromisoformat(outage.details[name]) for name in ("began", "ended")] == [began, began + HOUR]


@pytest.mark.thorough
def test_lists_that_lag_hold_a_voicemail_up_no_longer_than_that(watched: World) -> None:
    watched.phones.faults.lists_lag = 20 * MINUTE
    lose_webhooks(watched)
    at = leave(watched)

    watched.advance(minutes=27)

    assert left_by_caller(watched) == {CALLER: at}


def test_lists_that_fail_are_read_again_within_minutes(watched: World) -> None:
    lose_webhooks(watched)
    at = leave(watched)
    watched.phones.faults.fail_reads = 7

    watched.advance(minutes=9)

    assert left_by_caller(watched) == {CALLER: at}


@pytest.mark.thorough
def test_lists_that_fail_at_the_start_hold_up_no_deadline(watched: World) -> None:
    watched.voicemail()
    be_down(watched, 2 * HOUR)
    watched.phones.faults.fail_reads = 3

    come_back(watched)

    assert watched.case()["breached_at"] is not None


@pytest.mark.thorough
def test_a_recording_that_takes_longer_than_the_margin_is_waited_for(build_world: Build) -> None:
    world = with_fallback(build_world(roster=TEAM, policy=SHORT + QUIET, reconciles=True))
    lose_webhooks(world)
    call = world.phones.leave_voicemail(CALLER)
    sid = call.recording_sid or ""
    finished = world.phones.exchange.recordings[sid]
    world.phones.exchange.recordings[sid] = Recording(
        sid=sid, call_sid=call.sid, status="processing", started_at=finished.started_at,
        created_at=finished.created_at, seconds=30,
    )  # fmt: skip

    world.advance(minutes=40)
    before = len(world.cases())
    world.phones.exchange.recordings[sid] = finished
    world.advance(minutes=2)

    assert (before, len(world.cases())) == (0, 1)


@pytest.mark.thorough
def test_webhooks_that_come_are_not_raced(watched: World) -> None:
    watched.voicemail()
    watched.advance(minutes=30)

    assert "found_by_reconciler" not in watched.kinds()
    assert watched.bodies(ADA) == []


@pytest.mark.thorough
def test_what_was_found_is_told_of_once_and_by_nobody_twice(watched: World) -> None:
    watched.phones.faults.drop_recording_reports = True
    lose_webhooks(watched)
    for number in range(3):
        leave(watched, f"+1216555000{number}")
        watched.advance(minutes=15)

    assert [watched.kinds(ref).count("found_by_reconciler") for ref in ("1001", "1002", "1003")] == [1, 1, 1]
    assert watched.bodies(ADA) == [
        "Twilio's webhooks do not reach us: 1 voicemail came by its lists only: 1001. Run afterhours doctor."
    ]


@pytest.mark.thorough
def test_a_webhook_that_comes_hours_later_finds_its_voicemail_known(watched: World) -> None:
    lose_webhooks(watched)
    call = watched.phones.leave_voicemail(CALLER)
    watched.advance(minutes=10)
    watched.phones.faults.drop_webhooks = False

    watched.post(
        "/twilio/recording", CallSid=call.sid, RecordingSid=call.recording_sid or "", RecordingStatus="completed"
    )

    assert len(watched.case()["recordings"]) == 1
    assert watched.kinds().count("voicemail_left") == 1


@pytest.mark.thorough
def test_only_the_recording_report_is_lost_and_the_keys_count(watched: World) -> None:
    watched.phones.faults.drop_recording_reports = True
    watched.voicemail(attested=True)
    watched.advance(minutes=10)

    case = watched.case()
    assert (case["caller"], case["flags"]) == (CALLER, [])


@pytest.mark.thorough
def test_a_silent_call_of_the_outage_is_a_missed_call_as_its_webhook_would_have_it(watched: World) -> None:
    lose_webhooks(watched)
    watched.phones.leave_voicemail(CALLER, silent=True)
    watched.advance(minutes=10)

    case = watched.case()
    assert case["caller"] == CALLER
    assert "no_recording" in case["flags"]


def test_a_call_that_left_no_word_is_on_record_and_nothing_is_owed(watched: World) -> None:
    lose_webhooks(watched)
    call = watched.phones.leave_voicemail(CALLER, hang_up_at_greeting=True)
    watched.advance(minutes=10)

    assert watched.cases() == []
    with watched.program.desk.store.read() as session:
        found = chain.newest_of(session, "call_found")
        assert found is not None
        assert (found.details["call"], found.details["status"]) == (call.sid, "completed")
    assert watched.bodies(ADA) == []


@pytest.mark.parametrize(
    ("to", "direction", "source"),
    [
        ("+16145550177", "inbound", "RecordVerb"),
        (CALLER, "outbound-api", "RecordVerb"),
        (OUR_NUMBER, "inbound", "DialVerb"),
        (CALLER, "outbound-api", "OutboundAPI"),
    ],
    ids=["another number", "a call of ours", "a conversation", "a recorded call of ours"],
)
def test_what_is_no_message_to_us_becomes_no_case(watched: World, to: str, direction: str, source: str) -> None:
    at, call, recording = watched.now, new_sid("CA"), new_sid("RE")
    watched.phones.exchange.calls[call] = Call(
        sid=call, from_=CALLER, to=to, direction=direction, status="completed",
        created_at=at, started_at=at, ended_at=at + MINUTE,
    )  # fmt: skip
    watched.phones.exchange.recordings[recording] = Recording(
        sid=recording, call_sid=call, status="completed", started_at=at, created_at=at, seconds=60, source=source
    )

    watched.advance(minutes=10)

    assert watched.cases() == []


@pytest.mark.thorough
def test_a_clock_that_was_a_day_ahead_for_a_moment_hides_no_voicemail(watched: World) -> None:
    now = watched.now
    watched.clock.tick(24 * HOUR)
    watched.sweep()
    watched.clock.move_to(now.replace(tzinfo=None))
    watched.sweep()
    lose_webhooks(watched)
    at = leave(watched)

    watched.advance(minutes=9)

    assert left_by_caller(watched) == {CALLER: at}
    assert len(watched.entries("clock_was_ahead")) == 1


@pytest.mark.thorough
def test_a_report_whose_times_cannot_be_read_gets_them_from_the_phone_system(watched: World) -> None:
    watched.phones.faults.drop_recording_reports = True
    call = watched.phones.leave_voicemail(CALLER, seconds=40)
    left = watched.now.replace(microsecond=0)
    watched.clock.tick(20 * MINUTE)
    sids = {"CallSid": call.sid, "RecordingSid": call.recording_sid or "", "RecordingStatus": "completed"}

    watched.post("/twilio/recording", **sids, RecordingStartTime="half past nine", RecordingDuration="forty")
    watched.advance(seconds=10)

    case = watched.case()
    assert (case["left_at"], case["voicemails"][0]["seconds"]) == (left, 40)
    assert case["callback_due"] == left + 2 * HOUR


@pytest.mark.thorough
def test_a_case_that_was_sorted_without_its_call_is_sorted_again_by_the_list(build_world: Build) -> None:
    world = build_world(at="2026-11-20T23:59:30", roster=TEAM, policy=QUIET, reconciles=True)  # 6:59:30 PM EST
    world.advance(seconds=1)
    answered, call = world.now + timedelta(minutes=59), new_sid("CA")
    world.clock.tick(62 * MINUTE)
    world.phones.exchange.calls[call] = Call(
        sid=call, from_=CALLER, to=OUR_NUMBER, direction="inbound", status="completed",
        created_at=answered, started_at=answered, ended_at=world.now,
    )  # fmt: skip
    world.phones.faults.fail_reads = 1_000_000
    world.find_recording(world.now, CallSid=call)
    guessed = world.case()["window"]
    world.clock.tick(2 * MINUTE)
    world.phones.faults.fail_reads = 0
    desk = world.program.desk
    look = claim_look(desk, world.now + HOUR)
    assert look is not None
    take_look(desk, world.phone_system.traffic, look, world.program.now)

    case = world.case()
    assert (guessed, case["window"], case["rate"]) == ("overnight", "evening", "standard")
    assert (case["answered_at"], case["caller"]) == (answered.replace(microsecond=0), CALLER)
