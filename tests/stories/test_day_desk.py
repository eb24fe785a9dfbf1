"""In support hours a day desk may ring first; the mailbox answers whom nobody there took."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from tests.support.documents import check_document
from tests.support.world import CALLER, PUBLIC_URL, Build, World
from webhooks.simulator.records import Behaviour

SUPPORT_HOURS = "2026-11-23T15:00:00"  # Monday, 10 AM in New York
FIRST, SECOND = "+16145550110", "+16145550111"
POLICY = f'phone.day_desk = ["{FIRST}", "{SECOND}"]\n'


@pytest.fixture
def desk(build_world: Build) -> World:
    """A Monday morning; both phones of the desk press 1 unless a story says otherwise."""
    world = build_world(at=SUPPORT_HOURS, policy=POLICY)
    world.phones.add_phone(FIRST, "Front desk", will_press="1")
    world.phones.add_phone(SECOND, "Back office", behaviour=Behaviour.DEAD)
    return world


def test_who_is_put_through_hears_no_mailbox_and_leaves_no_case(desk: World) -> None:
    call = desk.voicemail()

    assert (call.heard, call.recording_sid, call.failed_because) == ((), None, None)
    assert desk.phones.phone(FIRST).heard == ("A support call. Press 1 to take it.",) * 2
    assert desk.cases() == []
    assert [len(desk.entries(kind)) for kind in ("desk_rung", "desk_answered")] == [1, 1]


@pytest.mark.thorough
@pytest.mark.on_both
@pytest.mark.parametrize("behaviour", [Behaviour.DEAD, Behaviour.BUSY, Behaviour.VOICEMAIL_BOX])
def test_who_is_not_put_through_hears_the_mailbox(behaviour: Behaviour, desk: World) -> None:
    desk.phones.set_behaviour(FIRST, behaviour)

    call = desk.voicemail(stays=True)

    assert call.heard[0].startswith("Technical support, support hours. This call is recorded.")
    assert call.heard[-1].startswith("Thank you. Your case is 1 0 0 1.")
    assert (desk.case()["window"], desk.entries("desk_answered")) == ("support_hours", [])


def test_another_key_at_the_desk_is_no_acceptance(desk: World) -> None:
    desk.phones.set_keys(FIRST, "5")

    call = desk.voicemail()

    assert call.recording_sid is not None
    assert len(desk.cases()) == 1


def test_call_counts_as_answered_by_the_greeting_and_not_by_the_ringing(build_world: Build) -> None:
    world = build_world(at="2026-11-23T21:59:50", policy=POLICY)
    sids = {"CallSid": "CA" + "1" * 32, "From": CALLER}

    rung = world.post("/twilio/voice", **sids)
    world.advance(seconds=20)
    greeting = world.post("/twilio/voice/desk", **sids, DialCallStatus="no-answer")
    world.post("/twilio/recording", CallSid=sids["CallSid"], RecordingSid="RE" + "1" * 32, RecordingDuration="30")

    assert "<Dial" in rung.body
    assert "Technical support, evening hours." in greeting.body
    assert world.case()["window"] == "evening"


def test_desk_is_left_alone_outside_support_hours(build_world: Build) -> None:
    world = build_world(policy=POLICY)

    call = world.voicemail()

    assert call.heard[0].startswith("Technical support, overnight hours.")
    assert world.phones.phone(FIRST).calls == ()


def test_everything_twice_is_one_call_at_the_desk(desk: World) -> None:
    desk.phones.faults.duplicate_webhooks = True

    desk.voicemail()

    assert [len(desk.entries(kind)) for kind in ("desk_rung", "desk_answered")] == [1, 1]


def test_documents_of_the_desk_are_good_ones(desk: World) -> None:
    sids = {"CallSid": "CA" + "1" * 32, "From": CALLER}
    posts = {
        "/twilio/voice": {},
        "/twilio/voice/desk": {"DialCallStatus": "completed", "DialBridged": "true"},
        "/twilio/voice/desk/accept": {},
    }
    documents = {path: ET.fromstring(desk.post(path, **sids, **form).body) for path, form in posts.items()}  # noqa: S314

    for document in documents.values():
        check_document(document)
    [dial] = documents["/twilio/voice"]
    assert dial.attrib == {
        "action": f"{PUBLIC_URL}/twilio/voice/desk",
        "method": "POST",
        "answerOnBridge": "true",
        "timeout": "20",
    }
    assert [(number.text, number.attrib) for number in dial] == [
        (number, {"url": f"{PUBLIC_URL}/twilio/voice/desk/accept", "method": "POST"}) for number in (FIRST, SECOND)
    ]
    assert [verb.tag for verb in documents["/twilio/voice/desk"]] == ["Hangup"]
    assert [verb.tag for verb in documents["/twilio/voice/desk/accept"].iter()] == [
        *("Response", "Gather", "Say", "Say", "Hangup")
    ]
