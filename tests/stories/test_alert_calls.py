"""Calls that alert: only a key answers one; everything else moves the ladder on within seconds."""

from __future__ import annotations

import pytest

from tests.support.fixtures import ADA, DANA, LEE, MARIA, TEAM
from tests.support.wire import Wire, call_form
from tests.support.world import CALLER, Build, World
from webhooks.simulator.phone_system import Behaviour, Webhook
from webhooks.simulator.records import Call, new_sid

CALLED_AT_ONCE = """
[[ladder.steps]]
after = "0s"
to = ["primary"]
by = ["sms", "voice"]

[[ladder.steps]]
after = "10m"
to = ["secondary"]
by = ["sms", "voice"]

[[ladder.steps]]
after = "20m"
to = ["managers"]
by = ["sms", "voice"]
"""
LEE_AT_ONCE = ["0:00 Lee call", "0:00 Lee sms"]
NOT_TAKEN = "You did not take it, so others are alerted. To take case 1 0 0 1, text A C K."
NO_KEY = "No key was pressed, so others are alerted. To take case 1 0 0 1, text A C K."


@pytest.fixture
def lee_is_called(build_world: Build) -> World:
    """Lee's phone rings as soon as a voicemail was left; Dana's comes next, and then Maria's."""
    return build_world(roster=TEAM, policy=CALLED_AT_ONCE)


def calls_of(world: World, phone: str) -> list[Call]:
    return [call for call in world.phones.phone(phone).calls if call.direction == "outbound-api"]


def details(world: World, kind: str, **wanted: str) -> list[dict[str, object]]:
    """What the events of a kind say."""
    found = [event["details"] for event in world.case()["events"] if event["kind"] == kind]
    return [one for one in found if wanted.items() <= one.items()]


def failures(world: World) -> list[tuple[object, object]]:
    """Whom a call did not get an answer from, and why."""
    return [(one["person"], one["why"]) for one in details(world, "delivery_failed", channel="voice")]


def test_key_1_takes_the_case_and_the_ladder_waits(lee_is_called: World) -> None:
    world, left = lee_is_called, lee_is_called.now
    world.phones.set_keys(LEE, "1")

    world.voicemail(attested=True)
    world.advance(minutes=44)

    assert world.pages(left) == LEE_AT_ONCE
    assert (world.case()["state"], world.case()["owner"]) == ("acknowledged", "lee")
    assert calls_of(world, LEE)[0].heard[-5:] == (
        "Case 1 0 0 1 is yours. 119 minutes left. Call 6 1 4, 5 5 5, 0 1 9 9.",
        "Again: 6 1 4, 5 5 5, 0 1 9 9.",
        "To call back now, press 2. To pass it on, 3. To hear the message, 9.",
        "After it, text D O N E and the minutes. If nobody answers, text T R I E D.",
        "Goodbye.",
    )
    [key] = details(world, "key_pressed")
    assert (key["person"], key["key"]) == ("lee", "1")
    assert [one["person"] for one in details(world, "delivery_delivered", channel="voice")] == ["lee"]


def test_key_2_takes_the_case_and_puts_the_technician_through(lee_is_called: World) -> None:
    world = lee_is_called
    world.phones.set_keys(LEE, "2")
    world.phones.add_phone(CALLER, "Caller", talks_for=245)

    world.voicemail(attested=True)
    world.advance(minutes=10)

    [leg] = [call for call in world.phones.calls() if call.direction == "outbound-dial"]
    case = world.case()
    assert (leg.to, leg.seconds) == (CALLER, 245)
    assert (case["state"], case["owner"], case["callback_basis"]) == ("called_back", "lee", "measured")
    assert world.text(LEE, "DONE") == "1001 is closed: 4 min 05 s measured, after-hours rate, $247.50."


def test_key_3_passes_the_case_on_at_once(lee_is_called: World) -> None:
    world, left = lee_is_called, lee_is_called.now
    world.phones.set_keys(LEE, "3")

    world.voicemail(attested=True)
    world.advance(seconds=35)

    assert [page for page in world.pages(left) if "Dana" in page] == ["0:24 Dana call", "0:24 Dana sms"]
    assert calls_of(world, LEE)[0].heard[-2:] == ("You passed on case 1 0 0 1. Now it goes to Dana.", "Goodbye.")
    assert failures(world) == []
    assert world.kinds().count("passed") == 1


