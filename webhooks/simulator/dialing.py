"""<Dial>: further legs, rung at once or one after the other, perhaps asked to accept, bridged, talked on, measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urljoin

from webhooks.simulator.call_reports import end_call, report_call
from webhooks.simulator.exchange import Exchange
from webhooks.simulator.pace import Party, Steps, first_deed
from webhooks.simulator.people import person_at, pick_up
from webhooks.simulator.person import Act, Moment
from webhooks.simulator.records import Call
from webhooks.simulator.taping import Tape, keep_recording
from webhooks.simulator.twiml import Verb
from webhooks.simulator.walk import Step, Walk

PICKED_UP_AFTER = 3  # seconds, unless the phone says otherwise
MOST_AT_ONCE = 10


@dataclass(frozen=True, slots=True)
class Leg:
    """A called party: the walk of its own document, and the noun that asked for it."""

    walk: Walk
    number: Verb


def dial(walk: Walk, verb: Verb, base: str) -> Step:
    """Ring until somebody picks up; then the action, or else the next verb.

    No action is requested where the first party has hung up (a conservative reading: Twilio does not say).
    """
    yield from walk.catch_up()
    if not _is_true(verb, "answerOnBridge"):
        walk.pick_up()
    numbers = verb.children or (Verb("Number", {}, verb.text, ()),)
    groups = [[number] for number in numbers] if _is_true(verb, "sequential") else [numbers[:MOST_AT_ONCE]]
    extra = {"DialCallStatus": "failed", "DialBridged": "false"}
    for group in groups:
        extra = yield from _ring(walk, verb, group, base)
        if extra["DialCallStatus"] == "completed" or walk.over:
            break
    if walk.over or not verb.get("action"):
        return None
    return walk.fetch(urljoin(base, verb.get("action")), extra)


def _ring(walk: Walk, verb: Verb, group: Sequence[Verb], base: str) -> Steps[dict[str, str]]:
    """Ring these at once; the first to pick up wins, the others stop ringing."""
    exchange = walk.exchange
    legs = [_leg(walk, verb, number, base) for number in group]
    for leg in legs:
        report_call(exchange, leg.walk.sid, "initiated", "initiated", walk.at)
        exchange.change_call(leg.walk.sid, status="ringing")
        report_call(exchange, leg.walk.sid, "ringing", "ringing", walk.at)
    until = walk.at + timedelta(seconds=verb.number("timeout", 30))
    ringing, status = list(legs), "no-answer"
    while ringing:
        parties = [Party(walk, Moment.WAITING), *(Party(leg.walk, Moment.RINGING) for leg in ringing)]
        walk.at, party, deed = yield from first_deed(walk.at, until, parties)
        if party is None or deed is None:
            status = "no-answer"
            break
        if party.walk is walk:
            walk.over, status = True, "canceled"
            break
        leg = next(leg for leg in ringing if leg.walk is party.walk)
        ringing.remove(leg)
        if deed.act in {Act.PICK_UP, Act.LET_BOX_ANSWER}:
            _stop(exchange, ringing, "canceled", walk)
            leg.walk.at = walk.at
            pick_up(leg.walk, deed.act)
            return (yield from _answered(walk, verb, leg, base))
        status = end_call(exchange, leg.walk.sid, "busy", walk.at).status
    _stop(exchange, ringing, status, walk)
    return {"DialCallStatus": status, "DialCallSid": legs[-1].walk.sid, "DialBridged": "false"}


def _stop(exchange: Exchange, legs: Sequence[Leg], status: str, walk: Walk) -> None:
    for leg in legs:
        end_call(exchange, leg.walk.sid, status, walk.at)


def _answered(walk: Walk, verb: Verb, leg: Leg, base: str) -> Steps[dict[str, str]]:
    exchange, sid = walk.exchange, leg.walk.sid
    bridged = yield from _whisper(walk, leg, base)
    if bridged:
        walk.pick_up()
        yield from _talk(walk, verb, base, leg)
    child = end_call(exchange, sid, "completed", walk.at)
    return {
        "DialCallStatus": "completed",
        "DialCallSid": sid,
        "DialCallDuration": str(child.seconds or 0),
        "DialBridged": str(bridged).lower(),
    }


def _leg(walk: Walk, verb: Verb, number: Verb, base: str) -> Leg:
    exchange, parent = walk.exchange, walk.call
    status_callback = number.get("statusCallback")
    child = Call(
        sid=exchange.new_sid("CA"),
        from_=verb.get("callerId") or (parent.from_ if parent.direction == "inbound" else parent.to),
        to=number.text,
        direction="outbound-dial",
        status="queued",
        created_at=walk.at,
        parent_sid=parent.sid,
        status_callback=urljoin(base, status_callback) if status_callback else None,
        events=frozenset(number.get("statusCallbackEvent", "completed").split()),
    )
    with exchange.lock:
        exchange.calls[child.sid] = child
    walk.legs.append(child.sid)
    person = person_at(exchange, child, PICKED_UP_AFTER)
    return Leg(Walk(exchange, child.sid, person, walk.at, beside=walk), number)


def _whisper(walk: Walk, leg: Leg, base: str) -> Steps[bool]:
    """What the called party is asked before it is put through; whether it stayed on the line."""
    if not leg.number.get("url"):
        return True
    yield from leg.walk.run(leg.walk.fetch(urljoin(base, leg.number.get("url")), {}))
    walk.at = leg.walk.at
    return not leg.walk.over


def _talk(walk: Walk, verb: Verb, base: str, leg: Leg) -> Steps[None]:
    began = walk.at
    until = began + timedelta(seconds=verb.number("timeLimit", 14400))
    star = "*" if _is_true(verb, "hangupOnStar") else ""
    walk.note(bridged_to=leg.walk.sid)
    leg.walk.note(bridged_to=walk.sid)
    parties = [Party(walk, Moment.TALKING, star), Party(leg.walk, Moment.TALKING)]
    walk.at, party, deed = yield from first_deed(began, until, parties)
    walk.over = party is not None and party.walk is walk and deed is not None and deed.act is Act.HANG_UP
    walk.note(bridged_to=None)
    leg.walk.note(bridged_to=None)
    if verb.get("record", "do-not-record") not in {"do-not-record", "false"}:
        seconds = round((walk.at - began).total_seconds())
        recording = keep_recording(walk.exchange, walk.call, seconds, walk.at, "DialVerb")
        walk.taped(Tape.of(verb, base, recording, None))


def _is_true(verb: Verb, name: str) -> bool:
    return verb.get(name).lower() == "true"


def put_off(exchange: Exchange, sid: str) -> None:
    """The first leg has ended: those that it rang end too, unanswered ones as canceled."""
    for call in tuple(exchange.calls.values()):
        if call.parent_sid == sid:
            end_call(exchange, call.sid, "completed" if call.started_at else "canceled", exchange.clock.now())
