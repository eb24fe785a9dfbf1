"""Finding calls to our number, and the wrong PINs that were keyed in them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from triage.store import rows
from triage.store.models import Call, PinTry


def of_sid(session: Session, call_sid: str, *, language: str) -> Call:
    """The call of this SID; one that nothing was heard of before is written down, in `language`."""
    call = session.get(Call, call_sid)
    if call is None:
        call = Call(sid=call_sid, is_emergency=False, product="unknown", language=language)
        session.add(call)
    return call


def write_down(session: Session, call_sid: str, *, language: str, **known: object) -> Call:
    """A call that nothing was heard of before, with what is known of it at once."""
    return rows.add(session, Call, sid=call_sid, is_emergency=False, product="unknown", language=language, **known)


def wrong_pins_of(session: Session, caller: str, since: datetime) -> int:
    """How many wrong PINs came from a number after an instant; from "" those of withheld numbers."""
    counted = select(func.count()).select_from(PinTry).where(PinTry.caller == caller, PinTry.at > since)
    return session.scalars(counted).one()


def wrong_pins(session: Session, since: datetime) -> int:
    """How many wrong PINs came after an instant, from whatever number."""
    return session.scalars(select(func.count()).select_from(PinTry).where(PinTry.at > since)).one()


def count_wrong_pin(session: Session, call_sid: str, repeats: int, caller: str, at: datetime) -> bool:
    """False where that try was counted before: requests repeat."""
    if session.get(PinTry, (call_sid, repeats)) is not None:
        return False
    session.add(PinTry(call_sid=call_sid, repeats=repeats, caller=caller, at=at))
    session.flush()
    return True


def forget_wrong_pins(session: Session, until: datetime) -> None:
    session.execute(delete(PinTry).where(PinTry.at <= until))
