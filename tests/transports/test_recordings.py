"""Audio from Twilio: fetched whole or not at all, from Twilio alone, with our credentials."""

from __future__ import annotations

import io
from http.server import BaseHTTPRequestHandler

import pytest

from config.settings import SIMULATED_ACCOUNT
from tests.support.live import free_port
from tests.support.serving import Behave, says, serving_by_hand
from tests.support.world import CALLER
from tests.transports.conftest import Line, make_line
from triage.errors import OutcomeUnknown, TransportError
from triage.transports import twilio_recordings
from webhooks.simulator.phone_system import PhoneSystem
from webhooks.simulator.sound import tone

SID = "RE" + "a" * 32
WAV = tone(2)


def fetch_from(phones: PhoneSystem, behave: Behave) -> bytes | None:
    with serving_by_hand(behave) as url:
        into = io.BytesIO()
        found = make_line(phones, twilio_api_base=url).recordings.fetch(SID, into)
        return into.getvalue() if found else None


def test_audio_comes_byte_for_byte(line: Line) -> None:
    call = line.phones.leave_voicemail(CALLER, seconds=12)
    assert call.recording_sid is not None
    into = io.BytesIO()

    assert line.recordings.fetch(call.recording_sid, into)

    assert into.getvalue() == tone(12)


def test_audio_that_is_not_there_is_no_fault(line: Line) -> None:
    assert not line.recordings.fetch(SID, io.BytesIO())


def test_a_recording_is_deleted_and_deleting_it_again_is_no_fault(line: Line) -> None:
    call = line.phones.leave_voicemail(CALLER, seconds=12)
    assert call.recording_sid is not None

    line.recordings.delete(call.recording_sid)
    line.recordings.delete(call.recording_sid)

    assert line.phones.recordings() == ()


def test_a_failure_of_twilio_is_no_verdict_on_the_recording(line: Line) -> None:
    line.phones.faults.fail_reads = 1

    with pytest.raises(OutcomeUnknown, match="Twilio answered 500"):
        line.recordings.fetch(SID, io.BytesIO())


def test_the_address_is_built_from_our_ids_and_credentials_are_sent(phones: PhoneSystem) -> None:
    asked: list[BaseHTTPRequestHandler] = []

    def answers(request: BaseHTTPRequestHandler) -> None:
        asked.append(request)
        says(body=WAV)(request)

    with serving_by_hand(answers) as url:
        make_line(phones, twilio_api_base=url).recordings.fetch(SID, io.BytesIO())

    (request,) = asked
    assert request.path == f"/2010-04-01/Accounts/{SIMULATED_ACCOUNT}/Recordings/{SID}.wav"
    assert request.headers["Authorization"].startswith("Basic ")
    assert request.headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("sid", ["", "RE1", SID + "/../../x", "https://evil.example/x", "CA" + "a" * 32, SID + "\n"])
def test_what_is_no_sid_is_asked_for_nowhere(phones: PhoneSystem, sid: str) -> None:
    line = make_line(phones, twilio_api_base=f"http://127.0.0.1:{free_port()}")

    with pytest.raises(TransportError, match="no SID of a recording"):
        line.recordings.fetch(sid, io.BytesIO())


@pytest.mark.parametrize(
    ("behave", "kind", "told"),
    [
        (
            says(body=WAV, Content_Length=str(len(WAV) + 10)),
            OutcomeUnknown,
            "ChunkedEncoding",
        ),
        (says(body=b"<html>sign in</html>"), OutcomeUnknown, "no WAV file"),
        (says(body=b""), OutcomeUnknown, "no WAV file"),
        (says(302, Location="http://127.0.0.1:1/elsewhere"), TransportError, "refused it with 302"),
        (says(401), TransportError, "refused it with 401"),
        (says(503), OutcomeUnknown, "Twilio answered 503"),
        (says(429), TransportError, "too many"),
    ],
)
def test_what_is_not_the_whole_recording_is_none(
    phones: PhoneSystem, behave: Behave, kind: type[Exception], told: str
) -> None:
    with pytest.raises(kind, match=told) as caught:
        fetch_from(phones, behave)

    assert not getattr(caught.value, "permanent", False)


@pytest.mark.parametrize("announced", [True, False])
def test_a_recording_beyond_all_measure_is_refused_for_good(
    phones: PhoneSystem, monkeypatch: pytest.MonkeyPatch, announced: bool
) -> None:
    monkeypatch.setattr(twilio_recordings, "LARGEST_BYTES", len(WAV) - 1)

    with pytest.raises(TransportError, match="larger than") as caught:
        fetch_from(phones, says(body=WAV, Content_Length=str(len(WAV)) if announced else ""))

    assert caught.value.permanent


def test_a_recording_that_only_drips_is_left_alone(phones: PhoneSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twilio_recordings, "LONGEST_SECONDS", -1)

    with pytest.raises(OutcomeUnknown, match="no answer from Twilio: ReadTimeout"):
        fetch_from(phones, says(body=WAV))


def test_without_a_length_the_end_of_the_body_is_the_end_of_the_recording(phones: PhoneSystem) -> None:
    assert fetch_from(phones, says(body=WAV, Content_Length="")) == WAV


def test_twilio_out_of_reach(phones: PhoneSystem) -> None:
    line = make_line(phones, twilio_api_base=f"http://127.0.0.1:{free_port()}")

    with pytest.raises(TransportError, match="cannot be reached"):
        line.recordings.fetch(SID, io.BytesIO())
