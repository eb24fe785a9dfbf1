"""Sending what is planned, and settling what nobody knows the outcome of.

Three steps, each a transaction of its own, none open while the provider is called:
1. claim: rows that are due become `sending` under a fresh claim, and come due again when the lease ends;
2. call the provider;
3. settle: write the outcome, if the claim is still ours.
A crash between 1 and 3 leaves `sending` with an ended lease: the outcome is unknown, and is looked for.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

import structlog

from triage.errors import OutcomeUnknown, TransportError
from triage.policy import wording
from triage.policy.delivery import Carrier, DeliveryState
from triage.policy.lifecycle import AWAITING_CALLBACK, CaseState
from triage.policy.retry import SEARCH_EVERY, SENDING_LEASE, may_repeat, next_attempt
from triage.ports import Found, Outgoing, Sends
from triage.services.delivery_reports import adopt, fail
from triage.services.desk import Desk
from triage.store import deliveries
from triage.store.engine import Transaction
from triage.store.models import Alert, Case, Delivery
from triage.store.models.case import reference_of

log = structlog.get_logger()

Transports = Mapping[Carrier, Sends]

_CLOCK_SLACK = timedelta(seconds=60)
_ASKED_OF_ONE = frozenset({"ladder", "nobody", "exhausted"})


@dataclass(frozen=True, slots=True)
class Errand:
    """One claimed delivery on its way to the provider: to send it, or to look for it."""

    delivery_id: int
    claim: str
    carrier: Carrier
    phone: str
    text: str
    is_search: bool
    started_at: datetime
    rings_for: timedelta


def claim_due(desk: Desk, now: datetime, most: int) -> list[Errand]:
    """Claim up to `most` deliveries. Those that nobody needs any more, or that a summary replaces, are settled."""
    with desk.store.read() as session:
        if not deliveries.due(session, now, 1):
            return []
    with desk.store.write() as tx:
        rows = _bundled(tx, desk, deliveries.due(tx.session, now, most), now)
        return [errand for row in rows if (errand := _claimed(tx, desk, row, now))]


def release_all(desk: Desk, now: datetime) -> None:
    """A scheduler that is alone on its database has just started: whatever was being sent, nobody sends any more.

    Their outcome is looked for at once, instead of when their leases end.
    """
    with desk.store.write() as tx:
        for row in deliveries.being_sent(tx.session):
            row.next_attempt_at = now


def run(errand: Errand, desk: Desk, transports: Transports, clock: Callable[[], datetime]) -> None:
    """Carry out one errand and settle it."""
    transport = transports[errand.carrier]
    if errand.is_search:
        _look_for(errand, desk, transport, clock)
    else:
        _send(errand, desk, transport, clock)


def _bundled(tx: Transaction, desk: Desk, rows: Iterable[Delivery], now: datetime) -> list[Delivery]:
    """All held texts of one phone become one summary; cases that it has no room for wait for the next one."""
    kept: list[Delivery] = []
    phones: dict[str, None] = {}
    for row in rows:
        if row.is_held and row.state == DeliveryState.PLANNED:
            phones[row.phone] = None
        else:
            kept.append(row)
    for phone in phones:
        group = deliveries.held_for(tx.session, phone)
        wanted = [row for row in group if not _is_moot(tx, row)]
        references = list(dict.fromkeys(reference_of(row.case_id) for row in wanted if row.case_id))
        named = set(wording.named_in_summary(references))
        for row in group:
            if row in wanted and row.case_id and reference_of(row.case_id) not in named:
                row.next_attempt_at = now + desk.terms.limits.summary_every
            else:
                row.state, row.next_attempt_at = DeliveryState.BUNDLED.value, None
        if wanted:
            first = wanted[0]
            first.body = wording.summary(references) if len(references) > 1 else first.body
            first.state, first.next_attempt_at, first.is_held = DeliveryState.PLANNED.value, now, False
            tx.session.flush()
            kept.append(first)
    return kept


def _claimed(tx: Transaction, desk: Desk, row: Delivery, now: datetime) -> Errand | None:
    is_search = row.state != DeliveryState.PLANNED
    if not is_search and _is_moot(tx, row):
        row.state, row.next_attempt_at = DeliveryState.DROPPED.value, None
        row.reason = "nobody was needed any more"
        return None
    row.claim = secrets.token_hex(16)
    if is_search:
        _now_unknown(tx, row, now)
        row.next_attempt_at = now + SEARCH_EVERY
    else:
        row.state = DeliveryState.SENDING.value
        row.attempts += 1
        row.started_at = now
        row.next_attempt_at = now + SENDING_LEASE
    assert row.started_at is not None  # noqa: S101 - set when the row was first claimed
    return Errand(
        delivery_id=row.id,
        claim=row.claim,
        carrier=cast("Carrier", row.channel),
        phone=row.phone,
        text=row.body,
        is_search=is_search,
        started_at=row.started_at,
        rings_for=_rings_for(tx, desk, row),
    )


def _rings_for(tx: Transaction, desk: Desk, row: Delivery) -> timedelta:
    """How long a call rings, by the contract of its case."""
    case = tx.session.get(Case, row.case_id) if row.case_id else None
    terms = desk.terms_of(tx.session, case.policy) if case else desk.terms
    return terms.callback.technician_rings_for if row.channel == "bridge" else terms.alert_call.rings_for


def _is_moot(tx: Transaction, row: Delivery) -> bool:
    """Whether the alert asks for something that somebody has done meanwhile."""
    alert = tx.session.get(Alert, row.alert_id) if row.alert_id else None
    case = tx.session.get(Case, alert.case_id) if alert else None
    if alert is None or case is None:
        return False
    if CaseState(case.state) not in AWAITING_CALLBACK:
        return True
    return case.state == CaseState.ACKNOWLEDGED and alert.reason in _ASKED_OF_ONE


def _send(errand: Errand, desk: Desk, transport: Sends, clock: Callable[[], datetime]) -> None:
    try:
        accepted = transport.send(
            Outgoing(delivery_id=errand.delivery_id, phone=errand.phone, text=errand.text, rings_for=errand.rings_for)
        )
    except TransportError as error:
        refusal = error
        _settle(errand, desk, lambda tx, row: _refused(tx, desk, row, refusal, clock()))
    except OutcomeUnknown as error:
        log.warning("delivery_unknown", delivery=errand.delivery_id, reason=str(error))
        _settle(errand, desk, lambda tx, row: _now_unknown(tx, row, clock(), search_in=SENDING_LEASE))
    else:
        _settle(
            errand,
            desk,
            lambda tx, row: adopt(tx, desk, row, accepted.provider_sid, accepted.state, clock()),
        )


def _look_for(errand: Errand, desk: Desk, transport: Sends, clock: Callable[[], datetime]) -> None:
    """Search the provider's list; adopt what is there, repeat an alert that is provably not."""
    was_searched, found = True, None
    try:
        listed = transport.sent_to(errand.phone, errand.started_at - _CLOCK_SLACK)
        found = _match(errand, desk, listed)
    except (OutcomeUnknown, TransportError) as error:
        log.warning("delivery_search_failed", delivery=errand.delivery_id, reason=str(error))
        was_searched = False
    now = clock()
    if found is not None:
        _settle(errand, desk, lambda tx, row: adopt(tx, desk, row, found.provider_sid, found.state, now))
    elif may_repeat(started_at=errand.started_at, was_searched=was_searched, now=now):
        _settle(errand, desk, lambda tx, row: _repeat(tx, row, now))


