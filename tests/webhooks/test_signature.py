"""Who may post: whoever signed exactly this request with an accepted token, and nobody else."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from tests.support.wire import Wire, call_form, recording_form, sid, sign, text_form
from tests.support.world import PUBLIC_URL, TOKEN

OPEN = {"health.healthz", "health.readyz", "metrics.show"}
"""Everything that answers without a signature."""
BY_TOKEN = "/twilio/media/<token>.wav"
"""What a token opens that we sign ourselves: whoever fetches media for a call signs nothing."""

SIGNED: dict[str, Callable[[], dict[str, str]]] = {
    "/twilio/voice": call_form,
    "/twilio/voice/greeting": lambda: call_form(Digits="1"),
    "/twilio/voice/desk": call_form,
    "/twilio/voice/desk/accept": call_form,
    "/twilio/voice/recorded": call_form,
    "/twilio/recording": recording_form,
    "/twilio/transcription": lambda: {
        "RecordingSid": sid("RE"),
        "TranscriptionStatus": "completed",
        "TranscriptionText": "hello",
    },
    "/twilio/sms": text_form,
    "/twilio/message-status": lambda: {"MessageSid": sid("SM"), "MessageStatus": "sent"},
    "/twilio/call-status": lambda: call_form(CallStatus="completed"),
    "/twilio/alert/1": call_form,
    "/twilio/alert/1/key": lambda: call_form(Digits="1"),
    "/twilio/alert/1/silent": call_form,
    "/twilio/bridge/1": call_form,
    "/twilio/bridge/1/key": lambda: call_form(Digits="1"),
    "/twilio/bridge/leg/1/status": lambda: call_form(CallStatus="completed"),
    "/twilio/bridge/leg/1/done": lambda: call_form(DialCallStatus="busy"),
    "/twilio/bridge/leg/1/said": lambda: call_form(Digits="2"),
    "/twilio/hear/1": call_form,
    "/twilio/hear/1/key": lambda: call_form(Digits="1"),
    "/twilio/canary": call_form,
}


@pytest.fixture
def wire(sqlite_wire: Wire) -> Wire:
    """A signature is checked before any database is asked: one is enough."""
    return sqlite_wire


def test_every_route_is_signed_or_on_the_list_of_open_ones(sqlite_wire: Wire) -> None:
    """Those of the console are open to whoever is signed in: tests/console/test_routes.py lists them."""
    found = [rule for rule in sqlite_wire.app.url_map.iter_rules() if rule.rule != BY_TOKEN]
    rules = [rule for rule in found if not rule.endpoint.startswith("console.")]

    assert {rule.endpoint for rule in rules if not rule.rule.startswith("/twilio/")} == OPEN
    ours = {re.sub("<int:[a-z_]+>", "1", rule.rule) for rule in rules if rule.rule.startswith("/twilio/")}
    assert {re.sub("<any.*>", "greeting", rule) for rule in ours} == set(SIGNED)
    assert {rule.rule: rule.methods for rule in rules if "GET" in (rule.methods or ()) and "twilio" in rule.rule} == {}


@pytest.mark.parametrize("path", SIGNED)
def test_a_signed_request_is_taken(path: str, sqlite_wire: Wire) -> None:
    answer = sqlite_wire.post(path, SIGNED[path]())

    assert answer.status_code in {200, 204}


@pytest.mark.parametrize("path", SIGNED)
def test_an_unsigned_request_gets_403_and_leaves_nothing(path: str, sqlite_wire: Wire) -> None:
    answer = sqlite_wire.send(path, urlencode(SIGNED[path]()).encode())

    assert answer.status_code == 403
    assert answer.json == {"error": "not signed by the phone system"}
    assert sqlite_wire.rows() == {}


@pytest.mark.parametrize("path", SIGNED)
def test_a_wrong_signature_gets_403_and_leaves_nothing(path: str, sqlite_wire: Wire) -> None:
    answer = sqlite_wire.post(path, SIGNED[path](), token="somebody else's token")

    assert answer.status_code == 403
    assert sqlite_wire.rows() == {}


@pytest.mark.parametrize("path", SIGNED)
def test_a_get_is_refused(path: str, sqlite_wire: Wire) -> None:
    signature = sign(PUBLIC_URL + path, MultiDict())

    answer = sqlite_wire.app.test_client().get(path, headers={"X-Twilio-Signature": signature})

    assert answer.status_code == 405


@pytest.mark.parametrize(
    "signature",
    ["", " ", "x", "é" * 28, "A" * 10_000, base64.b64encode(bytes(20)).decode(), "=" * 28],
    ids=["empty", "space", "short", "not ascii", "long", "zeros", "padding"],
)
def test_a_signature_that_is_none_gets_403(signature: str, sqlite_wire: Wire) -> None:
    body = urlencode(call_form()).encode()

    answer = sqlite_wire.send("/twilio/voice", body, {"X-Twilio-Signature": signature})

    assert answer.status_code == 403


def test_a_changed_field_breaks_the_signature(sqlite_wire: Wire) -> None:
    form = call_form()
    signature = sign(f"{PUBLIC_URL}/twilio/voice", MultiDict(form))

    answer = sqlite_wire.send(
        "/twilio/voice", urlencode({**form, "From": "+19005550100"}).encode(), {"X-Twilio-Signature": signature}
    )

    assert answer.status_code == 403


def test_the_signature_of_another_route_does_not_count(sqlite_wire: Wire) -> None:
    form = call_form()
    signature = sign(f"{PUBLIC_URL}/twilio/call-status", MultiDict(form))

    answer = sqlite_wire.send("/twilio/voice", urlencode(form).encode(), {"X-Twilio-Signature": signature})

    assert answer.status_code == 403


@pytest.mark.parametrize("token", [TOKEN, "the token before"])
def test_both_tokens_count_during_a_rotation(token: str, sqlite_url: str) -> None:
    wire = Wire(sqlite_url, twilio_previous_auth_token="the token before")

    answers = [wire.post("/twilio/voice", call_form(), token=token), wire.post("/twilio/voice", call_form(), token="")]
    wire.close()

    assert [answer.status_code for answer in answers] == [200, 403]


def test_the_previous_token_stops_counting_once_it_is_taken_away(sqlite_wire: Wire) -> None:
    answer = sqlite_wire.post("/twilio/voice", call_form(), token="the token before")

    assert answer.status_code == 403


@pytest.mark.parametrize("token", ["", "None", TOKEN])
def test_without_a_token_nothing_is_accepted(token: str, sqlite_url: str) -> None:
    wire = Wire(sqlite_url, twilio_account_sid=None, twilio_auth_token=None)

    answers = [wire.post(path, form(), token=token).status_code for path, form in SIGNED.items()]
    wire.close()

    assert set(answers) == {403}


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http", "X-Forwarded-For": "10.0.0.1"},
        {"Forwarded": "host=evil.example;proto=http"},
        {"X-Forwarded-Prefix": "/elsewhere"},
        {"X-Original-URL": "/elsewhere"},
    ],
)
def test_the_public_address_is_signed_whatever_the_headers_say(headers: dict[str, str], sqlite_wire: Wire) -> None:
    genuine = sqlite_wire.post("/twilio/voice", call_form(), headers=headers)
    forged = sqlite_wire.post("/twilio/voice", call_form(), base="http://evil.example", headers=headers)

    assert (genuine.status_code, forged.status_code) == (200, 403)


@pytest.mark.parametrize("base", ["http://afterhours.example", "https://afterhours.example/x", "https://localhost"])
def test_a_signature_over_another_address_does_not_count(base: str, sqlite_wire: Wire) -> None:
    assert sqlite_wire.post("/twilio/voice", call_form(), base=base).status_code == 403


def test_a_public_address_may_have_a_folder(sqlite_url: str) -> None:
    wire = Wire(sqlite_url, public_url="https://dealer.example/afterhours")

    answer = wire.post("/twilio/voice", call_form(), base="https://dealer.example/afterhours")
    wire.close()

    assert answer.status_code == 200
    assert b'action="https://dealer.example/afterhours/twilio/voice/recorded"' in answer.data


@pytest.mark.parametrize(
    "query",
    [
        "a=1%3A2",
        "a=1%202",
        "a=1+2",
        "a=%2B1",
        "a=1&a=2&a=1",
        "a=&b",
        "=x",
        "name=J%C3%BCrgen",
        "bodySHA256=00",
        "a=%00&b=%0A",
        "delivery=1&next=https%3A%2F%2Fx%2F%3Fy%3D1",
        "a=%zz",
        "a=b;c=d",
        "a=%F0%9F%92%A9",
    ],
)
def test_the_query_is_signed_as_it_came(query: str, sqlite_wire: Wire) -> None:
    form = {"MessageSid": sid("SM"), "MessageStatus": "sent"}

    answers = [
        sqlite_wire.post("/twilio/message-status", form, query=query),
        sqlite_wire.post("/twilio/message-status", form, query=query, token="wrong"),
    ]

    assert [answer.status_code for answer in answers] == [204, 403]


@pytest.mark.parametrize(
    "extra",
    [
        [("Colour", "blue")],
        [("Empty", "")],
        [("Twice", "1"), ("Twice", "2"), ("Twice", "1")],
        [("FromCity", "MÜNCHEN"), ("Emoji", "💩"), ("Arabic", "مرحبا")],
        [("Space ", " kept "), ("Percent%", "100%"), ("Plus+", "1+1=2&3")],
        [("", "nameless")],
        [("Newline", "a\r\nb"), ("Tab", "\t")],
    ],
)
def test_unknown_parameters_are_signed_too_and_then_ignored(extra: list[tuple[str, str]], sqlite_wire: Wire) -> None:
    form = [*recording_form().items(), *extra]

    assert sqlite_wire.post("/twilio/recording", form).status_code == 204
    assert sqlite_wire.post("/twilio/recording", form, token="wrong").status_code == 403
    assert len(sqlite_wire.cases()) == 1


@pytest.mark.thorough
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    extra=st.lists(
        st.tuples(
            st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8),
            st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
        ),
        max_size=6,
    )
)
def test_whatever_parameters_twilio_adds_the_signature_holds(extra: list[tuple[str, str]], sqlite_wire: Wire) -> None:
    known = call_form()
    form = [*known.items(), *((name, value) for name, value in extra if name not in known)]

    assert sqlite_wire.post("/twilio/voice", form).status_code == 200


def test_a_signed_json_body_is_no_form(sqlite_wire: Wire) -> None:
    signature = sign(f"{PUBLIC_URL}/twilio/voice", MultiDict())

    answer = sqlite_wire.app.test_client().post(
        "/twilio/voice", json=call_form(), headers={"X-Twilio-Signature": signature}
    )

    assert answer.status_code == 400
    assert sqlite_wire.rows() == {}
