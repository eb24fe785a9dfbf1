"""A callback that reached a voicemail box: whoever heard it says so, by key or by text, and it is an attempt."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.callbacks import call_back, legs, second
from tests.support.fixtures import LEE
from tests.support.world import CALLER, World
from webhooks.simulator.phone_system import Behaviour


def test_voicemail_box_is_an_attempt_once_the_technician_says_so_by_key(world: World) -> None:
    world.voicemail(attested=True)
    due = world.case()["callback_due"]

    call_back(world, keys="12", talks_for=20)

    case = world.case()
    [attempt] = case["attempts"]
    assert (case["state"], case["callback_made_at"], case["owner"]) == ("acknowledged", None, "lee")
    assert (attempt["proven"], attempt["outcome"], attempt["at"]) == (True, "box", second(legs(world)[0].started_at))
    assert case["sessions"] == []
    assert world.bodies(LEE)[-1].startswith("1001: a voicemail box, attempt on record. Try again in 10 minutes")
    assert not any("promise met" in body for body in world.bodies(LEE))
    assert [kind for kind in world.kinds() if kind.startswith("callback") or kind == "called_back"] == [
        "called_back",
        "callback_withdrawn",
    ]
    world.phones.set_keys(LEE, "")
    world.at(due)
    assert world.case()["breached_at"] == due


def test_voicemail_box_may_be_said_by_text_afterwards(world: World) -> None:
    world.voicemail(attested=True)
    call_back(world, talks_for=20)
    assert world.case()["state"] == "called_back"

    answer = world.text(LEE, "TRIED")

    assert (answer or "").startswith("1001: attempt on record, proven by the phone network; Lee has it.")
    assert world.case()["state"] == "acknowledged"


@pytest.mark.thorough
@pytest.mark.parametrize("talks_for", [0, 1])
def test_words_after_a_call_ask_for_the_minutes_that_done_will_ask_for(world: World, talks_for: int) -> None:
    world.voicemail(attested=True)
    call_back(world, talks_for=talks_for)
    world.advance(seconds=30)
    asked_for = world.bodies(LEE)[-1].split("Reply ")[1].split(";")[0].split(".")[0]

    answer = world.text(LEE, "DONE 1001 new card") or ""

    assert asked_for == ("DONE 1001 <note>" if talks_for else "DONE 1001 <minutes> <note>")
    assert answer.startswith(
        "1001 is closed: " if talks_for else "1001 is yours, callback on record. How many minutes?"
    )


@pytest.mark.thorough
@pytest.mark.parametrize("said_by", ["key", "text"])
def test_voicemail_box_that_is_said_twice_is_one_attempt_until_ten_minutes_after_the_call(
    world: World, said_by: str
) -> None:
    world.voicemail(attested=True)
    call_back(world, keys="12" if said_by == "key" else "1", talks_for=20)
    if said_by == "text":
        world.text(LEE, "TRIED")
    ended = world.case()["bridges"][0]["ended_at"]

    world.at(ended + timedelta(minutes=10))
    answer = world.text(LEE, "TRIED")

    assert len(world.case()["attempts"]) == 1
    assert (answer or "").startswith("1001: attempt on record, proven by the phone network; Lee has it.")
    assert world.case()["state"] == "acknowledged"
    world.advance(seconds=1)
    world.text(LEE, "TRIED")
    assert len(world.case()["attempts"]) == 2
    assert world.case()["callback_basis"] == "attempts"


@pytest.mark.thorough
@pytest.mark.parametrize(("talks_for", "later"), [(1_200, 1), (60, 20)], ids=["a long talk", "much later"])
def test_a_try_after_a_conversation_does_not_undo_it(world: World, talks_for: int, later: int) -> None:
    world.voicemail(attested=True)
    call_back(world, talks_for=talks_for)
    world.advance(minutes=talks_for // 60 + later)

    answer = world.text(LEE, "TRIED 1001")

    assert "attempt on record, the promise is met" in (answer or "")
    assert world.case()["callback_basis"] == "measured"
    assert world.case()["bridges"][0]["outcome"] == "connected"


@pytest.mark.thorough
def test_box_of_a_case_whose_promise_was_met_by_attempts_is_not_billed(world: World) -> None:
    world.voicemail(attested=True)
    world.phones.set_behaviour(CALLER, Behaviour.BUSY)
    call_back(world)
    world.advance(minutes=5)
    call_back(world)
    world.phones.set_behaviour(CALLER, Behaviour.NORMAL)
    call_back(world, talks_for=25)

    world.text(LEE, "TRIED 1001")

    assert world.case()["callback_basis"] == "attempts"
    assert world.text(LEE, "DONE 1001") == "1001 is closed: 0 min, not billed."


@pytest.mark.thorough
def test_what_was_billed_stays_as_it_was_measured(world: World) -> None:
    world.voicemail(attested=True)
    call_back(world, talks_for=60)
    world.text(LEE, "DONE 1001")

    world.text(LEE, "TRIED 1001")

    assert [bridge["outcome"] for bridge in world.case()["bridges"]] == ["connected"]
    assert "voicemail_box" not in world.kinds()


@pytest.mark.thorough
def test_case_that_was_owed_nothing_wakes_nobody_after_a_voicemail_box(world: World) -> None:
    world.voicemail(seconds=1)
    left = world.now
    world.phones.add_phone(CALLER, "Caller", talks_for=20)
    world.phones.set_keys(LEE, "12")
    world.text(LEE, "CALL 1001")
    world.advance(hours=3)

    assert world.case()["state"] == "called_back"
    assert [entry.details["met"] for entry in world.entries("called_back")] == [None]
    assert [page for page in world.pages(left) if "Lee" not in page] == []
