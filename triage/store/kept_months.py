"""Months, and days with many cases, as the SLA report counted them, kept until one of their cases changes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from triage.policy.sla_groups import FORM
from triage.store.models import KeptMonth

_NAMES = select(KeptMonth.starts_at, KeptMonth.ends_at).where(KeptMonth.form == FORM)  # asked every hour

Span = tuple[datetime, datetime]
"""From the first instant up to the second, without it."""


def within(session: Session, start: datetime, end: datetime) -> dict[Span, tuple[dict[str, Any], bytes]]:
    """What is kept of the months and days that lie in [start, end)."""
    rows = session.execute(
        select(KeptMonth.starts_at, KeptMonth.ends_at, KeptMonth.counts, KeptMonth.spans).where(
            KeptMonth.starts_at >= start, KeptMonth.ends_at <= end, KeptMonth.form == FORM
        )
    )
    return {(starts_at, ends_at): (counts, lengths) for starts_at, ends_at, counts, lengths in rows}


def names(session: Session) -> set[Span]:
    """The spans that are kept."""
    rows = session.execute(_NAMES)
    return {(starts_at, ends_at) for starts_at, ends_at in rows}


def keep(session: Session, starts_at: datetime, ends_at: datetime, counts: dict[str, Any], spans: bytes) -> None:
    """Keep a month or a day, instead of what was kept of that time, also in another form."""
    session.execute(delete(KeptMonth).where(KeptMonth.starts_at >= starts_at, KeptMonth.ends_at <= ends_at))
    session.merge(KeptMonth(ends_at=ends_at, starts_at=starts_at, form=FORM, counts=counts, spans=spans))
