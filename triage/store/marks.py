"""Up to where the phone system's lists were looked through, and what of them is on record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from triage.policy.twilio_words import ENDED_CALLS
from triage.store.models import Call, InboundText, Mark, Voicemail

LISTS = ("calls", "recordings", "texts")
"""The phone system's lists, each with a mark of its own."""

_AT_ONCE = 500  # SIDs in one question


def of_lists(session: Session) -> Sequence[Mark]:
    """The mark of each list; none before the first look."""
    return session.scalars(select(Mark).where(Mark.name.in_(LISTS)).order_by(Mark.name)).all()


def is_due(session: Session, now: datetime) -> bool:
    """Whether any list is to be read."""
    due = select(Mark.name).where(Mark.name.in_(LISTS), Mark.next_attempt_at <= now).limit(1)
    return session.scalar(due) is not None


def look_at(session: Session, now: datetime) -> None:
    """Make a look at the lists due now; the first one ever begins at this instant."""
    for name in LISTS:
        mark = session.get(Mark, name)
        if mark is None:
            session.add(Mark(name=name, at=now, next_attempt_at=now))
        else:
            mark.next_attempt_at = now


def confirmed_recordings(session: Session, sids: Sequence[str]) -> set[str]:
    """Recordings of which a webhook told, or that were found before."""
    return _among(session, Voicemail.recording_sid, sids, Voicemail.is_confirmed.is_(True))


def whole_recordings(session: Session, sids: Sequence[str]) -> set[str]:
    """Recordings of which nothing is lacking: confirmed, with their length."""
    has_length = Voicemail.duration_s.is_not(None) | (Voicemail.status != "completed")
    return _among(session, Voicemail.recording_sid, sids, Voicemail.is_confirmed.is_(True), has_length)


def ended_calls(session: Session, sids: Sequence[str]) -> set[str]:
    """Calls whose end is on record."""
    return _among(session, Call.sid, sids, Call.status.in_(sorted(ENDED_CALLS)))


def known_texts(session: Session, sids: Sequence[str]) -> set[str]:
    return _among(session, InboundText.message_sid, sids)


def _among(
    session: Session, column: InstrumentedAttribute[str], sids: Sequence[str], *more: ColumnElement[bool]
) -> set[str]:
    found: set[Any] = set()
    for start in range(0, len(sids), _AT_ONCE):
        found.update(session.scalars(select(column).where(column.in_(sids[start : start + _AT_ONCE]), *more)))
    return found
