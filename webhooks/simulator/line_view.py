"""What a phone shows of the call that somebody holds on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from webhooks.simulator.person import Live, Moment
from webhooks.simulator.phone_system import PhoneSystem
from webhooks.simulator.records import Call

CONNECTING, BOX, OVER, IDLE = "connecting", "box", "over", "idle"
STATES = {Moment.MENU_WORDS: "menu-words"}
"""Names of moments as the page's style sheet has them, where they differ."""
ENDINGS = {
    "completed": "Call ended",
    "no-answer": "Not answered",
    "canceled": "The other side gave up",
    "busy": "Declined",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LineView:
    """One phone's line: `state` decides which buttons there are."""

    state: str = IDLE
    title: str = ""
    status: str = ""
    heard: tuple[str, ...] = ()
    pressed: str = ""
    call_sid: str = ""


def held_call(phone_system: PhoneSystem, number: str) -> tuple[Call, Live] | None:
    """The call on this phone that waits for its person, else the last one that they held; None where they never did.

    One that rings comes before one that is talked in, and that before those that the voicemail box took.
    """
    held = [
        (phone_system.call(sid), live)
        for sid, live in tuple(phone_system.exchange.live.items())
        if live.number == number
    ]
    running = [pair for pair in held if not pair[0].is_over]
    return min(running, key=_urgency) if running else next(iter(held[-1:]), None)


def _urgency(pair: tuple[Call, Live]) -> tuple[bool, bool]:
    call, live = pair
    return call.is_box, live.moment is not Moment.RINGING


def line_of(phone_system: PhoneSystem, number: str, names: dict[str, str]) -> LineView:
    """The line of this phone as of now; `names` are those of all numbers that have one."""
    found = held_call(phone_system, number)
    if found is None:
        return LineView()
    call, live = found
    now = phone_system.now
    return LineView(
        state=_state(call, live),
        title="You call our number" if call.direction == "inbound" else f"Call from {_name(call.from_, names)}",
        status=_ending(call) if call.is_over else _status(phone_system, call, live, now, names),
        heard=call.heard,
        pressed=call.pressed,
        call_sid=call.sid,
    )


def _state(call: Call, live: Live) -> str:
    if call.is_over:
        return OVER
    if call.is_box:
        return BOX
    return str(STATES.get(live.moment, live.moment)) if live.moment else CONNECTING


def _status(phone_system: PhoneSystem, call: Call, live: Live, now: datetime, names: dict[str, str]) -> str:
    passed = _minutes(now - live.since) if live.since else "0:00"
    left = max(0, round((live.until - now).total_seconds())) if live.until else 0
    match live.moment:
        case _ if call.is_box:
            return "The voicemail box took it"
        case Moment.RINGING:
            return f"Rings, {left} s more"
        case Moment.LISTENING:
            return "Listen"
        case Moment.MENU_WORDS:
            return "Listen, or press a key"
        case Moment.MENU:
            return f"Waits {left} s for a key"
        case Moment.TONE:
            return f"The tone sounded: talk now ({left} s)"
        case Moment.SPEAKING:
            return f"You are being recorded, {passed}"
        case Moment.WAITING:
            return f"It rings at the other end, {passed}"
        case Moment.TALKING:
            return f"Talking with {_other(phone_system, call, names)}, {passed}"
        case _:
            return "Connecting"


def _ending(call: Call) -> str:
    if call.failed_because:
        return f"The call failed: {call.failed_because}"
    length = "" if call.seconds is None else f" after {call.seconds // 60}:{call.seconds % 60:02}"
    return ENDINGS.get(call.status, call.status) + length


def _other(phone_system: PhoneSystem, call: Call, names: dict[str, str]) -> str:
    """Whom this leg is put through to."""
    if call.bridged_to is None:
        return "nobody"
    other = phone_system.call(call.bridged_to)
    number = other.from_ if other.direction == "inbound" else other.to
    return f"the voicemail box of {_name(number, names)}" if other.is_box else _name(number, names)


def _name(number: str, names: dict[str, str]) -> str:
    return names.get(number, "a withheld number" if number == "anonymous" else number)


def _minutes(span: timedelta) -> str:
    seconds = max(0, int(span.total_seconds()))
    return f"{seconds // 60}:{seconds % 60:02}"
