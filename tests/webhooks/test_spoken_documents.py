"""What a caller hears: every document parsed and checked, verb by verb, in both languages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urldefrag, urlsplit
from xml.etree.ElementTree import Element

import pytest
from freezegun.api import FrozenDateTimeFactory

from tests.support.documents import check_document, check_reaches_the_tone
from tests.support.wire import Wire, call_form, recording_form, sid, twiml
from tests.support.world import PUBLIC_URL
from triage.store.models import Case

OVERNIGHT, EVENING, SUPPORT_HOURS = "2026-11-21T02:30:00", "2026-11-20T23:00:00", "2026-11-23T15:00:00"
STEPS = ["greeting", "product", "attest", "number", "digits"]
WHOLE_NIGHT = ["greeting", "product", "attest", "number"]


def tags(document: Element) -> list[str]:
    return [verb.tag for verb in document]


def asked(document: Element) -> list[str]:
    """The questions of a document, in their order."""
    return [urlsplit(verb.attrib["action"]).path.split("/")[-1] for verb in document.findall("Gather")]


def words(document: Element) -> str:
    return " ".join(document.itertext())


def spoken(document: Element) -> set[str]:
    return {verb.attrib["language"] for verb in document.iter("Say")}


def press(wire: Wire, step: str, keys: str, query: str = "", **form: str) -> Element:
    return twiml(wire.post(f"/twilio/voice/{step}", call_form(Digits=keys, **form), query=query))


WireAt = Callable[..., Wire]


@pytest.fixture
def wire_at(clock: FrozenDateTimeFactory, sqlite_url: str, tmp_path: Path) -> Iterator[WireAt]:
    """Makes the application at a moment and under a policy; a document depends on no database."""
    made: list[Wire] = []

    def make(at: str = OVERNIGHT, policy: str = "") -> Wire:
        clock.move_to(at)
        (tmp_path / "policy.toml").write_text(policy)
        made.append(Wire(sqlite_url, policy_file=tmp_path / "policy.toml"))
        return made[-1]

    yield make
    for wire in made:
        wire.close()


@pytest.mark.parametrize(
    ("at", "questions"),
    [
        (OVERNIGHT, WHOLE_NIGHT),
        ("2026-11-21T17:00:00", WHOLE_NIGHT),
        (EVENING, ["greeting", "product", "number"]),
        (SUPPORT_HOURS, ["greeting", "product", "number"]),
    ],
)
def test_first_document_holds_every_question_of_its_window_and_then_the_tone(
    at: str, questions: list[str], wire_at: WireAt
) -> None:
    document = twiml(wire_at(at).post("/twilio/voice", call_form()))

    check_reaches_the_tone(document)
    assert asked(document) == questions


STRANGE = ["", "12", "#", "*", "\uff16", "hangup", "x" * 500]


@pytest.mark.thorough
@pytest.mark.parametrize("step", STEPS)
def test_whatever_is_pressed_the_tone_is_reached(step: str, sqlite_wire: Wire) -> None:
    for keys in [*"0123456789", *STRANGE]:
        for query in ("repeats=0&language=en", "repeats=2&language=es", "repeats=99999&language=xx", "repeats=-1", "a"):
            check_reaches_the_tone(press(sqlite_wire, step, keys, query))


@pytest.mark.parametrize("path", ["/twilio/voice/recorded", "/twilio/alert/7", "/twilio/voice/desk/accept"])
def test_documents_that_end_a_call_are_good_ones(path: str, sqlite_wire: Wire) -> None:
    document = twiml(sqlite_wire.post(path, call_form()))

    check_document(document)
    assert tags(document)[-1] == "Hangup"
    assert "Record" not in tags(document)


def test_the_recording_is_reported_also_where_it_is_absent(sqlite_wire: Wire) -> None:
    [record] = twiml(sqlite_wire.post("/twilio/voice", call_form())).iter("Record")

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


def test_only_english_is_transcribed(wire_at: WireAt) -> None:
    wire = wire_at()
    [record] = press(wire, "product", "0", "language=es").iter("Record")
    assert "transcribe" not in record.attrib

    wire = wire_at(policy='recordings.transcription = "none"')
    [record] = press(wire, "product", "0", "language=en").iter("Record")
    assert "transcribe" not in record.attrib


@pytest.mark.parametrize("path", ["/twilio/voice", *(f"/twilio/voice/{step}" for step in STEPS)])
def test_every_address_in_a_document_is_a_route_of_ours(path: str, sqlite_wire: Wire) -> None:
    routes = sqlite_wire.app.url_map.bind("afterhours.example", url_scheme="https")

    document = twiml(sqlite_wire.post(path, call_form(Digits="1"), headers={"Host": "evil.example"}))

    addresses = [value for verb in document.iter() for value in verb.attrib.values() if "://" in value]
    assert len(addresses) >= 3
    for address in addresses:
        assert address.startswith(f"{PUBLIC_URL}/twilio/")
        assert routes.match(urlsplit(urldefrag(address).url).path, method="POST")


def test_a_question_waits_for_one_key_and_a_number_for_the_pound_key(sqlite_wire: Wire) -> None:
    [product, *_] = press(sqlite_wire, "greeting", "1").iter("Gather")
    assert product.attrib == {
        "action": f"{PUBLIC_URL}/twilio/voice/product?repeats=0&language=en",
        "method": "POST",
        "input": "dtmf",
        "timeout": "3",
        "finishOnKey": "",
        "numDigits": "1",
    }

    [digits] = press(sqlite_wire, "number", "1").iter("Gather")
    assert digits.attrib == {
        "action": f"{PUBLIC_URL}/twilio/voice/digits?repeats=0&language=en",
        "method": "POST",
        "input": "dtmf",
        "timeout": "5",
        "finishOnKey": "#",
    }


STANDARD, AFTER_HOURS = "The rate is 165 dollars an hour, 30 minutes at least.", "The rate is 247 dollars and 50 cents"


@pytest.mark.parametrize(
    ("at", "said", "unsaid"),
    [
        ("2026-11-21T00:59:59", ["evening hours", "within 2 hours", STANDARD], ["must be on site"]),
        ("2026-11-21T01:00:00", ["overnight hours", "within 2 hours", AFTER_HOURS, "must be on site"], []),
        ("2026-11-21T17:00:00", ["weekend and holidays", "within 2 hours", AFTER_HOURS, "must be on site"], []),
        ("2026-11-23T14:00:00", ["support hours", "within 2 hours", STANDARD], ["must be on site"]),
    ],
)
def test_greeting_states_window_promise_rate_and_recording(
    at: str, said: list[str], unsaid: list[str], wire_at: WireAt
) -> None:
    heard = words(twiml(wire_at(at).post("/twilio/voice", call_form())))

    assert [phrase for phrase in [*said, "This call is recorded."] if phrase not in heard] == []
    assert [phrase for phrase in unsaid if phrase in heard] == []
    assert (
        heard.index("within 2 hours") < heard.index("Para español") < heard.index("The rate") < heard.index("press 1")
    )


def test_key_9_goes_on_in_the_other_language_and_back(sqlite_wire: Wire) -> None:
    call = call_form()
    english = twiml(sqlite_wire.post("/twilio/voice", call))
    spanish = press(sqlite_wire, "greeting", "9", "repeats=0&language=en", CallSid=call["CallSid"])
    back = press(sqlite_wire, "greeting", "9", "repeats=1&language=es", CallSid=call["CallSid"])

    assert (spoken(english), spoken(spanish), spoken(back)) == ({"en-US", "es-US"}, {"en-US", "es-US"}, {"en-US"})
    assert english.findall("Gather/Say")[1].text == "Para español, oprima 9."
    assert spanish.findall("Gather/Say")[1].text == "For English, press 9."
    assert "Un técnico" not in words(english)
    assert "un técnico le llamará en un plazo de 2 horas" in words(spanish)
    assert words(back).startswith("Technical support")
    assert spoken(press(sqlite_wire, "greeting", "1", "repeats=1&language=es")) == {"es-US"}


def test_the_same_key_9_twice_is_one_choice(sqlite_wire: Wire) -> None:
    call_sid = sid("CA")
    for _ in range(2):
        press(sqlite_wire, "greeting", "9", "repeats=0&language=en", CallSid=call_sid)

    sqlite_wire.post("/twilio/recording", recording_form(CallSid=call_sid))

    assert sqlite_wire.only(Case).language == "es"


def test_one_language_alone_offers_no_other(wire_at: WireAt) -> None:
    wire = wire_at(policy='phone.languages = ["es"]')

    first, after_nine = twiml(wire.post("/twilio/voice", call_form())), press(wire, "greeting", "9")

    assert spoken(first) == spoken(after_nine) == {"es-US"}
    assert words(after_nine).startswith("Esa tecla no está en uso.")


def test_an_unknown_key_repeats_the_question_twice_and_then_goes_on(sqlite_wire: Wire) -> None:
    first = press(sqlite_wire, "product", "7", "repeats=0&language=en")
    second = press(sqlite_wire, "product", "7", "repeats=1&language=en")
    third = press(sqlite_wire, "product", "7", "repeats=2&language=en")

    assert (asked(first)[0], asked(second)[0]) == ("product", "product")
    assert "product?repeats=2" in second.findall("Gather")[0].attrib["action"]
    assert words(first).startswith("That key is not in use. For E M G, press 1.")
    assert "product" not in asked(third)


@pytest.mark.parametrize(
    ("at", "keys", "said"),
    [
        (OVERNIGHT, "4", "Server products have no support at this hour. Leave a message, and we call you by 10 AM on"),
        (OVERNIGHT, "5", "This product is no longer supported."),
        (SUPPORT_HOURS, "5", "This product is no longer supported."),
        (SUPPORT_HOURS, "4", "We call you back at"),
        (EVENING, "1", "We call you back at"),
    ],
)
def test_a_product_hears_what_it_is_owed(at: str, keys: str, said: str, wire_at: WireAt) -> None:
    assert words(press(wire_at(at), "product", keys)).startswith(said)


def test_the_number_to_call_is_said_digit_by_digit(sqlite_wire: Wire) -> None:
    assert "We call you back at 6 1 4, 5 5 5, 0 1 9 9. To change it, press 1." in words(
        press(sqlite_wire, "attest", "1")
    )


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("anonymous", "Your number is not shown. Key in the number to call"),
        ("+525512345678", "We cannot call the number that you call from. Key in the number to call"),
        ("+18765550123", "We cannot call the number that you call from. Key in the number to call"),
    ],
)
def test_a_caller_whom_we_cannot_call_is_asked_for_a_number(number: str, said: str, sqlite_wire: Wire) -> None:
    document = twiml(sqlite_wire.post("/twilio/voice", call_form(From=number)))

    assert asked(document)[-1] == "digits"
    assert said in words(document)
    assert "Say your telephone number in the message. Speak after the tone" in words(document)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("2165550123", "We call you back at 2 1 6, 5 5 5, 0 1 2 3. To change it, press 1."),
        ("12165550123", "We call you back at 2 1 6, 5 5 5, 0 1 2 3."),
        ("4165550123", "We call you back at 4 1 6, 5 5 5, 0 1 2 3."),
        ("5550123", "That is not a full telephone number. Key in the number to call"),
        ("911", "That is not a full telephone number."),
        ("*123", "That is not a full telephone number."),
        ("", "That is not a full telephone number."),
        ("9" * 40, "That is not a full telephone number."),
        ("9005550123", "We cannot call that number."),
        ("18765550123", "We cannot call that number."),
        ("011525512345678", "We cannot call that number."),
        ("6149760123", "We cannot call that number."),
    ],
)
def test_a_keyed_number_is_read_back_or_refused_with_its_reason(keys: str, said: str, sqlite_wire: Wire) -> None:
    assert words(press(sqlite_wire, "digits", keys)).startswith(said)


def test_after_the_third_bad_number_the_one_that_was_shown_counts(sqlite_wire: Wire) -> None:
    document = press(sqlite_wire, "digits", "123", "repeats=2&language=en")

    assert words(document).startswith(
        "That is not a full telephone number. We call you back at 6 1 4, 5 5 5, 0 1 9 9. Speak after the tone"
    )
    assert asked(document) == []


@pytest.mark.parametrize(("step", "keys"), [("number", "1"), ("digits", "123"), ("digits", "9005550123")])
def test_who_keys_in_no_number_after_all_hears_which_one_stays(step: str, keys: str, sqlite_wire: Wire) -> None:
    document = press(sqlite_wire, step, keys)

    assert asked(document) == ["digits"]
    assert "then press pound. We call you back at 6 1 4, 5 5 5, 0 1 9 9. Speak after the tone" in words(document)


def test_a_number_that_was_keyed_in_may_be_changed_three_times_and_is_then_only_read_back(sqlite_wire: Wire) -> None:
    for repeats in range(3):
        document = press(sqlite_wire, "digits", "2165550123", f"repeats={repeats}&language=en")
        assert words(document).startswith("We call you back at 2 1 6, 5 5 5, 0 1 2 3. To change it, press 1. Speak")
        [again] = document.findall("Gather")
        assert again.attrib["action"].endswith(f"/number?repeats={repeats + 1}&language=en")
        assert asked(press(sqlite_wire, "number", "1", f"repeats={repeats + 1}&language=en")) == ["digits"]

    last = press(sqlite_wire, "digits", "2165550123", "repeats=3&language=en")
    assert words(last).startswith("We call you back at 2 1 6, 5 5 5, 0 1 2 3. Speak after the tone")
    assert asked(last) == []


IN_AN_EMERGENCY = "This holds in an emergency too."


@pytest.mark.parametrize(
    ("at", "product", "questions"),
    [
        (OVERNIGHT, "4", ["number"]),
        (OVERNIGHT, "5", ["number"]),
        (OVERNIGHT, "1", ["attest", "number"]),
        (SUPPORT_HOURS, "4", ["number"]),
    ],
)
def test_whoever_is_not_called_tonight_is_not_asked_whether_they_are_on_site(
    at: str, product: str, questions: list[str], wire_at: WireAt
) -> None:
    assert asked(press(wire_at(at), "product", product)) == questions


def test_where_no_call_is_promised_none_is_spoken_of(sqlite_wire: Wire) -> None:
    call_sid = sid("CA")
    product = words(press(sqlite_wire, "product", "5", CallSid=call_sid))
    change = words(press(sqlite_wire, "number", "1", CallSid=call_sid))
    keyed = words(press(sqlite_wire, "digits", "2165550123", CallSid=call_sid))
    last = words(press(sqlite_wire, "digits", "2165550123", "repeats=9", CallSid=call_sid))

    assert "nobody is called before. Your number is 6 1 4, 5 5 5, 0 1 9 9. To change it, press 1. Speak" in product
    assert "then press pound. Your number is 6 1 4, 5 5 5, 0 1 9 9. Speak" in change
    assert keyed.startswith("Your number is 2 1 6, 5 5 5, 0 1 2 3. To change it, press 1. Speak")
    assert last.startswith("Your number is 2 1 6, 5 5 5, 0 1 2 3. Speak")
    assert IN_AN_EMERGENCY not in product


@pytest.mark.parametrize(("product", "is_said"), [("5", True), ("4", True), ("1", False)])
def test_an_emergency_hears_what_does_not_change_for_it(product: str, is_said: bool, wire_at: WireAt) -> None:
    wire, call_sid = wire_at(), sid("CA")
    press(wire, "greeting", "1", CallSid=call_sid)

    assert (IN_AN_EMERGENCY in words(press(wire, "product", product, CallSid=call_sid))) is is_said


def test_keys_add_up_over_the_whole_menu(wire: Wire) -> None:
    call_sid = sid("CA")
    for step, keys in (("greeting", "1"), ("product", "2"), ("attest", "1")):
        press(wire, step, keys, CallSid=call_sid)

    wire.post("/twilio/recording", {**call_form(CallSid=call_sid), "RecordingSid": sid("RE")})

    [case] = wire.cases()
    assert "emergency" in case["flags"]
    assert "not_attested" not in case["flags"]


def test_words_of_an_owner_are_escaped(wire_at: WireAt) -> None:
    wire = wire_at(policy='[spoken.en]\nopening = "Smith & Sons <support> \\"here\\""\n')

    answer = wire.post("/twilio/voice", call_form())

    assert b"Smith &amp; Sons &lt;support&gt;" in answer.data
    assert 'Smith & Sons <support> "here"' in words(twiml(answer))


def test_a_sentence_that_an_owner_leaves_empty_is_not_spoken(wire_at: WireAt) -> None:
    wire = wire_at(policy='[spoken.en]\nnoted = ""\nproduct = ""\nrecord = ""\n')

    check_reaches_the_tone(press(wire, "attest", "1"))
    check_reaches_the_tone(press(wire, "greeting", "1"))
