"""An inbound call: the greeting that states the terms, the keys, the end of the recording."""

from __future__ import annotations

import structlog
from flask import Response, request
from twilio.twiml.voice_response import VoiceResponse

from triage.policy.intake import Message, Sorted, Treatment, sort
from triage.policy.terms import Terms
from triage.policy.wording import fill_greeting, wall_clock
from triage.services.intake import Keys, PostedCall, take_call, take_keys, take_recording_end
from webhooks.program import desk, program
from webhooks.twilio import form, twilio
from webhooks.twilio.twiml import answer, say, then_record, with_keys

log = structlog.get_logger()

_KEYS = {
    "1": Keys(is_emergency=True),
    "2": Keys(attested=True),
    "3": Keys(product="server"),
    "4": Keys(product="discontinued"),
}
_STEPS = ("/twilio/voice", "/twilio/alert/", "/twilio/bridge/")


def is_voice_step(path: str) -> bool:
    """Whether somebody listens to the answer: then it has to be TwiML, whatever went wrong."""
    return path.startswith(_STEPS) and not path.endswith("/status")


@twilio.post("/voice")
def call() -> Response:
    """A call was answered: state the terms of this window, then record."""
    now = program().now()
    posted = _posted()
    terms = program().desk.terms
    document = VoiceResponse()
    with_keys(document, _greeting(sort(Message(answered_at=now, left_at=now), terms), terms))
    take_call(desk(), posted, now)
    return answer(then_record(document))


@twilio.post("/voice/keys")
def keys() -> Response:
    """A key was pressed: keep what it says, tell what follows from it, go on to the recording."""
    now = program().now()
    call_sid = form.sid("CallSid", "CA")
    known = take_keys(desk(), call_sid, _KEYS.get(request.form.get("Digits", ""), Keys()))
    terms = program().desk.terms
    decided = sort(
        Message(answered_at=now, left_at=now, product=known.product or "unknown", emergency=bool(known.is_emergency)),
        terms,
    )
    document = VoiceResponse()
    with_keys(document, [terms.greeting.noted, *_owed(decided, terms)])
    return answer(then_record(document))


@twilio.post("/voice/recorded")
def recorded() -> Response:
    """The caller stopped speaking."""
    take_recording_end(desk(), _posted(), program().now())
    document = VoiceResponse()
    say(document, program().desk.terms.greeting.thanks)
    document.hangup()
    return answer(document)


def _posted() -> PostedCall:
    return PostedCall(call_sid=form.sid("CallSid", "CA"), from_number=form.caller(), from_place=form.place())


def _greeting(decided: Sorted, terms: Terms) -> list[str]:
    words = terms.greeting
    sentences = [words.opening, words.promise]
    if decided.rate == "after_hours":
        sentences.append(words.billed)
    if decided.onsite_required:
        sentences.append(words.condition)
    sentences.append(words.keys)
    return [fill_greeting(sentence, window_name=decided.window, terms=terms) for sentence in sentences]


def _owed(decided: Sorted, terms: Terms) -> list[str]:
    """What the product that was keyed in is owed, where it differs from the window's promise (E3)."""
    words = terms.greeting
    if decided.treatment is Treatment.LIST:
        return [words.discontinued]
    if decided.treatment is Treatment.DEFER and decided.callback_due is not None:
        due = wall_clock(decided.callback_due, decided.local_time, terms)
        return [fill_greeting(words.server, window_name=decided.window, terms=terms, due=due)]
    return []
