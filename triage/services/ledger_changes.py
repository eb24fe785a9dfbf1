"""What people decide about a dealer's ledger: minutes put right, hours borrowed (C7), a quarter that is closed."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from triage.errors import MovedOn, NotFound, Refused
from triage.policy.case_words import clock, safe
from triage.policy.hours import instant, local
from triage.policy.ledger import is_over, over_lot
from triage.policy.quarters import ends_at, quarter_after, read_quarter, starts_at
from triage.services import ledger
from triage.services.desk import Desk
from triage.services.statements import statement_in
from triage.store import Session, dealers
from triage.store import ledger as rows
from triage.store.engine import Transaction
from triage.store.models import BorrowRequest, Dealer, LedgerEntry

Record = dict[str, Any]

MOST_MINUTES = 60_000
LONGEST_REASON = 200


def correct(
    desk: Desk,
    code: str,
    minutes: int,
    reason: str,
    *,
    lot: str | None = None,
    ends_on: date | None = None,
    seen: int | None = None,
    actor: str,
    now: datetime,
) -> str:
    """Give a dealer minutes, or take some away, as an entry of its own. Returns the name of the lot.

    Without `lot` they become a new one, good through the day `ends_on`, else until it is used up. `seen` is what
    `newest_entry` was when somebody decided this: so nothing is put right twice. Raises NotFound for an unknown dealer
    or lot, Refused where there is no reason or where more would be taken than is left, MovedOn where there is newer.
    """
    reason = _reason(reason)
    if not minutes or abs(minutes) > MOST_MINUTES:
        raise Refused(f"write how many minutes, from 1 to {MOST_MINUTES:,}; below zero to take some away")
    with desk.store.write() as tx:
        dealer = dealers.known(tx.session, code)
        if seen is not None and seen != rows.newest_id(tx.session, dealer.id):
            raise MovedOn("the ledger has changed meanwhile: look at what is left, and put right what is still wrong")
        ledger.settle(tx, desk, dealer.id, now, now)
        if lot is None:
            name, ends_at_ = _new_lot(tx.session, desk, dealer, minutes, ends_on, now)
        elif ends_on is not None:
            raise Refused("a lot that is there keeps its end: leave out the day")
        else:
            name, ends_at_ = lot, _end_of(tx.session, dealer, lot, minutes, now)
        tx.session.add(
            LedgerEntry(
                dealer_id=dealer.id,
                lot=name,
                kind="corrected",
                minutes=minutes,
                at=now,
                ends_at=ends_at_,
                clauses=[],
                words=reason,
                policy=desk.terms.version,
                actor=actor[:60],
                created_at=now,
            )
        )
        told: Record = {"dealer": dealer.code, "lot": name, "minutes": minutes, "reason": reason, "ends_at": ends_at_}
        tx.record("ledger_corrected", at=now, actor=actor, policy=desk.terms.version, **told)
        ledger.settle(tx, desk, dealer.id, now, now, actor=actor)
        return name


def newest_entry(desk: Desk, code: str) -> int:
    """The number of a dealer's entry that was written last; 0 before the first. Raises NotFound."""
    with desk.store.read() as session:
        return rows.newest_id(session, dealers.known(session, code).id)


def borrow(
    desk: Desk, code: str, quarter: str, *, most: int | None = None, actor: str, now: datetime
) -> tuple[datetime, int]:
    """Ask that hours of the next quarter pay what was over in this one (C7).

    Returns when it counts from, and the minutes that were borrowed by now. Raises NotFound, and Refused where the
    dealer asked already, borrowed in that year, or has nothing to borrow for or from.
    """
    quarter, terms = read_quarter(quarter), desk.terms
    if most is not None and not 0 < most <= MOST_MINUTES:
        raise Refused(f"write how many minutes at the most, from 1 to {MOST_MINUTES:,}, or none for all that is over")
    with desk.store.write() as tx:
        dealer = dealers.known(tx.session, code)
        if now < starts_at(quarter, terms):
            raise Refused(f"{quarter} has not begun")
        following = quarter_after(quarter)
        if now >= ends_at(following, terms):
            raise Refused(f"the hours of {following} have ended: nothing is left to pay {quarter} with (C3)")
        counts_at = max(now, ends_at(quarter, terms))
        _refuse_another(tx.session, desk, dealer, quarter, counts_at)
        ledger.settle(tx, desk, dealer.id, now, now)
        tx.session.add(
            BorrowRequest(dealer_id=dealer.id, quarter=quarter, asked_at=now, asked_by=actor[:60], most_minutes=most)
        )
        told: Record = {"dealer": dealer.code, "quarter": quarter, "most_minutes": most, "counts_at": counts_at}
        tx.record("hours_borrowed", at=now, actor=actor, policy=terms.version, **told, clauses=["C7"])
        before = _paid(tx.session, dealer, quarter)
        ledger.settle(tx, desk, dealer.id, now, now, actor=actor)
        minutes = _paid(tx.session, dealer, quarter) - before
        if counts_at == now and not minutes:
            raise Refused(f"nothing is over in {quarter}, or nothing is left of the hours of {following}")
        return counts_at, minutes


