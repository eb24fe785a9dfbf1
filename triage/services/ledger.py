"""A dealer's ledger, brought in line with the facts: what was bought, what was worked, what was asked for.

Entries are only ever added: where the facts of the past changed, what the difference is, at the instant at which it
counts. So a run may be repeated, and whoever learns of something late settles from the instant of that fact on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast

import structlog

from triage.errors import StoreUnavailable
from triage.policy import ledger as rules
from triage.policy.hours import local
from triage.policy.ledger import Borrow, Bought, Correction, Coverage, Facts, Grant, Lot, Movement, Reckoned, Use
from triage.policy.money_terms import PurchaseKind
from triage.policy.quarters import ends_at, first_day, last_instant, quarter_after, quarter_before, quarter_of
from triage.policy.session_price import (
    Work,
    draws_credits,
    lines_for,
    minutes_by_the_hour,
    overage_line,
    prepaid_minutes_for,
)
from triage.policy.terms import Terms
from triage.services import billing_lines
from triage.services.billing_lines import Whose, work_of
from triage.services.desk import Desk
from triage.store import Session, sessions
from triage.store import ledger as rows
from triage.store.engine import Transaction
from triage.store.ledger import Key
from triage.store.models import BillableSession, BillingLine, Dealer, LedgerEntry

log = structlog.get_logger()

GRANTS = ("earned", "new_dealer", "training", "prepaid")
_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Standing:
    """What a dealer has at an instant, in minutes, and whether it must prepay (E6). `over_minutes` is the quarter's."""

    prepaid_minutes: int
    credit_minutes: int
    over_minutes: int
    must_prepay: bool

    @property
    def left_minutes(self) -> int:
        return self.prepaid_minutes + self.credit_minutes


def standing(session: Session, desk: Desk, dealer_id: int, at: datetime) -> Standing:
    """What is left at an instant that is not ahead of now: sums of the ledger's entries."""
    dealer, terms = session.get_one(Dealer, dealer_id), desk.terms
    on = local(at, terms).date()
    bought = _bought(session, dealer_id, on - terms.prepay.previous_year)
    left = {lot.lot: lot.minutes for lot in rows.balances_at(session, dealer_id, at) if not _is_over_by(lot, at)}
    prepaid = sum(minutes for lot, minutes in left.items() if rules.is_prepaid(lot))
    credit = sum(minutes for lot, minutes in left.items() if not rules.is_prepaid(lot) and not rules.is_over(lot))
    return Standing(
        prepaid,
        credit,
        -left.get(rules.over_lot(quarter_of(at, terms)), 0),
        rules.must_prepay(bought, on, terms, has_account=dealer.has_account),
    )


def settle(
    tx: Transaction, desk: Desk, dealer_id: int, since: datetime, now: datetime, *, actor: str = "system"
) -> None:
    """Bring ledger and billing lines of a dealer in line with the facts from `since` on. Safe to repeat.

    `since` is the earliest instant at which a fact counts that changed. Work that lies ahead, by a clock that has been
    put back since, is paid for as it will be.
    """
    dealer = tx.session.get_one(Dealer, dealer_id)
    tx.session.flush()
    since = min(since, dealer.next_due_at or since)
    worked = [
        (session, work_of(tx.session, session, is_billable=is_billable))
        for session, is_billable in rows.worked(tx.session, dealer_id, since)
    ]
    bought = _bought(tx.session, dealer_id, _first_that_matters(tx, desk, worked, since))
    facts = _facts(tx, desk, dealer, bought, worked, since)
    reckoned = rules.reckon(facts, max([now, *(session.opened_at for session, _ in worked)]))
    touched = _post(tx, desk, dealer, reckoned.movements, worked, since, now, actor)
    lines = sessions.lines_of_all(tx.session, [session.id for session, _ in worked])
    for session, work in worked:
        _price(tx, desk, session, work, reckoned.coverage.get(session.id), lines[session.id], now)
    for quarter in _ended_quarters(touched, since, now, desk.terms):
        _bill_quarter(tx, desk, dealer, quarter, reckoned, now)
    quarter_ends = ends_at(quarter_of(now, desk.terms), desk.terms)
    dealer.next_due_at = min(quarter_ends, reckoned.next_at or quarter_ends)