def _match(errand: Errand, desk: Desk, listed: Iterable[Found]) -> Found | None:
    """What of the provider's list is this delivery: its very text, and nobody else's."""
    likely = [
        found
        for found in listed
        if found.created_at >= errand.started_at - _CLOCK_SLACK and found.text in {"", errand.text}
    ]
    with desk.store.read() as session:
        known = deliveries.known_sids(session, [found.provider_sid for found in likely])
    free = [found for found in likely if found.provider_sid not in known]
    return min(free, key=lambda found: found.created_at, default=None)


def _settle(errand: Errand, desk: Desk, outcome: Callable[[Transaction, Delivery], None]) -> None:
    with desk.store.write() as tx:
        row = tx.session.get_one(Delivery, errand.delivery_id)
        if row.claim == errand.claim:  # else the lease ended and somebody else has it
            outcome(tx, row)


def _refused(tx: Transaction, desk: Desk, row: Delivery, error: TransportError, now: datetime) -> None:
    """It certainly did not go out: try again soon, or give up and let the ladder move on."""
    again = None if error.permanent else next_attempt(row.attempts, now)
    row.error_code, row.reason = error.code, error.reason[:120]
    if again is None:
        fail(tx, desk, row, error.code, now, reason=error.reason)
    else:
        row.state, row.next_attempt_at = DeliveryState.PLANNED.value, again


def _now_unknown(tx: Transaction, row: Delivery, now: datetime, search_in: timedelta | None = None) -> None:
    if row.state == DeliveryState.SENDING:
        row.state = DeliveryState.UNKNOWN.value
        tx.record(
            "delivery_unknown", at=now, actor="system", case_id=row.case_id, delivery=row.id, person=row.person_id
        )
    if search_in is not None:
        row.next_attempt_at = now + search_in


def _repeat(tx: Transaction, row: Delivery, now: datetime) -> None:
    row.state, row.next_attempt_at = DeliveryState.DROPPED.value, None
    row.reason = "not in the provider's list; repeated"
    body = row.body if row.channel == "voice" else wording.again(row.body)
    tx.session.add(
        Delivery(
            alert_id=row.alert_id,
            case_id=row.case_id,
            person_id=row.person_id,
            phone=row.phone,
            channel=row.channel,
            body=body,
            state=DeliveryState.PLANNED.value,
            is_held=False,
            attempts=0,
            created_at=now,
            next_attempt_at=now,
            repeat_of=row.id,
        )
    )
    tx.record("delivery_repeated", at=now, actor="system", case_id=row.case_id, delivery=row.id, person=row.person_id)