def test_key_9_plays_the_message_and_asks_again(lee_is_called: World) -> None:
    world = lee_is_called
    world.phones.set_keys(LEE, "91")

    world.voicemail(attested=True)
    world.advance(minutes=2)

    assert [one["key"] for one in details(world, "key_pressed")] == ["9", "1"]
    assert world.case()["owner"] == "lee"


@pytest.mark.thorough
def test_whoever_took_the_case_may_hear_the_message_on_the_same_call_and_then_call_back(lee_is_called: World) -> None:
    world = lee_is_called
    world.phones.set_keys(LEE, "192")
    world.phones.add_phone(CALLER, "Caller", talks_for=245)

    world.voicemail(attested=True)
    world.advance(minutes=10)

    [call], case = calls_of(world, LEE), world.case()
    [played] = [event["actor"] for event in case["events"] if event["kind"] == "recording_played"]
    assert [sentence for sentence in call.heard if "plays" in sentence or "That was" in sentence][1] == (
        "That was case 1 0 0 1. To call back now, press 2. To pass it on, 3. To hear the message, 9."
    )
    assert (played, case["owner"], case["callback_basis"]) == ("person:lee", "lee", "measured")
    assert world.kinds().count("acknowledged") == 1


@pytest.mark.thorough
def test_key_9_is_not_offered_where_there_never_will_be_a_recording(lee_is_called: World) -> None:
    lee_is_called.phones.set_keys(LEE, "1")
    sids = {"CallSid": new_sid("CA"), "RecordingSid": new_sid("RE")}
    lee_is_called.post("/twilio/recording", **sids, RecordingStatus="absent", From=CALLER)
    lee_is_called.advance(minutes=2)

    assert "To hear" not in lee_is_called.heard(LEE)[0]


@pytest.mark.thorough
def test_whoever_listens_and_decides_nothing_has_not_answered(lee_is_called: World) -> None:
    world, left = lee_is_called, lee_is_called.now
    world.phones.set_keys(LEE, "9")

    world.voicemail(attested=True)
    world.advance(minutes=2)

    assert failures(world)[0] == ("lee", "picked up, not answered by a key")
    assert NOT_TAKEN in calls_of(world, LEE)[0].heard
    assert [page for page in world.pages(left) if "Dana" in page]


@pytest.mark.thorough
def test_voicemail_box_is_no_answer_and_the_next_person_is_called_when_the_menu_is_over(lee_is_called: World) -> None:
    world, left = lee_is_called, lee_is_called.now
    world.phones.set_behaviour(LEE, Behaviour.VOICEMAIL_BOX)

    world.voicemail(attested=True)
    world.advance(seconds=32)

    assert NO_KEY in calls_of(world, LEE)[0].heard
    assert world.pages(left)[-2:] == ["0:28 Dana call", "0:28 Dana sms"]
    assert failures(world) == [("lee", "picked up, not answered by a key")]
    assert world.bodies(ADA) == []


@pytest.mark.thorough
def test_pocket_is_asked_three_times_and_no_more(lee_is_called: World) -> None:
    world = lee_is_called
    world.phones.set_keys(LEE, "7*0")

    world.voicemail(attested=True)
    world.advance(minutes=2)

    [call, *_] = calls_of(world, LEE)
    assert [one["key"] for one in details(world, "key_pressed")] == ["7", "*", "0"]
    assert sum("That key means nothing here." in said for said in call.heard) == 2
    assert call.heard[-2:] == (NOT_TAKEN, "Goodbye.")
    assert failures(world)[0] == ("lee", "picked up, not answered by a key")


@pytest.mark.thorough
def test_pocket_that_hits_the_right_key_in_the_end_takes_the_case(lee_is_called: World) -> None:
    world = lee_is_called
    world.phones.set_keys(LEE, "771")

    world.voicemail(attested=True)
    world.advance(minutes=2)

    assert world.case()["owner"] == "lee"


