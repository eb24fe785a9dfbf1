"""Who picks up a phone: somebody live where it is held by hand, else a script made of what the phone is set to."""

from __future__ import annotations

from webhooks.simulator.call_reports import report_call
from webhooks.simulator.exchange import Exchange
from webhooks.simulator.person import Act, Live, Person, Scripted
from webhooks.simulator.records import Behaviour, Call
from webhooks.simulator.walk import Walk

BOX_RECORDS_FOR = 60  # seconds, as long as many boxes record
NOT_ANSWERED: dict[Behaviour, Act | None] = {
    Behaviour.DEAD: None,
    Behaviour.ASLEEP: None,
    Behaviour.BUSY: Act.DECLINE,
}


def person_at(exchange: Exchange, call: Call, picks_up_after: float) -> Person:
    """The person whom this call rings; `picks_up_after` seconds unless their phone says otherwise.

    A called party ends a conversation after the time that its phone talks; one who was called first, and put through
    to somebody else, only where its phone says so.
    """
    phone = exchange.phone_at(call.to)
    if phone.behaviour is Behaviour.BY_HAND:
        return Scripted(picks_up=Act.DECLINE) if exchange.is_in_use(call.to) else _live(exchange, call)
    is_machine = phone.behaviour is Behaviour.VOICEMAIL_BOX
    keys = "" if is_machine else phone.presses[0]
    if len(phone.presses) > 1 and not is_machine and phone.behaviour not in NOT_ANSWERED:
        exchange.change_phone(call.to, presses=phone.presses[1:])
    is_called_party = call.parent_sid is not None
    return Scripted(
        keys=keys,
        speaks_for=phone.talks_for,
        picks_up=NOT_ANSWERED.get(phone.behaviour, Act.PICK_UP),
        picks_up_after=picks_up_after if phone.picks_up_after is None else phone.picks_up_after,
        ends_talk_after=phone.talks_for if is_called_party else phone.hangs_up_after,
    )


def _live(exchange: Exchange, call: Call) -> Live:
    person = Live(number=call.to)
    exchange.live[call.sid] = person
    return person


def pick_up(walk: Walk, act: Act) -> None:
    """Somebody took the call, or let their voicemail box take it."""
    exchange = walk.exchange
    is_box = act is Act.LET_BOX_ANSWER or exchange.phone_at(walk.call.to).behaviour is Behaviour.VOICEMAIL_BOX
    if act is Act.LET_BOX_ANSWER:
        walk.person = Scripted(speaks_for=BOX_RECORDS_FOR, ends_talk_after=BOX_RECORDS_FOR)
    answered_by = ("machine_start" if is_box else "human") if walk.call.detects_machines else None
    walk.note(status="in-progress", started_at=walk.at, is_box=is_box, answered_by=answered_by)
    report_call(exchange, walk.sid, "answered", "in-progress", walk.at)
