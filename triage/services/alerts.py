"""Writing alerts and the deliveries that carry them. Nothing is sent here: see dispatch.py."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import cast

from triage.policy import closing_words, wording
from triage.policy.delivery import DeliveryState
from triage.policy.fields import Channel, WindowName
from triage.policy.ladder import Summons, reachable_by, repeats_text, rungs
from triage.policy.lifecycle import CaseState
from triage.policy.put_back import MISDATED
from triage.policy.roster import Person, Roster
from triage.policy.terms import Limits, ProductLine, Terms
from triage.policy.wording import Card
from triage.store import Session, blocks, chain, deliveries
from triage.store.engine import Transaction
from triage.store.models import Alert, Case, Delivery

_GETS_IT = ("acknowledged", "called_back", "callback_withdrawn", "handed_over")
_SAME_NOTICE_WITHIN = timedelta(hours=1)


def card_of(case: Case, roster: Roster) -> Card:
    """What texts say of a case."""
    owner = roster.person(case.owner)
    return Card(
        reference=case.reference,
        window=cast("WindowName", case.window),
        caller=case.number_to_call,
        place=case.caller_place if case.number_to_call == case.caller else None,  # the town of the calling phone
        due=case.callback_due,
        flags=tuple(flag for flag in case.flags if flag != MISDATED),  # nobody calls back otherwise for that
        product=cast("ProductLine", case.product),
        owner=owner.first_name if owner else None,
        is_held=case.state == CaseState.ACKNOWLEDGED,
        language=case.language,
        has_recording="no_recording" not in case.flags,
        called_back_at=case.callback_made_at,
    )


def held_since(session: Session, case: Case) -> datetime | None:
    """When whoever has a case, or had it last, got it; None where nobody did."""
    return chain.last_at(session, case.id, _GETS_IT, case.owner) if case.owner else None


def closed_by(tx: Transaction, case: Case, roster: Roster, terms: Terms, now: datetime) -> str:
    """Who closed a closed case, and when, for whoever else asks about it."""
    details = chain.last_of_kind(tx.session, [case.id], "closed").get(case.id, {})
    person = roster.person(details.get("person"))
    return closing_words.closed_by(person.first_name if person else None, case.closed_at or now, now, terms)


def alert(
    tx: Transaction,
    case: Case,
    people: Iterable[Summons],
    reason: str,
    *,
    terms: Terms,
    now: datetime,
    rung: tuple[int, int] | None = None,
) -> list[str]:
    """Demand of each person that they act, and plan the SMS and calls that say so.

    A rung is (round, step) of the ladder; without one the alert is the next of its reason. One person gets one
    alert about a case at one instant, however many reasons fall together: by every channel that any of them asks for.
    A rung that came early calls whom it texted a moment ago, and does not text them again: who gets texts only
    has read it. Returns the ids of those alerted.
    """
    round_, step = rung or (1, deliveries.last_count(tx.session, case.id, reason) + 1)
    before = deliveries.last_rung(tx.session, case.id) if rung is not None else None
    alerted = []
    for summons in people:
        person = summons.person
        earlier = deliveries.alert_made_at(tx.session, case.id, person.id, now)
        if earlier is not None:
            known = deliveries.channels_of(tx.session, earlier.id)
            for channel in (channel for channel in summons.channels if channel not in known):
                _plan(tx, case, person, channel, "", terms.limits, now, alert_id=earlier.id)
            continue
        channels = summons.channels
        if before and _was_just_texted(tx, case, person, (round_, step), before, terms, now):
            channels = tuple(channel for channel in channels if channel != "sms")
            if not channels:
                continue
        row = Alert(case_id=case.id, person_id=person.id, reason=reason, round=round_, step=step, created_at=now)
        tx.session.add(row)
        tx.session.flush()
        for channel in channels:
            _plan(tx, case, person, channel, "", terms.limits, now, alert_id=row.id)
        tx.record_of(
            case,
            "alert_made",
            at=now,
            actor="system",
            person=person.id,
            reason=reason,
            round=round_,
            step=step,
            channels=list(channels),
        )
        alerted.append(person.id)
    return alerted


def _was_just_texted(
    tx: Transaction, case: Case, person: Person, rung: tuple[int, int], before: Alert, terms: Terms, now: datetime
) -> bool:
    """Whether a rung came early after the one before, and the person read of the case a moment ago."""
    told_at = deliveries.last_alerted_by_text(tx.session, case.id, person.id)
    return told_at is not None and repeats_text(
        rung,
        (before.round, before.step),
        climbed_at=before.created_at,
        told_at=told_at,
        steps=rungs(terms, is_emergency=case.is_emergency),
        now=now,
    )


def summons_for(tx: Transaction, people: Iterable[Person], by: tuple[Channel, ...]) -> tuple[Summons, ...]:
    """People with the channels that reach them; those whom none reaches are left out."""
    blocked = blocks.every(tx.session)
    found = (Summons(person, reachable_by(person, by, blocked)) for person in people)
    return tuple(summons for summons in found if summons.channels)


def tell(
    tx: Transaction,
    people: Iterable[Person],
    text: str,
    *,
    terms: Terms,
    now: datetime,
    case: Case | None = None,
    same_if: str | None = None,
    by: tuple[Channel, ...] = ("sms",),
    not_before: datetime | None = None,
) -> None:
    """Plan a notice that asks for nothing. The same text goes to a phone once an hour at the most, unless it is about a
    case: then it says what has just become of it, which may happen again.

    Texts that begin with `same_if` are the same: a phone that is dead for twenty cases is told of once. What is to
    go out `not_before` an instant goes earlier where a call of ours to that phone ends.
    """
    beginning = text if same_if is None else same_if
    for summons in summons_for(tx, people, by):
        phone = summons.person.phone
        is_news = case is not None and same_if is None
        if is_news or not deliveries.was_told_since(tx.session, phone, beginning, now - _SAME_NOTICE_WITHIN):
            for channel in summons.channels:
                _plan(tx, case, summons.person, channel, text, terms.limits, now, not_before=not_before)


def notify(tx: Transaction, person: Person, channel: Channel, text: str, *, terms: Terms, now: datetime) -> Delivery:
    """Plan one text or call to a person's phone about no case, whatever was said to it before."""
    return _plan(tx, None, person, channel, text, terms.limits, now)


