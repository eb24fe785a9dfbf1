"""A person on the page holds the phones: calls us, is rung, presses keys, talks, hangs up."""

from __future__ import annotations

import io
import wave
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from twilio.rest import Client
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from tests.simulator.conftest import CALLER, DANA, OURS, PUBLIC, MovableClock, OurSide
from webhooks.simulator.page import add_page
from webhooks.simulator.page_calls import LARGEST_UPLOAD, SAMPLE_WORDS
from webhooks.simulator.phone_system import Behaviour, PhoneSystem
from webhooks.simulator.posting import Answer
from webhooks.simulator.rest import create_rest_app
from webhooks.simulator.roster_phones import add_callers

MENU = f"""
<Response>
  <Gather numDigits="1" timeout="4" action="/key"><Say>If your whole site is down, press one.</Say></Gather>
  <Record action="/said" finishOnKey="#" timeout="9" transcribe="true" transcribeCallback="{PUBLIC}/words"
          recordingStatusCallback="{PUBLIC}/recording"/>
</Response>
"""
ALERT = '<Response><Gather numDigits="1" action="/took"><Say>Case 17. Press 1.</Say></Gather></Response>'
BRIDGE = f"""<Response><Dial action="/done" callerId="{OURS}" hangupOnStar="true" timeout="20">
  <Number>{CALLER}</Number></Dial></Response>"""


class Page:
    """The page in front of somebody, and time that passes."""

    def __init__(self, client: FlaskClient, phones: PhoneSystem, clock: MovableClock) -> None:
        self._client, self._phones, self._clock = client, phones, clock

    def press(self, path: str, **form: str) -> TestResponse:
        answer = self._client.post(path, data=form)
        self.wait(0)
        return answer

    def act(self, number: str, button: str) -> TestResponse:
        name = "button" if len(button) > 1 else "key"
        return self.press("/act", number=number, **{name: button})

    def upload(self, sound: bytes, how: str = "upload", number: str = CALLER) -> TestResponse:
        file = FileStorage(io.BytesIO(sound), "message.wav")
        boundary, body = encode_multipart({"number": number, "how": how, "sound": file})
        answer = self._client.post("/talk", data=body, content_type=f"multipart/form-data; boundary={boundary}")
        self.wait(0)
        return answer

    def wait(self, seconds: float) -> None:
        self._clock.advance(seconds)
        self._phones.run_due(self._clock.now())

    def line(self, number: str) -> str:
        """The part of the page that shows this phone's call."""
        text = self._client.get("/live").get_data(as_text=True)
        return text.split(f'id="line-{number[1:]}"')[1].split("</div>")[0]


@pytest.fixture
def page(phones: PhoneSystem, clock: MovableClock, ours: OurSide) -> Page:
    app = create_rest_app(phones)
    add_page(app, phones, None, run=lambda work: work())
    phones.set_behaviour(DANA, Behaviour.BY_HAND)
    add_callers(phones)
    ours.twiml = {"/twilio/voice": MENU, "/alert": ALERT, "/bridge": BRIDGE}
    return Page(app.test_client(), phones, clock)


@pytest.fixture
def ring_dana(client: Client, page: Page) -> Callable[[str], None]:
    def ring(path: str) -> None:
        client.calls.create(to=DANA, from_=OURS, url=PUBLIC + path, timeout=20)
        page.wait(1)

    return ring


def wav(seconds: float, rate: int = 16_000, width: int = 2, channels: int = 1) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(b"\x80" * (round(seconds * rate) * width * channels))
    return buffer.getvalue()


def test_a_caller_hears_the_menu_and_presses_a_key_into_it(page: Page, ours: OurSide) -> None:
    page.press("/call", number=CALLER)
    shown = page.line(CALLER)
    page.act(CALLER, "1")

    assert 'data-state="menu-words"' in shown
    assert "If your whole site is down, press one." in shown
    assert ours.forms("/key")[0]["Digits"] == "1"


def test_the_menu_waits_then_the_tone_sounds_and_a_sample_is_left(page: Page, ours: OurSide) -> None:
    page.press("/call", number=CALLER)
    page.act(CALLER, "skip")
    page.wait(1)
    waiting = page.line(CALLER)
    page.wait(3)
    tone = page.line(CALLER)

    page.press("/talk", number=CALLER, how="sample")
    page.wait(2)
    speaking = page.line(CALLER)
    page.wait(5)
    page.act(CALLER, "hang-up")
    page.wait(1)

    assert "Waits 3 s for a key" in waiting
    assert "talk now (9 s)" in tone
    assert "You are being recorded, 0:02" in speaking
    assert ours.forms("/recording")[0]["RecordingDuration"] == "6"
    assert ours.forms("/words")[0]["TranscriptionText"] == SAMPLE_WORDS
    assert "Call ended" in page.line(CALLER)


