"""<Dial>: a second leg, rung, perhaps asked to accept, bridged, talked on, measured."""

from __future__ import annotations

from collections.abc import Generator
from datetime import timedelta
from urllib.parse import urljoin

from webhooks.simulator.call_reports import end_call, report_call
from webhooks.simulator.exchange import Exchange
from webhooks.simulator.records import Behaviour, Call, Person, Phone, new_sid
from webhooks.simulator.taping import Tape, keep_recording
from webhooks.simulator.twiml import Verb
from webhooks.simulator.walk import Step, Walk

RING_SECONDS = 3
NOT_ANSWERED = {Behaviour.DEAD: "no-answer", Behaviour.BUSY: "busy"}


def dial(walk: Walk, verb: Verb, base: str) -> Step:
    """Ring one number after the other until one is picked up; then the action, or else the next verb."""
    numbers = verb.children or (Verb("Number", {}, verb.text, ()),)
    extra = {"DialCallStatus": "failed", "DialBridged": "false"}
    for number in numbers:
        extra = yield from _ring(walk, verb, number, base)
        if extra["DialCallStatus"] == "completed" or walk.over:
            break
    if walk.over or not verb.get("action"):
        return None
    return walk.fetch(urljoin(base, verb.get("action")), extra)


def _ring(walk: Walk, verb: Verb, number: Verb, base: str) -> Generator[timedelta, None, dict[str, str]]:
    exchange = walk.exchange
    child = _child(walk, verb, number, base)
    extra = {"DialCallSid": child.sid, "DialBridged": "false"}
    report_call(exchange, child.sid, "initiated", "initiated", walk.at)
    exchange.change_call(child.sid, status="ringing")
    report_call(exchange, child.sid, "ringing", "ringing", walk.at)
    phone = exchange.phone_at(child.to)
    if refusal := NOT_ANSWERED.get(phone.behaviour):
        yield from _wait(walk, verb.number("timeout", 30) if refusal == "no-answer" else RING_SECONDS)
        end_call(exchange, child.sid, refusal, walk.at)
        return extra | {"DialCallStatus": refusal}
    yield from _wait(walk, RING_SECONDS)
    exchange.change_call(child.sid, status="in-progress", started_at=walk.at)
    report_call(exchange, child.sid, "answered", "in-progress", walk.at)
    bridged = yield from _whisper(walk, child, phone, number, base)
    if bridged:
        yield from _talk(walk, verb, base, phone)
    child = end_call(exchange, child.sid, "completed", walk.at)
    return extra | {
        "DialCallStatus": "completed",
        "DialBridged": str(bridged).lower(),
        "DialCallDuration": str(child.seconds or 0),
    }


def _child(walk: Walk, verb: Verb, number: Verb, base: str) -> Call:
    parent = walk.call
    status_callback = number.get("statusCallback")
    child = Call(
        sid=new_sid("CA"),
        from_=verb.get("callerId") or (parent.from_ if parent.direction == "inbound" else parent.to),
        to=number.text,
        direction="outbound-dial",
        status="queued",
        created_at=walk.at,
        parent_sid=parent.sid,
        status_callback=urljoin(base, status_callback) if status_callback else None,
        events=frozenset(number.get("statusCallbackEvent", "completed").split()),
    )
    with walk.exchange.lock:
        walk.exchange.calls[child.sid] = child
    return child


def _whisper(walk: Walk, child: Call, phone: Phone, number: Verb, base: str) -> Generator[timedelta, None, bool]:
    """What the called party is asked before it is put through; whether it stayed on the line."""
    if not number.get("url"):
        return True
    leg = Walk(walk.exchange, child.sid, Person(keys=keys_of(phone)), walk.at)
    yield from leg.run(leg.fetch(urljoin(base, number.get("url")), {}))
    yield from _wait(walk, (leg.at - walk.at).total_seconds())
    return not leg.over


def _talk(walk: Walk, verb: Verb, base: str, phone: Phone) -> Generator[timedelta, None, None]:
    length = min(phone.talks_for, verb.number("timeLimit", 14400))
    yield from _wait(walk, length)
    if verb.get("record", "do-not-record") not in {"do-not-record", "false"}:
        recording = keep_recording(walk.exchange, walk.call, length, walk.at, "DialVerb")
        walk.tapes.append(Tape.of(verb, base, recording, None))


def _wait(walk: Walk, seconds: float) -> Generator[timedelta, None, None]:
    walk.spend(seconds)
    yield timedelta(seconds=seconds)


def keys_of(phone: Phone) -> str:
    """A voicemail box answers and presses nothing."""
    return "" if phone.behaviour is Behaviour.VOICEMAIL_BOX else phone.will_press


def put_off(exchange: Exchange, sid: str) -> None:
    """The parent has hung up: its legs end too."""
    for call in tuple(exchange.calls.values()):
        if call.parent_sid == sid:
            end_call(exchange, call.sid, "completed", exchange.clock.now())