def stand_others_down(
    tx: Transaction, case: Case, taker: Person, roster: Roster, terms: Terms, now: datetime, *, but: str | None
) -> None:
    """An emergency wakes several people: those who were alerted hear that somebody has it, `but` for one person."""
    alerted = deliveries.alerted_people(tx.session, case.id) - {taker.id, but}
    people = [person for person in roster.people if person.id in alerted]
    text = wording.told(card_of(case, roster), f"{taker.first_name} has it. Nothing for you to do.")
    tell(tx, people, text, terms=terms, now=now, case=case)


def administrators(roster: Roster) -> tuple[Person, ...]:
    """Who mends what is broken: administrators, else whoever is in charge."""
    return roster.with_role("administrator") or roster.in_charge()


def _plan(
    tx: Transaction,
    case: Case | None,
    person: Person,
    channel: Channel,
    text: str,
    limits: Limits,
    now: datetime,
    alert_id: int | None = None,
    not_before: datetime | None = None,
) -> Delivery:
    delivery = Delivery(
        alert_id=alert_id,
        case_id=case.id if case else None,
        person_id=person.id,
        phone=person.phone,
        channel=channel,
        body=text,
        state=DeliveryState.PLANNED.value,
        is_held=False,
        attempts=0,
        created_at=now,
        next_attempt_at=max(now, not_before or now),
    )
    if case is not None and _is_over(tx, case, person, channel, limits, now):
        if channel == "voice":
            delivery.state, delivery.next_attempt_at = DeliveryState.DROPPED.value, None
            delivery.reason = "too many calls to this phone; the texts go on"
        else:
            delivery.is_held = True
            delivery.next_attempt_at = deliveries.held_until(tx.session, person.phone) or now + limits.summary_every
    tx.session.add(delivery)
    tx.session.flush()
    return delivery


def _is_over(tx: Transaction, case: Case, person: Person, channel: Channel, limits: Limits, now: datetime) -> bool:
    most, within = (limits.texts, limits.texts_within) if channel == "sms" else (limits.calls, limits.calls_within)
    sent = deliveries.sent_since(tx.session, person.phone, channel, now - within, is_emergency=case.is_emergency)
    return sent >= most
