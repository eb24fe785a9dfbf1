"""Sending what is planned, and settling what nobody knows the outcome of.

Three steps, each a transaction of its own, none open while the provider is called:
1. claim: rows that are due become `sending` under a fresh claim, and come due again when the lease ends;
2. call the provider;
3. settle: write the outcome, if the claim is still ours.
A crash between 1 and 3 leaves `sending` with an ended lease: the outcome is unknown, and is looked for.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, cast

import structlog

from triage.errors import OutcomeUnknown, StoreUnavailable, TransportError
from triage.policy import wording
from triage.policy.bridge_words import NOT_PLACED
from triage.policy.callbacks import CALL_IS_OF_THE_MOMENT
from triage.policy.delivery import ASKED_FOR, NOT_REPEATED, Carrier, DeliveryState
from triage.policy.retry import SEARCH_EVERY, SENDING_LEASE, may_repeat, next_attempt
from triage.ports import Found, HangsUp, Outgoing, Sends
from triage.services.bundles import bundled, words_to_send
from triage.services.delivery_reports import adopt, fail
from triage.services.desk import Desk
from triage.services.phone_lines import has_to_wait
from triage.store import deliveries
from triage.store.engine import Transaction
from triage.store.models import Delivery

log = structlog.get_logger()

Transports = Mapping[Carrier, Sends]

_CLOCK_SLACK = timedelta(seconds=60)
_POSTPONED_BY = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Errand:
    """One claimed delivery on its way to the provider: to send it, to look for it, or to stop its ringing."""

    delivery_id: int
    claim: str
    carrier: Carrier
    phone: str
    text: str
    task: Literal["send", "search", "hang_up"]
    started_at: datetime
    rings_for: timedelta
    provider_sid: str | None


def claim_due(desk: Desk, now: datetime, most: int) -> list[Errand]:
    """Claim up to `most` deliveries.

    Those that nobody needs any more, or that a summary replaces, are settled; calls wait for their phone's line. Where
    one row makes its batch fail, the rows are tried one by one and the poisoned one is postponed by a minute, so that
    it cannot hold up the others.
    """
    try:
        return _claim_batch(desk, now, most)
    except StoreUnavailable:
        raise
    except Exception:
        log.exception("delivery_batch_failed")
        return _claim_one_by_one(desk, now, most)


def _claim_batch(desk: Desk, now: datetime, most: int) -> list[Errand]:
    with desk.store.write() as tx:
        while rows := deliveries.due(tx.session, now, most):  # those that are put off must not hide those behind them
            if errands := _claimed(tx, desk, rows, now):
                return errands
        return []


def _claim_one_by_one(desk: Desk, now: datetime, most: int) -> list[Errand]:
    with desk.store.read() as session:
        ids = [row.id for row in deliveries.due(session, now, most)]
    errands: list[Errand] = []
    for delivery_id in ids:
        try:
            with desk.store.write() as tx:
                row = tx.session.get_one(Delivery, delivery_id)
                rows = [row] if deliveries.is_due(row, now) else []
                found = _claimed(tx, desk, rows, now)
            errands += found
        except StoreUnavailable:
            raise
        except Exception:
            log.exception("delivery_postponed", delivery=delivery_id)
            with desk.store.write() as tx:
                tx.session.get_one(Delivery, delivery_id).next_attempt_at = now + _POSTPONED_BY
    return errands


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
    match errand.task:
        case "send":
            _send(errand, desk, transport, clock)
        case "search":
            _look_for(errand, desk, transport, clock)
        case "hang_up":
            _hang_up(errand, transport)


def _claimed(tx: Transaction, desk: Desk, rows: Sequence[Delivery], now: datetime) -> list[Errand]:
    rows = bundled(tx, desk, rows, now)
    others = deliveries.bundled_in_each(tx.session, [row.id for row in rows]) if rows else {}
    return [errand for row in rows if (errand := _claimed_one(tx, desk, row, others.get(row.id, ()), now))]


def _claimed_one(
    tx: Transaction, desk: Desk, row: Delivery, others: Iterable[Delivery], now: datetime
) -> Errand | None:
    task = _task(row)
    if task == "send":
        words = words_to_send(tx, desk, row, others, now)
        if words is None:
            return None
        if _is_too_late(row.channel, row.created_at, now):
            fail(tx, desk, row, None, now, reason=NOT_PLACED)
            return None
        if has_to_wait(tx, desk, row, now):
            return None
        row.body = words
    row.claim = secrets.token_hex(16)
    match task:
        case "send":
            row.state = DeliveryState.SENDING.value
            row.attempts += 1
            row.started_at = now
            row.next_attempt_at = now + SENDING_LEASE
        case "search":
            _now_unknown(tx, row, now)
            row.next_attempt_at = now + SEARCH_EVERY
        case "hang_up":
            row.next_attempt_at = None  # tried once: whoever picks up hears that somebody has it
    assert row.started_at is not None  # noqa: S101 - set when the row was first claimed
    return Errand(
        delivery_id=row.id,
        claim=row.claim,
        carrier=cast("Carrier", row.channel),
        phone=row.phone,
        text=row.body,
        task=task,
        started_at=row.started_at,
        rings_for=_rings_for(tx, desk, row),
        provider_sid=row.provider_sid,
    )


def _is_too_late(carrier: str, asked_at: datetime, now: datetime) -> bool:
    """Whether a call was asked for so long ago that its technician must not be rung any more."""
    return carrier in ASKED_FOR and now - asked_at > CALL_IS_OF_THE_MOMENT


def _task(row: Delivery) -> Literal["send", "search", "hang_up"]:
    match DeliveryState(row.state):
        case DeliveryState.PLANNED:
            return "send"
        case DeliveryState.ACCEPTED | DeliveryState.SENT:
            return "hang_up"
        case _:
            return "search"


def _rings_for(tx: Transaction, desk: Desk, row: Delivery) -> timedelta:
    """How long a call rings, by the contract of its case."""
    terms = desk.terms_of(tx.session, row.case.policy) if row.case else desk.terms
    return terms.callback.technician_rings_for if row.channel in ASKED_FOR else terms.alert_call.rings_for


def _send(errand: Errand, desk: Desk, transport: Sends, clock: Callable[[], datetime]) -> None:
    if clock() - errand.started_at >= SENDING_LEASE:  # this process stood still: somebody else has it by now
        log.warning("delivery_fenced", delivery=errand.delivery_id, was_sent=False)
        return
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


def _hang_up(errand: Errand, transport: Sends) -> None:
    """Nobody is needed any more: the phone need not ring on. What becomes of the call is reported as ever."""
    if errand.provider_sid is None or not isinstance(transport, HangsUp):
        return
    try:
        transport.hang_up(errand.provider_sid)
    except (OutcomeUnknown, TransportError) as error:
        log.info("not_hung_up", delivery=errand.delivery_id, reason=str(error))


def _look_for(errand: Errand, desk: Desk, transport: Sends, clock: Callable[[], datetime]) -> None:
    """Search the provider's list; adopt what is there, repeat an alert that is provably not.

    What goes to nobody on the roster is never repeated, nor is a call that was asked for too long ago: both count as
    not delivered then.
    """
    was_searched, found = True, None
    try:
        listed = transport.sent_to(errand.phone, errand.started_at - _CLOCK_SLACK)
        found = _match(errand, desk, listed)
    except (OutcomeUnknown, TransportError) as error:
        log.warning("delivery_search_failed", delivery=errand.delivery_id, reason=str(error))
        was_searched = False
    now = clock()
    rings_for = timedelta(0) if errand.carrier == "sms" else errand.rings_for
    is_searched_enough = may_repeat(
        started_at=errand.started_at, was_searched=was_searched, rings_for=rings_for, now=now
    )
    if found is not None:
        _settle(errand, desk, lambda tx, row: _adopt_found(tx, desk, row, found, now))
    elif is_searched_enough or _is_too_late(errand.carrier, errand.started_at, now):
        _settle(errand, desk, lambda tx, row: _repeat(tx, desk, row, now))


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


def _adopt_found(tx: Transaction, desk: Desk, row: Delivery, found: Found, now: datetime) -> None:
    """Unless another search of the same words took it meanwhile: this one looks again in its turn."""
    if not deliveries.known_sids(tx.session, [found.provider_sid]):
        adopt(tx, desk, row, found.provider_sid, found.state, now)


def _settle(errand: Errand, desk: Desk, outcome: Callable[[Transaction, Delivery], None]) -> None:
    def settle(tx: Transaction) -> None:
        row = tx.session.get_one(Delivery, errand.delivery_id)
        if row.claim == errand.claim:
            outcome(tx, row)
        elif row.claim is not None:  # the lease ended; where there is no claim at all, a report told first
            log.warning("delivery_fenced", delivery=errand.delivery_id, was_sent=errand.task == "send")

    desk.settling.settle(settle, errand.delivery_id)


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
    if search_in is not None and row.state == DeliveryState.UNKNOWN:  # a report may have told more than the answer
        row.next_attempt_at = now + search_in


def _repeat(tx: Transaction, desk: Desk, row: Delivery, now: datetime) -> None:
    if row.person_id is None:
        fail(tx, desk, row, None, now, reason=NOT_REPEATED)
        return
    if _is_too_late(row.channel, row.created_at, now):
        fail(tx, desk, row, None, now, reason=NOT_PLACED)
        return
    row.state, row.next_attempt_at = DeliveryState.DROPPED.value, None
    row.reason = "not in the provider's list; repeated"
    repeat = Delivery(
        alert_id=row.alert_id,
        case_id=row.case_id,
        person_id=row.person_id,
        phone=row.phone,
        channel=row.channel,
        body=row.body if row.channel == "voice" else wording.again(row.body),
        state=DeliveryState.PLANNED.value,
        is_held=False,
        attempts=0,
        created_at=row.created_at if row.channel in ASKED_FOR else now,  # as old as the asking
        next_attempt_at=now,
        repeat_of=row.id,
        booking_id=row.booking_id,
        good_until=row.good_until,
    )
    tx.session.add(repeat)
    tx.session.flush()
    for other in deliveries.bundled_in(tx.session, row.id):
        other.bundled_in = repeat.id
    tx.record("delivery_repeated", at=now, actor="system", case_id=row.case_id, delivery=row.id, person=row.person_id)
