"""Callbacks that run through us: ring the technician, dial the caller, take down what the phone network measured.

The call to the technician is a delivery (carrier `bridge`, or another whose key 2 was pressed). Each try to reach the
caller from it is a Bridge: the caller's leg. Its own reports are the measure; what the dial's end says counts until
they come. Where neither does, the network is asked: see leg_look_ups.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from triage.errors import Refused
from triage.policy import bridge_words as words
from triage.policy.callbacks import ATTEMPTS, BOX_KEY_WITHIN, Outcome, may_be_replaced, outcome_of
from triage.policy.delivery import DeliveryState
from triage.policy.dialing import Refusal, cap_reached, refusal_of
from triage.policy.lifecycle import CaseState
from triage.policy.terms import Terms
from triage.services import callbacks
from triage.services.alerts import card_of, tell
from triage.services.desk import Desk
from triage.store import Session, bridges, deliveries, reports, sessions
from triage.store.engine import Transaction
from triage.store.models import Bridge, Case, Delivery

log = structlog.get_logger()

_FIRST_LOOK = timedelta(seconds=60)
_CLOCK_SLACK = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Dial:
    """The caller's leg that the phone system is to dial now. Spans in whole seconds."""

    bridge_id: int
    number: str
    rings_for_s: int
    longest_s: int


@dataclass(frozen=True, slots=True)
class Sorry:
    """Why the caller is not dialled, as the technician hears it."""

    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegReport:
    """What the phone system says of the caller's leg. `at` is its own instant of it, `seconds` its talk time."""

    call_sid: str | None
    status: str
    at: datetime | None = None
    seconds: int | None = None


def why_not(session: Session, case: Case, terms: Terms, now: datetime) -> Refusal | None:
    """Why the caller of a case may not be dialled now; None where they may be."""
    number, rule = case.number_to_call, terms.dialing
    refused = refusal_of(number, terms)
    if refused is not None or number is None:
        return refused
    dialled = bridges.dialled(
        session,
        number,
        number_since=now - rule.per_number_within,
        anybody_since=now - rule.per_night_within,
    )
    return cap_reached(dialled, terms)


def put_through_words(desk: Desk, delivery_id: int, now: datetime) -> list[str] | None:
    """What the technician hears who picks up; None where there is no such call."""
    with desk.store.read() as session:
        delivery = session.get(Delivery, delivery_id)
        case = session.get(Case, delivery.case_id) if delivery and delivery.channel == "bridge" else None
        return words.put_through(card_of(case, desk.roster(session)), now) if case else None


def dial(desk: Desk, delivery_id: int, parent_sid: str, now: datetime) -> Dial | Sorry | None:
    """The technician on this call wants the caller now. The same request twice dials once.

    None where there is no such call.
    """
    with desk.store.write() as tx:
        delivery = tx.session.get(Delivery, delivery_id)
        case = tx.session.get(Case, delivery.case_id) if delivery and delivery.channel != "sms" else None
        if delivery is None or case is None:
            return None
        _picked_up(tx, case, delivery, parent_sid, now)
        terms = desk.terms_of(tx.session, case.policy)
        running = bridges.running_of_delivery(tx.session, delivery_id)
        if running is None:
            sorry = _why_not_now(tx, desk, case, terms, now)
            if sorry is not None:
                return sorry
            running = _start(tx, case, delivery, parent_sid, terms, now)
        rule = terms.callback
        return Dial(
            running.id,
            running.number,
            int(rule.caller_rings_for.total_seconds()),
            int(rule.longest.total_seconds()),
        )


def take_leg_report(desk: Desk, bridge_id: int, report: LegReport, now: datetime) -> None:
    """The phone system reports on the caller's leg. Reports repeat, come late and overtake each other."""
    with desk.store.write() as tx:
        bridge = tx.session.get(Bridge, bridge_id)
        if bridge is None or report.call_sid not in {None, bridge.provider_sid or report.call_sid}:
            log.info("report_without_bridge", bridge=bridge_id, status=report.status)
            return
        take_down(tx, desk, bridge, report, now)


def take_down(tx: Transaction, desk: Desk, bridge: Bridge, report: LegReport, now: datetime) -> bool:
    """Write down what a report says of a leg; False where it says neither that it was answered nor how it ended."""
    bridge.provider_sid = bridge.provider_sid or report.call_sid
    outcome = outcome_of(report.status)
    if outcome is not None:
        ended(tx, desk, bridge, outcome, _believed(bridge, report.at, now), report.seconds, now)
    elif report.status == "in-progress":
        _answered(tx, bridge, _believed(bridge, report.at, now), now)
    return outcome is not None or report.status == "in-progress"


def take_dial_end(desk: Desk, bridge_id: int, report: LegReport, now: datetime) -> Outcome | None:
    """The dial is over and the technician still listens. Returns what became of it, None where nobody knows.

    The leg's own reports are exact and may have come first; until they do, this is the measure.
    """
    with desk.store.write() as tx:
        bridge = tx.session.get(Bridge, bridge_id)
        if bridge is None:
            return None
        outcome = outcome_of(report.status)
        if bridge.outcome is None and outcome is not None and (outcome is not Outcome.CONNECTED or report.seconds):
            bridge.provider_sid = bridge.provider_sid or report.call_sid
            ended(tx, desk, bridge, outcome, now, report.seconds, now)
            bridge.next_attempt_at = now + _FIRST_LOOK  # for the exact instants, unless the leg's report brings them
        return Outcome(bridge.outcome) if bridge.outcome else outcome


