"""A server that sends a byte now and then keeps no thread of ours: a whole answer has its time."""

from __future__ import annotations

import io
import socket
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from threading import Event, Thread

import pytest
import requests

from tests.support.serving import Behave, serving_by_hand
from tests.transports.conftest import make_line
from triage.errors import OutcomeUnknown, ProviderUnavailable, TransportError
from triage.transports import heartbeat, in_time, openid, smtp, twilio_recordings
from webhooks.simulator.phone_system import PhoneSystem

LIMIT = 0.2
_EVERY = 0.01
_MANY = 200
"""So many bytes take ten times the limit, and then the answer is whole."""


def slowly(beginning: bytes, end: bytes = b"") -> Behave:
    """Sends what it has to say at once but for the middle, which comes byte by byte."""

    def behave(request: BaseHTTPRequestHandler) -> None:
        with suppress(OSError):
            request.wfile.write(beginning)
            for _ in range(_MANY):
                request.wfile.write(b" ")
                Event().wait(_EVERY)
            request.wfile.write(end)

    return behave


HEAD = slowly(b"HTTP/1.0 200 OK\r\nX-Name: a", b"\r\n\r\n{}")
BODY = slowly(b"HTTP/1.0 200 OK\r\nContent-Length: 202\r\n\r\n", b"{}")
ENDLESS_BODY = slowly(b"HTTP/1.0 200 OK\r\n\r\n", b"{}")
slow = pytest.mark.parametrize("behave", [HEAD, BODY, ENDLESS_BODY], ids=["head", "body", "without a length"])


@slow
def test_a_slow_answer_of_a_sign_in_provider_is_none(behave: Behave, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openid, "_LONGEST_ANSWER_SECONDS", LIMIT)
    with serving_by_hand(behave) as url, pytest.raises(ProviderUnavailable, match="does not answer as it should"):
        openid.OpenIdProvider(url, "afterhours", "a secret").check()


def test_a_slow_answer_to_a_heartbeat_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "_LONGEST_SECONDS", LIMIT)
    with serving_by_hand(HEAD) as url, pytest.raises(TransportError, match="it did not answer in time"):
        heartbeat.HttpHeartbeat(f"{url}/ping/5ec7e7").passed()


@slow
def test_a_slow_recording_is_fetched_another_time(
    behave: Behave, phones: PhoneSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(twilio_recordings, "LONGEST_SECONDS", LIMIT)
    with serving_by_hand(behave) as url, pytest.raises(OutcomeUnknown, match="no answer from Twilio: ReadTimeout"):
        make_line(phones, twilio_api_base=url).recordings.fetch("RE" + "a" * 32, io.BytesIO())


def test_a_mail_server_whose_greeting_has_no_end_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "_LONGEST_SECONDS", LIMIT)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            caller, _ = server.accept()
            with caller, suppress(OSError):
                for _ in range(_MANY):
                    caller.sendall(b"220-wait\r\n")
                    Event().wait(_EVERY)
                caller.sendall(b"220 ready\r\n")
                while caller.recv(1024):
                    caller.sendall(b"250 yes\r\n")

        greeting = Thread(target=greet)
        greeting.start()
        with pytest.raises(TransportError, match="the mail server cannot be used"):
            smtp.Smtp(f"smtp://127.0.0.1:{server.getsockname()[1]}", "a@example.com").check()
        greeting.join(timeout=10)


def test_an_answer_in_time_is_whole_and_another_session_is_not_limited() -> None:
    session = requests.Session()
    in_time.watch(session)
    with serving_by_hand(slowly(b"HTTP/1.0 200 OK\r\n\r\n", b"{}")) as url:
        with in_time.within(60):
            assert session.get(url, timeout=5).content.strip() == b"{}"
        with pytest.raises(requests.ReadTimeout, match="no whole answer"), in_time.within(LIMIT):
            session.get(url, timeout=5)