@pytest.mark.thorough
def test_whoever_hangs_up_in_the_middle_moves_the_ladder_on(lee_is_called: World) -> None:
    world, left = lee_is_called, lee_is_called.now
    world.phones.set_behaviour(LEE, Behaviour.NORMAL)
    world.voicemail(attested=True)
    world.advance(seconds=5)

    world.phones.calling.hang_up(calls_of(world, LEE)[0].sid, "completed")
    world.advance(seconds=1)

    assert world.pages(left)[-2:] == ["0:06 Dana call", "0:06 Dana sms"]


@pytest.mark.parametrize(("behaviour", "at"), [(Behaviour.BUSY, "0:00"), (Behaviour.ASLEEP, "0:20")])
def test_busy_and_unanswered_phones_move_the_ladder_on(lee_is_called: World, behaviour: Behaviour, at: str) -> None:
    world, left = lee_is_called, lee_is_called.now
    world.phones.set_behaviour(LEE, behaviour)

    world.voicemail(attested=True)
    world.advance(seconds=25)

    assert [page for page in world.pages(left) if "Dana" in page][:2] == [f"{at} Dana call", f"{at} Dana sms"]


@pytest.mark.thorough
def test_phone_rings_as_long_as_the_policy_says(build_world: Build) -> None:
    world = build_world(roster=TEAM, policy='alert_call.rings_for = "12s"\n' + CALLED_AT_ONCE)
    left = world.now

    world.voicemail(attested=True)
    world.advance(seconds=20)

    assert world.pages(left) == [*LEE_AT_ONCE, "0:12 Dana call", "0:12 Dana sms"]


def test_first_key_wins_and_the_other_is_told(team: World) -> None:
    left = team.now
    team.phones.set_keys(DANA, "1")

    team.voicemail(emergency=True, attested=True)
    team.advance(minutes=10)

    assert team.case()["owner"] == "dana"
    assert team.pages(left) == ["0:00 Dana call", "0:00 Dana sms", "0:00 Lee call", "0:00 Lee sms", "0:26 Lee sms"]
    assert team.bodies(LEE)[-1] == (
        "1001 overnight: +16145550199 COLUMBUS OH. EMERGENCY.\nDana has it. Nothing for you to do."
    )


def test_phone_that_still_rings_is_hung_up_when_somebody_takes_the_case(team: World) -> None:
    team.voicemail(emergency=True, attested=True)
    team.advance(seconds=8)

    team.text(DANA, "ACK")
    team.advance(seconds=1)

    assert [call.status for phone in (LEE, DANA) for call in calls_of(team, phone)] == ["canceled", "canceled"]
    assert set(failures(team)) == {
        ("lee", "hung up before anybody picked up"),
        ("dana", "hung up before anybody picked up"),
    }
    assert team.bodies(ADA) == []


@pytest.mark.thorough
def test_call_that_somebody_answered_is_not_cut_off_by_somebody_elses_key(team: World) -> None:
    team.phones.set_behaviour(LEE, Behaviour.NORMAL)
    team.voicemail(emergency=True, attested=True)
    team.advance(seconds=8)

    team.text(DANA, "ACK")
    team.advance(minutes=1)

    [call] = calls_of(team, LEE)
    assert call.status == "completed"
    assert call.heard[-2:] == ("Dana has case 1 0 0 1. Nothing for you to do.", "Goodbye.")
    assert ("lee", "picked up, not answered by a key") in failures(team)


@pytest.mark.thorough
def test_second_key_1_hears_who_was_faster(team: World) -> None:
    team.phones.add_phone(DANA, "Dana", will_press="1")
    team.phones.add_phone(LEE, "Lee", will_press="1", picks_up_after=4)

    team.voicemail(emergency=True, attested=True)
    team.advance(minutes=1)

    assert team.case()["owner"] == "dana"
    assert calls_of(team, LEE)[0].heard[-2:] == ("Dana has case 1 0 0 1. Nothing for you to do.", "Goodbye.")
    assert team.kinds().count("acknowledged") == 1


