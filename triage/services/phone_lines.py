"""A phone has one line: our own calls to it come one after the other, or the second would find it busy.

A call waits as a planned row. Its rung is not spent meanwhile, and the ladder goes on at its time.
"""

from __future__ import annotations

from datetime import datetime

from triage.policy.alert_call import LINE_TRIED_EVERY, keeps_line_for
from triage.policy.delivery import DeliveryState
from triage.policy.lifecycle import CaseState, is_moot
from triage.policy.twilio_words import ENDED_CALLS
from triage.services.desk import Desk
from triage.store import phone_lines
from triage.store.engine import Transaction
from triage.store.models import Delivery

LEFT_TO_A_LATER_CALL = "waited for the line; a later call tells of the case"
"""Why a call was dropped."""


def has_to_wait(tx: Transaction, desk: Desk, row: Delivery, now: datetime) -> bool:
    """Whether a delivery that is about to be sent is a call to a phone that is in a call of ours already.

    It is due again when that call has ended. Where a later call about its case waits by then, or went first, it is
    dropped: one call is enough.
    """
    if row.channel == "sms":
        return False
    if row.alert_id is not None and _has_later_call(tx, row):
        row.state, row.next_attempt_at = DeliveryState.DROPPED.value, None
        row.reason = LEFT_TO_A_LATER_CALL
        return True
    if phone_lines.is_in_use(tx.session, row.phone, now - keeps_line_for(desk.terms)):
        if row.next_attempt_at == row.created_at:  # said once, however often it is tried
            tx.record(
                "call_waits",
                at=now,
                actor="system",
                case_id=row.case_id,
                delivery=row.id,
                person=row.person_id,
                reason="another call of ours is on that line",
            )
        row.next_attempt_at = now + LINE_TRIED_EVERY
        return True
    return False


def _has_later_call(tx: Transaction, row: Delivery) -> bool:
    """Whether a later call tells, or has told, the same phone of the case. One that nobody needs is not made."""
    state = CaseState(row.case.state) if row.case else CaseState.OPEN
    later = phone_lines.later_calls(tx.session, row)
    return any(call.state != DeliveryState.PLANNED or not is_moot(state, reason) for call, reason in later)


def take_status(tx: Transaction, row: Delivery, status: str, now: datetime) -> None:
    """The phone system reports on a call: once it is over, whatever waits for that is due."""
    if row.channel != "sms" and status in ENDED_CALLS:
        phone_lines.wake_what_waits(tx.session, row.phone, now)
