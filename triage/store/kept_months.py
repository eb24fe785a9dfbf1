"""Months as the SLA report counted them, kept until one of their cases changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from triage.policy.sla_groups import FORM
from triage.store.models import KeptMonth

_NAMES = select(KeptMonth.starts_at, KeptMonth.ends_at).where(KeptMonth.form == FORM)  # asked every hour

Span = tuple[datetime, datetime]
"""From the first instant up to the second, without it."""


def of(session: Session, spans: Sequence[Span]) -> dict[Span, tuple[dict[str, Any], bytes]]:
    """What is kept of those of these spans that are kept."""
    if not spans:
        return {}
    rows = session.execute(
        select(KeptMonth.starts_at, KeptMonth.ends_at, KeptMonth.counts, KeptMonth.spans).where(
            KeptMonth.ends_at > spans[0][0], KeptMonth.ends_at <= spans[-1][1], KeptMonth.form == FORM
        )
    )
    return {(starts_at, ends_at): (counts, lengths) for starts_at, ends_at, counts, lengths in rows}


def names(session: Session) -> set[Span]:
    """The spans that are kept."""
    rows = session.execute(_NAMES)
    return {(starts_at, ends_at) for starts_at, ends_at in rows}


def keep(session: Session, starts_at: datetime, ends_at: datetime, counts: dict[str, Any], spans: bytes) -> None:
    """Keep a month, instead of what was kept of it in another form."""
    session.merge(KeptMonth(ends_at=ends_at, starts_at=starts_at, form=FORM, counts=counts, spans=spans))
