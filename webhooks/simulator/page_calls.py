"""What a person on the page does with a phone: call us, pick up, press keys, talk, hang up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flask import Blueprint, Response, abort, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from webhooks.simulator.line_view import held_call
from webhooks.simulator.person import ALL_KEYS, ENDLESS, Act, Deed, Live, Speech
from webhooks.simulator.phone_system import WITHHELD, Behaviour, PhoneSystem
from webhooks.simulator.roster_phones import CALLER
from webhooks.simulator.sound import NotASound, seconds_of, telephone_sound, tone

LARGEST_UPLOAD = 16 * 1024 * 1024
SAMPLE = Path(__file__).parent / "static" / "sample.wav"
SAMPLE_WORDS = "This is Sam at Lakeside. The gateway at the clinic is down, and nobody there can call out."
BUTTONS = {
    "answer": Act.PICK_UP,
    "box": Act.LET_BOX_ANSWER,
    "decline": Act.DECLINE,
    "skip": Act.GO_ON,
    "take-time": Act.TAKE_TIME,
    "stop": Act.STOP_SPEAKING,
    "hang-up": Act.HANG_UP,
}

Number = Callable[[str], str]
"""The number that was meant; ends the request where it is none."""


def add_calls(page: Blueprint, phone_system: PhoneSystem, number_of: Number) -> None:
    """The routes by which calls are held by hand."""
    sample = telephone_sound(SAMPLE.read_bytes())

    @page.post("/call")
    def call() -> AnyResponse:
        number = number_of(request.form.get("other", "").strip() or request.form.get("number", ""))
        if phone_system.exchange.is_in_use(number):
            abort(409, "This phone is in a call already.")
        if number not in {phone.number for phone in phone_system.phones()}:
            phone_system.add_phone(number, "", Behaviour.BY_HAND, role=CALLER)
        phone_system.call_us(WITHHELD if "withheld" in request.form else number, Live(number=number))
        return redirect("/", 303)

    @page.post("/act")
    def act() -> AnyResponse:
        button, key = request.form.get("button", ""), request.form.get("key", "")
        if button not in BUTTONS and (len(key) != 1 or key not in ALL_KEYS):
            abort(400, "No phone has this button.")
        _do(phone_system, _number(number_of), Act.KEY if key else BUTTONS[button], key)
        return redirect("/", 303)

    @page.post("/talk")
    def talk() -> AnyResponse:
        request.max_content_length = LARGEST_UPLOAD
        how = request.form.get("how", "")
        act = Act.STOP_SPEAKING if how == "spoken" else Act.SPEAK
        _do(phone_system, _number(number_of), act, speech=_speech(how, sample))
        return redirect("/", 303)


def add_sounds(page: Blueprint, phone_system: PhoneSystem) -> None:
    """The routes by which recordings, and what was played in calls, are listened to."""

    @page.get("/sound/<sid>.wav")
    def sound(sid: str) -> Response:
        recording = phone_system.exchange.recordings.get(sid)
        if recording is None or recording.status != "completed":
            abort(404, "There is no such recording, or it was deleted.")
        return Response(recording.audio or tone(recording.seconds), content_type="audio/x-wav")

    @page.get("/played")
    def played() -> Response:
        heard = request.args.get("heard", "")
        if heard not in phone_system.exchange.sounds:
            abort(404, "This sound was played too long ago.")
        return Response(phone_system.exchange.sounds[heard], content_type="audio/x-wav")


def _number(number_of: Number) -> str:
    return number_of(request.form.get("number", ""))


def _do(phone_system: PhoneSystem, number: str, act: Act, key: str = "", speech: Speech | None = None) -> None:
    """Let the person who holds this phone do it, and the call go on at once."""
    held = held_call(phone_system, number)
    if held is None or held[0].is_over or held[0].is_box:
        abort(409, "This phone is in no call.")
    call, live = held
    live.do(Deed(act, phone_system.now, key, speech))
    phone_system.exchange.wake(call.sid)


def _speech(how: str, sample: bytes) -> Speech:
    """What is said: the sample, an upload, or what somebody begins to say into a microphone."""
    words = request.form.get("words", "").strip()[:1000] or None
    if how == "sample":
        return Speech(seconds=seconds_of(sample), audio=sample, words=words or SAMPLE_WORDS)
    if how == "start":
        return Speech(seconds=ENDLESS)
    if how not in {"upload", "spoken"}:
        abort(400, "Nobody can talk like that.")
    return _upload(words)


def _upload(words: str | None) -> Speech:
    file = request.files.get("sound")
    if file is None or not file.filename:
        abort(400, "Choose a WAV file first.")
    try:
        audio = telephone_sound(file.read())
    except NotASound as error:
        abort(400, str(error))
    return Speech(seconds=seconds_of(audio), audio=audio, words=words)
