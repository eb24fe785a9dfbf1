"""Up to where the phone system's lists were looked through, and what of them is on record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Row, Select, bindparam, select
from sqlalchemy.orm import Session

from triage.policy.twilio_words import ENDED_CALLS
from triage.store.models import Call, InboundText, Mark, Voicemail

LISTS = ("calls", "recordings", "texts")
"""The phone system's lists, each with a mark of its own."""

IS_OF_A_LIST = Mark.name.in_(LISTS)
_AT_ONCE = 500  # SIDs in one question

# Built once: several times a minute somebody looks whether anything was missed.
_MARKS = select(Mark).where(IS_OF_A_LIST).order_by(Mark.name)
_SIDS: BindParameter[Sequence[str]] = bindparam("sids", expanding=True)
_ENDED = select(Call.sid).where(Call.sid.in_(_SIDS), Call.status.in_(sorted(ENDED_CALLS)))
_CONFIRMED = select(
    Voicemail.recording_sid, (Voicemail.duration_s.is_not(None) | (Voicemail.status != "completed")).label("is_whole")
).where(Voicemail.recording_sid.in_(_SIDS), Voicemail.is_confirmed.is_(True))
_TEXTS = select(InboundText.message_sid).where(InboundText.message_sid.in_(_SIDS))


@dataclass(frozen=True, slots=True)
class OnRecord:
    """What of the lists we know, by SID: calls whose end is on record, texts, and recordings of which a webhook told,
    or that were found before; of each whether nothing is lacking, its length included."""

    ended_calls: frozenset[str]
    texts: frozenset[str]
    recordings: Mapping[str, bool]


def of_lists(session: Session) -> Sequence[Mark]:
    """The mark of each list; none before the first look."""
    return session.scalars(_MARKS).all()


def look_at(session: Session, now: datetime) -> None:
    """Make a look at the lists due now; the first one ever begins at this instant."""
    known = {mark.name: mark for mark in of_lists(session)}
    for name in LISTS:
        if name in known:
            known[name].next_attempt_at = now
        else:
            session.add(Mark(name=name, at=now, next_attempt_at=now))


def on_record(session: Session, calls: Sequence[str], recordings: Sequence[str], texts: Sequence[str]) -> OnRecord:
    """What of these SIDs is on record."""
    return OnRecord(
        frozenset(sid for (sid,) in _among(session, _ENDED, calls)),
        frozenset(sid for (sid,) in _among(session, _TEXTS, texts)),
        {row.recording_sid: row.is_whole for row in _among(session, _CONFIRMED, recordings)},
    )


def _among(session: Session, question: Select[*tuple[Any, ...]], sids: Sequence[str]) -> list[Row[Any]]:
    found: list[Row[Any]] = []
    for start in range(0, len(sids), _AT_ONCE):
        found += session.connection().execute(question, {"sids": sids[start : start + _AT_ONCE]})
    return found
