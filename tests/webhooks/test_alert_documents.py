"""What a technician hears on an alert call: every document parsed and checked, verb by verb."""

from __future__ import annotations

import random
from urllib.parse import urldefrag, urlsplit
from xml.etree.ElementTree import Element

import pytest
from sqlalchemy import func, select

from tests.support.fixtures import DANA, LEE
from tests.support.logs import Logs
from tests.support.shared_freeze import clock, frozen  # noqa: F401 - fixtures of this file
from tests.support.wire import Wire, call_form, sid, twiml
from tests.support.world import PUBLIC_URL, World
from triage.policy.alert_call import MOST_KEYS
from triage.store.models import Delivery
from webhooks.simulator.twiml import parse
from webhooks.simulator.walk import VERBS

MENU = "To take it, press 1. To take it and call back now, 2. To pass it on, 3. To hear the message, 9."
CASE = "Support case 1 0 0 1. 119 minutes left. Overnight, from 6 1 4, 5 5 5, 0 1 9 9."
LATE = ["Dana has case 1 0 0 1. Nothing for you to do.", "Goodbye."]


class Call:
    """The call of one delivery, whose documents a test asks for one by one."""

    def __init__(self, world: World, delivery_id: int) -> None:
        self.wire = Wire.of(world)
        self.path = f"/twilio/alert/{delivery_id}"
        self.form = {"CallSid": sid("CA"), "Direction": "outbound-api", "CallStatus": "in-progress"}

    def says(self, step: str = "", *, query: str = "", **fields: str) -> Element:
        """The document of a step, which has to be one that Twilio walks without a warning."""
        answer = self.wire.post(self.path + step, call_form(**self.form, **fields), query=query)
        document = twiml(answer)
        assert parse(answer.get_data(as_text=True), PUBLIC_URL, allowed=VERBS).warnings == ()
        return document

    def presses(self, key: str, turn: int = 1) -> Element:
        return self.says("/key", query=f"turn={turn}", Digits=key)


def tags(document: Element) -> list[str]:
    return [verb.tag for verb in document]


def spoken(document: Element) -> list[str]:
    return [verb.text or "" for verb in document.iter("Say")]


def delivery_of(world: World, phone: str) -> int:
    """The alert call that was planned for a phone last."""
    with world.program.desk.store.read() as session:
        wanted = select(func.max(Delivery.id)).where(Delivery.phone == phone, Delivery.channel == "voice")
        return session.scalar(wanted) or 0


@pytest.fixture
def emergency(team: World) -> World:
    """Dana's and Lee's phones ring."""
    team.voicemail(emergency=True, attested=True)
    return team


@pytest.fixture
def call(emergency: World) -> Call:
    """Lee picked up."""
    return Call(emergency, delivery_of(emergency, LEE))


def assert_is_menu(document: Element, call: Call, *, turn: int) -> Element:
    """One key is waited for; whoever presses none is led to the end."""
    assert tags(document) == ["Gather", "Redirect"]
    gather, redirect = document
    assert gather.attrib == {
        "action": f"{PUBLIC_URL}{call.path}/key?turn={turn}#rc=5&rp=all",
        "method": "POST",
        "input": "dtmf",
        "numDigits": "1",
        "timeout": "4",
        "finishOnKey": "",
    }
    assert (redirect.attrib, redirect.text) == ({"method": "POST"}, f"{PUBLIC_URL}{call.path}/silent")
    return gather


def assert_ends(document: Element, *sentences: str) -> None:
    assert tags(document) == [*["Say"] * len(sentences), "Hangup"]
    assert spoken(document) == list(sentences)
    assert all(verb.attrib == {"voice": "Polly.Joanna", "language": "en-US"} for verb in document.iter("Say"))


def test_whoever_picks_up_hears_the_case_and_its_menu_twice(call: Call) -> None:
    gather = assert_is_menu(call.says(), call, turn=1)

    said = f"{CASE} {MENU}".replace("Support case", "Support emergency, case")
    assert [(verb.tag, verb.text) for verb in gather] == [("Say", said), ("Pause", None), ("Say", said)]
    assert gather[1].attrib == {"length": "1"}


def test_key_1_says_what_to_do_next(call: Call) -> None:
    gather = assert_is_menu(call.presses("1"), call, turn=2)

    assert spoken(gather) == [
        "Case 1 0 0 1 is yours. 119 minutes left. Call 6 1 4, 5 5 5, 0 1 9 9.",
        "Again: 6 1 4, 5 5 5, 0 1 9 9.",
        "To call back now, press 2. To pass it on, 3. To hear the message, 9.",
    ]
    reminder = "After it, text D O N E and the minutes. If nobody answers, text T R I E D."
    assert_ends(call.says("/silent"), reminder, "Goodbye.")
    for turn in range(2, MOST_KEYS):
        assert_is_menu(call.presses("1", turn), call, turn=turn + 1)
    assert spoken(call.presses("1", MOST_KEYS))[-2:] == [reminder, "Goodbye."]


def test_key_2_dials_the_caller(call: Call) -> None:
    document = call.presses("2")

    assert tags(document) == ["Say", "Say", "Dial"]
    assert spoken(document) == ["Case 1 0 0 1 is yours.", "One moment. Press star to end the call."]


@pytest.mark.thorough
@pytest.mark.on_both
def test_key_3_says_whom_it_goes_to(call: Call) -> None:
    assert_ends(call.presses("3"), "You passed on case 1 0 0 1. Now it goes to Dana, Sam, Maria and Ada.", "Goodbye.")


def test_key_9_says_so_where_the_recording_is_not_here_yet(call: Call) -> None:
    gather = assert_is_menu(call.presses("9"), call, turn=2)

    assert [verb.tag for verb in gather] == ["Say", "Say"]
    assert spoken(gather) == ["The recording is not here yet.", f"That was case 1 0 0 1. {MENU}"]


