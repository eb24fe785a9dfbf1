"""A callback that runs through us: the phone network measures it, and that keeps the promise."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from tests.support.callbacks import call_back, legs, second
from tests.support.fixtures import DANA, LEE, MARIA
from tests.support.world import CALLER, OUR_NUMBER, Build, World
from triage.services.sla_report import Question, sla_report
from webhooks.simulator.faults import Faults, Webhook
from webhooks.simulator.phone_system import Behaviour


def test_technician_is_rung_put_through_and_the_conversation_is_the_callback(world: World) -> None:
    world.voicemail(attested=True)
    world.advance(minutes=3)

    answer = world.text(LEE, "CALL")
    world.phones.add_phone(CALLER, "Caller", talks_for=723)
    world.phones.set_keys(LEE, "1")
    world.advance(minutes=15)

    [leg] = legs(world)
    case = world.case()
    assert answer == "1001: we ring you now. Press 1, and you are put through to +16145550199."
    assert (leg.to, leg.from_, leg.seconds) == (CALLER, OUR_NUMBER, 723)
    assert case["state"] == "called_back"
    assert (case["callback_basis"], case["callback_made_at"]) == ("measured", second(leg.started_at))
    assert world.bodies(LEE)[-1] == (
        "1001: 12 min 03 s on the phone, promise met. Reply DONE 1001 <note>; work after it: DONE 1001 <minutes>."
    )
    assert world.text(LEE, "DONE replaced the gateway card") == (
        "1001 is closed: 12 min 03 s measured, after-hours rate, $247.50."
    )
    [session] = world.case()["sessions"]
    assert (session["measured"], session["measured_s"], session["stated_minutes"], session["minutes"]) == (
        True,
        723,
        None,
        13,
    )
    assert session["lines"][0]["arithmetic"].startswith("12 min 03 s measured, each minute begun counts: 13 min worked")


def test_technician_hears_the_case_twice_and_only_key_1_dials(world: World) -> None:
    world.voicemail(attested=True)
    world.phones.set_keys(LEE, "")
    world.text(LEE, "CALL")
    world.advance(minutes=2)

    [call] = world.phones.phone(LEE).calls

    assert call.heard == (
        "Press 1 to call back case 1 0 0 1, at 6 1 4, 5 5 5, 0 1 9 9. 119 minutes left.",
        "Press 1 to call back case 1 0 0 1, at 6 1 4, 5 5 5, 0 1 9 9. 119 minutes left.",
        "No key was pressed. Nobody was called. Text C A L L to be rung again. Goodbye.",
    )
    assert legs(world) == []
    assert world.case()["state"] == "acknowledged"


@pytest.mark.parametrize(
    ("behaviour", "outcome", "words"),
    [(Behaviour.BUSY, "busy", "busy"), (Behaviour.DEAD, "no_answer", "no answer")],
)
def test_caller_who_does_not_pick_up_is_an_attempt_that_the_network_proves(
    world: World, behaviour: Behaviour, outcome: str, words: str
) -> None:
    world.voicemail(attested=True)
    world.phones.set_behaviour(CALLER, behaviour)

    call_back(world)

    [attempt] = world.case()["attempts"]
    [leg] = legs(world)
    assert (attempt["proven"], attempt["outcome"], attempt["at"]) == (True, outcome, second(leg.ended_at))
    assert world.case()["callback_made_at"] is None
    assert world.bodies(LEE)[-1].startswith(f"1001: {words}, attempt on record. Try again in 10 minutes: CALL 1001.")


def test_two_attempts_ten_minutes_apart_meet_the_promise_and_say_so(world: World) -> None:
    world.voicemail(attested=True)
    world.phones.set_behaviour(CALLER, Behaviour.BUSY)

    call_back(world)
    world.advance(minutes=5)
    call_back(world)

    case = world.case()
    assert (case["state"], case["callback_basis"]) == ("called_back", "attempts")
    assert case["callback_made_at"] == second(legs(world)[-1].ended_at)
    assert world.bodies(LEE)[-1] == (
        "1001: busy, attempt on record; the promise is met by attempts. Reply DONE 1001 to close it."
    )
    assert world.text(LEE, "DONE") == "1001 is closed: 0 min, not billed."


@pytest.mark.thorough
def test_a_call_after_the_deadline_is_told_as_late(build_world: Build) -> None:
    world = build_world(policy='windows.overnight.callback_within = "60s"')
    world.voicemail(attested=True)
    world.advance(minutes=4)

    call_back(world)

    assert world.bodies(LEE)[-1].startswith("1001: 2 min 05 s on the phone, called 3 min late. Reply DONE 1001")


@pytest.mark.thorough
def test_after_no_answer_key_1_tries_again_on_the_same_call(world: World) -> None:
    world.voicemail(attested=True)
    world.phones.set_behaviour(CALLER, Behaviour.BUSY)

    call_back(world, keys="111")

    assert [leg.status for leg in legs(world)] == ["busy", "busy", "busy"]
    assert len(world.case()["attempts"]) == 3
    assert len({leg.parent_sid for leg in legs(world)}) == 1


def test_several_calls_add_up_in_one_session_rounded_once(world: World) -> None:
    world.voicemail(attested=True)
    for _ in range(3):
        call_back(world, talks_for=1_221)
        world.advance(minutes=30)

    world.advance(minutes=60)

    assert world.text(LEE, "DONE 90 rebuilt the dial plan") == (
        "1001 is closed: 61 min 03 s measured + 90 min stated, counted as 152 min, after-hours rate, $742.50."
    )
    [session] = world.case()["sessions"]
    assert (session["measured_s"], session["stated_minutes"], session["minutes"]) == (3_663, 90, 152)
    assert session["measured"] is False
    assert session["lines"][0]["arithmetic"].startswith(
        "61 min 03 s measured + 90 min stated = 151 min 03 s, each minute begun counts: 152 min worked, at least 60"
    )


def test_case_cannot_be_closed_while_the_caller_is_on_the_line(world: World) -> None:
    world.voicemail(attested=True)
    world.phones.add_phone(CALLER, "Caller", talks_for=600)
    world.phones.set_keys(LEE, "1")
    world.text(LEE, "CALL")
    world.advance(minutes=2)

    assert world.text(LEE, "DONE 5") == (
        "1001: the call to the caller is not over. Nothing was changed. Reply again after it."
    )
    assert world.text(DANA, "CALL 1001") == "1001: Lee is on the phone with the caller now. Nothing was changed."


@pytest.mark.thorough
def test_conversation_that_began_in_time_keeps_the_promise_though_it_ends_late(world: World) -> None:
    world.voicemail(attested=True)
    due = world.case()["callback_due"]
    world.at(due - timedelta(seconds=30))

    call_back(world, talks_for=600)
    world.advance(minutes=10)

    assert world.case()["breached_at"] is None
    assert world.case()["callback_made_at"] < due
    assert "breached" not in world.kinds()


@pytest.mark.thorough
def test_technicians_phone_that_is_busy_is_told_by_text(world: World) -> None:
    world.voicemail(attested=True)
    world.phones.set_behaviour(LEE, Behaviour.BUSY)

    world.text(LEE, "CALL")
    world.advance(minutes=1)

    assert world.bodies(LEE)[-1] == (
        "1001: we could not ring you: the line was busy. Reply CALL 1001 to try again, or call +16145550199 yourself."
    )
    assert world.case()["state"] == "acknowledged"


def test_second_call_is_not_placed_while_the_first_rings(world: World) -> None:
    world.voicemail(attested=True)
    world.text(LEE, "CALL")

    assert world.text(LEE, "CALL") == "1001: your phone rings already. Pick up and press 1."


@pytest.mark.thorough
def test_call_of_which_nothing_was_heard_does_not_stand_in_the_way_of_another(world: World) -> None:
    world.voicemail(attested=True)
    world.phones.add_phone(LEE, "Lee", picks_up_after=500)
    world.phones.faults.drop.add(Webhook.CALL_STATUS)
    world.text(LEE, "CALL")
    world.advance(minutes=1, seconds=1)

    assert (world.text(LEE, "CALL") or "").startswith("1001: we ring you now.")


def test_somebody_elses_case_is_not_called(team: World) -> None:
    team.voicemail(attested=True)
    team.text(LEE, "ACK")

    answer = team.text(DANA, "CALL 1001")

    assert answer == "1001 is with Lee since 9:30 PM EST. Nothing for you to do."
    assert team.phones.phone(DANA).calls == ()


WHAT_GOES_WRONG: dict[str, Callable[[Faults], object]] = {
    "nothing": lambda faults: None,
    "every webhook twice": lambda faults: setattr(faults, "duplicate_webhooks", True),
    "reports lost": lambda faults: faults.drop.add(Webhook.CALL_STATUS),
    "reports twice": lambda faults: faults.double.add(Webhook.CALL_STATUS),
    "reports turned round": lambda faults: faults.reverse.add(Webhook.CALL_STATUS),
}
FAULTS = [
    pytest.param(fault, marks=[] if fault == "reports lost" else [pytest.mark.thorough]) for fault in WHAT_GOES_WRONG
]


@pytest.mark.every_case
@pytest.mark.parametrize("who", ["caller", "technician"])
@pytest.mark.parametrize("fault", FAULTS)
def test_measured_time_is_the_callers_leg_to_the_second_whoever_hangs_up_and_whatever_becomes_of_the_reports(
    world: World, fault: str, who: str
) -> None:
    world.voicemail(attested=True)
    world.phones.add_phone(CALLER, "Caller", talks_for=723 if who == "caller" else 3_000)
    world.phones.add_phone(LEE, "Lee", will_press="1", hangs_up_after=None if who == "caller" else 611)
    WHAT_GOES_WRONG[fault](world.phones.faults)

    world.text(LEE, "CALL")
    world.advance(minutes=20)

    [leg] = legs(world)
    [bridge] = world.case()["bridges"]
    assert leg.seconds == bridge["seconds"] == (723 if who == "caller" else 611)
    assert (bridge["outcome"], bridge["ended_at"]) == ("connected", second(leg.ended_at))
    assert world.case()["callback_made_at"] == second(leg.started_at)
    assert [kind for kind in world.kinds() if kind == "called_back"] == ["called_back"]
    assert len([body for body in world.bodies(LEE) if "on the phone, promise met" in body]) == 1


@pytest.mark.every_case
@pytest.mark.parametrize("behaviour", [Behaviour.BUSY, Behaviour.DEAD])
@pytest.mark.parametrize("fault", FAULTS)
def test_attempt_is_on_record_once_whatever_becomes_of_the_reports(
    world: World, fault: str, behaviour: Behaviour
) -> None:
    world.voicemail(attested=True)
    world.phones.set_behaviour(CALLER, behaviour)
    world.phones.set_keys(LEE, "1")
    WHAT_GOES_WRONG[fault](world.phones.faults)

    world.text(LEE, "CALL")
    world.advance(minutes=6)

    [leg] = legs(world)
    [attempt] = world.case()["attempts"]
    assert (attempt["proven"], attempt["at"]) == (True, second(leg.ended_at))
    assert world.case()["callback_made_at"] is None


@pytest.mark.thorough
def test_report_that_comes_after_the_deadline_withdraws_a_breach_that_was_none(world: World) -> None:
    world.voicemail(attested=True)
    due = world.case()["callback_due"]
    world.at(due - timedelta(seconds=90))
    world.phones.add_phone(CALLER, "Caller", talks_for=1_200)
    world.phones.add_phone(LEE, "Lee", will_press="1", hangs_up_after=900)
    world.phones.faults.drop.add(Webhook.CALL_STATUS)

    world.text(LEE, "CALL")
    world.at(due)
    assert world.case()["breached_at"] == due
    world.advance(minutes=20)

    case = world.case()
    assert (case["breached_at"], case["callback_basis"]) == (None, "measured")
    assert case["callback_made_at"] < due
    assert "breach_withdrawn" in world.kinds()
    assert world.bodies(MARIA)[-1].endswith("Not overdue: Lee called back in time, 11:28 PM EST.")
    assert "Not overdue" not in " ".join(world.bodies(LEE))
    report = sla_report(world.program.desk, Question(first=date(2026, 11, 20), last=date(2026, 11, 20)), world.now)
    assert (report["totals"]["met"], report["totals"]["breached"]) == (1, 0)


@pytest.mark.thorough
def test_call_that_ends_while_the_caller_is_rung_makes_no_attempt(world: World) -> None:
    world.voicemail(attested=True)
    world.phones.add_phone(CALLER, "Caller", picks_up_after=25)
    world.phones.set_keys(LEE, "1")
    world.text(LEE, "CALL")
    world.advance(seconds=20)

    parent = next(call for call in world.phones.calls() if call.direction == "outbound-api")
    world.phones.calling.hang_up(parent.sid, "completed")
    world.advance(minutes=5)

    assert [bridge["outcome"] for bridge in world.case()["bridges"]] == ["canceled"]
    assert world.case()["attempts"] == []


@pytest.mark.thorough
def test_promise_is_counted_from_the_call_that_reached_the_caller_where_the_one_before_was_a_box(team: World) -> None:
    team.voicemail(attested=True)
    due = team.case()["callback_due"]
    team.at(due - timedelta(minutes=3))
    team.phones.add_phone(CALLER, "Caller", talks_for=20)
    team.phones.set_keys(LEE, "1")
    team.text(LEE, "CALL 1001")
    team.at(due + timedelta(minutes=1))
    team.phones.add_phone(CALLER, "Caller", talks_for=100)
    team.phones.set_keys(DANA, "1")
    team.text(DANA, "CALL 1001")
    team.advance(minutes=3)

    team.text(LEE, "TRIED 1001")

    case, [box, talk] = team.case(), legs(team)
    assert [bridge["outcome"] for bridge in case["bridges"]] == ["box", "connected"]
    assert (case["owner"], case["callback_made_at"]) == ("dana", second(talk.started_at))
    assert case["breached_at"] == team.now
    assert [(work["technician"], work["opened_at"]) for work in case["sessions"]] == [("dana", second(talk.started_at))]
    assert case["attempts"][0]["at"] == second(box.started_at)
