"""A call that alerts: the case and its menu, the keys, and what follows when nobody presses one."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, request
from twilio.twiml.voice_response import Gather, VoiceResponse

from triage.policy import spoken_alert as words
from triage.policy.alert_call import MOST_KEYS
from triage.policy.twilio_words import PERSIST
from triage.services.alert_calls import PressedKey, Said, pick_up, take_key, take_silence
from triage.services.delivery_reports import picked_up
from webhooks.program import desk, program
from webhooks.twilio import form, twilio
from webhooks.twilio.bridge import put_through
from webhooks.twilio.media import media_address
from webhooks.twilio.twiml import address, answer, say

_KEYPAD = frozenset("0123456789*#")
_NO_KEY_OF_A_PHONE = "?"


@twilio.post("/alert/<int:delivery_id>")
def alert(delivery_id: int) -> Response:
    """Somebody picked up, or a voicemail box did: the case and its menu, twice."""
    now = program().now()
    picked_up(desk(), delivery_id, form.sid("CallSid", "CA"), now)
    return answer(_document(delivery_id, pick_up(desk(), delivery_id, now)))


@twilio.post("/alert/<int:delivery_id>/key")
def alert_key(delivery_id: int) -> Response:
    """A key was pressed. Each turn of the menu counts once, however often it is posted."""
    digit = request.form.get("Digits", "")[:1]
    pressed = PressedKey(
        delivery_id=delivery_id,
        call_sid=form.sid("CallSid", "CA"),
        key=digit if digit in _KEYPAD else _NO_KEY_OF_A_PHONE,
        turn=_turn(),
    )
    said = take_key(desk(), pressed, program().now())
    program().bell.ring()
    return answer(_document(delivery_id, said))


@twilio.post("/alert/<int:delivery_id>/silent")
def alert_silent(delivery_id: int) -> Response:
    """Nobody pressed a key: the ladder moves on now, not at the end of the call."""
    said = take_silence(desk(), delivery_id, program().now())
    program().bell.ring()
    return answer(_document(delivery_id, said))


def _turn() -> int | None:
    """Which menu a key answers, from the address that we gave; None where it does not say."""
    turn = request.args.get("turn", "")
    return int(turn) if turn.isdecimal() and 0 < int(turn) <= MOST_KEYS else None


def _document(delivery_id: int, said: Said | None) -> VoiceResponse:
    if said is not None and said.is_put_through:
        return put_through(delivery_id, said.sentences)
    document = VoiceResponse()
    if said is not None and said.turn is not None:
        document.append(_menu(delivery_id, said))
        document.redirect(address(f"/twilio/alert/{delivery_id}/silent"), method="POST")
        return document
    for sentence in said.sentences if said else ():
        say(document, sentence)
    document.hangup()
    return document


def _menu(delivery_id: int, said: Said) -> Gather:
    """What is played and said while a key may be pressed, and the wait for one."""
    gather = Gather(
        action=address(f"/twilio/alert/{delivery_id}/key?turn={said.turn}") + PERSIST,
        method="POST",
        input="dtmf",
        num_digits=1,
        timeout=int(said.waits_for.total_seconds()),
        finish_on_key="",
    )
    if said.voicemails:
        play(gather, said.voicemails, said.listener)
    for number, sentence in enumerate(said.sentences):
        if number:
            gather.pause(length=1)
        say(gather, sentence)
    return gather


def play(gather: Gather, voicemails: Sequence[int], listener: str) -> None:
    """The recordings of a case, the newest last, for an actor to hear."""
    for number, voicemail_id in enumerate(voicemails, start=1):
        if len(voicemails) > 1:
            say(gather, words.which_message(number, len(voicemails)))
        media = media_address(voicemail_id, listener)
        if media is None:
            say(gather, words.NOT_HERE_YET)
        else:
            gather.play(media)
