"""What is on record as a recording comes in, in one question: of most there is nothing, or the call alone."""

from __future__ import annotations

from typing import NamedTuple, cast

from sqlalchemy import bindparam, exists, func, select
from sqlalchemy.orm import Session

from triage.store.base import Base
from triage.store.cases import LIVE

_CALLS, _CASES, _VOICEMAILS = (Base.metadata.tables[name] for name in ("calls", "cases", "voicemails"))
_SHOWN = select(_CALLS.c.from_number).where(_CALLS.c.sid == bindparam("call_sid")).scalar_subquery()
_HEARD = select(
    select(_VOICEMAILS.c.id).where(_VOICEMAILS.c.recording_sid == bindparam("recording_sid")).scalar_subquery(),
    exists().where(_CALLS.c.sid == bindparam("call_sid")),
    exists().where(
        *LIVE,
        _CASES.c.caller == func.coalesce(_SHOWN, bindparam("caller", type_=_CASES.c.caller.type)),
        _CASES.c.callback_made_at.is_(None),
    ),
)


class Heard(NamedTuple):
    """`is_waiting`: whether the caller, as the call has it, else as the recording does, waits for a callback."""

    voicemail_id: int | None
    has_call: bool
    is_waiting: bool


def heard(session: Session, recording_sid: str, call_sid: str, caller: str | None) -> Heard:
    """Of a recording, its call and its caller."""
    given = {"recording_sid": recording_sid, "call_sid": call_sid, "caller": caller}
    return Heard(*cast("tuple[int | None, bool, bool]", session.execute(_HEARD, given).one()))