def ended(
    tx: Transaction,
    desk: Desk,
    bridge: Bridge,
    outcome: Outcome,
    at: datetime,
    seconds: int | None,
    now: datetime,
) -> None:
    """The leg is over, at `at`, after so many seconds of talk: the callback it makes, and the words to the technician.

    What was taken down before is corrected by the network's own figures.
    """
    case = tx.session.get_one(Case, bridge.case_id)
    if bridge.outcome is not None:
        if case.state == CaseState.CLOSED or not may_be_replaced(Outcome(bridge.outcome), outcome):
            _correct(tx, desk, bridge, case, outcome, at, seconds, now)
            return
        bridge.outcome = None
    terms = desk.terms_of(tx.session, case.policy)
    if outcome is Outcome.CONNECTED:
        _answered(tx, bridge, at - timedelta(seconds=seconds or 0), now)
        bridge.seconds = seconds if seconds is not None else _between(bridge.answered_at, at)
    bridge.outcome, bridge.ended_at, bridge.next_attempt_at = outcome.value, at, None
    tx.session.flush()
    _record(tx, bridge, case, "call_ended", now, outcome=outcome.value, ended_at=at, seconds=bridge.seconds)
    if outcome in ATTEMPTS:
        has_met = callbacks.attempted(tx, case, bridge.person_id, terms, now, at=at, bridge=bridge)
    else:
        has_met = case.callback_made_at is not None
    if outcome is Outcome.CONNECTED:
        may_be_asked = not reports.is_call_over(tx.session, bridge.delivery_id)
        not_before = at + BOX_KEY_WITHIN if may_be_asked else now
        _tell_technician(tx, desk, bridge, case, _measured(tx, desk, bridge, case), now, not_before=not_before)
    else:
        _tell_attempt(tx, desk, bridge, case, outcome, now, is_met=has_met)


def is_met(desk: Desk, bridge_id: int) -> bool:
    """Whether the case of a bridge has its callback by now."""
    with desk.store.read() as session:
        bridge = session.get(Bridge, bridge_id)
        case = session.get(Case, bridge.case_id) if bridge else None
        return case is not None and case.callback_made_at is not None


def delivery_of(desk: Desk, bridge_id: int) -> int | None:
    """The call to the technician that a bridge was dialled from."""
    with desk.store.read() as session:
        bridge = session.get(Bridge, bridge_id)
        return bridge.delivery_id if bridge else None


def take_box(desk: Desk, bridge_id: int, now: datetime) -> None:
    """The technician pressed the key that says: a voicemail box picked up."""
    with desk.store.write() as tx:
        bridge = tx.session.get(Bridge, bridge_id)
        case = tx.session.get(Case, bridge.case_id) if bridge else None
        if bridge is None or case is None or case.state == CaseState.CLOSED or bridge.outcome == Outcome.BOX:
            return
        has_met = say_box(tx, desk, bridge, case, now)
        _tell_attempt(tx, desk, bridge, case, Outcome.BOX, now, is_met=has_met)


def say_box(tx: Transaction, desk: Desk, bridge: Bridge, case: Case, now: datetime) -> bool:
    """What picked up was a voicemail box, says the technician. True where attempts now stand for the callback.

    Raises Refused where the case is closed.
    """
    if case.state == CaseState.CLOSED:
        raise Refused(f"{case.reference} is closed")
    if bridge.outcome == Outcome.BOX:
        return case.callback_made_at is not None
    unsent = _unsent_words(tx, desk, bridge, case)
    if unsent is not None:
        unsent.state, unsent.next_attempt_at = DeliveryState.DROPPED.value, None
        unsent.reason = "the technician said that it was a voicemail box"
    bridge.outcome, bridge.next_attempt_at = Outcome.BOX.value, None
    tx.session.flush()
    _record(tx, bridge, case, "voicemail_box", now)
    return callbacks.was_a_box(tx, desk, case, bridge, now)


def _picked_up(tx: Transaction, case: Case, delivery: Delivery, call_sid: str, now: datetime) -> None:
    """Who presses a key on a call was rung by it: nobody has to look for it, and it is not placed again."""
    if delivery.provider_sid is not None or deliveries.with_provider_sid(tx.session, call_sid) is not None:
        return
    delivery.provider_sid, delivery.state = call_sid, DeliveryState.DELIVERED.value
    delivery.claim = delivery.next_attempt_at = delivery.ask_at = delivery.reason = None
    found = {"delivery": delivery.id, "person": delivery.person_id, "channel": delivery.channel}
    tx.record_of(case, "delivery_delivered", at=now, actor="phone system", **found)


