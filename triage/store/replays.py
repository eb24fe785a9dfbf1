"""What a replay of past voicemails needs: what was left, who answered which alert, and what became of it all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select
from sqlalchemy import case as when
from sqlalchemy.orm import Session

from triage.policy.habits import Asked, Turn
from triage.store.cases import in_parts
from triage.store.models import Alert, BillableSession, BillingLine, Call, Case, Delivery, Event, Voicemail

_ANSWERS = ("acknowledged", "passed", "called_back")
_HAPPENED = ("ladder_exhausted", "nobody_on_call")


class Left(NamedTuple):
    """A voicemail with what its call told, and the case that it became or joined."""

    case_id: int
    call_sid: str
    left_at: datetime
    duration_s: int | None
    answered_at: datetime
    caller: str | None
    is_emergency: bool
    attested: bool | None
    product: str
    language: str
    callback_number: str | None


class Carried(NamedTuple):
    """A text or call of ours by its provider's id, and the alert that it carries."""

    sid: str
    channel: str
    alert_id: int
    case_id: int
    person_id: str
    created_at: datetime


def voicemails_between(session: Session, start: datetime, end: datetime) -> list[Left]:
    """The voicemails left in [start, end), oldest first. What a call did not tell is as its case has it."""
    rows = session.execute(
        select(Voicemail, Case, Call)
        .join(Case, Case.id == Voicemail.case_id)
        .outerjoin(Call, Call.sid == Voicemail.call_sid)
        .where(Voicemail.left_at >= start, Voicemail.left_at < end)
        .order_by(Voicemail.left_at, Voicemail.id)
    )
    return [_left(voicemail, case, call) for voicemail, case, call in rows]


def first_call_sids(session: Session) -> dict[int, str]:
    """The call that began each case, by the case's id."""
    found: dict[int, str] = {}
    for case_id, sid in session.execute(select(Voicemail.case_id, Voicemail.call_sid).order_by(Voicemail.id)):
        found.setdefault(case_id, sid)
    return found


def cases_left_between(session: Session, start: datetime, end: datetime) -> Sequence[Case]:
    """The cases whose first message was left in [start, end), in that order."""
    return session.scalars(
        select(Case).where(Case.left_at >= start, Case.left_at < end).order_by(Case.left_at, Case.id)
    ).all()


def alerts_since(session: Session, since: datetime) -> list[Asked]:
    """The alerts made from an instant on, oldest first."""
    return _alerts(session, Alert.created_at >= since)


def alerts_of(session: Session, case_id: int) -> list[Asked]:
    """The alerts of a case, oldest first."""
    return _alerts(session, Alert.case_id == case_id)


def answers_since(session: Session, since: datetime) -> dict[int, list[Turn]]:
    """Who took, passed on or called back a case, and when, oldest first, by the case's id."""
    found: dict[int, list[Turn]] = defaultdict(list)
    rows = session.execute(
        select(Event.case_id, Event.at, Event.kind, Event.details)
        .where(Event.kind.in_(_ANSWERS), Event.at >= since, Event.case_id.is_not(None))
        .order_by(Event.number)
    )
    for case_id, at, kind, details in rows:
        if person := details.get("person"):
            found[case_id].append(Turn(at, kind, person))
    return found


def carried_by(session: Session, sids: Sequence[str]) -> list[Carried]:
    """Which alerts these texts and calls carry; what carries none is left out."""
    found: list[Carried] = []
    for first in range(0, len(sids), 500):
        rows = session.execute(
            select(Delivery.provider_sid, Delivery.channel, Alert.id, Alert.case_id, Alert.person_id, Alert.created_at)
            .join(Alert, Alert.id == Delivery.alert_id)
            .where(Delivery.provider_sid.in_(sids[first : first + 500]))
            .order_by(Delivery.id)
        )
        found += [Carried(sid or "", by, alert, case, who, at) for sid, by, alert, case, who, at in rows]
    return found


