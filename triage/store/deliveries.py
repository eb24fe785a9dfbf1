"""Alerts and deliveries: finding them, counting them, claiming them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from triage.policy.delivery import DeliveryState
from triage.policy.ladder import Blocked
from triage.store.models import Alert, BlockedPhone, Case, Delivery, Report

_NOT_SENT = [DeliveryState.BUNDLED.value, DeliveryState.DROPPED.value]
_ON_ITS_WAY = [DeliveryState.ACCEPTED.value, DeliveryState.SENT.value]
_TO_DO = [DeliveryState.PLANNED.value, DeliveryState.SENDING.value, DeliveryState.UNKNOWN.value, *_ON_ITS_WAY]


def alert_made_at(session: Session, case_id: int, person_id: str, at: datetime) -> Alert | None:
    """The alert about the case that the person gets at this very instant already."""
    return session.scalars(
        select(Alert).where(Alert.case_id == case_id, Alert.person_id == person_id, Alert.created_at == at)
    ).first()


def channels_of(session: Session, alert_id: int) -> set[str]:
    """By what an alert goes to its person."""
    return set(session.scalars(select(Delivery.channel).where(Delivery.alert_id == alert_id)))


def last_count(session: Session, case_id: int, reason: str) -> int:
    """How often alerts for this reason went out for the case."""
    return (
        session.scalar(
            select(func.coalesce(func.max(Alert.step), 0)).where(Alert.case_id == case_id, Alert.reason == reason)
        )
        or 0
    )


def alerted_people(session: Session, case_id: int) -> set[str]:
    return set(session.scalars(select(Alert.person_id).where(Alert.case_id == case_id).distinct()))


def alerted_cases(session: Session, person_id: str) -> set[int]:
    return set(session.scalars(select(Alert.case_id).where(Alert.person_id == person_id).distinct()))


def of_rung(session: Session, case_id: int, climbed_at: datetime) -> Sequence[Delivery]:
    """The deliveries of the rung of the ladder that was climbed at an instant."""
    return session.scalars(
        select(Delivery)
        .join(Alert, Delivery.alert_id == Alert.id)
        .where(Alert.case_id == case_id, Alert.reason == "ladder", Alert.created_at == climbed_at)
    ).all()


def ringing(session: Session, case_id: int) -> Sequence[tuple[Delivery, str]]:
    """The alert calls of a case that ring, or are spoken to, each with the reason of its alert."""
    found = session.execute(
        select(Delivery, Alert.reason)
        .join(Alert, Delivery.alert_id == Alert.id)
        .where(Alert.case_id == case_id, Delivery.channel == "voice", Delivery.state.in_(_ON_ITS_WAY))
    )
    return [(delivery, reason) for delivery, reason in found]


def last_climbed_at(session: Session, case_id: int) -> datetime | None:
    """When the newest alerts of the ladder were made."""
    return session.scalar(select(func.max(Alert.created_at)).where(Alert.case_id == case_id, Alert.reason == "ladder"))


def sent_since(session: Session, phone: str, channel: str, since: datetime, *, is_emergency: bool) -> int:
    """How many alerts went or go to a phone since an instant; emergencies and others are counted apart."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Delivery)
            .join(Case, Delivery.case_id == Case.id)
            .where(
                Delivery.phone == phone,
                Delivery.channel == channel,
                Delivery.created_at > since,
                Delivery.state.not_in(_NOT_SENT),
                Delivery.is_held.is_(False),
                Case.is_emergency == is_emergency,
            )
        )
        or 0
    )


def sent_to_caller_since(session: Session, phone: str, since: datetime) -> int:
    """How many texts that nobody asked for went or go out to a caller since an instant."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Delivery)
            .where(
                Delivery.phone == phone,
                Delivery.person_id.is_(None),
                Delivery.started_at > since,
                Delivery.state.not_in([DeliveryState.PLANNED.value, *_NOT_SENT]),
            )
        )
        or 0
    )


def held_for(session: Session, phone: str) -> Sequence[Delivery]:
    """The texts that wait for a phone's next summary, oldest first."""
    return session.scalars(
        select(Delivery)
        .where(
            Delivery.phone == phone,
            Delivery.is_held.is_(True),
            Delivery.state == DeliveryState.PLANNED.value,
        )
        .order_by(Delivery.id)
    ).all()


