"""Calls of ours to one phone: which hold its line, and what waits for its end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.orm import Session

from triage.policy.delivery import DeliveryState
from triage.policy.twilio_words import ENDED_CALLS
from triage.store.base import UtcDateTime
from triage.store.deliveries import NOT_SENT
from triage.store.models import Alert, Bridge, Delivery, Report

_MAY_RING = or_(Delivery.state != DeliveryState.FAILED.value, Delivery.provider_sid.is_not(None))

# Built once: every call that is about to be placed asks these.
_SINCE = bindparam("since", type_=UtcDateTime)
_IS_OVER = (
    select(Report.id)
    .where(Report.provider_sid == Delivery.provider_sid, Report.status.in_(ENDED_CALLS))
    .correlate(Delivery)
    .exists()
)
_PUTS_THROUGH = (
    select(Bridge.id)
    .where(Bridge.delivery_id == Delivery.id, or_(Bridge.outcome.is_(None), Bridge.ended_at > _SINCE))
    .correlate(Delivery)
    .exists()
)
_IN_USE = (
    select(Delivery.id)
    .where(
        Delivery.phone == bindparam("phone"),
        Delivery.channel != "sms",
        Delivery.state.not_in([DeliveryState.PLANNED.value, *NOT_SENT]),
        _MAY_RING,
        or_(Delivery.started_at > _SINCE, _PUTS_THROUGH),
        ~_IS_OVER,
    )
    .limit(1)
)
_LATER_CALLS = (
    select(Delivery, Alert.reason)
    .join(Alert, Delivery.alert_id == Alert.id)
    .where(
        Delivery.phone == bindparam("phone"),
        Delivery.case_id == bindparam("case_id"),
        Delivery.channel == "voice",
        Delivery.alert_id > bindparam("alert_id"),
        Delivery.state.not_in(NOT_SENT),
        _MAY_RING,
    )
)


def is_in_use(session: Session, phone: str, since: datetime) -> bool:
    """Whether a phone is in a call of ours: placed, and its end not reported.

    Where that report is lost, the line is free again once the call, and any callback that ran through it, is older
    than `since`. A callback that still runs is asked about until it ends.
    """
    return session.scalars(_IN_USE, {"phone": phone, "since": since}).first() is not None


def later_calls(session: Session, row: Delivery) -> Sequence[tuple[Delivery, str]]:
    """Calls of later alerts to the same phone about the same case, placed or still to be, with their reasons."""
    found = session.execute(_LATER_CALLS, {"phone": row.phone, "case_id": row.case_id, "alert_id": row.alert_id})
    return [(delivery, reason) for delivery, reason in found]


def wake_what_waits(session: Session, phone: str, now: datetime) -> None:
    """Calls and texts to a phone that wait for the end of a call to it are due now."""
    session.execute(
        update(Delivery)
        .where(
            Delivery.phone == phone,
            Delivery.state == DeliveryState.PLANNED.value,
            Delivery.attempts == 0,
            Delivery.is_held.is_(False),
            Delivery.next_attempt_at > now,
        )
        .values(next_attempt_at=now)
    )
