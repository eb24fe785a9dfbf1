"""Cases to ask the phone system about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, exists, insert, select
from sqlalchemy.orm import Session

from triage.store.base import Base
from triage.store.models import LookUp

_LOOK_UPS = Base.metadata.tables["look_ups"]
# Built once: every voicemail of a call that nobody heard of adds one.
_ADD = insert(_LOOK_UPS).from_select(
    list(_LOOK_UPS.c),
    select(*(bindparam(column.name, type_=column.type) for column in _LOOK_UPS.c)).where(
        ~exists().where(_LOOK_UPS.c.case_id == bindparam("case_id"))
    ),
)


def ask(session: Session, case_id: int, call_sid: str, recording_sid: str, now: datetime) -> None:
    """Plan to ask about a case, which is flushed; nothing where it is being asked about already."""
    sids = {"call_sid": call_sid, "recording_sid": recording_sid}
    session.connection().execute(_ADD, {"case_id": case_id, **sids, "attempts": 0, "next_attempt_at": now})


def due(session: Session, now: datetime, most: int) -> Sequence[LookUp]:
    """What is to be asked by now, the longest overdue first."""
    return session.scalars(
        select(LookUp).where(LookUp.next_attempt_at <= now).order_by(LookUp.next_attempt_at).limit(most)
    ).all()