def bundled_in(session: Session, delivery_id: int) -> Sequence[Delivery]:
    """The texts in whose place a summary is sent, beside the one that it was made of."""
    return session.scalars(select(Delivery).where(Delivery.bundled_in == delivery_id).order_by(Delivery.id)).all()


def held_until(session: Session, phone: str) -> datetime | None:
    """When the summary for a phone goes out, if texts are held for it."""
    return session.scalar(
        select(func.min(Delivery.next_attempt_at)).where(
            Delivery.phone == phone,
            Delivery.is_held.is_(True),
            Delivery.state == DeliveryState.PLANNED.value,
        )
    )


def due(session: Session, now: datetime, most: int) -> Sequence[Delivery]:
    """Deliveries that a sender should look at: alerts before texts to callers, emergencies first (E2).

    The write transaction it runs in is alone: that is the claim.
    """
    return session.scalars(
        select(Delivery)
        .outerjoin(Case, Delivery.case_id == Case.id)
        .where(Delivery.next_attempt_at <= now, Delivery.state.in_(_TO_DO))
        .order_by(
            Delivery.person_id.is_(None),
            func.coalesce(Case.is_emergency, False).desc(),
            Delivery.next_attempt_at,
            Delivery.id,
        )
        .limit(most)
    ).all()


def being_sent(session: Session) -> Sequence[Delivery]:
    """Deliveries that a sender holds, or held when it died."""
    return session.scalars(select(Delivery).where(Delivery.state == DeliveryState.SENDING.value)).all()


def is_on_another_call_of_ours(session: Session, row: Delivery, since: datetime) -> bool:
    """Whether a phone that is busy rings, or talks, for another call that we placed since an instant."""
    return (
        session.scalars(
            select(Delivery.id).where(
                Delivery.phone == row.phone,
                Delivery.id != row.id,
                Delivery.channel != "sms",
                Delivery.state.in_([DeliveryState.ACCEPTED.value, DeliveryState.SENT.value]),
                Delivery.created_at > since,
            )
        ).first()
        is not None
    )


def with_provider_sid(session: Session, provider_sid: str) -> Delivery | None:
    return session.scalars(select(Delivery).where(Delivery.provider_sid == provider_sid)).first()


def known_sids(session: Session, sids: Sequence[str]) -> set[str]:
    """Which of these provider ids belong to a delivery already."""
    return {sid for sid in session.scalars(select(Delivery.provider_sid).where(Delivery.provider_sid.in_(sids))) if sid}


def reports_of(session: Session, provider_sid: str) -> Sequence[Report]:
    return session.scalars(select(Report).where(Report.provider_sid == provider_sid).order_by(Report.id)).all()


def add_report(session: Session, report: Report) -> bool:
    """Keep a report; False where the same one is kept already."""
    known = session.scalar(
        select(Report.id).where(Report.provider_sid == report.provider_sid, Report.status == report.status)
    )
    if known is None:
        session.add(report)
    return known is None


def blocked(session: Session) -> Blocked:
    """Every phone and channel that cannot be used."""
    return frozenset((row.phone, row.channel) for row in session.scalars(select(BlockedPhone)))


def is_blocked(session: Session, phone: str, channel: str) -> bool:
    return session.get(BlockedPhone, (phone, channel)) is not None


def block(session: Session, phone: str, channel: str, reason: str, now: datetime) -> bool:
    """Mark a phone as not to be reached by a channel; False where it is marked already."""
    if is_blocked(session, phone, channel):
        return False
    session.add(BlockedPhone(phone=phone, channel=channel, reason=reason, since=now))
    return True


def unblock(session: Session, phone: str, channel: str) -> bool:
    """Take the mark away; False where there was none."""
    row = session.get(BlockedPhone, (phone, channel))
    if row is not None:
        session.delete(row)
    return row is not None


def was_told_since(session: Session, phone: str, beginning: str, since: datetime) -> bool:
    """Whether a text with this beginning was written for the phone since an instant."""
    return (
        session.scalar(
            select(Delivery.id)
            .where(
                Delivery.phone == phone,
                Delivery.body.startswith(beginning, autoescape=True),
                Delivery.created_at > since,
            )
            .limit(1)
        )
        is not None
    )
