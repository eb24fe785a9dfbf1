"""The machine's clock was ahead and has been put back: nothing may sleep until it is there again.

What a wrong clock wrote is brought in line, and is on record once. Deadlines of the contract stay: they count from the
phone system's own times. A breach or a risk that only the wrong clock saw is taken back.
"""

from __future__ import annotations

from datetime import datetime

import structlog

from triage.policy.bookings import BookingState, Slot, next_due_at
from triage.policy.intake import at_risk_at
from triage.policy.ladder import next_realert
from triage.policy.lifecycle import AWAITING_CALLBACK, CaseState
from triage.policy.put_back import MISDATED, brought_back, due_again, is_ahead
from triage.policy.terms import Terms
from triage.services import canary, lost_reports
from triage.services.desk import Desk
from triage.services.escalation import climb_afresh, watch_promise
from triage.store import ahead, bookings, cases, marks
from triage.store.engine import Transaction
from triage.store.models import Case

log = structlog.get_logger()


def bring_in_line(desk: Desk, now: datetime) -> None:
    """Where the last sign of life lies ahead of the clock, move back what was written since; else do nothing."""
    seen = desk.store.scalar(ahead.FURTHEST_SIGN)
    if seen is None or not is_ahead(seen, now):
        return
    with desk.store.write() as tx:
        seen = tx.session.scalar(ahead.FURTHEST_SIGN)
        if seen is None or not is_ahead(seen, now):
            return
        lists = _look_at_lists_again(tx, desk.terms, now)
        live = [case for case in cases.live(tx.session) if case.callback_made_at is None]
        moved = [case.reference for case in live if _case(tx, desk, case, seen, now)]
        moved += [case.reference for case in cases.called_back_after(tx.session, now) if _callback(tx, case, seen, now)]
        rows = ahead.move_back(
            tx.session,
            now,
            stamped=lambda at: brought_back(at, seen, now),
            due=lambda at: due_again(at, seen, now),
        )
        if asked := lost_reports.ask_again(tx, now):
            rows["questions"] = asked
        if booked := _bookings(tx, desk, now):
            rows["bookings"] = rows.get("bookings", 0) + booked
        ahead_s = round((seen - now).total_seconds())
        misdated = [
            case.reference for case, dates in cases.dated_after(tx.session, now) if _mark(tx, case, dates, seen, now)
        ]
        if lists or moved or rows or misdated:
            log.warning(
                "clock_was_ahead", seconds=ahead_s, lists=sorted(lists), cases=moved, misdated=misdated, rows=rows
            )
            tx.record(
                "clock_was_ahead",
                at=now,
                actor="system",
                seen=seen,
                ahead_s=ahead_s,
                lists=lists,
                cases=moved,
                misdated=misdated,
                rows=rows,
            )
    canary.schedule(desk, now)


def _look_at_lists_again(tx: Transaction, terms: Terms, now: datetime) -> dict[str, datetime]:
    """No look waits for the wrong clock. Returns the marks of lists that are looked at now.

    They seldom lie ahead: a look goes by the phone system's clock where that is told. Where it was not, the lists are
    read from now on again, less their margin.
    """
    found: dict[str, datetime] = {}
    for mark in marks.of_lists(tx.session):
        if is_ahead(mark.at, now) or is_ahead(mark.next_attempt_at, now + terms.reconciler.every):
            found[mark.name] = mark.at
            mark.next_attempt_at = now
        if is_ahead(mark.at, now):
            mark.at, mark.held_since = now, None
    return found


def _bookings(tx: Transaction, desk: Desk, now: datetime) -> int:
    """What the wrong clock reminded of too early, or took for missed, waits for its time. Returns how many."""
    moved = 0
    for booking in bookings.to_begin_after(tx.session, now - desk.terms.bookings.give_up_after):
        slot = Slot(BookingState.BOOKED, booking.starts_at, booking.ends_at)
        due = next_due_at(slot, now, desk.terms_of(tx.session, booking.policy))
        if due is not None and (booking.next_due_at is None or booking.next_due_at > due):
            booking.state, booking.next_due_at = BookingState.BOOKED.value, due
            moved += 1
    return moved


