"""I8: what was worked is billed once, and costs what the contract says; worked out here anew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.simulation.house import Broken
from triage.store.models import BillableSession, BillingLine, Case


@dataclass(frozen=True, slots=True)
class Rate:
    """`an_hour` is its price; it is billed in steps of so many minutes, `least` at least."""

    an_hour: Decimal
    step: int
    least: int

    def billed(self, minutes: int) -> int:
        return -(-max(minutes, self.least) // self.step) * self.step


STANDARD, AFTER_HOURS = Rate(Decimal("165.00"), 15, 30), Rate(Decimal("247.50"), 30, 60)
"""R2 and R1."""
_OF_WINDOW = {"support_hours": STANDARD, "evening": STANDARD, "overnight": AFTER_HOURS, "other": AFTER_HOURS}


def each_callback_is_billed_once(session: Session) -> None:
    """One line for each closed session and rule, no line without work, and all of them come to what the work costs."""
    lines: dict[int, list[BillingLine]] = defaultdict(list)
    for line in session.scalars(select(BillingLine).where(BillingLine.session_id.is_not(None))):
        lines[line.session_id or 0].append(line)
    total = expected = Decimal(0)
    for work in session.scalars(select(BillableSession).where(BillableSession.closed_at.is_not(None))):
        billed = lines.pop(work.id, [])
        _once(work, billed)
        case = session.get(Case, work.case_id) if work.case_id else None
        if work.withdrawn_at is None and case is not None and case.is_billable and work.minutes and not billed:
            raise Broken(f"I8: session {work.id} of {work.minutes} min has no billing line")
        if work.dealer_id is not None or not billed:
            continue  # see accounts.py
        total += sum(line.amount for line in billed)
        expected += Decimal(0) if work.withdrawn_at else price_of(work)
    if lines:
        raise Broken(f"I8: lines of sessions that are not closed: {sorted(lines)}")
    if total != expected:
        raise Broken(f"I8: lines come to {total}, closed callbacks to {expected}")


def _once(work: BillableSession, billed: Sequence[BillingLine]) -> None:
    keys = [(line.rule, line.revision) for line in billed]
    if len(keys) != len(set(keys)):
        raise Broken(f"I8: session {work.id} is billed more than once: {keys}")


def rate_of(work: BillableSession) -> Rate:
    return _OF_WINDOW[work.window]


def price_of(work: BillableSession) -> Decimal:
    """What work costs whoever has neither prepaid hours nor credits."""
    rate = rate_of(work)
    return rate.an_hour * rate.billed(work.minutes or 0) / 60
