"""What the page of a dealer shows beside its record: what is left of each lot, and what moved it last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, cast

from triage.policy import ledger as rules
from triage.policy.hours import local
from triage.policy.ledger import Bought
from triage.policy.ledger_words import ENTRY_WORDS, why_prepay
from triage.policy.money_terms import PurchaseKind
from triage.policy.quarters import quarter_after, quarter_before, quarter_of, starts_at
from triage.policy.session_price import Kind, lot_in_words
from triage.policy.terms import Terms
from triage.policy.work import KIND_WORDS
from triage.services.billing_lines import total
from triage.services.desk import Desk
from triage.services.ledger import Standing, standing
from triage.store import Session, cases, dealers, invoices, sessions
from triage.store import ledger as rows
from triage.store.models import BillableSession, LedgerEntry
from triage.store.models.case import reference_of

Record = dict[str, Any]
_MOST_CASES, _MOST_SESSIONS, _MOST_INVOICES = 10, 10, 20
_A_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DealerAccount:
    """`lots` are those with minutes left, `over` what is over in a quarter and what it is billed for that once the
    quarter has ended, `quarters` those of which there is a statement, the newest first. `entries` are the ids of all
    entries, the newest first."""

    standing: Standing
    why_prepay: str | None
    lots: Sequence[Record]
    over: Sequence[Record]
    quarters: Sequence[str]
    cases: Sequence[str]
    sessions: Sequence[Record]
    invoices: Sequence[Record]
    entries: Sequence[int]


def account_of(desk: Desk, code: str, now: datetime) -> DealerAccount:
    """What a dealer has, and what it was used for last. Raises NotFound."""
    terms = desk.terms
    with desk.store.read() as session:
        dealer = dealers.known(session, code)
        left = [lot for lot in rows.balances_at(session, dealer.id, now) if lot.ends_at is None or lot.ends_at > now]
        left.sort(key=partial(_in_order_of_use, terms=terms))
        bought = [
            Bought(row.id, row.bought_on, cast("PurchaseKind", row.kind), row.amount)
            for row in rows.purchases(session, dealer.id)
        ]
        entries = rows.ids_of(session, dealer.id)
        return DealerAccount(
            standing=standing(session, desk, dealer.id, now),
            why_prepay=why_prepay(bought, local(now, terms).date(), terms, has_account=dealer.has_account),
            lots=[_lot(lot, terms) for lot in left if not rules.is_over(lot.lot)],
            over=[_over(session, dealer.id, lot) for lot in left if rules.is_over(lot.lot)],
            quarters=_quarters(desk, rows.first_at(session, dealer.id), now),
            cases=[case.reference for case in cases.newest(session, _MOST_CASES, dealer_id=dealer.id)],
            sessions=[_session(session, each) for each in sessions.newest_of(session, dealer.id, _MOST_SESSIONS)],
            invoices=[
                {"number": each.number, "issued_on": each.issued_on, "due_on": each.due_on, "total": each.total}
                for each in invoices.newest_of(session, dealer.id, _MOST_INVOICES)
            ],
            entries=entries,
        )


def entry_ids(desk: Desk, code: str) -> Sequence[int]:
    """The entries of a dealer's ledger, the newest first. Raises NotFound."""
    with desk.store.read() as session:
        return rows.ids_of(session, dealers.known(session, code).id)


def entries_of(desk: Desk, ids: Sequence[int]) -> list[Record]:
    """Entries of the ledger in words, in the order of their ids."""
    with desk.store.read() as session:
        found = {entry.id: _entry(entry, case_id) for entry, case_id in rows.by_ids(session, ids)}
    return [found[number] for number in ids if number in found]


def _lot(lot: rows.Balance, terms: Terms) -> Record:
    last_day = local(lot.ends_at - _A_MOMENT, terms).date() if lot.ends_at else None
    return {"words": _named(lot.lot), "minutes": lot.minutes, "last_day": last_day}


def _over(session: Session, dealer_id: int, lot: rows.Balance) -> Record:
    quarter = lot.lot.partition(":")[2]
    lines = rows.lines_of_quarter(session, dealer_id, quarter)
    is_invoiced = bool(lines) and all(line.invoice_id is not None for line in lines)
    return {"quarter": quarter, "minutes": -lot.minutes, "amount": total(lines), "is_invoiced": is_invoiced}


def _in_order_of_use(lot: rows.Balance, terms: Terms) -> tuple[bool, bool, datetime]:
    """Prepaid first or last (C5), then what ends soonest."""
    is_later = rules.is_prepaid(lot.lot) != terms.credits.prepaid_before_credits
    return is_later, lot.ends_at is None, lot.ends_at or lot.begins_at


def _entry(entry: LedgerEntry, case_id: int | None) -> Record:
    return {
        "at": entry.at,
        "lot": _named(entry.lot),
        "kind": ENTRY_WORDS[entry.kind],
        "minutes": entry.minutes,
        "words": entry.words,
        "clauses": entry.clauses,
        "session": entry.session_id,
        "ref": reference_of(case_id) if case_id is not None else None,
        "actor": entry.actor,
    }


def _session(session: Session, work: BillableSession) -> Record:
    lines = sessions.lines_of(session, work.id)
    return {
        "session": work.id,
        "ref": reference_of(work.case_id) if work.case_id is not None else None,
        "kind": KIND_WORDS[Kind(work.kind)],
        "opened_at": work.opened_at,
        "technician": work.person_id,
        "minutes": work.minutes,
        "amount": total(lines) or Decimal(0),
        "arithmetic": [line.arithmetic for line in lines],
        "clauses": list(dict.fromkeys(clause for line in lines for clause in line.clauses)),
    }


def _named(lot: str) -> str:
    words = lot_in_words(lot)
    return words[0].upper() + words[1:]


def _quarters(desk: Desk, first: datetime | None, now: datetime) -> list[str]:
    """From the quarter of the first entry to this one."""
    quarter, found = quarter_of(now, desk.terms), list[str]()
    while first is not None and starts_at(quarter_after(quarter), desk.terms) > first:
        found.append(quarter)
        quarter = quarter_before(quarter)
    return found