def _case(tx: Transaction, desk: Desk, case: Case, seen: datetime, now: datetime) -> bool:
    """Whether anything of a case that waits for its callback was moved."""
    terms = desk.terms_of(tx.session, case.policy)
    is_watched = _watch_again(tx, case, terms, now)
    return _climb_in_time(tx, case, terms, seen, now) or is_watched


def _watch_again(tx: Transaction, case: Case, terms: Terms, now: datetime) -> bool:
    """What the wrong clock took for a risk or a breach is taken back, and comes in its time."""
    if case.callback_due is None:
        return False
    if case.breached_at is not None and case.callback_due <= now:
        every = terms.promise.realert_after_breach
        is_late = cases.timers_of(tx.session, [case.id]).get(case.id, {}).get("breach", now) - now > every
        if is_late:
            cases.set_timer(tx.session, case.id, "breach", next_realert(case.callback_due, every, now))
        return is_late
    risk = at_risk_at(left=case.left_at, due=case.callback_due, before=terms.promise.at_risk_before)
    was_early = case.at_risk_at is not None and risk > now
    if case.breached_at is None and not was_early:
        return False
    if was_early:
        case.at_risk_at = None
    if case.breached_at is not None:
        case.breached_at = None
        tx.record_of(case, "breach_was_early", at=now, actor="system", due=case.callback_due)
        if case.state == CaseState.OPEN:
            climb_afresh(tx, case, now)
    watch_promise(tx, case, terms)
    return True


def _callback(tx: Transaction, case: Case, seen: datetime, now: datetime) -> bool:
    """A callback that the wrong clock dated was made when it was made: a promise that it kept was not broken."""
    if case.callback_made_at is None or not is_ahead(case.callback_made_at, now):
        return False
    case.callback_made_at = brought_back(case.callback_made_at, seen, now)
    if case.callback_due is not None and case.callback_made_at <= case.callback_due:
        case.at_risk_at = None if case.at_risk_at is not None and is_ahead(case.at_risk_at, now) else case.at_risk_at
        if case.breached_at is not None:
            case.breached_at = None
            tx.record_of(case, "breach_withdrawn", at=now, actor="system")
    elif case.breached_at is not None and is_ahead(case.breached_at, now):
        case.breached_at = brought_back(case.breached_at, seen, now)
    return True


def _mark(tx: Transaction, case: Case, dates: dict[str, datetime], seen: datetime, now: datetime) -> bool:
    """A case that a wrong clock dated is marked, once. Its dates stay: the bill of a day is nothing to be changed
    silently. Whoever reopens and closes it again bills it by the right day; the mark stays."""
    wrong = {name: at for name, at in dates.items() if is_ahead(at, now)}
    if not wrong or MISDATED in case.flags:
        return False
    case.flags = [*case.flags, MISDATED]
    ahead_s = round((seen - now).total_seconds())
    tx.record_of(case, "dated_ahead", at=now, actor="system", ahead_s=ahead_s, **wrong)
    return True


def _climb_in_time(tx: Transaction, case: Case, terms: Terms, seen: datetime, now: datetime) -> bool:
    """The rungs of a ladder that was climbed by the wrong clock, and the wait for whoever took the case."""
    timer = cases.timers_of(tx.session, [case.id]).get(case.id, {}).get("ladder")
    if timer is None or case.state not in AWAITING_CALLBACK:
        return False
    is_climbed_ahead = is_ahead(case.ladder_base_at, now)
    is_held_ahead = case.hold_until is not None and is_ahead(case.hold_until, now + terms.promise.resume_after_ack)
    if is_climbed_ahead:
        case.ladder_base_at = brought_back(case.ladder_base_at, seen, now)
    if is_held_ahead and case.hold_until is not None:
        case.hold_until = due_again(case.hold_until, seen, now)
    if is_climbed_ahead or is_held_ahead:
        cases.set_timer(tx.session, case.id, "ladder", due_again(timer, seen, now))
    return is_climbed_ahead or is_held_ahead
