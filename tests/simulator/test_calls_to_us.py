"""Calls to our number that go on as time passes, and those that are refused, replayed or made by ourselves."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask, Response, request
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from tests.simulator.conftest import ACCOUNT, CALLER, OURS, PUBLIC, TOKEN, MovableClock, OurSide
from webhooks.simulator.in_process import post_into
from webhooks.simulator.person import Act, Deed, Live, Speech
from webhooks.simulator.phone_system import PhoneSystem
from webhooks.simulator.sound import seconds_of, tone

SECOND_NUMBER = "+16145550177"
MENU = f"""
<Response>
  <Gather numDigits="1" timeout="4" action="/key"><Say>If your whole site is down, press one.</Say></Gather>
  <Say>Leave your message after the tone.</Say>
  <Record action="/said" finishOnKey="#" timeout="5" maxLength="60" recordingStatusCallback="{PUBLIC}/recording"/>
</Response>
"""
RECORDED = "<Response><Say>Your reference is one zero zero one.</Say><Hangup/></Response>"


@pytest.fixture
def menu(ours: OurSide) -> OurSide:
    ours.twiml = {"/twilio/voice": MENU, "/said": RECORDED}
    return ours


@pytest.fixture
def let_pass(phones: PhoneSystem, clock: MovableClock) -> Callable[[float], None]:
    def let_pass(seconds: float) -> None:
        clock.advance(seconds)
        phones.run_due(clock.now())

    return let_pass


class Caller:
    """Somebody live, and what they can do."""

    def __init__(self, phones: PhoneSystem, clock: MovableClock) -> None:
        self._phones, self._clock, self.person = phones, clock, Live()
        self.sid = phones.call_us(CALLER, self.person)
        phones.run_due(clock.now())

    def does(self, act: Act, key: str = "", speech: Speech | None = None) -> None:
        self.person.do(Deed(act, self._clock.now(), key, speech))
        self._phones.exchange.wake(self.sid)
        self._phones.run_due(self._clock.now())

    @property
    def heard(self) -> tuple[str, ...]:
        return self._phones.call(self.sid).heard


def test_a_live_caller_hears_each_prompt_when_it_is_spoken(
    phones: PhoneSystem, clock: MovableClock, menu: OurSide, let_pass: Callable[[float], None]
) -> None:
    caller = Caller(phones, clock)
    at_first = caller.heard
    let_pass(6)
    while_it_waits = caller.heard
    let_pass(2)

    assert at_first == while_it_waits == ("If your whole site is down, press one.",)
    assert caller.heard == (*at_first, "Leave your message after the tone.")


def test_a_key_cuts_a_menu_short(phones: PhoneSystem, clock: MovableClock, menu: OurSide) -> None:
    caller = Caller(phones, clock)

    caller.does(Act.KEY, "1")

    assert menu.forms("/key")[0]["Digits"] == "1"


def test_a_key_while_no_menu_listens_comes_to_nothing(
    phones: PhoneSystem, clock: MovableClock, menu: OurSide, let_pass: Callable[[float], None]
) -> None:
    caller = Caller(phones, clock)
    let_pass(7)

    caller.does(Act.KEY, "1")
    let_pass(30)

    assert menu.forms("/key") == []


def test_what_a_live_caller_says_becomes_the_recording_and_the_reference_is_heard(
    phones: PhoneSystem, client: Client, clock: MovableClock, menu: OurSide, let_pass: Callable[[float], None]
) -> None:
    caller = Caller(phones, clock)
    let_pass(7)
    let_pass(4)

    caller.does(Act.SPEAK, speech=Speech(seconds=12, audio=tone(12), words="nobody can call in"))
    let_pass(12)
    caller.does(Act.KEY, "#")
    let_pass(1)

    assert caller.heard[-1] == "Your reference is one zero zero one."
    assert menu.forms("/said")[0]["Digits"] == "#"
    told = menu.forms("/recording")[0]
    assert told["RecordingDuration"] == "12"
    assert phones.recordings()[0].audio is not None
    assert seconds_of(phones.recordings()[0].audio or b"") == 12


def test_the_length_is_that_of_the_sound_where_somebody_spoke_until_they_were_done(
    phones: PhoneSystem, clock: MovableClock, menu: OurSide, let_pass: Callable[[float], None]
) -> None:
    caller = Caller(phones, clock)
    let_pass(11)

    caller.does(Act.SPEAK, speech=Speech(seconds=1000))
    let_pass(9)
    caller.does(Act.STOP_SPEAKING, speech=Speech(seconds=8, audio=tone(8)))
    caller.does(Act.HANG_UP)
    let_pass(1)

    assert menu.forms("/said")[0]["Digits"] == "hangup"
    assert menu.forms("/recording")[0]["RecordingDuration"] == "8"
    assert phones.call(caller.sid).status == "completed"


def test_silence_after_the_tone_ends_the_recording(
    phones: PhoneSystem, clock: MovableClock, menu: OurSide, let_pass: Callable[[float], None]
) -> None:
    caller = Caller(phones, clock)
    let_pass(11)
    caller.does(Act.SPEAK, speech=Speech(seconds=3))

    let_pass(9)

    assert "Digits" not in menu.forms("/said")[0]
    assert caller.heard[-1].startswith("Your reference")


@pytest.mark.parametrize(("reason", "status"), [("busy", "busy"), ("rejected", "no-answer")])
def test_a_rejected_call_was_never_answered(
    phones: PhoneSystem, client: Client, ours: OurSide, reason: str, status: str
) -> None:
    ours.twiml["/twilio/voice"] = f'<Response><Reject reason="{reason}"/></Response>'

    call = phones.leave_voicemail(CALLER)

    assert client.calls(call.sid).fetch().status == status
    assert ours.forms("/twilio/call-status")[0]["CallStatus"] == status
    assert call.seconds == 0
    assert not call.heard


def test_what_is_played_is_fetched_signed_and_lasts_as_long_as_it_sounds(clock: MovableClock) -> None:
    app = Flask("ours")
    signed: list[bool] = []

    @app.post("/twilio/voice")
    def voice() -> str:
        return "<Response><Play>/sound.wav</Play><Play>/nothing</Play></Response>"

    @app.get("/sound.wav")
    def sound() -> Response:
        signature = request.headers["X-Twilio-Signature"]
        signed.append(RequestValidator(TOKEN).validate(f"{PUBLIC}/sound.wav", {}, signature))
        return Response(tone(9), content_type="audio/x-wav")

    phones = PhoneSystem(ACCOUNT, TOKEN, OURS, PUBLIC, clock, post_into(app))

    call = phones.leave_voicemail(CALLER)

    assert signed == [True]
    assert call.seconds == 9
    assert call.failed_because == f"{PUBLIC}/nothing answered 404 text/html; charset=utf-8, not audio"


def test_a_call_from_our_second_number_reaches_our_voice_webhook(
    phones: PhoneSystem, client: Client, menu: OurSide
) -> None:
    phones.add_own_number(SECOND_NUMBER)

    made = client.calls.create(
        to=OURS,
        from_=SECOND_NUMBER,
        twiml='<Response><Pause length="20"/><Say>This is a test.</Say><Pause length="10"/></Response>',
    )
    phones.run_all()

    call = next(call for call in phones.calls() if call.direction == "inbound")
    assert (call.from_, call.status) == (SECOND_NUMBER, "completed")
    assert menu.forms("/said")[0]["Digits"] == "hangup"
    assert 10 < int(menu.forms("/recording")[0]["RecordingDuration"]) < 30
    assert client.calls(made.sid).fetch().status == "completed"


def test_a_text_from_our_second_number_reaches_our_text_webhook(
    phones: PhoneSystem, client: Client, ours: OurSide
) -> None:
    phones.add_own_number(SECOND_NUMBER)
    ours.twiml["/twilio/sms"] = "<Response><Message>Noted.</Message></Response>"

    client.messages.create(to=OURS, from_=SECOND_NUMBER, body="STATUS")
    phones.run_all()

    form = ours.forms("/twilio/sms")[0]
    assert (form["From"], form["Body"]) == (SECOND_NUMBER, "STATUS")
    assert [text.body for text in phones.phone(SECOND_NUMBER).inbox] == ["Noted."]
