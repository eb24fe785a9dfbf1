"""An inbound call: the day desk, the greeting that states the terms, the questions, the end of the recording."""

from __future__ import annotations

from datetime import timedelta
from typing import cast, get_args

import structlog
from flask import Response, request
from twilio.twiml.voice_response import VoiceResponse

from triage.policy.menu import Reception, Step, goodbye, reception
from triage.policy.phone import Language
from triage.services.canary import is_test_call, take_answer
from triage.services.inbound import (
    PostedCall,
    Pressed,
    RecordingEnd,
    desk_took_call,
    open_mailbox,
    recording_in,
    refuse_call,
    ring_desk,
    take_keys,
    take_recording_end,
)
from webhooks.program import desk, program
from webhooks.twilio import form, twilio
from webhooks.twilio.canary import test_call_document
from webhooks.twilio.twiml import accept_document, answer, desk_document, menu_document, say

log = structlog.get_logger()

_HEARD = ("/twilio/voice", "/twilio/alert/", "/twilio/bridge/", "/twilio/hear/")


def is_voice_step(path: str) -> bool:
    """Whether somebody listens to the answer: then it has to be TwiML, whatever went wrong."""
    return path.startswith(_HEARD) and not path.endswith("/status")


@twilio.post("/voice")
def call() -> Response:
    """A call rings: refuse it, ring the day desk, or state the terms of this window and ask."""
    now, posted = program().now(), _posted()
    if is_test_call(desk(), posted.from_number):
        take_answer(desk(), posted.call_sid, now)
        return answer(test_call_document())
    match reception(posted.from_number, now, program().desk.terms):
        case Reception.REFUSED:
            refuse_call(desk(), posted, now)
            document = VoiceResponse()
            document.reject(reason="busy")
            return answer(document)
        case Reception.DESK:
            ring_desk(desk(), posted, now)
            return answer(desk_document())
        case Reception.MAILBOX:
            return answer(menu_document(open_mailbox(desk(), posted, now)))


@twilio.post("/voice/desk")
def desk_ended() -> Response:
    """The day desk was rung: whoever spoke with somebody there is done, everybody else hears the mailbox."""
    now, posted = program().now(), _posted()
    if request.form.get("DialBridged") == "true":
        desk_took_call(desk(), posted, now)
        document = VoiceResponse()
        document.hangup()
        return answer(document)
    return answer(menu_document(open_mailbox(desk(), posted, now)))


@twilio.post("/voice/desk/accept")
def desk_accepts() -> Response:
    """Somebody picked up at the day desk: only key 1 puts the caller through."""
    keys = request.form.get("Digits")
    if keys is None:
        return answer(accept_document())
    document = VoiceResponse()
    if keys != "1":
        document.hangup()
    return answer(document)


@twilio.post("/voice/<any({}):step>".format(", ".join(Step)))
def keys(step: str) -> Response:
    """Keys were pressed at a question: keep what they say, go on to what is left."""
    repeats, language = request.args.get("repeats", "0"), request.args.get("language", "")
    pressed = Pressed(
        step=Step(step),
        keys=request.form.get("Digits", ""),
        repeats=int(repeats) if repeats.isdecimal() and len(repeats) < 3 else 0,
        language=cast("Language", language) if language in get_args(Language) else None,
    )
    return answer(menu_document(take_keys(desk(), _posted(), pressed, program().now())))


@twilio.post("/voice/recorded")
def recorded() -> Response:
    """The caller stopped speaking: tell those who still listen their reference, and when the call comes."""
    now, settings = program().now(), program().settings
    seconds = form.duration("RecordingDuration")
    end = RecordingEnd(
        recording_sid=recording_in(request.form.get("RecordingUrl", ""), settings.twilio_account_sid or ""),
        duration=timedelta(seconds=seconds) if seconds is not None else None,
        ended_by=request.form.get("Digits", ""),
    )
    ending = take_recording_end(desk(), _posted(), end, now)
    program().bell.ring()
    document = VoiceResponse()
    words = goodbye(ending.left, ending.language, now, program().desk.terms, ending.heard)
    say(document, words, ending.language)
    document.hangup()
    return answer(document)


def _posted() -> PostedCall:
    return PostedCall(call_sid=form.sid("CallSid", "CA"), from_number=form.caller(), from_place=form.place())
