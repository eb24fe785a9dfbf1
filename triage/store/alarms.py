"""What the auditor found, as rows."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from triage.policy.alarms import Alarm
from triage.policy.faults import Fault
from triage.store.models import AlarmRow

_FIELDS = ("words", "began_at", "seen_at", "next_letter_at", "told_at", "letters", "ended_at")


def every(session: Session) -> dict[Fault, Alarm]:
    """Each alarm that is not over, or of whose end nobody was told yet. Faults of other versions are left out."""
    known = set(Fault)
    return {
        Fault(row.fault): Alarm(fault=Fault(row.fault), **{name: getattr(row, name) for name in _FIELDS})
        for row in session.scalars(select(AlarmRow).order_by(AlarmRow.began_at, AlarmRow.fault))
        if row.fault in known
    }


def keep(session: Session, before: Mapping[Fault, Alarm], after: Mapping[Fault, Alarm]) -> None:
    """Write down what changed between two states of all alarms."""
    for fault in before.keys() | after.keys():
        was, now = before.get(fault), after.get(fault)
        if was == now:
            continue
        row = session.get(AlarmRow, fault.value)
        if now is None:
            if row is not None:
                session.delete(row)
            continue
        values = {name: getattr(now, name) for name in _FIELDS}
        if row is None:
            session.add(AlarmRow(fault=fault.value, **values))
        else:
            for name, value in values.items():
                setattr(row, name, value)
