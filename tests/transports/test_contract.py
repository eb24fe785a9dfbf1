"""What every transport promises, on Twilio's shapes: one contract for SMS and for voice."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from http.server import BaseHTTPRequestHandler

import pytest
from twilio.http.http_client import TwilioHttpClient

from tests.support.live import free_port
from tests.support.serving import Behave, says, serving_by_hand
from tests.support.world import CALLER, OUR_NUMBER, PUBLIC_URL
from tests.transports.conftest import Line, make_line
from triage.errors import ConfigurationError, OutcomeUnknown, TransportError
from triage.policy.delivery import DeliveryState
from triage.ports import Outgoing, Sends
from triage.transports.recording import RecordingTransport
from webhooks.simulator.phone_system import Behaviour, PhoneSystem

DANA = "+16145550101"
TEXT = "1001 overnight: +16145550199.\nCall by 11:30 PM EST, 120 min left. Reply ACK 1001 or PASS"


def outgoing(phone: str = DANA, number: int = 7) -> Outgoing:
    return Outgoing(delivery_id=number, phone=phone, text=TEXT, rings_for=timedelta(seconds=20))


@pytest.fixture(params=["sms", "voice"])
def sends(request: pytest.FixtureRequest, line: Line) -> Sends:
    transport: Sends = getattr(line, request.param)
    return transport


def test_what_is_sent_is_accepted_under_the_providers_id(sends: Sends, line: Line) -> None:
    accepted = sends.send(outgoing())

    messages = [(message.sid, message.to) for message in line.phones.messages()]
    calls = [(call.sid, call.to) for call in line.phones.calls()]
    assert messages + calls == [(accepted.provider_sid, DANA)]
    assert accepted.state is DeliveryState.ACCEPTED


def test_a_refusal_for_good_is_permanent_and_nothing_went_out(sends: Sends, line: Line) -> None:
    with pytest.raises(TransportError) as caught:
        sends.send(outgoing("+1999"))

    assert (caught.value.permanent, caught.value.code) == (True, 21211)
    assert (line.phones.messages(), line.phones.calls()) == ((), ())


def test_too_many_requests_may_be_repeated(sends: Sends, line: Line) -> None:
    line.phones.faults.refuse_429 = 1

    with pytest.raises(TransportError) as caught:
        sends.send(outgoing())

    assert (caught.value.permanent, caught.value.code, caught.value.reason) == (
        False,
        20429,
        "too many requests at once",
    )
    assert sends.send(outgoing()).provider_sid


@pytest.mark.parametrize("fault", ["fail_500", "accept_then_500", "accept_then_hang"])
def test_a_failure_of_the_provider_leaves_the_outcome_unknown(fault: str, sends: Sends, line: Line) -> None:
    setattr(line.phones.faults, fault, 1)

    with pytest.raises(OutcomeUnknown):
        sends.send(outgoing())


def test_what_went_out_is_in_the_list(sends: Sends, line: Line) -> None:
    line.phones.faults.accept_then_500 = 1
    begun = line.phones.now - timedelta(seconds=1)
    with pytest.raises(OutcomeUnknown):
        sends.send(outgoing())

    [found] = sends.sent_to(DANA, begun)

    assert found.text in {"", TEXT}
    assert found.created_at >= begun
    assert found.created_at.tzinfo is not None


def test_the_list_holds_neither_other_phones_nor_what_came_in_nor_what_is_old(sends: Sends, line: Line) -> None:
    sends.send(outgoing())
    line.phones.text(DANA, "ACK")
    line.phones.leave_voicemail(DANA)

    assert sends.sent_to(CALLER, line.phones.now - timedelta(hours=1)) == []
    assert len(sends.sent_to(DANA, line.phones.now - timedelta(hours=1))) == 1
    assert sends.sent_to(DANA, line.phones.now + timedelta(minutes=1)) == []
    assert sends.sent_to(OUR_NUMBER, line.phones.now - timedelta(hours=1)) == []


def test_a_list_that_fails_is_no_empty_list(sends: Sends, line: Line) -> None:
    line.phones.faults.fail_reads = 1

    with pytest.raises(OutcomeUnknown):
        sends.sent_to(DANA, line.phones.now)


def test_the_recording_twin_keeps_the_same_contract(line: Line) -> None:
    twin = RecordingTransport()
    twin.failures = [TransportError("no", permanent=True), OutcomeUnknown()]

    with pytest.raises(TransportError):
        twin.send(outgoing())
    with pytest.raises(OutcomeUnknown):
        twin.send(outgoing())

    assert twin.send(outgoing()).provider_sid == f"SM{1:032x}"
    assert twin.sent == [outgoing()]
    assert twin.sent_to(DANA, line.phones.now) == []


def test_an_sms_names_its_delivery_in_the_address_for_reports(line: Line) -> None:
    line.sms.send(outgoing(number=42))

    [message] = line.phones.messages()
    assert message.status_callback == f"{PUBLIC_URL}/twilio/message-status?delivery=42"
    assert (message.from_, message.body) == (OUR_NUMBER, TEXT)


def test_a_messaging_service_takes_the_place_of_our_number(rest_url: str, phones: PhoneSystem) -> None:
    line = make_line(phones, twilio_api_base=rest_url, twilio_messaging_service_sid="MG" + "a" * 32)

    line.sms.send(outgoing())

    assert phones.messages()[0].service_sid == "MG" + "a" * 32


def test_a_call_asks_our_webhook_what_to_say_and_reports_every_step(line: Line) -> None:
    line.voice.send(outgoing(number=42))

    [call] = line.phones.calls()
    assert call.status_callback == f"{PUBLIC_URL}/twilio/call-status?delivery=42"
    assert call.events == frozenset({"initiated", "answered", "completed"})


def test_an_opted_out_phone_is_told_apart(line: Line) -> None:
    line.phones.add_phone(DANA, "Dana", Behaviour.OPTED_OUT)

    with pytest.raises(TransportError) as caught:
        line.sms.send(outgoing())

    assert (caught.value.permanent, caught.value.code) == (True, 21610)


def test_wrong_credentials_are_our_fault_and_permanent(rest_url: str, phones: PhoneSystem) -> None:
    line = make_line(phones, twilio_api_base=rest_url, twilio_auth_token="wrong")

    with pytest.raises(TransportError) as caught:
        line.sms.send(outgoing())

    assert (caught.value.code, caught.value.reason) == (20003, "Twilio refused our credentials")


def test_an_api_key_is_used_for_rest_where_it_is_set(rest_url: str, phones: PhoneSystem) -> None:
    phones.keys = {"SK" + "b" * 32: "key secret"}
    line = make_line(
        phones,
        twilio_api_base=rest_url,
        twilio_api_key_sid="SK" + "b" * 32,
        twilio_api_key_secret="key secret",
    )

    assert line.sms.send(outgoing()).provider_sid
    assert line.calls.check()


@pytest.mark.parametrize(
    "environment",
    [
        {"TWILIO_EDGE": "ashburn", "TWILIO_REGION": "ie1"},
        {"TWILIO_EDGE": "sydney"},
        {"TWILIO_ACCOUNT_SID": "AC" + "f" * 32, "TWILIO_AUTH_TOKEN": "another"},
    ],
)
def test_twilios_own_variables_divert_nothing(
    environment: dict[str, str], rest_url: str, phones: PhoneSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    line = make_line(phones, twilio_api_base=rest_url)

    assert line.sms.send(outgoing()).provider_sid
    assert len(phones.messages()) == 1


@pytest.mark.parametrize("missing", ["twilio_from", "twilio_account_sid"])
def test_without_a_number_or_an_account_nothing_is_built(missing: str, phones: PhoneSystem) -> None:
    values = {missing: None} if missing == "twilio_from" else {missing: None, "twilio_auth_token": None}

    with pytest.raises(ConfigurationError, match="AFTERHOURS_TWILIO"):
        make_line(phones, **values)


def test_a_refused_connection_sent_nothing(phones: PhoneSystem) -> None:
    line = make_line(phones, twilio_api_base=f"http://127.0.0.1:{free_port()}")

    for attempt in (line.sms.send, line.voice.send):
        with pytest.raises(TransportError) as caught:
            attempt(outgoing())
        assert (caught.value.permanent, caught.value.reason) == (False, "Twilio cannot be reached")


def test_a_name_that_does_not_resolve_sent_nothing(phones: PhoneSystem) -> None:
    line = make_line(phones, twilio_api_base="http://nowhere.invalid")

    with pytest.raises(TransportError, match="cannot be reached"):
        line.sms.send(outgoing())


@pytest.fixture
def odd_server() -> Iterator[Callable[[Behave], str]]:
    """A server that does with each request what a test says."""
    with ExitStack() as servers:
        yield lambda behave: servers.enter_context(serving_by_hand(behave))


def hangs_up(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


def breaks_off(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(201)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"sid": ')
    handler.wfile.flush()
    handler.connection.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    "behave",
    [
        says(200, b"<html>Please sign in to this hotel</html>", Content_Type="text/html"),
        says(201, b""),
        says(201, b'{"sid": "SM'),
        says(201, b"\xff\xfe"),
        says(502, b"<html>Bad gateway</html>", Content_Type="text/html"),
        says(503, b"{}"),
        says(500, b'{"code": 20500, "message": "x", "status": 500}'),
        says(500, b'{"type": "x", "title": "x", "status": 500, "code": 20500}'),
        hangs_up,
        breaks_off,
    ],
    ids=["hotel", "empty", "half", "bytes", "502", "503", "500", "problem", "hangs up", "breaks off"],
)
def test_an_answer_that_cannot_be_read_leaves_the_outcome_unknown(
    behave: Behave, odd_server: Callable[[Behave], str], phones: PhoneSystem
) -> None:
    line = make_line(phones, twilio_api_base=odd_server(behave))

    for attempt in (
        lambda: line.sms.send(outgoing()),
        lambda: line.sms.sent_to(DANA, phones.now),
        lambda: line.calls.call("CA" + "a" * 32),
    ):
        with pytest.raises(OutcomeUnknown):
            attempt()


@pytest.mark.parametrize(
    ("status", "body", "permanent", "code"),
    [
        (400, b'{"code": 21617, "message": "x", "status": 400}', True, 21617),
        (400, b'{"code": 21611, "message": "x", "status": 400}', False, 21611),
        (400, b'{"code": 29999, "message": "x", "status": 400}', True, 29999),
        (401, b"", True, 401),
        (403, b"<html>forbidden</html>", True, 403),
        (429, b"", False, 429),
        (429, b'{"code": 20429, "message": "x", "status": 429}', False, 20429),
    ],
)
def test_a_refusal_is_read_from_code_and_status(
    status: int, body: bytes, permanent: bool, code: int, odd_server: Callable[[Behave], str], phones: PhoneSystem
) -> None:
    line = make_line(phones, twilio_api_base=odd_server(says(status, body)))

    with pytest.raises(TransportError) as caught:
        line.sms.send(outgoing())

    assert (caught.value.permanent, caught.value.code) == (permanent, code)


def test_silence_is_not_waited_for_for_ever(phones: PhoneSystem) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        line = make_line(
            phones,
            TwilioHttpClient(timeout=0.2),
            twilio_api_base=f"http://127.0.0.1:{silent.getsockname()[1]}",
        )

        with pytest.raises(OutcomeUnknown, match="ReadTimeout"):
            line.sms.send(outgoing())


def test_the_client_gives_up_before_the_lease_of_a_delivery_ends(phones: PhoneSystem) -> None:
    from triage.policy.retry import SENDING_LEASE  # noqa: PLC0415
    from triage.transports.twilio_client import TIMEOUT_SECONDS, Account, connect  # noqa: PLC0415

    account = Account(
        account_sid="AC", username="AC", password="x", sender="+1", messaging_service_sid=None, public_url="x"
    )

    assert connect(account).http_client.timeout == TIMEOUT_SECONDS
    assert timedelta(seconds=2 * TIMEOUT_SECONDS) <= SENDING_LEASE


def test_a_connection_is_kept_for_each_thread_through_the_proxy_that_the_environment_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from triage.transports.twilio_client import Account, connect  # noqa: PLC0415

    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/own.pem")
    account = Account(
        account_sid="AC", username="AC", password="x", sender="+1", messaging_service_sid=None, public_url="x"
    )

    session = connect(account, connections=17).http_client.session

    assert session.proxies["https"] == "http://proxy.example:3128"
    assert session.get_adapter("https://api.twilio.com")._pool_maxsize == 17
    assert session.verify == "/own.pem"


def test_a_call_and_a_recording_are_looked_up(line: Line) -> None:
    call = line.phones.leave_voicemail(CALLER, seconds=40)
    assert call.recording_sid is not None

    found, recording = line.calls.call(call.sid), line.calls.recording(call.recording_sid)

    assert found is not None
    assert recording is not None
    assert found.from_number == CALLER
    assert recording.duration == timedelta(seconds=40)
    assert recording.started_at is not None
    assert found.started_at is not None
    assert found.started_at <= recording.started_at


def test_a_withheld_number_is_looked_up_as_none(line: Line) -> None:
    call = line.phones.leave_voicemail(CALLER, withheld=True)

    found = line.calls.call(call.sid)

    assert found is not None
    assert found.from_number is None


def test_what_the_provider_does_not_know_is_none(line: Line) -> None:
    assert line.calls.call("CA" + "f" * 32) is None
    assert line.calls.recording("RE" + "f" * 32) is None


def test_the_legs_of_a_bridged_call_are_listed_with_their_talk_time(line: Line) -> None:
    line.phones.add_phone(CALLER, "Caller", talks_for=125)
    parent = line.phones.calling.create(
        to=DANA, from_=OUR_NUMBER, twiml=f'<Response><Dial callerId="{OUR_NUMBER}">{CALLER}</Dial></Response>'
    )
    line.phones.run_all()

    [leg] = line.calls.legs(parent.sid)

    assert (leg.to_number, leg.status, leg.duration) == (CALLER, "completed", timedelta(seconds=125))
    assert leg.started_at is not None
    assert leg.ended_at == leg.started_at + timedelta(seconds=125)
    assert line.calls.legs("CA" + "f" * 32) == []


def test_a_leg_that_nobody_answered_has_no_talk_time(line: Line) -> None:
    line.phones.add_phone(CALLER, "Caller", Behaviour.BUSY)
    parent = line.phones.calling.create(
        to=DANA, from_=OUR_NUMBER, twiml=f'<Response><Dial callerId="{OUR_NUMBER}">{CALLER}</Dial></Response>'
    )
    line.phones.run_all()

    [leg] = line.calls.legs(parent.sid)

    assert (leg.status, leg.duration) == ("busy", None)


def test_legs_that_cannot_be_listed_are_not_no_legs(line: Line) -> None:
    line.phones.faults.fail_reads = 1

    with pytest.raises(OutcomeUnknown):
        line.calls.legs("CA" + "a" * 32)
