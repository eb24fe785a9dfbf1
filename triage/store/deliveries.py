"""Alerts and deliveries: finding them, counting them, claiming them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from triage.policy.delivery import ASKED_FOR, AskedFor, DeliveryState
from triage.policy.ladder import RUNGS
from triage.store.base import UtcDateTime
from triage.store.models import Alert, Case, Delivery

NOT_SENT = [DeliveryState.BUNDLED.value, DeliveryState.DROPPED.value]
_ON_ITS_WAY = [DeliveryState.ACCEPTED.value, DeliveryState.SENT.value]
_WAYS = ("sms", "voice", "bridge")
_TO_DO = [DeliveryState.PLANNED.value, DeliveryState.SENDING.value, DeliveryState.UNKNOWN.value, *_ON_ITS_WAY]

# Built once: every alert, every look for what is due and every report of the phone system asks some of these.
_OF_CASE = Alert.case_id == bindparam("case_id")
_OF_PERSON = Alert.person_id == bindparam("person_id")
_MADE_AT = select(Alert).where(_OF_CASE, _OF_PERSON, Alert.created_at == bindparam("at", type_=UtcDateTime))
_LAST_CLIMBED = select(func.max(Alert.created_at)).where(_OF_CASE, Alert.reason.in_(RUNGS))
_LAST_BY_TEXT = (
    select(func.max(Alert.created_at))
    .join(Delivery, Delivery.alert_id == Alert.id)
    .where(
        _OF_CASE,
        _OF_PERSON,
        Delivery.channel == "sms",
        Delivery.state.not_in([DeliveryState.FAILED.value, DeliveryState.DROPPED.value]),
    )
)
_SENT_SINCE = (
    select(func.count())
    .select_from(Delivery)
    .join(Case, Delivery.case_id == Case.id)
    .where(
        Delivery.phone == bindparam("phone"),
        Delivery.channel == bindparam("channel"),
        Delivery.created_at > bindparam("since", type_=UtcDateTime),
        Delivery.state.not_in(NOT_SENT),
        Delivery.is_held.is_(False),
        Case.is_emergency == bindparam("is_emergency"),
    )
)
_BUNDLED_IN = select(Delivery).where(Delivery.bundled_in.in_(bindparam("ids", expanding=True))).order_by(Delivery.id)
_DUE = (
    select(Delivery)
    .outerjoin(Delivery.case)
    .options(contains_eager(Delivery.case), joinedload(Delivery.alert))
    .where(Delivery.next_attempt_at <= bindparam("now", type_=UtcDateTime), Delivery.state.in_(_TO_DO))
    .order_by(
        Delivery.person_id.is_(None),
        func.coalesce(Case.is_emergency, False).desc(),
        Delivery.channel.not_in(ASKED_FOR),
        Delivery.next_attempt_at,
        Delivery.id,
    )
    .limit(bindparam("most"))
)
_TO_BE_ASKED_ABOUT = (
    select(Delivery)
    .where(Delivery.ask_at <= bindparam("now", type_=UtcDateTime))
    .order_by(Delivery.ask_at, Delivery.id)
    .limit(bindparam("most"))
)
_WITH_IDS = select(Delivery).where(Delivery.id.in_(bindparam("ids", expanding=True)))
_WITH_SID = select(Delivery).where(Delivery.provider_sid == bindparam("sid"))


def with_ids(session: Session, ids: Sequence[int]) -> Sequence[Delivery]:
    """Those of the deliveries that there are, in no order."""
    return session.scalars(_WITH_IDS, {"ids": ids}).all() if ids else []


def alerts_of(session: Session, case_id: int) -> Sequence[Alert]:
    """The alerts of a case, oldest first."""
    return session.scalars(select(Alert).where(Alert.case_id == case_id).order_by(Alert.id)).all()


def of_case(session: Session, case_id: int) -> Sequence[Delivery]:
    """Every text and call about a case, oldest first: alerts, notices, calls for a callback, texts to its caller."""
    return session.scalars(select(Delivery).where(Delivery.case_id == case_id).order_by(Delivery.id)).all()


def alert_made_at(session: Session, case_id: int, person_id: str, at: datetime) -> Alert | None:
    """The alert about the case that the person gets at this very instant already."""
    return session.scalars(_MADE_AT, {"case_id": case_id, "person_id": person_id, "at": at}).first()


def last_alerted_by_text(session: Session, case_id: int, person_id: str) -> datetime | None:
    """When the newest alert about a case was made that the person got, or gets, by text."""
    return session.scalar(_LAST_BY_TEXT, {"case_id": case_id, "person_id": person_id})


def channels_of(session: Session, alert_id: int) -> set[str]:
    """By what an alert goes to its person."""
    return set(session.scalars(select(Delivery.channel).where(Delivery.alert_id == alert_id)))


def alerted_people(session: Session, case_id: int, since: datetime | None = None) -> set[str]:
    """Whom the case was alerted to, from an instant on or ever."""
    chosen = [Alert.created_at >= since] if since else []
    return set(session.scalars(select(Alert.person_id).where(Alert.case_id == case_id, *chosen).distinct()))


def alerted_cases(session: Session, person_id: str) -> set[int]:
    return set(session.scalars(select(Alert.case_id).where(Alert.person_id == person_id).distinct()))


def of_rung(session: Session, case_id: int, climbed_at: datetime) -> Sequence[Delivery]:
    """The deliveries of the rung of the ladder that was climbed at an instant."""
    return session.scalars(
        select(Delivery)
        .join(Alert, Delivery.alert_id == Alert.id)
        .where(Alert.case_id == case_id, Alert.reason.in_(RUNGS), Alert.created_at == climbed_at)
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
    return session.scalar(_LAST_CLIMBED, {"case_id": case_id})


def sent_since(session: Session, phone: str, channel: str, since: datetime, *, is_emergency: bool) -> int:
    """How many alerts went or go to a phone since an instant; emergencies and others are counted apart."""
    asked = {"phone": phone, "channel": channel, "since": since, "is_emergency": is_emergency}
    return session.scalar(_SENT_SINCE, asked) or 0


def sent_to_caller_since(session: Session, phone: str, since: datetime) -> int:
    """How many texts that nobody asked for went or go out to a caller since an instant."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Delivery)
            .where(
                Delivery.phone == phone,
                Delivery.person_id.is_(None),
                Delivery.is_answer.is_(False),
                Delivery.started_at > since,
                Delivery.state.not_in([DeliveryState.PLANNED.value, *NOT_SENT]),
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
    return session.scalars(_BUNDLED_IN, {"ids": [delivery_id]}).all()


def bundled_in_each(session: Session, ids: Sequence[int]) -> dict[int, list[Delivery]]:
    """`bundled_in` of many at once; one in whose place nothing else is sent is left out."""
    found: dict[int, list[Delivery]] = {}
    for row in session.scalars(_BUNDLED_IN, {"ids": ids}):
        found.setdefault(row.bundled_in or 0, []).append(row)
    return found


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

    Of one phone's calls those that its owner asked for come before those that alert.
    The write transaction it runs in is alone: that is the claim.
    """
    return session.scalars(_DUE, {"now": now, "most": most}).all()


def to_be_asked_about(session: Session, now: datetime, most: int) -> Sequence[Delivery]:
    """Deliveries whose end nobody reported in time, those that wait longest first. Claimed as `due` has it."""
    return session.scalars(_TO_BE_ASKED_ABOUT, {"now": now, "most": most}).all()


def whose_end_is_not_known(session: Session, since: datetime) -> Sequence[Delivery]:
    """What the provider took since an instant, and was not heard of to the end."""
    return session.scalars(select(Delivery).where(Delivery.created_at > since, Delivery.state.in_(_ON_ITS_WAY))).all()


def is_due(row: Delivery, now: datetime) -> bool:
    """Whether a sender should look at a delivery, as `due` has it."""
    return row.next_attempt_at is not None and row.next_attempt_at <= now and row.state in _TO_DO


def to_person(
    session: Session, person_id: str, phone: str, since: datetime, most: int | None = None
) -> Sequence[Delivery]:
    """What goes or went to somebody's present phone since an instant, the newest first; by each way so many at most."""
    wanted = (
        select(Delivery)
        .options(joinedload(Delivery.alert))
        .where(Delivery.phone == phone, Delivery.created_at > since, Delivery.person_id == person_id)
        .order_by(Delivery.created_at.desc(), Delivery.id.desc())
        .limit(most)
    )
    found = [row for way in _WAYS for row in session.scalars(wanted.where(Delivery.channel == way))]
    return sorted(found, key=lambda row: row.id, reverse=True)


def being_sent(session: Session) -> Sequence[Delivery]:
    """Deliveries that a sender holds, or held when it died."""
    return session.scalars(select(Delivery).where(Delivery.state == DeliveryState.SENDING.value)).all()


def unsent_notice(session: Session, case_id: int, person_id: str, text: str) -> Delivery | None:
    """A notice with these words that was not sent yet."""
    return session.scalars(
        select(Delivery)
        .where(
            Delivery.case_id == case_id,
            Delivery.person_id == person_id,
            Delivery.alert_id.is_(None),
            Delivery.state == DeliveryState.PLANNED.value,
            Delivery.attempts == 0,
            Delivery.body == text,
        )
        .limit(1)
    ).first()


def of_booking(session: Session, booking_id: int) -> Sequence[Delivery]:
    """Every text and call about a booking, oldest first."""
    return session.scalars(select(Delivery).where(Delivery.booking_id == booking_id).order_by(Delivery.id)).all()


def unsent_of_booking(session: Session, booking_id: int) -> Sequence[Delivery]:
    """Texts and calls about a booking that were not sent yet."""
    return session.scalars(
        select(Delivery).where(
            Delivery.booking_id == booking_id,
            Delivery.state == DeliveryState.PLANNED.value,
            Delivery.attempts == 0,
        )
    ).all()


def unsent_answers(session: Session, phone: str) -> Sequence[Delivery]:
    """Answers to questions of a caller that were not sent yet."""
    return session.scalars(
        select(Delivery).where(
            Delivery.phone == phone,
            Delivery.is_answer.is_(True),
            Delivery.state == DeliveryState.PLANNED.value,
            Delivery.attempts == 0,
        )
    ).all()


def asked_for(session: Session, case_id: int, person_id: str, carrier: AskedFor, since: datetime) -> Delivery | None:
    """A call about this case that this person asked for and did not pick up yet: one that is still to be placed, or
    one that was asked for since an instant."""
    return session.scalars(
        select(Delivery).where(
            Delivery.case_id == case_id,
            Delivery.person_id == person_id,
            Delivery.channel == carrier,
            Delivery.state.in_(_TO_DO),
            or_(Delivery.created_at > since, Delivery.state == DeliveryState.PLANNED.value),
        )
    ).first()


def with_provider_sid(session: Session, provider_sid: str) -> Delivery | None:
    return session.scalars(_WITH_SID, {"sid": provider_sid}).first()


def known_sids(session: Session, sids: Sequence[str]) -> set[str]:
    """Which of these provider ids belong to a delivery already."""
    return {sid for sid in session.scalars(select(Delivery.provider_sid).where(Delivery.provider_sid.in_(sids))) if sid}


def was_told_since(session: Session, phone: str, beginning: str, since: datetime) -> bool:
    """Whether a text with this beginning was written for the phone since an instant, and not taken back unsent."""
    return (
        session.scalar(
            select(Delivery.id)
            .where(
                Delivery.phone == phone,
                Delivery.body.startswith(beginning, autoescape=True),
                Delivery.created_at > since,
                or_(Delivery.state != DeliveryState.DROPPED.value, Delivery.attempts > 0),
            )
            .limit(1)
        )
        is not None
    )