@pytest.mark.thorough
def test_manager_takes_over_by_key_what_is_overdue(build_world: Build) -> None:
    world = build_world(roster=TEAM, policy='windows.overnight.callback_within = "10m"\npromise.at_risk_before = "1m"')
    world.voicemail(attested=True)
    world.text(DANA, "ACK")
    world.phones.set_keys(MARIA, "1")

    world.advance(minutes=11)

    assert world.case()["owner"] == "maria"
    assert "Dana has it. To take it over, press 1." in calls_of(world, MARIA)[0].heard[0]
    assert world.bodies(DANA)[-1].endswith("Maria has it now. Nothing for you to do.")


@pytest.mark.thorough
def test_key_that_overtakes_the_end_of_its_call_counts_though_the_ladder_moved_on(lee_is_called: World) -> None:
    world, left = lee_is_called, lee_is_called.now
    world.phones.set_behaviour(LEE, Behaviour.NORMAL)
    world.voicemail(attested=True)
    world.advance(seconds=5)
    [call] = calls_of(world, LEE)
    world.phones.calling.hang_up(call.sid, "completed")
    world.advance(seconds=1)

    answer = Wire.of(world).post("/twilio/alert/2/key", call_form(CallSid=call.sid, Digits="1"), query="turn=1")
    world.advance(minutes=30)

    assert answer.status_code == 200
    assert world.pages(left) == [*LEE_AT_ONCE, "0:06 Dana call", "0:06 Dana sms"]
    assert (world.case()["owner"], world.case()["state"]) == ("lee", "acknowledged")
    assert [kind for kind in world.kinds() if kind in {"delivery_failed", "key_pressed", "acknowledged"}] == [
        "delivery_failed",
        "key_pressed",
        "acknowledged",
        "delivery_failed",  # Dana's phone, hung up
    ]


@pytest.mark.parametrize("keys", ["1", "3", "9", "7"])
def test_key_that_is_posted_again_does_nothing_twice(lee_is_called: World, keys: str) -> None:
    world = lee_is_called
    world.phones.set_behaviour(LEE, Behaviour.NORMAL)
    world.voicemail(attested=True)
    [call] = calls_of(world, LEE)
    wire, form = Wire.of(world), call_form(CallSid=call.sid, Digits=keys)
    first = wire.post("/twilio/alert/2/key", form, query="turn=1").get_data(as_text=True)
    world.settle()
    before = (world.kinds(), world.case()["owner"], len(world.phones.messages()))

    again = wire.post("/twilio/alert/2/key", form, query="turn=1").get_data(as_text=True)
    world.settle()

    assert (world.kinds(), world.case()["owner"], len(world.phones.messages())) == before
    assert again == first or keys == "3"


@pytest.mark.every_case
@pytest.mark.parametrize(
    ("keys", "owner"),
    [
        ("1", "lee"),
        ("3", None),
        *(
            pytest.param(keys, owner, marks=pytest.mark.thorough)
            for keys, owner in (("2", "lee"), ("91", "lee"), ("71", "lee"), ("777", None), ("", None))
        ),
    ],
)
@pytest.mark.parametrize("fault", [pytest.param("doubled", marks=pytest.mark.thorough), "reversed", "unreported"])
def test_webhooks_doubled_reversed_or_lost_change_nothing(
    lee_is_called: World, keys: str, owner: str | None, fault: str
) -> None:
    world, left = lee_is_called, lee_is_called.now
    world.phones.faults.duplicate_webhooks = fault == "doubled"
    world.phones.faults.reverse = {Webhook.CALL_STATUS} if fault == "reversed" else set()
    world.phones.faults.drop = {Webhook.CALL_STATUS} if fault == "unreported" else set()
    world.phones.set_keys(LEE, keys)

    world.voicemail(attested=True)
    world.advance(minutes=1, seconds=30)

    assert world.case()["owner"] == owner
    assert "".join(str(one["key"]) for one in details(world, "key_pressed")) == keys
    dana = [page for page in world.pages(left, to=DANA) if page < "1:0"]
    assert [page.split()[2] for page in dana][:2] == ([] if owner else ["call", "sms"])
    assert world.kinds().count("acknowledged") == (1 if owner else 0)
    assert world.kinds().count("passed") == (1 if keys == "3" else 0)
