"""What a dealer's ledger says: the account of a quarter, and what is left at an instant. Nothing is written here."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from triage.policy.ledger import is_over, over_lot
from triage.policy.quarters import ends_at, quarter_of, read_quarter, starts_at
from triage.policy.session_price import lot_in_words
from triage.policy.statements import (
    Entry,
    OverLine,
    Statement,
    Worked,
    balance,
    is_of_quarter,
    over_of_quarter,
)
from triage.services import billing_lines
from triage.services.desk import Desk, names_of
from triage.services.ledger import standing
from triage.store import Session, dealers, invoices, sessions
from triage.store import ledger as rows
from triage.store.models import Dealer, LedgerEntry
from triage.store.models.case import reference_of

Record = dict[str, Any]

_NEXT = timedelta(microseconds=1)


def statement_of(desk: Desk, code: str, quarter: str, now: datetime) -> Statement:
    """A dealer's account of a quarter. Raises NotFound for an unknown dealer, Refused for what is no quarter."""
    quarter = read_quarter(quarter)
    with desk.store.read() as session:
        return statement_in(session, desk, dealers.known(session, code), quarter, now)


def statement_in(session: Session, desk: Desk, dealer: Dealer, quarter: str, now: datetime) -> Statement:
    starts, ends = starts_at(quarter, desk.terms), ends_at(quarter, desk.terms)
    found = [_entry(row) for row in rows.of_dealer(session, dealer.id, starts, ends + _NEXT)]
    of_quarter = [entry for entry in found if is_of_quarter(entry.at, entry.kind, ends)]
    closing = Counter(rows.sums_before(session, dealer.id, ends + _NEXT))
    for entry in found:
        if not is_of_quarter(entry.at, entry.kind, ends):  # it begins with the next one
            closing[entry.lot] -= entry.minutes
    account = balance(rows.sums_before(session, dealer.id, starts), of_quarter, starts, closing)
    over, paid = over_of_quarter([_entry(row) for row in rows.of_lot(session, dealer.id, over_lot(quarter))], quarter)
    lines = rows.lines_of_quarter(session, dealer.id, quarter)
    numbers = invoices.numbers_of(session, [line.invoice_id for line in lines if line.invoice_id])
    return Statement(
        code=dealer.code,
        name=dealer.name,
        quarter=quarter,
        starts_at=starts,
        ends_at=ends,
        as_of=min(now, ends),
        is_final=now >= ends,
        opening=account.opening,
        movements=account.movements,
        used=account.used,
        closing=account.closing,
        over_minutes=over,
        over_paid_minutes=paid,
        over_lines=[
            OverLine(
                minutes=line.minutes,
                billed_minutes=line.billed_minutes,
                amount=line.amount,
                arithmetic=line.arithmetic,
                clauses=tuple(line.clauses),
                invoice=numbers.get(line.invoice_id or 0),
            )
            for line in lines
        ],
        sessions=_worked(session, desk, dealer, of_quarter, starts, ends),
    )


def ledger_of(desk: Desk, code: str, at: datetime, quarter: str | None = None) -> Record:
    """What is left of each lot at an instant that is not ahead of now, and the entries of its quarter, or of another.

    Raises NotFound for an unknown dealer, Refused for what is no quarter.
    """
    quarter = read_quarter(quarter) if quarter else quarter_of(at, desk.terms)
    starts, ends = starts_at(quarter, desk.terms), ends_at(quarter, desk.terms)
    with desk.store.read() as session:
        dealer = dealers.known(session, code)
        stands = standing(session, desk, dealer.id, at)
        lots = [
            lot
            for lot in rows.balances_at(session, dealer.id, at)
            if not is_over(lot.lot) and (lot.ends_at is None or lot.ends_at > at)
        ]
        entries = rows.of_dealer(session, dealer.id, starts, ends + _NEXT)
        return {
            "dealer": dealer.code,
            "name": dealer.name,
            "at": at,
            "must_prepay": stands.must_prepay,
            "prepaid_minutes": stands.prepaid_minutes,
            "credit_minutes": stands.credit_minutes,
            "over_minutes": stands.over_minutes,
            "lots": [
                {
                    "lot": lot.lot,
                    "words": lot_in_words(lot.lot),
                    "minutes": lot.minutes,
                    "begins_at": lot.begins_at,
                    "ends_at": lot.ends_at,
                }
                for lot in lots
            ],
            "quarter": quarter,
            "entries": [_entry_record(row) for row in entries if is_of_quarter(row.at, row.kind, ends)],
            "borrowed": [
                {"quarter": each.quarter, "asked_at": each.asked_at, "most_minutes": each.most_minutes}
                for each in rows.borrow_requests(session, dealer.id)
            ],
        }


def _entry(row: LedgerEntry) -> Entry:
    return Entry(at=row.at, lot=row.lot, kind=row.kind, minutes=row.minutes, session_id=row.session_id)


def _entry_record(row: LedgerEntry) -> Record:
    return {
        "at": row.at,
        "kind": row.kind,
        "lot": row.lot,
        "minutes": row.minutes,
        "ends_at": row.ends_at,
        "session": row.session_id,
        "clauses": row.clauses,
        "words": row.words,
        "actor": row.actor,
        "written_at": row.created_at,
        "policy": row.policy,
    }


def _worked(
    session: Session, desk: Desk, dealer: Dealer, entries: Iterable[Entry], starts: datetime, ends: datetime
) -> list[Worked]:
    paid: dict[int, Counter[str]] = defaultdict(Counter)
    for entry in entries:
        if entry.session_id is not None:
            paid[entry.session_id][entry.lot] -= entry.minutes
    found = [work for work, _ in rows.worked(session, dealer.id, starts, until=ends)]
    lines, names = sessions.lines_of_all(session, [work.id for work in found]), names_of(session, desk)
    return [
        Worked(
            session=work.id,
            case=reference_of(work.case_id) if work.case_id else None,
            at=work.opened_at,
            kind=work.kind,
            technician=names.get(work.person_id, work.person_id),
            minutes=work.minutes or 0,
            paid={lot: minutes for lot, minutes in paid[work.id].items() if minutes},
            amount=billing_lines.total(lines[work.id]),
        )
        for work in found
    ]
