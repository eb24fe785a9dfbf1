"""Attempts, sessions and billing lines."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from triage.store.models import Attempt, BillableSession, BillingLine


def attempts_of(session: Session, case_id: int) -> Sequence[Attempt]:
    return session.scalars(select(Attempt).where(Attempt.case_id == case_id).order_by(Attempt.at)).all()


def of_case(session: Session, case_id: int) -> BillableSession | None:
    return session.scalars(select(BillableSession).where(BillableSession.case_id == case_id)).first()


def lines_of(session: Session, session_id: int) -> Sequence[BillingLine]:
    return session.scalars(
        select(BillingLine).where(BillingLine.session_id == session_id).order_by(BillingLine.id)
    ).all()