def settle_due(desk: Desk, now: datetime) -> bool:
    """Settle some dealers whose quarter or credits ended since they were last settled. True where there may be more.

    Each has a transaction of its own: one that fails stays due, and holds up nobody.
    """
    with desk.store.read() as session:
        due = [dealer.id for dealer in rows.due_dealers(session, now, _AT_ONCE)]
    done = 0
    for dealer_id in due:
        try:
            with desk.store.write() as tx:
                settle(tx, desk, dealer_id, now, now)
            done += 1
        except StoreUnavailable:
            raise
        except Exception:
            log.exception("ledger_not_settled", dealer=dealer_id)
    return done == _AT_ONCE


def _facts(
    tx: Transaction,
    desk: Desk,
    dealer: Dealer,
    bought: Sequence[Bought],
    worked: Sequence[tuple[BillableSession, Work]],
    since: datetime,
) -> Facts:
    lots = [
        Lot(lot.lot, lot.minutes, lot.begins_at, lot.ends_at)
        for lot in rows.balances(tx.session, dealer.id, before=since)
    ]
    return Facts(
        since=since,
        lots=lots,
        grants=_grants(tx, desk, dealer, bought, since),
        uses=[_use(tx, desk, dealer, bought, session, work) for session, work in worked],
        borrows=[
            Borrow(asked.quarter, max(asked.asked_at, ends_at(asked.quarter, desk.terms)), asked.most_minutes)
            for asked in rows.borrow_requests(tx.session, dealer.id)
        ],
        corrections=[
            Correction(entry.lot, entry.at, entry.minutes, entry.ends_at)
            for entry in rows.corrections(tx.session, dealer.id, since)
        ],
    )


def _grants(
    tx: Transaction, desk: Desk, dealer: Dealer, bought: Sequence[Bought], since: datetime
) -> list[Grant | rules.Return]:
    """Each by the contract under which it was posted first: a change of the contract takes nothing back."""
    under = rows.posted_under(tx.session, dealer.id, since, (*GRANTS, "returned"))
    return [
        grant
        for policy in {desk.terms.version, *under.values()}
        for grant in rules.grants_of(dealer.joined_on, bought, desk.terms_of(tx.session, policy))
        if policy == _policy_of(grant, under, desk.terms.version)
    ]


def _policy_of(grant: Grant | rules.Return, under: Mapping[Key, str], newest: str) -> str:
    if isinstance(grant, Grant):
        return next((policy for key, policy in under.items() if (key.lot, key.kind) == (grant.lot, grant.kind)), newest)
    return next(
        (
            policy
            for key, policy in under.items()
            if (key.kind, key.at) == ("returned", grant.at) and key.lot.startswith(grant.prefix)
        ),
        newest,
    )


def _use(
    tx: Transaction, desk: Desk, dealer: Dealer, bought: Sequence[Bought], session: BillableSession, work: Work
) -> Use:
    terms = desk.terms_of(tx.session, session.policy)
    on = local(session.opened_at, terms).date()
    if session.had_account is None:
        session.had_account = dealer.has_account
    prepays = rules.must_prepay(bought, on, terms, has_account=session.had_account)
    return Use(
        session.id,
        session.opened_at,
        quarter_of(session.opened_at, terms),
        minutes_by_the_hour(work, terms),
        prepaid_minutes_for(work, terms),
        draws_credits(work, terms),
        not prepays,
        terms.credits.prepaid_before_credits,
    )


