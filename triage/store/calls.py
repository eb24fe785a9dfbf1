"""Finding calls to our number."""

from __future__ import annotations

from sqlalchemy.orm import Session

from triage.store.models import Call


def of_sid(session: Session, call_sid: str, *, language: str) -> Call:
    """The call of this SID; one that nothing was heard of before is written down, in `language`."""
    call = session.get(Call, call_sid)
    if call is None:
        call = Call(sid=call_sid, is_emergency=False, product="unknown", language=language)
        session.add(call)
    return call
