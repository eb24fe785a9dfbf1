"""What the provider says of an SMS or call that we sent, and what follows from a failure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from triage.policy import notice_words
from triage.policy.delivery import ASKED_FOR, FINAL, DeliveryState, accepts, is_spent
from triage.policy.ladder import RUNGS
from triage.policy.lifecycle import CaseState
from triage.policy.retry import next_question
from triage.policy.twilio_words import OVER_UNHEARD, STATUS, UNANSWERED, meaning
from triage.services import asked_calls, phone_lines
from triage.services.alerts import administrators, tell
from triage.services.bundles import references_of
from triage.services.canary import take_text_back
from triage.services.desk import Desk
from triage.services.escalation import move_on
from triage.store import blocks, deliveries, reports
from triage.store.engine import Transaction
from triage.store.models import Alert, Case, Delivery

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """One report. `delivery_id` is ours, from the address that we gave; it may be missing."""

    provider_sid: str
    status: str
    error_code: int | None = None
    delivery_id: int | None = None


def take_report(desk: Desk, report: DeliveryReport, now: datetime) -> None:
    """Keep a report and let it move its delivery. Repeated, late, stray and unknown ones change nothing."""
    with desk.store.write() as tx:
        heed(tx, desk, report, now)


def heed(tx: Transaction, desk: Desk, report: DeliveryReport, now: datetime) -> None:
    """`take_report` in a transaction that is open."""
    if not reports.add(tx.session, report.provider_sid, report.status, report.error_code, now):
        return
    row = deliveries.with_provider_sid(tx.session, report.provider_sid)
    if row is None and report.delivery_id is not None:
        row = tx.session.get(Delivery, report.delivery_id)
        if row is None or row.provider_sid is not None:
            log.info("report_without_delivery", sid=report.provider_sid, status=report.status)
            return
        adopt(tx, desk, row, report.provider_sid, DeliveryState.ACCEPTED, now)
    elif row is not None:
        _apply(tx, desk, row, report.status, report.error_code, now)
    if row is not None:
        phone_lines.take_status(tx, row, report.status, now)


def picked_up(desk: Desk, delivery_id: int, provider_sid: str, now: datetime) -> None:
    """A call of ours asks what it is to say. Where nobody knew whether it went out, that tells: it is not repeated."""
    with desk.store.read() as session:
        row = session.get(Delivery, delivery_id)
        if row is None or row.provider_sid is not None or row.channel == "sms":
            return
    with desk.store.write() as tx:
        row = tx.session.get_one(Delivery, delivery_id)
        if row.provider_sid is None and deliveries.with_provider_sid(tx.session, provider_sid) is None:
            adopt(tx, desk, row, provider_sid, DeliveryState.ACCEPTED, now)


def adopt(tx: Transaction, desk: Desk, row: Delivery, provider_sid: str, state: DeliveryState, now: datetime) -> None:
    """The provider has it under this id; reports that came before we knew the id count now."""
    if row.provider_sid is None:
        row.provider_sid = provider_sid
        row.next_attempt_at = None
        if row.phone != desk.canary:  # whose run is to fail where reports do not reach us
            row.ask_at = next_question(row.started_at or row.created_at, now)
        if state is DeliveryState.FAILED and row.channel == "sms":
            fail(tx, desk, row, None, now)
        elif state is DeliveryState.FAILED:
            unanswered(tx, desk, row, now, OVER_UNHEARD)
        elif accepts(DeliveryState(row.state), state):
            _move(tx, row, state, now)
    for status, code in reports.of_sid(tx.session, row.provider_sid):
        _apply(tx, desk, row, status, code, now)


def fail(
    tx: Transaction,
    desk: Desk,
    row: Delivery,
    code: int | None,
    now: datetime,
    *,
    reason: str | None = None,
    is_fault: bool = True,
) -> None:
    """It did not arrive and will not: the ladder moves on at once, and whoever can mend a fault is told.

    Where it is a summary, that goes for every case that it spoke for.
    """
    what = meaning(code)
    failed = [row, *deliveries.bundled_in(tx.session, row.id)]
    for one in failed:
        one.error_code = code
        one.reason = (reason or what.reason)[:120]
        one.next_attempt_at = None
        _move(tx, one, DeliveryState.FAILED, now, code=code, why=one.reason)
    if what.blocks_texts and row.channel == "sms":
        blocks.block(tx.session, row.phone, "sms", what.reason, now)
    alerts = [one for one in failed if one.alert_id is not None]
    if alerts and is_fault:
        _tell_administrators(tx, desk, alerts, now)
    for one in alerts:
        _move_ladder_on(tx, desk, one, now)
    if row.channel in ASKED_FOR:
        asked_calls.not_rung(tx, desk, row, now)
    take_text_back(tx, desk, row, now)


def unanswered(
    tx: Transaction, desk: Desk, row: Delivery, now: datetime, reason: str = UNANSWERED["completed"]
) -> None:
    """A call reached its phone and nobody: people sleep, so there is nothing to mend and nobody is woken for it."""
    if accepts(DeliveryState(row.state), DeliveryState.FAILED):
        fail(tx, desk, row, None, now, reason=reason, is_fault=False)


def answered(tx: Transaction, row: Delivery, provider_sid: str, now: datetime) -> None:
    """Somebody pressed a key that answers a call of ours. That is proof, whatever we knew or were told before."""
    if row.provider_sid is None and deliveries.with_provider_sid(tx.session, provider_sid) is None:
        row.provider_sid = provider_sid
    row.claim = row.next_attempt_at = row.error_code = row.reason = None  # no sender has anything to add
    if row.state != DeliveryState.DELIVERED:
        _move(tx, row, DeliveryState.DELIVERED, now)


def _apply(tx: Transaction, desk: Desk, row: Delivery, status: str, code: int | None, now: datetime) -> None:
    state = STATUS[row.channel].get(status)
    if state is None or not accepts(DeliveryState(row.state), state):
        return
    if state is not DeliveryState.FAILED:
        _move(tx, row, state, now)
        take_text_back(tx, desk, row, now)
    elif row.channel != "sms" and status in UNANSWERED and code is None:
        unanswered(tx, desk, row, now, UNANSWERED[status])
    else:
        fail(tx, desk, row, code, now, reason=None if code else f"the phone system says {status}")


def _move(tx: Transaction, row: Delivery, state: DeliveryState, now: datetime, **details: Any) -> None:
    row.state = state.value
    if state in FINAL:
        row.ask_at = None
    if state is not DeliveryState.SENT:  # a step on the way that says nothing to a reader
        tx.record(
            f"delivery_{state.value}",
            at=now,
            actor="phone system",
            case_id=row.case_id,
            delivery=row.id,
            person=row.person_id,
            channel=row.channel,
            **details,
        )


def _move_ladder_on(tx: Transaction, desk: Desk, row: Delivery, now: datetime) -> None:
    """Where nothing of the newest rung can be answered any more, nobody waits it out."""
    alert = tx.session.get(Alert, row.alert_id)
    case = tx.session.get(Case, row.case_id)
    if alert is None or case is None or case.state != CaseState.OPEN or alert.reason not in RUNGS:
        return
    if deliveries.last_climbed_at(tx.session, case.id) != alert.created_at:
        return
    tx.session.flush()
    rung = deliveries.of_rung(tx.session, case.id, alert.created_at)
    if not is_spent((other.channel, DeliveryState(other.state)) for other in rung):
        return
    if move_on(tx, case, desk.terms_of(tx.session, case.policy), now):
        tx.record_of(case, "ladder_moved_on", at=now, actor="system", reason="nobody was reached")


def _tell_administrators(tx: Transaction, desk: Desk, failed: list[Delivery], now: datetime) -> None:
    row, roster = failed[0], desk.roster(tx.session)
    person = roster.person(row.person_id)
    whom = person.name if person else "a person no longer on the roster"
    people = [admin for admin in administrators(roster) if admin.phone != row.phone]
    failure = notice_words.undelivered(whom, row.channel, row.reason or "", row.error_code)
    tell(tx, people, failure + notice_words.about(references_of(failed)), terms=desk.terms, now=now, same_if=failure)