def sent_to_people(session: Session, case_ids: Sequence[int]) -> list[tuple[str, str, datetime, bool]]:
    """Each text and call about these cases that went out to somebody of ours: who, by what, when, whether it is an
    alert; oldest first."""
    found: list[tuple[str, str, datetime, bool]] = []
    for some in in_parts(case_ids):
        rows = session.execute(
            select(Delivery.person_id, Delivery.channel, Delivery.started_at, Delivery.alert_id).where(
                Delivery.case_id.in_(some), Delivery.person_id.is_not(None), Delivery.provider_sid.is_not(None)
            )
        )
        found += [(person, by, at, alert_id is not None) for person, by, at, alert_id in rows if person and at]
    return sorted(found, key=lambda each: each[2])


def billed(session: Session, case_ids: Sequence[int]) -> dict[int, Decimal]:
    """What the sessions of these cases came to, with later differences."""
    found: dict[int, Decimal] = defaultdict(Decimal)
    for some in in_parts(case_ids):
        rows = session.execute(
            select(BillableSession.case_id, BillingLine.amount)
            .join(BillingLine, BillingLine.session_id == BillableSession.id)
            .where(BillableSession.case_id.in_(some), BillableSession.withdrawn_at.is_(None))
        )
        for case_id, amount in rows:
            if case_id is not None:
                found[case_id] += amount
    return found


def worked_minutes(session: Session, case_ids: Sequence[int]) -> dict[int, int]:
    """How long the session of each of these cases was, where it is closed."""
    found: dict[int, int] = {}
    for some in in_parts(case_ids):
        rows = session.execute(
            select(BillableSession.case_id, BillableSession.minutes).where(
                BillableSession.case_id.in_(some),
                BillableSession.withdrawn_at.is_(None),
                BillableSession.minutes.is_not(None),
            )
        )
        found |= {case_id: minutes for case_id, minutes in rows if case_id is not None and minutes is not None}
    return found


def happened(session: Session, case_ids: Sequence[int]) -> dict[int, set[str]]:
    """For which of these cases a ladder came to its end, or nobody was on call."""
    found: dict[int, set[str]] = defaultdict(set)
    for some in in_parts(case_ids):
        rows = session.execute(
            select(Event.case_id, Event.kind).where(Event.case_id.in_(some), Event.kind.in_(_HAPPENED)).distinct()
        )
        for case_id, kind in rows:
            if case_id is not None:
                found[case_id].add(kind)
    return found


def _left(voicemail: Voicemail, case: Case, call: Call | None) -> Left:
    """`call` is None where the phone system's lists told of the voicemail, and its call was never looked up."""
    of: Call | Case = call if call is not None else case
    return Left(
        case_id=case.id,
        call_sid=voicemail.call_sid,
        left_at=voicemail.left_at,
        duration_s=voicemail.duration_s,
        answered_at=of.answered_at or case.answered_at,
        caller=call.from_number if call is not None else case.caller,
        is_emergency=of.is_emergency,
        attested=of.attested,
        product=of.product,
        language=of.language,
        callback_number=of.callback_number,
    )


def _alerts(session: Session, which: ColumnElement[bool]) -> list[Asked]:
    rows = session.execute(
        select(
            Alert.id, Alert.case_id, Alert.person_id, Alert.created_at,
            func.max(when((Delivery.channel == "voice", 1), else_=0)), func.max(func.coalesce(Delivery.pressed, "")),
        )
        .join(Delivery, Delivery.alert_id == Alert.id)
        .where(which)
        .group_by(Alert.id, Alert.case_id, Alert.person_id, Alert.created_at)
        .order_by(Alert.created_at, Alert.id)
    )  # fmt: skip
    return [
        Asked(alert_id, case_id, person, at, bool(is_call), pressed)
        for alert_id, case_id, person, at, is_call, pressed in rows
    ]
