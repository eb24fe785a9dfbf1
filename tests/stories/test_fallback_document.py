"""The document that Twilio keeps for us records by itself, and whoever called then is called back."""

from __future__ import annotations

import pytest

from tests.support.fixtures import TEAM
from tests.support.world import CALLER, PUBLIC_URL, Build, World
from triage.transports.twilio_fallback import fallback_document

ANNOUNCED = ("This call is recorded.", "Esta llamada se graba.")


@pytest.fixture
def alone(build_world: Build) -> World:
    """Nothing reaches us; the phone system has our document."""
    world = build_world(roster=TEAM, reconciles=True)
    world.phones.ours.fallback_twiml = fallback_document(world.program.desk.terms, PUBLIC_URL)
    world.phones.faults.drop_webhooks = True
    return world


def test_a_caller_hears_in_both_languages_that_they_are_recorded_and_is_called_back(alone: World) -> None:
    call = alone.phones.leave_voicemail(CALLER)
    alone.advance(minutes=6)

    assert call.warnings == ()
    for sentence in ANNOUNCED:
        assert any(sentence in heard for heard in call.heard)
    assert [(case["caller"], len(case["recordings"])) for case in alone.cases()] == [(CALLER, 1)]


@pytest.mark.thorough
def test_a_caller_who_presses_pound_out_of_habit_loses_nothing(alone: World) -> None:
    alone.phones.leave_voicemail(CALLER, keys="#")
    alone.advance(minutes=6)

    assert [len(case["recordings"]) for case in alone.cases()] == [1]


@pytest.mark.thorough
def test_a_message_longer_than_the_longest_goes_on_after_a_word(alone: World) -> None:
    alone.phones.leave_voicemail(CALLER, seconds=420)
    alone.advance(minutes=6)

    assert [len(case["recordings"]) for case in alone.cases()] == [2]


def test_who_says_nothing_is_let_go(alone: World) -> None:
    call = alone.phones.leave_voicemail(CALLER, silent=True)

    assert any("We heard little or nothing" in sentence for sentence in call.heard)
    assert alone.phones.calls()[0].status == "completed"


def test_it_serves_also_while_we_are_there(alone: World) -> None:
    alone.phones.faults.drop_webhooks = False
    alone.phones.ours.voice_url = f"{PUBLIC_URL}/nobody-is-here"

    alone.phones.leave_voicemail(CALLER)
    alone.advance(seconds=2)

    assert [case["caller"] for case in alone.cases()] == [CALLER]