def _why_not_now(tx: Transaction, desk: Desk, case: Case, terms: Terms, now: datetime) -> Sorry | None:
    if case.state == CaseState.CLOSED:
        return Sorry(words.not_put_through("the case is closed"))
    talking = bridges.running_of_case(tx.session, case.id)
    if talking is not None:
        person = desk.roster(tx.session).person(talking.person_id)
        return Sorry(words.not_put_through(f"{person.first_name if person else 'somebody'} is on the phone with them"))
    refused = why_not(tx.session, case, terms, now)
    if refused is None:
        return None
    tx.record_of(case, "call_refused", at=now, actor="system", reason=refused.value)
    return Sorry(words.not_put_through(words.refusal(refused, terms)))


def _start(tx: Transaction, case: Case, delivery: Delivery, parent_sid: str, terms: Terms, now: datetime) -> Bridge:
    number = case.number_to_call
    assert number is not None  # noqa: S101 - a case without a number was refused
    bridge = Bridge(
        case_id=case.id,
        delivery_id=delivery.id,
        person_id=delivery.person_id,
        number=number,
        started_at=now,
        parent_sid=parent_sid,
        next_attempt_at=now + terms.callback.caller_rings_for + _FIRST_LOOK,
    )
    tx.session.add(bridge)
    tx.session.flush()
    _record(tx, bridge, case, "caller_dialled", now)
    return bridge


def _answered(tx: Transaction, bridge: Bridge, at: datetime, now: datetime) -> None:
    if bridge.answered_at is not None or bridge.outcome is not None:
        return
    case = tx.session.get_one(Case, bridge.case_id)
    bridge.answered_at = at
    _record(tx, bridge, case, "caller_answered", now, answered_at=at)
    callbacks.reached(tx, case, bridge, at, now)


def _correct(
    tx: Transaction,
    desk: Desk,
    bridge: Bridge,
    case: Case,
    outcome: Outcome,
    at: datetime,
    seconds: int | None,
    now: datetime,
) -> None:
    """The network's own figures came after the dial's end had been taken down: they are exact.

    A session that is closed is billed and stays.
    """
    bridge.next_attempt_at = None
    is_known = (bridge.seconds, bridge.ended_at) == (seconds, at)
    if bridge.outcome != outcome or is_known or case.state == CaseState.CLOSED:
        return
    bridge.ended_at = at
    if outcome is Outcome.CONNECTED and seconds is not None:
        answered_at = at - timedelta(seconds=seconds)
        unsent = _unsent_words(tx, desk, bridge, case)
        bridge.seconds, bridge.answered_at = seconds, min(bridge.answered_at or answered_at, answered_at)
        callbacks.reached(tx, case, bridge, bridge.answered_at, now)
        if unsent is not None:
            unsent.body = _measured(tx, desk, bridge, case)
    elif outcome in ATTEMPTS:
        sessions.attempt_of(tx.session, bridge.id).at = at
    _record(tx, bridge, case, "call_measured", now, ended_at=at, seconds=seconds)


def _measured(tx: Transaction, desk: Desk, bridge: Bridge, case: Case) -> str:
    card = card_of(case, desk.roster(tx.session))
    return words.measured(card, bridge.seconds or 0, bridges.measured_s(tx.session, case.id))


def _unsent_words(tx: Transaction, desk: Desk, bridge: Bridge, case: Case) -> Delivery | None:
    """The words after this call, while they wait for the key that would say that it was a voicemail box."""
    return deliveries.unsent_notice(tx.session, case.id, bridge.person_id, _measured(tx, desk, bridge, case))


def _tell_attempt(
    tx: Transaction, desk: Desk, bridge: Bridge, case: Case, outcome: Outcome, now: datetime, *, is_met: bool
) -> None:
    card, terms = card_of(case, desk.roster(tx.session)), desk.terms_of(tx.session, case.policy)
    _tell_technician(tx, desk, bridge, case, words.attempt(card, outcome, terms, now, is_met=is_met), now)


def _tell_technician(
    tx: Transaction,
    desk: Desk,
    bridge: Bridge,
    case: Case,
    text: str,
    now: datetime,
    *,
    not_before: datetime | None = None,
) -> None:
    person = desk.roster(tx.session).person(bridge.person_id)
    terms = desk.terms_of(tx.session, case.policy)
    tell(tx, [person] if person else [], text, terms=terms, now=now, case=case, not_before=not_before)


def _believed(bridge: Bridge, at: datetime | None, now: datetime) -> datetime:
    """The phone system's own instant, if it can be one of this call; else now."""
    if at is None or not bridge.started_at - _CLOCK_SLACK <= at <= now + _CLOCK_SLACK:
        return now
    return at


def _between(answered_at: datetime | None, ended_at: datetime) -> int:
    return max(0, round((ended_at - answered_at).total_seconds())) if answered_at else 0


def _record(tx: Transaction, bridge: Bridge, case: Case, kind: str, now: datetime, **details: Any) -> None:
    tx.record_of(
        case,
        kind,
        at=now,
        actor=f"person:{bridge.person_id}" if kind in {"caller_dialled", "voicemail_box"} else "phone system",
        person=bridge.person_id,
        call=bridge.provider_sid,
        **details,
    )
