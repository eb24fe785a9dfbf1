"""What a caller hears: every document parsed and checked, verb by verb."""

from __future__ import annotations

from urllib.parse import urldefrag, urlsplit
from xml.etree.ElementTree import Element

import pytest

from tests.support.databases import ON_SQLITE
from tests.support.fixtures import LEE
from tests.support.logs import Logs
from tests.support.wire import Wire, call_form, sid, twiml
from tests.support.world import CALLER, PUBLIC_URL, Build, World

STEPS = {"/twilio/voice": {}, "/twilio/voice/keys": {"Digits": "1"}}
ALLOWED = {"Response": {"Gather", "Say", "Record", "Hangup", "Pause"}, "Gather": {"Say"}, "Say": set(), "Record": set()}


def tags(document: Element) -> list[str]:
    return [verb.tag for verb in document]


def only(document: Element, tag: str) -> Element:
    [verb] = document.findall(tag)
    return verb


@pytest.mark.parametrize("path", STEPS)
def test_each_step_offers_the_keys_then_records_then_says_a_polite_word(path: str, sqlite_wire: Wire) -> None:
    document = twiml(sqlite_wire.post(path, call_form(**STEPS[path])))

    assert tags(document) == ["Gather", "Say", "Record", "Say"]
    assert tags(only(document, "Gather")) == ["Say"]
    assert document[-1].text == "We heard nothing. Please call again. Goodbye."


@pytest.mark.parametrize("path", [*STEPS, "/twilio/voice/recorded", "/twilio/alert/7"])
def test_verbs_nest_only_where_twilio_allows_it(path: str, sqlite_wire: Wire) -> None:
    document = twiml(sqlite_wire.post(path, call_form()))

    for parent in document.iter():
        assert {child.tag for child in parent} <= ALLOWED.get(parent.tag, set())
        if parent.tag == "Say":
            assert parent.text
            assert parent.attrib == {"language": "en-US"}


@pytest.mark.parametrize("path", STEPS)
def test_the_recording_is_reported_also_where_it_is_absent(path: str, sqlite_wire: Wire) -> None:
    record = only(twiml(sqlite_wire.post(path, call_form())), "Record")

    assert record.attrib == {
        "action": f"{PUBLIC_URL}/twilio/voice/recorded",
        "method": "POST",
        "maxLength": "300",
        "timeout": "10",
        "finishOnKey": "#",
        "playBeep": "true",
        "recordingStatusCallback": f"{PUBLIC_URL}/twilio/recording#rc=5&rp=all",
        "recordingStatusCallbackMethod": "POST",
        "recordingStatusCallbackEvent": "completed absent",
        "transcribe": "true",
        "transcribeCallback": f"{PUBLIC_URL}/twilio/transcription",
    }


@pytest.mark.parametrize("path", STEPS)
def test_every_address_in_a_document_is_a_route_of_ours(path: str, sqlite_wire: Wire) -> None:
    routes = sqlite_wire.app.url_map.bind("afterhours.example", url_scheme="https")

    document = twiml(sqlite_wire.post(path, call_form(), headers={"Host": "evil.example"}))

    addresses = [value for verb in document.iter() for value in verb.attrib.values() if "://" in value]
    assert len(addresses) == 4
    for address in addresses:
        assert address.startswith(f"{PUBLIC_URL}/twilio/")
        assert routes.match(urlsplit(urldefrag(address).url).path, method="POST")


def test_the_keys_are_one_digit_and_silence_goes_on_to_the_recording(sqlite_wire: Wire) -> None:
    gather = only(twiml(sqlite_wire.post("/twilio/voice", call_form())), "Gather")

    assert gather.attrib == {
        "action": f"{PUBLIC_URL}/twilio/voice/keys",
        "method": "POST",
        "input": "dtmf",
        "numDigits": "1",
        "finishOnKey": "",
        "timeout": "2",
    }


def test_after_the_recording_the_caller_is_thanked_and_the_call_ends(sqlite_wire: Wire) -> None:
    document = twiml(sqlite_wire.post("/twilio/voice/recorded", call_form(Digits="hangup", RecordingDuration="12")))

    assert tags(document) == ["Say", "Hangup"]
    assert document[0].text == "Thank you. Your message is recorded. Goodbye."


@ON_SQLITE
@pytest.mark.parametrize(
    ("at", "said", "unsaid"),
    [
        ("2026-11-20T19:59:59-05:00", ["2 hours", "press 1"], ["billed", "on site and have done all"]),
        (
            "2026-11-20T20:00:00-05:00",
            ["2 hours", "247 dollars and 50 cents an hour", "must be on"],
            [],
        ),
        ("2026-11-21T12:00:00-05:00", ["247 dollars and 50 cents", "must be on site"], []),
        ("2026-11-23T09:00:00-05:00", ["2 hours"], ["billed", "must be on site"]),
    ],
)
def test_the_greeting_states_the_terms_of_its_window(at: str, said: list[str], unsaid: list[str], world: World) -> None:
    world.at(at) if at > "2026-11-20T21:30" else world.clock.move_to(at)
    wire = Wire(world.settings.database_url)

    document = twiml(wire.post("/twilio/voice", call_form()))
    wire.close()

    words = " ".join(document.itertext())
    assert [phrase for phrase in said if phrase not in words] == []
    assert [phrase for phrase in unsaid if phrase in words] == []


def test_whatever_is_pressed_the_message_can_be_left(wire: Wire) -> None:
    for digits in ("1", "2", "3", "4", "9", "", "#", "*", "12", "hangup", "\uff11", "x" * 500):
        document = twiml(wire.post("/twilio/voice/keys", call_form(Digits=digits)))

        assert tags(document) == ["Gather", "Say", "Record", "Say"]


def test_keys_add_up_over_several_menus(wire: Wire) -> None:
    call_sid = sid("CA")
    for digit in "12":
        wire.post("/twilio/voice/keys", call_form(CallSid=call_sid, Digits=digit))

    wire.post("/twilio/recording", {**call_form(CallSid=call_sid), "RecordingSid": sid("RE")})

    [case] = wire.cases()
    assert "emergency" in case["flags"]
    assert "not_attested" not in case["flags"]


def test_words_of_an_owner_are_escaped(build_world: Build) -> None:
    world = build_world(policy='[greeting]\nopening = "Smith & Sons <support> \\"here\\""\n')
    wire = Wire(world.settings.database_url, policy_file=world.settings.policy_file)

    answer = wire.post("/twilio/voice", call_form())
    wire.close()

    assert b"Smith &amp; Sons &lt;support&gt;" in answer.data
    assert 'Smith & Sons <support> "here"' in "".join(twiml(answer).itertext())


def test_an_alert_call_says_the_case_twice_digit_by_digit(world: World) -> None:
    world.voicemail(CALLER)
    world.advance(minutes=6)

    [call] = world.phones.phone(LEE).calls

    assert sum("case 1 0 0 1 is waiting" in line for line in call.heard) == 2
    assert "1 6 1 4 5 5 5 0 1 9 9" in call.heard[0]


@pytest.mark.parametrize("number", ["1", "999999999", "99999999999999999999999"])
def test_an_alert_that_does_not_exist_hangs_up(number: str, wire: Wire, logs: Logs) -> None:
    document = twiml(wire.post(f"/twilio/alert/{number}", call_form(Direction="outbound-api")))

    assert tags(document)[-1] == "Hangup"
    assert "Record" not in tags(document)
