"""What a text says at the moment it is sent, and one text instead of many where a phone gets too many."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from triage.policy import wording
from triage.policy.delivery import DeliveryState
from triage.policy.lifecycle import CaseState, is_moot
from triage.services.alerts import card_of, held_since
from triage.services.booking_texts import why_not_sent
from triage.services.callers import why_withheld
from triage.services.desk import Desk
from triage.services.recognition import with_account
from triage.store import deliveries
from triage.store.engine import Transaction
from triage.store.models import Alert, Case, Delivery
from triage.store.models.case import reference_of

NOBODY_NEEDED = "nobody was needed any more"
"""Why an alert was dropped: somebody has the case."""


def bundled(tx: Transaction, desk: Desk, rows: Iterable[Delivery], now: datetime) -> list[Delivery]:
    """The rows to send: all held texts of one phone become one of them; cases without room wait for the next one."""
    kept: list[Delivery] = []
    phones: dict[str, None] = {}
    for row in rows:
        if row.is_held and row.state == DeliveryState.PLANNED:
            phones[row.phone] = None
        else:
            kept.append(row)
    for phone in phones:
        held = [row for row in deliveries.held_for(tx.session, phone) if not _dropped(row)]
        named = set(wording.named_in_summary(references_of(held)))
        for row in held:
            row.next_attempt_at = now + desk.terms.limits.summary_every
        kept += _joined([row for row in held if named.issuperset(references_of([row]))], now)
    tx.session.flush()
    return kept


def words_to_send(tx: Transaction, desk: Desk, row: Delivery, others: Iterable[Delivery], now: datetime) -> str | None:
    """What a delivery says if it is sent now; None, and it is dropped, where nobody is needed any more.

    The `others` are those in whose place it is sent too.

    An alert says how much time is left now, not when it was planned. A text to a caller goes only where it may.
    """
    is_to_caller = row.person_id is None and row.case_id is not None
    if is_to_caller and (why := why_withheld(tx, desk, row, now)):
        _drop(row, why)
        return None
    if row.booking_id is not None and (why := why_not_sent(tx, desk, row, now)):
        _drop(row, why)
        return None
    wanted = [one for one in (row, *others) if not _is_moot(one)]
    if not wanted:
        _drop(row)
        return None
    references = references_of(wanted)
    alerts = [one.alert_id for one in wanted if one.alert_id is not None]
    if row.channel != "sms" or (not alerts and len(references) <= 1):
        return wanted[0].body
    text = wording.summary(references) if len(references) > 1 else _alert(tx, desk, alerts[-1], now)
    return wording.again(text) if row.repeat_of else text


def references_of(rows: Iterable[Delivery]) -> list[str]:
    """The cases that deliveries are about, each once."""
    return list(dict.fromkeys(reference_of(row.case_id) for row in rows if row.case_id))


def _joined(rows: list[Delivery], now: datetime) -> list[Delivery]:
    """One of the rows, to be sent now for all of them; an alert where there is one, since it is repeated if lost."""
    if not rows:
        return []
    sent = next((row for row in rows if row.alert_id), rows[0])
    sent.is_held, sent.next_attempt_at = False, now
    for row in rows:
        if row is not sent:
            row.state, row.next_attempt_at, row.bundled_in = DeliveryState.BUNDLED.value, None, sent.id
    return [sent]


def _alert(tx: Transaction, desk: Desk, alert_id: int, now: datetime) -> str:
    alert = tx.session.get_one(Alert, alert_id)
    case = tx.session.get_one(Case, alert.case_id)
    card, terms = card_of(case, desk.roster(tx.session)), desk.terms_of(tx.session, case.policy)
    if card.owner is not None and not card.is_held:
        card = replace(card, since=held_since(tx.session, case))
    card = with_account(tx.session, desk, card, case, now)
    return wording.alert(card, alert.reason, now, terms, is_owner=case.owner == alert.person_id)


def _dropped(row: Delivery) -> bool:
    if moot := _is_moot(row):
        _drop(row)
    return moot


def _drop(row: Delivery, why: str = NOBODY_NEEDED) -> None:
    row.state, row.next_attempt_at, row.reason = DeliveryState.DROPPED.value, None, why[:120]


def _is_moot(row: Delivery) -> bool:
    """Whether the alert asks for something that somebody has done meanwhile."""
    alert, case = row.alert, row.case
    if row.channel == "bridge":
        return case is None or case.state == CaseState.CLOSED
    if alert is None or case is None:
        return False
    return is_moot(CaseState(case.state), alert.reason)
