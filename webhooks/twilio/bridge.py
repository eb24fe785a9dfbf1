"""Calls that put a technician through to the caller: the question, the dial, what became of it."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, request
from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

from triage.policy import bridge_words as words
from triage.policy.callbacks import Outcome
from triage.policy.twilio_words import PERSIST
from triage.services import bridges
from triage.services.delivery_reports import picked_up
from webhooks.program import desk, program
from webhooks.twilio import form, twilio
from webhooks.twilio.twiml import address, answer, say

_CALL_NOW = "1"
_BOX = "2"
_LEG_EVENTS = "answered completed"


@twilio.post("/bridge/<int:delivery_id>")
def bridge(delivery_id: int) -> Response:
    """The technician picked up: only a key shows that it is they who listen."""
    now = program().now()
    picked_up(desk(), delivery_id, form.sid("CallSid", "CA"), now)
    sentences = bridges.put_through_words(desk(), delivery_id, now)
    document = VoiceResponse()
    if sentences is not None:
        _ask(document, f"/twilio/bridge/{delivery_id}/key", sentences)
        say(document, words.NO_KEY)
    document.hangup()
    return answer(document)


@twilio.post("/bridge/<int:delivery_id>/key")
def bridge_key(delivery_id: int) -> Response:
    """Key 1 dials the caller; any other key ends the call."""
    if request.form.get("Digits") == _CALL_NOW:
        return answer(put_through(delivery_id))
    document = VoiceResponse()
    say(document, words.NO_KEY)
    document.hangup()
    return answer(document)


def put_through(delivery_id: int, sentences: Sequence[str] = ()) -> VoiceResponse:
    """The document that dials the caller from the call of a delivery, whose technician asked for it just now.

    `sentences` are said before.
    """
    found = bridges.dial(desk(), delivery_id, form.sid("CallSid", "CA"), program().now())
    document = VoiceResponse()
    for sentence in sentences:
        say(document, sentence)
    if not isinstance(found, bridges.Dial):
        if found is not None:
            say(document, found.sentence)
        document.hangup()
        return document
    say(document, words.CONNECTING)
    dial = Dial(
        action=address(f"/twilio/bridge/leg/{found.bridge_id}/done"),
        method="POST",
        answer_on_bridge=True,
        caller_id=program().settings.twilio_from,
        hangup_on_star=True,
        time_limit=found.longest_s,
        timeout=found.rings_for_s,
    )
    dial.number(
        found.number,
        status_callback=address(f"/twilio/bridge/leg/{found.bridge_id}/status") + PERSIST,
        status_callback_event=_LEG_EVENTS,
        status_callback_method="POST",
    )
    document.append(dial)
    return document


@twilio.post("/bridge/leg/<int:bridge_id>/status")
def leg_status(bridge_id: int) -> Response:
    """A report on the caller's leg: its answer, its end and its length are the measure of the callback."""
    report = bridges.LegReport(
        call_sid=form.sid("CallSid", "CA"),
        status=form.word("CallStatus"),
        at=form.instant("Timestamp"),
        seconds=form.duration("CallDuration"),
    )
    bridges.take_leg_report(desk(), bridge_id, report, program().now())
    program().bell.ring()
    return Response(status=204)


@twilio.post("/bridge/leg/<int:bridge_id>/done")
def leg_done(bridge_id: int) -> Response:
    """The dial is over and the technician is still there."""
    report = bridges.LegReport(
        call_sid=form.sid("DialCallSid", "CA") if request.form.get("DialCallSid") else None,
        status=form.word("DialCallStatus"),
        seconds=form.duration("DialCallDuration"),
    )
    outcome = bridges.take_dial_end(desk(), bridge_id, report, program().now())
    program().bell.ring()
    delivery_id = bridges.delivery_of(desk(), bridge_id)
    document = VoiceResponse()
    if outcome is Outcome.CONNECTED:
        _ask(document, f"/twilio/bridge/leg/{bridge_id}/said", [words.after_the_call()])
    elif outcome is not None and delivery_id is not None:
        met = bridges.is_met(desk(), bridge_id)
        _ask(document, f"/twilio/bridge/{delivery_id}/key", [words.after_no_answer(outcome, is_met=met)])
    say(document, words.GOODBYE)
    document.hangup()
    return answer(document)


@twilio.post("/bridge/leg/<int:bridge_id>/said")
def leg_said(bridge_id: int) -> Response:
    """Key 2: a voicemail box picked up, not the caller."""
    if request.form.get("Digits") == _BOX:
        bridges.take_box(desk(), bridge_id, program().now())
        program().bell.ring()
    document = VoiceResponse()
    say(document, words.ON_RECORD)
    document.hangup()
    return answer(document)


def _ask(document: VoiceResponse, path: str, sentences: list[str]) -> None:
    """Sentences during which, and shortly after which, one key may be pressed."""
    gather = Gather(action=address(path), input="dtmf", num_digits=1, timeout=5, finish_on_key="", method="POST")
    for sentence in sentences:
        say(gather, sentence)
    document.append(gather)
