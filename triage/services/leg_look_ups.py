"""Asking the phone system what became of a caller's leg, where no report of its end came in time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from triage.errors import OutcomeUnknown, TransportError
from triage.policy.callbacks import Outcome
from triage.ports import KnowsCalls, Leg
from triage.services.bridges import LegReport, ended, take_down
from triage.services.desk import Desk
from triage.store import bridges
from triage.store.engine import Transaction
from triage.store.models import Bridge, Case

log = structlog.get_logger()

_LOOK_EVERY = timedelta(minutes=2)
_LOOKS_ON_FOR = timedelta(minutes=15)
"""Beyond the longest that a leg may last."""


@dataclass(frozen=True, slots=True)
class Question:
    """One leg to ask the phone system about."""

    bridge_id: int
    parent_sid: str


def claim_legs(desk: Desk, now: datetime, most: int) -> list[Question]:
    """Legs of whose end nothing was heard in time: each is asked about, and comes due again until it has ended."""
    with desk.store.write() as tx:
        rows = bridges.due(tx.session, now, most)
        for row in rows:
            row.next_attempt_at = now + _LOOK_EVERY
        return [Question(row.id, row.parent_sid) for row in rows if row.parent_sid]


def ask(desk: Desk, calls: KnowsCalls, question: Question, clock: Callable[[], datetime]) -> None:
    """Ask the phone system about one leg and write down the answer; no answer means to ask again later."""
    try:
        legs = calls.legs(question.parent_sid)
        parent = calls.call(question.parent_sid)
    except (OutcomeUnknown, TransportError) as error:
        log.warning("leg_look_up_failed", bridge=question.bridge_id, reason=str(error))
        _give_up_late(desk, question.bridge_id, clock())
        return
    over_at = parent.ended_at if parent is not None else None
    with desk.store.write() as tx:
        bridge = tx.session.get_one(Bridge, question.bridge_id)
        if bridge.next_attempt_at is not None:
            _learn(tx, desk, bridge, legs, over_at, clock())


def _learn(
    tx: Transaction, desk: Desk, bridge: Bridge, legs: Sequence[Leg], over_at: datetime | None, now: datetime
) -> None:
    """What the list says of a leg; `over_at` is when the call to the technician ended, None while it runs.

    Lists lag: a leg that is not there when that call is over counts as not picked up, until the list has it after all.
    """
    leg = _leg_of(tx, bridge, legs)
    if leg is not None and take_down(tx, desk, bridge, _as_report(leg), now):
        if bridge.outcome is None and _is_too_late(tx, desk, bridge, now):  # nobody may talk for so long
            ended(tx, desk, bridge, Outcome.LOST, now, None, now)
        return
    asked_again_at, may_lag = bridge.next_attempt_at, desk.terms.reconciler.looks_back
    if bridge.outcome is None and leg is None and over_at is not None:
        ended(tx, desk, bridge, Outcome.CANCELED, now, None, now)
    elif bridge.outcome is None and _is_too_late(tx, desk, bridge, now):
        ended(tx, desk, bridge, Outcome.LOST, now, None, now)
    if bridge.outcome is not None:
        is_still_to_be_listed = leg is None and over_at is not None and now - over_at < may_lag
        bridge.next_attempt_at = asked_again_at if is_still_to_be_listed else None


def _give_up_late(desk: Desk, bridge_id: int, now: datetime) -> None:
    """The phone system does not answer: a leg cannot keep its case from being closed for ever."""
    with desk.store.write() as tx:
        bridge = tx.session.get_one(Bridge, bridge_id)
        if bridge.outcome is None and _is_too_late(tx, desk, bridge, now):
            ended(tx, desk, bridge, Outcome.LOST, now, None, now)


def _leg_of(tx: Transaction, bridge: Bridge, legs: Sequence[Leg]) -> Leg | None:
    """The leg of this bridge among all that its parent dialled: by its id, else the first that no bridge has."""
    own = next((leg for leg in legs if leg.call_sid == bridge.provider_sid), None)
    if own is not None or bridge.provider_sid is not None:
        return own
    free = (leg for leg in legs if bridges.with_provider_sid(tx.session, leg.call_sid) is None)
    return next((leg for leg in free if leg.to_number == bridge.number), None)


def _as_report(leg: Leg) -> LegReport:
    return LegReport(
        call_sid=leg.call_sid,
        status=leg.status,
        at=leg.started_at if leg.status == "in-progress" else leg.ended_at,
        seconds=int(leg.duration.total_seconds()) if leg.duration is not None else None,
    )


def _is_too_late(tx: Transaction, desk: Desk, bridge: Bridge, now: datetime) -> bool:
    case = tx.session.get_one(Case, bridge.case_id)
    longest = desk.terms_of(tx.session, case.policy).callback.longest
    return now - bridge.started_at > longest + _LOOKS_ON_FOR