def take_back_borrowing(desk: Desk, code: str, quarter: str, *, actor: str, now: datetime) -> None:
    """Take the request back, as if it had not been made. Raises NotFound; Refused once something of it is invoiced."""
    quarter = read_quarter(quarter)
    with desk.store.write() as tx:
        dealer = dealers.known(tx.session, code)
        asked = next((each for each in rows.borrow_requests(tx.session, dealer.id) if each.quarter == quarter), None)
        if asked is None:
            raise NotFound(f"{dealer.code} did not ask to borrow for {quarter}")
        for each in (quarter, quarter_after(quarter)):
            if any(line.invoice_id is not None for line in rows.lines_of_quarter(tx.session, dealer.id, each)):
                raise Refused(f"what was over in {each} is on an invoice: put minutes right instead")
        tx.session.delete(asked)
        tx.record("borrowing_taken_back", at=now, actor=actor, dealer=dealer.code, quarter=quarter)
        ledger.settle(tx, desk, dealer.id, min(now, counts_from(asked, desk)), now, actor=actor)


def close_quarter(desk: Desk, quarter: str, *, actor: str, now: datetime) -> list[Record]:
    """Bring every dealer's ledger in line from the beginning of a quarter that has ended. Safe to repeat.

    Returns by dealer what was earned, used, expired and over in it, in minutes, what is billed for that, and how many
    entries of the history it took to get there: none where all was so already. Raises Refused before it has ended.
    """
    quarter = read_quarter(quarter)
    ends = ends_at(quarter, desk.terms)
    if now < ends:
        raise Refused(f"{quarter} has not ended: it does on {clock(ends, desk.terms)}")
    with desk.store.read() as session:
        found = [dealer.id for dealer in dealers.every(session)]
    done = []
    for dealer_id in found:
        with desk.store.write() as tx:
            done.append(_close(tx, desk, dealer_id, quarter, now, actor))
    with desk.store.write() as tx:
        told = {"dealers": len(done), "changed": sum(1 for each in done if each["changed"])}
        tx.record("quarter_closed", at=now, actor=actor, policy=desk.terms.version, quarter=quarter, **told)
    return done


def _close(tx: Transaction, desk: Desk, dealer_id: int, quarter: str, now: datetime, actor: str) -> Record:
    dealer, before = tx.session.get_one(Dealer, dealer_id), len(tx.entries)
    ledger.settle(tx, desk, dealer_id, starts_at(quarter, desk.terms), now, actor=actor)
    tx.session.flush()
    found = statement_in(tx.session, desk, dealer, quarter, now)
    return {
        "dealer": dealer.code,
        "name": dealer.name,
        "earned_minutes": found.moved("earned"),
        "used_minutes": -sum(found.used.values()),
        "expired_minutes": -found.moved("expired"),
        "over_minutes": found.over_minutes,
        "borrowed_minutes": found.over_paid_minutes,
        "amount": found.over_amount,
        "changed": len(tx.entries) - before,
    }


def _reason(text: str) -> str:
    reason = safe(text)
    if not 0 < len(reason) <= LONGEST_REASON:
        raise Refused(f"say why, in 1 to {LONGEST_REASON} characters")
    return reason


def _new_lot(
    session: Session, desk: Desk, dealer: Dealer, minutes: int, ends_on: date | None, now: datetime
) -> tuple[str, datetime | None]:
    """The next lot of what was put right, and its end."""
    if minutes < 0:
        raise Refused("name the lot that minutes are to be taken from; `afterhours ledger show` lists them")
    number = 1 + sum(1 for lot in rows.lots_of(session, dealer.id) if lot.startswith("corrected:"))
    if ends_on is None:
        return f"corrected:{number}", None
    if ends_on < local(now, desk.terms).date():
        raise Refused(f"{ends_on} is over: name today or a later day")
    return f"corrected:{number}", instant(ends_on + timedelta(days=1), time.min, desk.terms)


def _end_of(session: Session, dealer: Dealer, lot: str, minutes: int, now: datetime) -> datetime | None:
    """The end of a lot that minutes may be put right of. Raises NotFound and Refused."""
    if is_over(lot):
        raise Refused("what is over follows from the sessions: correct those, or give minutes")
    found = rows.balance_of(session, dealer.id, lot, now)
    if found is None:
        raise NotFound(f"{dealer.code} has no lot {lot[:40]}; `afterhours ledger show` lists them")
    if found.ends_at is not None and found.ends_at <= now:
        raise Refused(f"{lot} has ended")
    if found.minutes + minutes < 0:
        raise Refused(f"only {found.minutes} min of {lot} are left")
    return found.ends_at


def _refuse_another(session: Session, desk: Desk, dealer: Dealer, quarter: str, counts_at: datetime) -> None:
    """Once for a quarter, and so often in a calendar year, by when it counts (C7)."""
    year, most, before = local(counts_at, desk.terms).year, desk.terms.credits.borrow_per_year, []
    for asked in rows.borrow_requests(session, dealer.id):
        if asked.quarter == quarter:
            raise Refused(f"{dealer.code} borrowed for {quarter} already")
        if local(counts_from(asked, desk), desk.terms).year == year:
            before.append(asked.quarter)
    if len(before) >= most:
        used = f", and {dealer.code} did for {', '.join(before)}" if before else ""
        raise Refused(f"hours may be borrowed {_times(most)} in a calendar year{used} (C7)")


def counts_from(asked: BorrowRequest, desk: Desk) -> datetime:
    """When a request takes effect: once it was made and its quarter has ended."""
    return max(asked.asked_at, ends_at(asked.quarter, desk.terms))


def _times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")


def _paid(session: Session, dealer: Dealer, quarter: str) -> int:
    return sum(each.minutes for each in rows.of_lot(session, dealer.id, over_lot(quarter)) if each.kind == "borrowed")
