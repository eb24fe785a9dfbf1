"""Writing alerts and the deliveries that carry them. Nothing is sent here: see dispatch.py."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from triage.policy import closing_words, wording
from triage.policy.delivery import DeliveryState
from triage.policy.fields import Channel, WindowName
from triage.policy.ladder import Summons, is_early, reached_by, rungs, says_the_same
from triage.policy.lifecycle import CaseState
from triage.policy.put_back import MISDATED
from triage.policy.roster import Person, Roster
from triage.policy.terms import Limits, ProductLine, Terms
from triage.policy.wording import Card
from triage.store import Session, blocks, chain, deliveries
from triage.store.engine import Transaction
from triage.store.models import Case, Delivery
from triage.store.outbox import NewAlert, Outbox, Rung

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


@dataclass(frozen=True, slots=True)
class Subject:
    """What an alert is about, as far as it depends on that."""

    case_id: int
    policy: str
    is_emergency: bool


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

    A rung is (round, step) of the ladder; without one the alert is the next of its reason. Returns the ids of those
    alerted.
    """
    outbox = Outbox(tx.session, [case.id])
    subject = Subject(case.id, case.policy, case.is_emergency)
    alerted = summon(tx, outbox, subject, people, reason, terms=terms, now=now, rung=rung)
    outbox.write()
    return alerted


def summon(
    tx: Transaction,
    outbox: Outbox,
    subject: Subject,
    people: Iterable[Summons],
    reason: str,
    *,
    terms: Terms,
    now: datetime,
    rung: tuple[int, int] | None = None,
) -> list[str]:
    """`alert` into an outbox that is written later, and knows the case.

    One person gets one alert about a case at one instant, however many reasons fall together: by every channel that
    any of them asks for. A rung that came early calls whom it texted a moment ago, and does not text them again: who
    gets texts only has read it. What joins an earlier alert so is on record as well.
    """
    case_id = subject.case_id
    round_, step = rung or (1, outbox.last_count(case_id, reason) + 1)
    before = outbox.last_rung(case_id) if rung is not None else None
    alerted = []
    about: dict[str, Any] = {"policy": subject.policy, "reason": reason, "round": round_, "step": step}
    for summons in people:
        person = summons.person
        earlier = outbox.made_at(case_id, person.id, now)
        if earlier is not None:
            known = outbox.channels_of(earlier)
            added = [channel for channel in summons.channels if channel not in known]
            for channel in added:
                _plan(outbox, subject, person, channel, "", terms.limits, now, alert=earlier)
            tx.record(
                "alert_joined", at=now, actor="system", case_id=case_id, person=person.id, channels=added, **about
            )
            continue
        channels = summons.channels
        if before and _was_just_texted(outbox, subject, person, (round_, step), before, terms, now):
            channels = tuple(channel for channel in channels if channel != "sms")
            if not channels:
                tx.record(
                    "alert_joined", at=now, actor="system", case_id=case_id, person=person.id, channels=[], **about
                )
                continue
        made = NewAlert(case_id, person.id, reason, round_, step, now)
        outbox.add_alert(made)
        for channel in channels:
            _plan(outbox, subject, person, channel, "", terms.limits, now, alert=made)
        by = list(channels)
        tx.record("alert_made", at=now, actor="system", case_id=case_id, person=person.id, channels=by, **about)
        alerted.append(person.id)
    return alerted


def _was_just_texted(
    outbox: Outbox,
    subject: Subject,
    person: Person,
    rung: tuple[int, int],
    before: Rung,
    terms: Terms,
    now: datetime,
) -> bool:
    """Whether a rung came early after the one before, and the person read of the case a moment ago."""
    steps, last = rungs(terms, is_emergency=subject.is_emergency), (before.round, before.step)
    if not is_early(rung, last, climbed_at=before.created_at, steps=steps, now=now):
        return False
    told_at = outbox.last_texted(subject.case_id, person.id)
    return told_at is not None and says_the_same(told_at, now)


def summons_for(tx: Transaction, people: Iterable[Person], by: tuple[Channel, ...]) -> tuple[Summons, ...]:
    """People with the channels that reach them; those whom none reaches are left out."""
    return reached_by(people, by, blocks.every(tx.session))


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
    outbox: Outbox | None = None,
) -> None:
    """Plan a notice that asks for nothing. The same text goes to a phone once an hour at the most, unless it is about a
    case: then it says what has just become of it, which may happen again.

    Texts that begin with `same_if` are the same: a phone that is dead for twenty cases is told of once. What is to
    go out `not_before` an instant goes earlier where a call of ours to that phone ends. It is written at
    once, unless an `outbox` is given that is written later.
    """
    planned = outbox or Outbox(tx.session)
    subject = Subject(case.id, case.policy, case.is_emergency) if case else None
    beginning = text if same_if is None else same_if
    for summons in summons_for(tx, people, by):
        phone = summons.person.phone
        is_news = case is not None and same_if is None
        if is_news or not deliveries.was_told_since(tx.session, phone, beginning, now - _SAME_NOTICE_WITHIN):
            for channel in summons.channels:
                _plan(planned, subject, summons.person, channel, text, terms.limits, now, not_before=not_before)
    if outbox is None:
        planned.write()


def notify(tx: Transaction, person: Person, channel: Channel, text: str, *, now: datetime) -> Delivery:
    """Plan one text or call to a person's phone about no case, whatever was said to it before."""
    delivery = Delivery(**_row(None, person, channel, text, now))
    tx.session.add(delivery)
    tx.session.flush()
    return delivery


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
    outbox: Outbox,
    subject: Subject | None,
    person: Person,
    channel: Channel,
    text: str,
    limits: Limits,
    now: datetime,
    alert: NewAlert | int | None = None,
    not_before: datetime | None = None,
) -> None:
    row = _row(subject.case_id if subject else None, person, channel, text, max(now, not_before or now))
    row["created_at"] = now
    if subject is not None and _is_over(outbox, subject, person, channel, limits, now):
        if channel == "voice":
            row["state"], row["next_attempt_at"] = DeliveryState.DROPPED.value, None
            row["reason"] = "too many calls to this phone; the texts go on"
        else:
            row["is_held"] = True
            row["next_attempt_at"] = outbox.held_until(person.phone) or now + limits.summary_every
    outbox.add_delivery(row, alert, is_emergency=subject.is_emergency if subject else None)


def _row(case_id: int | None, person: Person, channel: Channel, text: str, at: datetime) -> dict[str, Any]:
    """A delivery that is planned at an instant and due at once."""
    return {
        "case_id": case_id,
        "person_id": person.id,
        "phone": person.phone,
        "channel": channel,
        "body": text,
        "state": DeliveryState.PLANNED.value,
        "is_held": False,
        "is_answer": False,
        "attempts": 0,
        "created_at": at,
        "next_attempt_at": at,
        "reason": None,
    }


def _is_over(outbox: Outbox, subject: Subject, person: Person, channel: Channel, limits: Limits, now: datetime) -> bool:
    most, within = (limits.texts, limits.texts_within) if channel == "sms" else (limits.calls, limits.calls_within)
    sent = outbox.sent_since(person.phone, channel, now - within, is_emergency=subject.is_emergency)
    return sent >= most