def _post(
    tx: Transaction,
    desk: Desk,
    dealer: Dealer,
    movements: Sequence[Movement],
    worked: Sequence[tuple[BillableSession, Work]],
    since: datetime,
    now: datetime,
    actor: str,
) -> set[str]:
    """Add what the ledger lacks, and what takes back of it what the facts no longer call for. Returns lots changed."""
    wanted: dict[Key, int] = defaultdict(int)
    reasons: dict[Key, Movement] = {}
    for movement in movements:
        key = Key(movement.lot, movement.kind, movement.at, movement.session_id)
        wanted[key] += movement.minutes
        reasons[key] = movement
    posted, changed = rows.posted(tx.session, dealer.id, since), set()
    policies = {session.id: session.policy for session, _ in worked}
    for key in sorted({*wanted, *posted}, key=lambda key: (key.at, key.lot, key.kind, key.session_id or 0)):
        minutes = wanted.get(key, 0) - posted.get(key, 0)
        if not minutes:
            continue
        reason = reasons.get(key)
        entry = LedgerEntry(
            dealer_id=dealer.id,
            lot=key.lot,
            kind=key.kind,
            minutes=minutes,
            at=key.at,
            ends_at=reason.ends_at if reason else rows.end_of(tx.session, dealer.id, key),
            session_id=key.session_id,
            clauses=[reason.clause] if reason and reason.clause else [],
            words=_words(reason, is_new=key not in posted),
            policy=policies.get(key.session_id or 0, desk.terms.version),
            actor=actor,
            created_at=now,
        )
        tx.session.add(entry)
        changed.add(key.lot)
        tx.record(
            "ledger_entry",
            at=now,
            actor=actor,
            policy=entry.policy,
            dealer=dealer.code,
            lot=key.lot,
            entry=key.kind,
            minutes=minutes,
            counts_at=key.at,
            clauses=entry.clauses,
        )
    tx.session.flush()
    return changed


def _words(reason: Movement | None, *, is_new: bool) -> str:
    if reason is None:
        return "taken back: what it stood for changed"
    return reason.words if is_new else f"put right: {reason.words}"


def _price(
    tx: Transaction,
    desk: Desk,
    session: BillableSession,
    work: Work,
    coverage: Coverage | None,
    before: Sequence[BillingLine],
    now: datetime,
) -> None:
    """Bring the lines of a session to what it draws."""
    wanted = lines_for(work, coverage, desk.terms_of(tx.session, session.policy))
    billing_lines.price(tx, session, before, wanted, now)


def _ended_quarters(touched: set[str], since: datetime, now: datetime, terms: Terms) -> list[str]:
    """The quarters that ended since, and those before whose minutes over the credits changed."""
    found = {lot.partition(":")[2] for lot in touched if rules.is_over(lot)}
    quarter = quarter_before(quarter_of(since, terms))
    while ends_at(quarter, terms) <= now:
        found.add(quarter)
        quarter = quarter_after(quarter)
    return sorted(quarter for quarter in found if ends_at(quarter, terms) <= now)


def _bill_quarter(tx: Transaction, desk: Desk, dealer: Dealer, quarter: str, reckoned: Reckoned, now: datetime) -> None:
    """Bring the line of what was over in a quarter to what it should be (C6, R6)."""
    last = rows.last_entry_of(tx.session, dealer.id, rules.over_lot(quarter), rules.OVER)
    terms = desk.terms_of(tx.session, last.policy) if last else desk.terms
    wanted = overage_line(quarter, rules.over_of(reckoned.lots, quarter), terms)
    before = rows.lines_of_quarter(tx.session, dealer.id, quarter)
    whose = Whose(dealer_id=dealer.id, quarter=quarter, billed_at=last_instant(quarter, terms))
    if not billing_lines.write(tx, whose, before, wanted, now):
        return
    was, amount = (
        billing_lines.total(lines) for lines in (before, rows.lines_of_quarter(tx.session, dealer.id, quarter))
    )
    tx.record(
        "overage_billed",
        at=now,
        actor="system",
        policy=terms.version,
        dealer=dealer.code,
        quarter=quarter,
        amount=str(amount) if amount is not None else None,
        before=str(was) if was is not None else None,
        arithmetic="; ".join(line.arithmetic for line in wanted),
    )


def _bought(session: Session, dealer_id: int, since: date) -> list[Bought]:
    return [
        Bought(row.id, row.bought_on, cast("PurchaseKind", row.kind), row.amount)
        for row in rows.purchases(session, dealer_id, since)
    ]


def _first_that_matters(
    tx: Transaction, desk: Desk, worked: Sequence[tuple[BillableSession, Work]], since: datetime
) -> date:
    """From which day on purchases change something at an instant or after it: by what they earn (C1) or by E6."""
    earning = first_day(quarter_before(quarter_of(since, desk.terms)))
    years = {desk.terms_of(tx.session, policy).prepay.previous_year for policy in {work.policy for work, _ in worked}}
    return min([earning, *(local(since, desk.terms).date() - year for year in years)])


def _is_over_by(lot: rows.Balance, at: datetime) -> bool:
    return lot.ends_at is not None and lot.ends_at <= at
