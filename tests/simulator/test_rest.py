from __future__ import annotations

import io
import wave
from collections.abc import Iterator
from datetime import date, timedelta
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from tests.simulator.conftest import ACCOUNT, CALLER, DANA, FRIDAY_NIGHT, LEE, OURS, TOKEN, MovableClock, OurSide
from tests.support.serving import serving
from webhooks.simulator.in_process import InProcessHttpClient
from webhooks.simulator.phone_system import PhoneSystem
from webhooks.simulator.rest import create_rest_app

RECORD = '<Response><Record action="/e" recordingStatusCallback="/r"/></Response>'


@pytest.fixture
def app(phones: PhoneSystem) -> Flask:
    return create_rest_app(phones)


@pytest.fixture
def http(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def over_http(app: Flask) -> Iterator[Client]:
    """The official SDK over a real socket on loopback."""
    with serving(app) as url:
        client = Client(ACCOUNT, TOKEN)
        client.api.base_url = url
        yield client
        client.http_client.session.close()


def send(client: Client, count: int, to: str = DANA) -> None:
    for number in range(count):
        client.messages.create(to=to, from_=OURS, body=f"text {number}")


def test_the_official_sdk_works_over_http(phones: PhoneSystem, ours: OurSide, over_http: Client) -> None:
    ours.twiml = {"/twilio/voice": RECORD}
    message = over_http.messages.create(to=DANA, from_=OURS, body="Case 17 é", status_callback="https://x.example/m")
    call = over_http.calls.create(to=LEE, from_=OURS, twiml="<Response><Say>Hi.</Say></Response>")
    inbound = phones.leave_voicemail(CALLER)
    phones.run_all()

    assert over_http.messages(message.sid).fetch().body == "Case 17 é"
    assert over_http.calls(call.sid).fetch().status == "completed"
    recording = over_http.recordings(inbound.recording_sid).fetch()
    assert recording.start_time == FRIDAY_NIGHT - timedelta(seconds=30)
    assert recording.duration == "30"
    assert over_http.api.accounts(ACCOUNT).fetch().status == "active"
    assert over_http.incoming_phone_numbers.list()[0].voice_url == "https://afterhours.example/twilio/voice"
    with pytest.raises(TwilioRestException):
        over_http.messages.create(to="x", from_=OURS, body="x")


def test_the_sdk_reads_page_after_page_newest_first(client: Client) -> None:
    send(client, 7)

    bodies = [message.body for message in client.messages.list(page_size=3)]

    assert bodies == [f"text {number}" for number in reversed(range(7))]


def test_a_page_token_keeps_its_place_while_new_messages_come(client: Client) -> None:
    send(client, 4)
    first = client.messages.page(page_size=2)
    shown = [message.body for message in first]
    send(client, 2)

    following = first.next_page()

    assert [*shown, *(message.body for message in following or [])] == ["text 3", "text 2", "text 1", "text 0"]


def test_messages_are_filtered_by_number_and_day(client: Client, clock: MovableClock) -> None:
    send(client, 1)
    clock.advance(24 * 3600)
    send(client, 2)
    send(client, 1, to=LEE)

    assert len(client.messages.list(to=DANA)) == 3
    assert len(client.messages.list(to=DANA, date_sent=date(2026, 3, 7))) == 2
    assert len(client.messages.list(date_sent_after=FRIDAY_NIGHT + timedelta(seconds=1))) == 3
    assert len(client.messages.list(date_sent_before=FRIDAY_NIGHT)) == 1
    assert client.messages.list(from_=LEE) == []


def test_a_filter_that_is_no_date_is_refused(http: FlaskClient) -> None:
    path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json?DateSent=yesterday"

    answer = http.get(path, auth=(ACCOUNT, TOKEN))

    assert (answer.status_code, answer.get_json()["code"]) == (400, 20001)


@pytest.mark.parametrize("auth", [None, (ACCOUNT, "wrong"), (ACCOUNT, "ü"), ("AC" + "1" * 32, TOKEN)])
def test_wrong_credentials_are_refused(http: FlaskClient, auth: tuple[str, str] | None) -> None:
    answer = http.get(f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json", auth=auth)

    assert (answer.status_code, answer.get_json()["code"]) == (401, 20003)


def test_an_api_key_is_as_good_as_the_token(phones: PhoneSystem, app: Flask) -> None:
    phones.keys["SK1"] = "secret"
    client = Client("SK1", "secret", ACCOUNT, http_client=InProcessHttpClient(app))

    assert client.messages.list() == []


def test_what_is_not_there_is_not_found(client: Client) -> None:
    with pytest.raises(TwilioRestException) as missing:
        client.messages("SM" + "0" * 32).fetch()

    assert (missing.value.status, missing.value.code) == (404, 20404)


def test_an_unknown_resource_is_not_found_in_twilios_shape(http: FlaskClient) -> None:
    answer = http.get(f"/2010-04-01/Accounts/{ACCOUNT}/Queues.json", auth=(ACCOUNT, TOKEN))

    assert (answer.status_code, answer.get_json()["code"]) == (404, 20404)


def test_a_message_has_all_fields_of_twilios(http: FlaskClient) -> None:
    answer = http.post(
        f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json",
        data={"To": DANA, "From": OURS, "Body": "é" * 161},
        auth=(ACCOUNT, TOKEN),
    )

    body = answer.get_json()
    assert answer.status_code == 201
    assert body["date_created"] == "Fri, 06 Mar 2026 23:30:00 +0000"
    assert (body["num_segments"], body["date_sent"], body["error_code"]) == ("2", None, None)
    assert body["uri"] == f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{body['sid']}.json"


def test_calls_are_filtered_by_direction_of_their_numbers_and_by_start(
    phones: PhoneSystem, ours: OurSide, client: Client, clock: MovableClock
) -> None:
    ours.twiml = {"/twilio/voice": RECORD}
    first = phones.leave_voicemail(CALLER)
    clock.advance(3600)
    second = phones.leave_voicemail(CALLER)

    assert [call.sid for call in client.calls.list(to=OURS)] == [second.sid, first.sid]
    assert [call.sid for call in client.calls.list(start_time_after=FRIDAY_NIGHT)] == [second.sid]
    assert client.calls.list(status="busy") == []
    assert client.calls(first.sid).fetch().end_time == FRIDAY_NIGHT


def test_recordings_are_listed_by_time_and_by_call(
    phones: PhoneSystem, ours: OurSide, client: Client, clock: MovableClock
) -> None:
    ours.twiml = {"/twilio/voice": RECORD}
    first = phones.leave_voicemail(CALLER)
    clock.advance(3600)
    second = phones.leave_voicemail(CALLER)

    since = client.recordings.list(date_created_after=FRIDAY_NIGHT)
    assert [recording.sid for recording in since] == [second.recording_sid]
    of_call = client.calls(first.sid).recordings.list()
    assert [recording.sid for recording in of_call] == [first.recording_sid]


@pytest.mark.parametrize("ending", ["", ".wav", ".mp3"])
def test_a_recording_can_be_listened_to(phones: PhoneSystem, ours: OurSide, http: FlaskClient, ending: str) -> None:
    ours.twiml = {"/twilio/voice": RECORD}
    call = phones.leave_voicemail(CALLER, seconds=3)
    path = urlsplit(ours.forms("/r")[0]["RecordingUrl"]).path

    answer = http.get(path + ending, auth=(ACCOUNT, TOKEN))

    assert call.recording_sid
    with wave.open(io.BytesIO(answer.data)) as file:
        assert file.getnframes() / file.getframerate() == 3


def test_an_absent_recording_has_no_audio(phones: PhoneSystem, ours: OurSide, http: FlaskClient) -> None:
    ours.twiml = {"/twilio/voice": RECORD}
    phones.leave_voicemail(CALLER, silent=True)
    sid = phones.recordings()[0].sid

    answer = http.get(f"/2010-04-01/Accounts/{ACCOUNT}/Recordings/{sid}.wav", auth=(ACCOUNT, TOKEN))

    assert answer.status_code == 404


def test_a_deleted_recording_is_gone(phones: PhoneSystem, ours: OurSide, client: Client) -> None:
    ours.twiml = {"/twilio/voice": RECORD}
    call = phones.leave_voicemail(CALLER)

    assert client.recordings(call.recording_sid).delete()

    assert client.recordings.list() == []


def test_our_number_can_be_pointed_elsewhere(phones: PhoneSystem, ours: OurSide, client: Client) -> None:
    number = client.incoming_phone_numbers.list(phone_number=OURS)[0]

    number.update(voice_url="https://afterhours.example/elsewhere")
    phones.leave_voicemail(CALLER)

    assert ours.paths()[0] == "/elsewhere"