def test_whoever_types_the_words_of_a_message_is_not_cut_off_by_silence(page: Page, ours: OurSide) -> None:
    to_the_tone(page)
    for _ in range(3):
        page.wait(8)
        page.act(CALLER, "take-time")
    typing = page.line(CALLER)
    page.press("/talk", number=CALLER, how="sample", words="typed slowly")
    page.act(CALLER, "take-time")
    page.wait(30)

    assert "talk now (9 s)" in typing
    assert ours.forms("/recording")[0]["RecordingDuration"] == "6"
    assert ours.forms("/words")[0]["TranscriptionText"] == "typed slowly"


@pytest.mark.parametrize(("rate", "width", "channels"), [(44_100, 2, 2), (8000, 1, 1), (48_000, 2, 1)])
def test_an_uploaded_sound_becomes_the_recording(
    page: Page, phones: PhoneSystem, ours: OurSide, rate: int, width: int, channels: int
) -> None:
    to_the_tone(page)

    page.upload(wav(12.4, rate, width, channels))
    page.wait(13)
    page.act(CALLER, "hang-up")
    page.wait(1)

    assert ours.forms("/recording")[0]["RecordingDuration"] == "12"
    media = page._client.get(f"/sound/{phones.recordings()[0].sid}.wav").get_data()
    with wave.open(io.BytesIO(media)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
        assert file.getnframes() == pytest.approx(12.4 * 8000, abs=2)


def test_the_microphone_records_until_it_is_stopped(page: Page, ours: OurSide) -> None:
    to_the_tone(page)

    page.press("/talk", number=CALLER, how="start")
    page.wait(60)
    page.upload(wav(59.2), how="spoken")
    page.act(CALLER, "#")
    page.wait(1)

    assert ours.forms("/said")[0]["Digits"] == "#"
    assert ours.forms("/recording")[0]["RecordingDuration"] == "59"


def to_the_tone(page: Page) -> None:
    page.press("/call", number=CALLER)
    page.act(CALLER, "skip")
    page.wait(4)


@pytest.mark.parametrize(
    ("sound", "sentence"),
    [
        (b"ID3 not a wave file", "not a WAV file"),
        (wav(1, rate=2000), "4 to 192 kHz"),
        (wav(0), "no sound in it"),
        (wav(601, rate=4000, width=1), "longer than 10 minutes"),
    ],
)
def test_what_is_no_usable_sound_is_refused_with_a_sentence(page: Page, sound: bytes, sentence: str) -> None:
    to_the_tone(page)

    answer = page.upload(sound)

    assert answer.status_code == 400
    assert sentence in answer.get_data(as_text=True)


def test_an_upload_that_is_too_large_is_refused(page: Page) -> None:
    to_the_tone(page)

    assert page.upload(b"x" * (LARGEST_UPLOAD + 1)).status_code == 413


def test_a_withheld_number_rings_us_and_its_phone_is_held_all_the_same(page: Page, ours: OurSide) -> None:
    page.press("/call", number=CALLER, withheld="on")
    page.act(CALLER, "1")

    assert ours.forms("/key")[0]["From"] == "anonymous"


def test_a_number_that_is_not_on_the_page_gets_a_phone(page: Page, phones: PhoneSystem) -> None:
    page.press("/call", other="+1 (312) 555-0199")

    assert phones.phone("+13125550199").behaviour is Behaviour.BY_HAND
    assert "If your whole site is down" in page.line("+13125550199")


def test_an_alert_call_rings_until_somebody_answers_and_presses(
    page: Page, ours: OurSide, ring_dana: Callable[[str], None]
) -> None:
    ring_dana("/alert")
    ringing = page.line(DANA)
    page.act(DANA, "answer")
    page.act(DANA, "1")

    assert 'data-state="ringing"' in ringing
    assert "Call from our number" in ringing
    assert ours.forms("/took")[0]["Digits"] == "1"


@pytest.mark.parametrize(
    ("button", "status", "words"),
    [("decline", "busy", "Declined"), ("", "no-answer", "Not answered"), ("box", "completed", "Call ended")],
)
def test_a_phone_that_rings_can_be_declined_left_or_taken_by_the_box(
    page: Page,
    phones: PhoneSystem,
    ours: OurSide,
    ring_dana: Callable[[str], None],
    button: str,
    status: str,
    words: str,
) -> None:
    ring_dana("/alert")

    if button:
        page.act(DANA, button)
    page.wait(30)

    assert phones.phone(DANA).calls[0].status == status
    assert words in page.line(DANA)
    assert ours.forms("/took") == []


def test_a_new_ring_is_shown_though_the_box_still_holds_an_older_call(
    page: Page, ours: OurSide, ring_dana: Callable[[str], None]
) -> None:
    ring_dana("/alert")
    page.act(DANA, "box")
    in_the_box = page.line(DANA)

    ring_dana("/alert")
    ringing = page.line(DANA)
    page.act(DANA, "answer")
    page.act(DANA, "1")

    assert 'data-state="box"' in in_the_box
    assert 'data-state="ringing"' in ringing
    assert ours.forms("/took")[-1]["Digits"] == "1"


@pytest.mark.parametrize("first_to_hang_up", [DANA, CALLER])
def test_two_phones_are_put_through_and_either_may_hang_up(
    page: Page, phones: PhoneSystem, ours: OurSide, ring_dana: Callable[[str], None], first_to_hang_up: str
) -> None:
    ring_dana("/bridge")
    page.act(DANA, "answer")
    page.wait(2)
    waiting = page.line(DANA)
    page.act(CALLER, "answer")
    page.wait(75)
    talking = page.line(DANA), page.line(CALLER)
    page.act(first_to_hang_up, "hang-up")

    assert "It rings at the other end, 0:02" in waiting
    assert "Talking with Sam Ortiz, Lakeside Telecom, 1:15" in talking[0]
    assert "Talking with Dana Whitfield, 1:15" in talking[1]
    assert phones.phone(CALLER).calls[-1].seconds == 75
    done = [form["DialCallDuration"] for form in ours.forms("/done")]
    assert done == ([] if first_to_hang_up == DANA else ["75"])


def test_a_star_drops_the_other_leg_and_a_box_is_named(
    page: Page, ours: OurSide, ring_dana: Callable[[str], None]
) -> None:
    ring_dana("/bridge")
    page.act(DANA, "answer")
    page.act(CALLER, "box")
    page.wait(9)
    talking = page.line(DANA)
    page.act(DANA, "*")

    assert "Talking with the voicemail box of Sam Ortiz" in talking
    assert ours.forms("/done")[0]["DialCallDuration"] == "9"


def test_a_technician_who_gives_up_while_it_rings_ends_both(
    page: Page, phones: PhoneSystem, ring_dana: Callable[[str], None]
) -> None:
    ring_dana("/bridge")
    page.act(DANA, "answer")
    page.wait(3)
    page.act(DANA, "hang-up")

    assert phones.phone(CALLER).calls[-1].status == "canceled"
    assert phones.phone(DANA).calls[-1].status == "completed"


def test_a_phone_in_use_is_busy(page: Page, phones: PhoneSystem, ring_dana: Callable[[str], None]) -> None:
    ring_dana("/alert")
    page.act(DANA, "answer")

    ring_dana("/alert")
    refused = page.press("/call", number=DANA)

    assert phones.phone(DANA).calls[-1].status == "busy"
    assert refused.status_code == 409


def test_the_time_that_the_clock_is_moved_counts_in_a_call(page: Page, ours: OurSide) -> None:
    page.press("/call", number=CALLER)

    page.wait(15 * 60)

    assert ours.paths().count("/twilio/call-status") == 1
    assert "Call ended" in page.line(CALLER)


@pytest.mark.parametrize(
    ("path", "form", "status"),
    [
        ("/act", {"number": CALLER, "button": "answer"}, 409),
        ("/act", {"number": CALLER, "key": "1"}, 409),
        ("/act", {"number": CALLER, "button": "explode"}, 400),
        ("/act", {"number": CALLER, "key": "12"}, 400),
        ("/act", {"number": CALLER}, 400),
        ("/act", {"number": "nobody", "key": "1"}, 400),
        ("/call", {"other": "anonymous"}, 400),
        ("/talk", {"number": CALLER, "how": "sing"}, 400),
        ("/talk", {"number": CALLER, "how": "upload"}, 400),
        ("/talk", {"number": CALLER, "how": "sample"}, 409),
    ],
)
def test_what_makes_no_sense_is_refused(page: Page, path: str, form: dict[str, str], status: int) -> None:
    assert page.press(path, **form).status_code == status


def test_what_is_heard_is_escaped(page: Page, ours: OurSide) -> None:
    ours.twiml["/twilio/voice"] = "<Response><Say>&lt;script&gt;alert(1)&lt;/script&gt;</Say></Response>"

    page.press("/call", number=CALLER)

    assert "&lt;script&gt;alert(1)" in page.line(CALLER)


def test_what_is_played_can_be_listened_to(page: Page, phones: PhoneSystem, ours: OurSide) -> None:
    ours.twiml["/twilio/voice"] = "<Response><Play>/message.wav</Play><Pause length='60'/></Response>"
    post = phones.exchange.poster._post
    phones.exchange.poster._post = lambda url, form, headers: (
        post(url, form, headers) if form else Answer(200, "", "audio/x-wav", wav(1))
    )

    page.press("/call", number=CALLER)

    assert "A recording is played: listen" in page.line(CALLER)
    heard = phones.phone(CALLER).heard[0]
    assert page._client.get("/played", query_string={"heard": heard}).get_data() == wav(1)
    assert page._client.get("/played", query_string={"heard": "[plays nothing]"}).status_code == 404


def test_the_sound_of_a_recording_that_is_gone_is_not_found(page: Page) -> None:
    assert page._client.get("/sound/RE" + "0" * 32 + ".wav").status_code == 404
