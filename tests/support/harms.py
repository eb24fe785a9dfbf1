"""Harms to what a story left behind. Each has to be seen as a difference, in whatever story it is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import select

from tests.support.crashes import CrashingWorld
from tests.support.end_states import end_state
from tests.support.same_ends import differences
from triage.store.models import Case, Delivery
from webhooks.simulator.records import Message, new_sid

Harm = Callable[[CrashingWorld], bool]
"""False where the story has nothing that could be harmed so."""


def unseen_harms(world: CrashingWorld) -> list[str]:
    """Those that make no difference where they should. Each is done on top of those before it: the world is of no use
    afterwards."""
    unseen, before = [], end_state(world)
    for harm, parts in _HARMS.items():
        if not harm(world):
            continue
        after = end_state(world)
        if not any(line.startswith(parts) for line in differences(before, after)):
            unseen.append(harm.__name__.strip("_"))
        before = after
    return unseen


def _a_page_never_went_out(world: CrashingWorld) -> bool:
    with world.program.desk.store.write() as tx:
        sent = select(Delivery).where(Delivery.alert_id.is_not(None), Delivery.provider_sid.is_not(None))
        row = tx.session.scalars(sent.order_by(Delivery.id.desc()).limit(1)).first()
        if row is None or row.provider_sid is None:
            return False
        world.phones.exchange.messages.pop(row.provider_sid, None)
        world.phones.exchange.calls.pop(row.provider_sid, None)
        row.provider_sid, row.state = None, "dropped"
    return True


def _a_text_is_lost(world: CrashingWorld) -> bool:
    texts = _our_texts(world)
    return bool(texts and world.phones.exchange.messages.pop(texts[0].sid))


def _a_text_came_twice(world: CrashingWorld) -> bool:
    texts = _our_texts(world)
    if texts:
        again = replace(texts[-1], sid=new_sid("SM"))
        world.phones.exchange.messages[again.sid] = again
    return bool(texts)


def _a_state_is_wrong(world: CrashingWorld) -> bool:
    with world.program.desk.store.write() as tx:
        case = tx.session.scalars(select(Case).limit(1)).first()
        if case is not None:
            case.state = "called_back" if case.state != "called_back" else "open"
        return case is not None


def _an_entry_is_missing(world: CrashingWorld) -> bool:
    """The oldest of a case, which no rule leaves out."""
    oldest = "SELECT min(number) FROM events WHERE case_id IS NOT NULL"
    world.rewrite_history(f"DELETE FROM events WHERE number = ({oldest})")  # noqa: S608 - our own words
    with world.program.desk.store.read() as session:
        return session.scalars(select(Case.id).limit(1)).first() is not None


def _our_texts(world: CrashingWorld) -> list[Message]:
    return [message for message in world.phones.messages() if message.direction.startswith("outbound")]


_HARMS: dict[Harm, tuple[str, ...]] = {
    _a_page_never_went_out: ("sent: ",),
    _a_text_is_lost: ("sent: ", "texts: "),
    _a_text_came_twice: ("not on record, or twice: ", "texts: "),
    _a_state_is_wrong: ("cases: ",),
    _an_entry_is_missing: ("history: ",),
}
"""In which parts of an end each has to be seen."""
