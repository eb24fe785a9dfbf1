"""What the phone system reported of the texts and calls that we sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, insert, select
from sqlalchemy.orm import Session

from triage.policy.twilio_words import ENDED_CALLS
from triage.store.base import Base
from triage.store.models import Delivery, Report

_REPORTS = Base.metadata.tables["reports"]

# Built once, and by Core: each text and call is reported on several times.
_OF_SID = select(_REPORTS.c.status, _REPORTS.c.error_code).where(_REPORTS.c.provider_sid == bindparam("sid"))
_IN_ORDER = _OF_SID.order_by(_REPORTS.c.id)
_SAME = _OF_SID.where(_REPORTS.c.status == bindparam("status"))
_ADD = insert(_REPORTS)


def of_sid(session: Session, provider_sid: str) -> Sequence[tuple[str, int | None]]:
    """Status and error code of each report, in the order in which they came."""
    rows = session.connection().execute(_IN_ORDER, {"sid": provider_sid})
    return [(row.status, row.error_code) for row in rows]


def add(session: Session, provider_sid: str, status: str, error_code: int | None, now: datetime) -> bool:
    """Keep a report; False where the same one is kept already."""
    connection = session.connection()
    if connection.execute(_SAME, {"sid": provider_sid, "status": status}).first() is not None:
        return False
    row = {"provider_sid": provider_sid, "status": status, "error_code": error_code, "received_at": now}
    connection.execute(_ADD, row)
    return True


def is_call_over(session: Session, delivery_id: int) -> bool:
    """Whether the phone system reported the end of a call that we placed."""
    ends = select(Report.id).join(Delivery, Delivery.provider_sid == Report.provider_sid)
    return session.scalar(ends.where(Delivery.id == delivery_id, Report.status.in_(ENDED_CALLS)).limit(1)) is not None
