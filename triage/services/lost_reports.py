"""Asking the phone system what became of a text or call of ours of whose end no report came in time.

It posts a report for fifteen seconds at the most, and never again: what it would have said then is lost while nobody
takes it. The answer goes the way of the report, so that it moves the ladder on, and tells whoever can mend a fault.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

import structlog

from triage.errors import OutcomeUnknown, TransportError
from triage.policy.delivery import FINAL, Carrier, DeliveryState
from triage.policy.retry import ASK_EVERY, LAST_ASKED_AFTER, next_question
from triage.ports import TellsOutcome, Told
from triage.services.delivery_reports import DeliveryReport, heed
from triage.services.desk import Desk
from triage.services.dispatch import Transports
from triage.store import deliveries
from triage.store.engine import Transaction
from triage.store.models import Delivery

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Question:
    """One text or call to ask the phone system about."""

    delivery_id: int
    carrier: Carrier
    provider_sid: str


def claim_questions(desk: Desk, now: datetime, most: int) -> list[Question]:
    """Deliveries of whose end nothing was heard in time, each for one node alone.

    Whoever dies over its question, or gets no answer, leaves it due soon again; but for the last one.
    """
    with desk.store.write() as tx:
        rows = deliveries.to_be_asked_about(tx.session, now, most)
        for row in rows:
            is_last = next_question(row.started_at or row.created_at, now) is None
            row.ask_at = None if is_last else now + ASK_EVERY
        return [Question(row.id, cast("Carrier", row.channel), row.provider_sid) for row in rows if row.provider_sid]


def ask_again(tx: Transaction, now: datetime) -> int:
    """A clock that was ahead and was put back had asked too early, and for the last time perhaps: the questions come
    in their time again. Returns how many."""
    rows = deliveries.whose_end_is_not_known(tx.session, now - LAST_ASKED_AFTER)
    moved = 0
    for row in rows:
        at = next_question(row.started_at or row.created_at, now)
        if at is not None and (row.ask_at is None or row.ask_at > at):
            row.ask_at = at
            moved += 1
    return moved


def ask(desk: Desk, transports: Transports, question: Question, clock: Callable[[], datetime]) -> None:
    """Ask the phone system about one delivery and write down the answer; no answer means to ask again soon."""
    transport = transports[question.carrier]
    if not isinstance(transport, TellsOutcome):
        return
    try:
        told = transport.outcome(question.provider_sid)
    except (OutcomeUnknown, TransportError) as error:
        log.warning("question_unanswered", delivery=question.delivery_id, reason=str(error))
        return
    now = clock()
    desk.settling.settle(lambda tx: _learn(tx, desk, question, told, now), question.delivery_id)


def _report(question: Question, told: Told) -> DeliveryReport:
    return DeliveryReport(provider_sid=question.provider_sid, status=told.status, error_code=told.error_code)


def _learn(tx: Transaction, desk: Desk, question: Question, told: Told | None, now: datetime) -> None:
    row = tx.session.get_one(Delivery, question.delivery_id)
    if DeliveryState(row.state) in FINAL:  # a report was faster
        return
    if told is not None:
        heed(tx, desk, _report(question, told), now)
    if DeliveryState(row.state) in FINAL:
        log.info("report_was_lost", delivery=row.id, status=told and told.status)
    else:
        row.ask_at = next_question(row.started_at or row.created_at, now)