@pytest.mark.thorough
def test_several_recordings_are_announced(emergency: World) -> None:
    emergency.voicemail()
    call = Call(emergency, delivery_of(emergency, LEE))

    said = spoken(call.presses("9"))

    assert [sentence for sentence in said if sentence.startswith("Message")] == ["Message 1 of 2.", "Message 2 of 2."]


@pytest.mark.thorough
@pytest.mark.parametrize("key", ["0", "4", "8", "*", "#", "", "hangup", "\uff11"])
def test_other_keys_lead_to_the_menu_twice_and_then_to_the_end(key: str, call: Call) -> None:
    for turn in (1, 2):
        gather = assert_is_menu(call.presses(key, turn), call, turn=turn + 1)
        assert spoken(gather) == [f"That key means nothing here. Case 1 0 0 1. {MENU}"]

    assert_ends(
        call.presses(key, 3),
        "You did not take it, so others are alerted. To take case 1 0 0 1, text A C K.",
        "Goodbye.",
    )


def test_silence_ends_with_a_sentence(call: Call) -> None:
    assert_ends(
        call.says("/silent"),
        "No key was pressed, so others are alerted. To take case 1 0 0 1, text A C K.",
        "Goodbye.",
    )


@pytest.mark.thorough
@pytest.mark.parametrize("step", ["", "/silent"])
def test_whoever_is_late_hears_who_has_it_and_the_call_ends(step: str, call: Call, emergency: World) -> None:
    emergency.text(DANA, "ACK")

    assert_ends(call.says(step), *LATE)


@pytest.mark.parametrize("key", ["1", "2", "3", "9", "7"])
def test_whoever_presses_a_key_too_late_hears_who_has_it(key: str, call: Call, emergency: World) -> None:
    emergency.text(DANA, "ACK")

    assert_ends(call.presses(key), *LATE)


@pytest.mark.thorough
def test_case_that_is_called_back_needs_nobody(call: Call, emergency: World) -> None:
    emergency.text(DANA, "DONE")

    assert_ends(call.says(), "Case 1 0 0 1 is called back. Nothing for you to do.", "Goodbye.")


@pytest.mark.thorough
def test_whoever_took_it_by_text_hears_that_it_is_theirs(call: Call, emergency: World) -> None:
    emergency.text(LEE, "ACK")

    gather = assert_is_menu(call.says(), call, turn=1)

    assert spoken(gather)[0].startswith("Support emergency, case 1 0 0 1, yours. 119 minutes left.")
    assert spoken(gather)[0].endswith("To call back now, press 2. To pass it on, 3. To hear the message, 9.")


def test_every_address_in_a_document_is_a_route_of_ours(call: Call) -> None:
    routes = call.wire.app.url_map.bind("afterhours.example", url_scheme="https")

    for document in (call.says(), call.presses("9"), call.presses("7", 2)):
        addresses = [document[0].attrib["action"], document[1].text or ""]
        for address in addresses:
            assert address.startswith(f"{PUBLIC_URL}/twilio/alert/")
            assert routes.match(urlsplit(urldefrag(address).url).path, method="POST")


@pytest.mark.parametrize("step", ["", "/key", "/silent"])
@pytest.mark.parametrize("number", ["1", "999999999", "2147483647"])
def test_alert_that_does_not_exist_hangs_up(number: str, step: str, wire: Wire, logs: Logs) -> None:
    form = call_form(Direction="outbound-api", Digits="1")

    document = twiml(wire.post(f"/twilio/alert/{number}{step}", form))

    assert tags(document)[-1] == "Hangup"
    assert "Record" not in tags(document)


def test_a_number_that_no_alert_can_have_is_no_address(wire: Wire) -> None:
    assert wire.post("/twilio/alert/2147483648", call_form(Direction="outbound-api")).status_code == 404


def test_text_is_no_call_that_could_be_answered(team: World) -> None:
    team.voicemail(attested=True)

    assert_ends(Call(team, 1).presses("1"))
    assert team.case()["owner"] is None


@pytest.mark.parametrize("step", ["", "/key", "/silent"])
def test_unsigned_request_is_refused(step: str, call: Call) -> None:
    answer = call.wire.post(call.path + step, call_form(Digits="1"), token="somebody else's")

    assert answer.status_code == 403


@pytest.mark.parametrize("turn", ["", "turn=", "turn=0", "turn=-1", "turn=x", "turn=99", "turn=%EF%BC%91"])
def test_key_without_a_turn_is_the_next_one(turn: str, call: Call, emergency: World) -> None:
    call.says("/key", query=turn, Digits="1")

    assert emergency.case()["owner"] == "lee"


@pytest.mark.thorough
def test_key_that_could_not_be_kept_is_said_to_be_lost(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("webhooks.twilio.alert.take_key", fails)

    assert_ends(
        call.presses("1"),
        "Your key could not be kept. Text A C K to this number to take the case, or L I S T to see it.",
    )


@pytest.mark.thorough
def test_whatever_keys_are_pressed_the_call_ends_in_documents_that_twilio_walks(call: Call, emergency: World) -> None:
    chance = random.Random(2026)
    lee = delivery_of(emergency, LEE)
    for _ in range(30):
        with emergency.program.desk.store.write() as tx:
            tx.session.get_one(Delivery, lee).pressed = None
        document, turns = call.says(), 0
        while tags(document) == ["Gather", "Redirect"]:
            turns += 1
            is_silent = chance.random() < 0.05
            document = call.says("/silent") if is_silent else call.presses(chance.choice("0456789*#9999993"), turns)
        assert tags(document)[-1] == "Hangup"
        assert turns <= MOST_KEYS
