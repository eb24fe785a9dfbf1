"""Invoices: what waits for one, runs that make them, and what each of them says.

Whoever makes invoices is alone in the database: no line gets onto two of them, and numbers have no gaps.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from triage.errors import MovedOn, NotFound, Refused
from triage.policy.hours import local, span_of_days
from triage.policy.invoicing import Bill, Line, due_on, in_runs, number_after, owes_something, total_of
from triage.policy.monthly_report import last_day_of
from triage.services.desk import Desk
from triage.services.records import Record
from triage.store import Session, dealers, invoices
from triage.store.engine import Transaction
from triage.store.invoices import Sums
from triage.store.models import Invoice, InvoiceRun
from triage.store.models.case import reference_of

_MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Account:
    """What waits for one dealer, summed up."""

    dealer_id: int
    code: str
    name: str
    sums: Sums

    @property
    def lines(self) -> int:
        return self.sums.lines

    @property
    def total(self) -> Decimal:
        return self.sums.total

    @property
    def is_due(self) -> bool:
        return owes_something(self.sums.of_something)


@dataclass(frozen=True, slots=True)
class Strangers:
    """Lines of callers of no dealer: they can be invoiced once their case has one. `newest` names some of them, by case
    or, without one, as `work 12`."""

    lines: int
    total: Decimal
    newest: tuple[str, ...]

    @property
    def more(self) -> int:
        """How many `newest` does not name."""
        return self.lines - len(self.newest)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Everything on no invoice that was billed up to a day, the day included.

    `unsettled` are the dealers whose ledger is behind: nothing is invoiced before it is not.
    """

    through: date
    accounts: tuple[Account, ...]
    strangers: Strangers
    unsettled: tuple[str, ...]

    @property
    def due(self) -> tuple[Account, ...]:
        return tuple(account for account in self.accounts if account.is_due)

    @property
    def total(self) -> Decimal:
        return sum((account.total for account in self.due), Decimal("0.00"))

    @property
    def seal(self) -> str:
        """Differs where anything else would be invoiced."""
        sums = [account.sums for account in self.due]
        lines, ids = sum(each.lines for each in sums), sum(each.ids for each in sums)
        return f"{lines}-{max((each.newest for each in sums), default=0)}-{ids}-{self.total}"


def waiting(desk: Desk, through: date, now: datetime, *, code: str | None = None) -> Waiting:
    """What would be invoiced through an Eastern day, of every dealer or of one.

    Raises Refused for a day that lies ahead, NotFound for a code that no dealer has.
    """
    with desk.store.read() as session:
        return _waiting(session, desk, through, now, code)


def make_invoices(
    desk: Desk, through: date, now: datetime, *, actor: str, code: str | None = None, seal: str | None = None
) -> list[str]:
    """One invoice for each dealer that owes something, or is owed. Returns their numbers; none where nothing waits.

    More than fit a file of accounting become several runs. Raises as `waiting` does; Refused where a ledger is behind;
    MovedOn where `seal` is not that of what waits now.
    """
    with desk.store.write() as tx:
        found = _waiting(tx.session, desk, through, now, code)
        if found.unsettled:
            raise Refused(unsettled_in_words(found.unsettled))
        if seal is not None and seal != found.seal:
            raise MovedOn("What waits has changed meanwhile: look at it again.")
        accounts = {account.dealer_id: account for account in found.due}
        return [
            number
            for run in in_runs([(dealer_id, account.lines) for dealer_id, account in accounts.items()])
            for number in _make(tx, desk, through, [accounts[dealer_id] for dealer_id in run], actor, now)
        ]


def unsettled_in_words(names: Sequence[str]) -> str:
    """Why nothing can be invoiced now, and what to do."""
    return (
        f"Hours of {', '.join(names)} ended, and the scheduler has not yet written down what follows from it."
        " It does so within a minute while it runs: try again then."
    )


def _make(
    tx: Transaction, desk: Desk, through: date, accounts: Sequence[Account], actor: str, now: datetime
) -> list[str]:
    today = local(now, desk.terms).date()
    run = InvoiceRun(through_on=through, made_at=now, made_by=actor[:60])
    tx.session.add(run)
    tx.session.flush()
    newest = invoices.newest_number(tx.session, today.year)
    made: list[str] = []
    for account in accounts:
        lines = _lines_of(tx.session, desk, account, through)
        newest = number_after(newest, today.year)
        invoice = Invoice(
            number=newest,
            run_id=run.id,
            dealer_id=account.dealer_id,
            code=account.code,
            name=account.name,
            issued_on=today,
            due_on=due_on(today, desk.terms),
            total=total_of(lines),
        )
        tx.session.add(invoice)
        tx.session.flush()
        invoices.put_on(tx.session, invoice.id, lines)
        made.append(newest)
        tx.record(
            "invoice_made",
            at=now,
            actor=actor,
            policy=desk.terms.version,
            invoice=newest,
            run=run.id,
            dealer=account.code,
            through=str(through),
            lines=len(lines),
            total=str(invoice.total),
        )
    return made


def _waiting(session: Session, desk: Desk, through: date, now: datetime, code: str | None) -> Waiting:
    if through > local(now, desk.terms).date():
        raise Refused(f"{through} lies ahead: take today, or a day before.")
    only = dealers.by_code(session, code) if code is not None else None
    if code is not None and only is None:
        raise NotFound(f"there is no dealer {code}; `afterhours dealer list` shows them")
    end = span_of_days(through, through, desk.terms)[1]
    by_dealer = dict(invoices.waiting(session, end, dealer_id=only.id if only is not None else None))
    count, total, newest = invoices.of_nobody(session, end, _MOST_NAMED)
    return Waiting(
        through=through,
        accounts=tuple(
            Account(dealer.id, dealer.code, dealer.name, by_dealer[dealer.id])
            for dealer in ([only] if only is not None else dealers.every(session))
            if dealer.id in by_dealer
        ),
        strangers=Strangers(
            count,
            total,
            tuple(reference_of(row.case_id) if row.case_id else f"work {row.session_id}" for row in newest),
        ),
        unsettled=tuple(
            dealer.name for dealer in invoices.unsettled(session, now) if only is None or dealer.id == only.id
        ),
    )


def waiting_lines(desk: Desk, account: Account, through: date) -> list[Line]:
    """The lines of one dealer that wait, oldest first."""
    with desk.store.read() as session:
        return _lines_of(session, desk, account, through)


def _lines_of(session: Session, desk: Desk, account: Account, through: date) -> list[Line]:
    end = span_of_days(through, through, desk.terms)[1]
    return [_line(row, desk) for row in invoices.waiting_lines(session, account.dealer_id, end)]


def run_numbers(desk: Desk) -> Sequence[int]:
    """Every run, newest first."""
    with desk.store.read() as session:
        return invoices.run_numbers(session)


def list_runs(desk: Desk, numbers: Sequence[int]) -> list[Record]:
    """These runs, newest first, with their invoices and the files that were made of them."""
    with desk.store.read() as session:
        return _run_records(session, invoices.runs(session, numbers))


def list_runs_in_short(desk: Desk, numbers: Sequence[int]) -> list[Record]:
    """As `list_runs`, but of their invoices only the numbers of the `first` and the `last`."""
    with desk.store.read() as session:
        sums, files = invoices.sums_of_runs(session, numbers), _files(session, numbers)
        return [
            {**_run_head(run), **sums[run.id]._asdict(), "exports": files[run.id]}
            for run in invoices.runs(session, numbers)
        ]


def show_run(desk: Desk, number: int) -> Record:
    """One run as `list_runs` tells of it. Raises NotFound."""
    with desk.store.read() as session:
        run = invoices.run(session, number)
        if run is None:
            raise NotFound(f"there is no run {number}; `afterhours invoice list` shows them")
        return _run_records(session, [run])[0]


def show_invoice(desk: Desk, number: str) -> Record:
    """One invoice with its lines. Raises NotFound."""
    with desk.store.read() as session:
        invoice = invoices.by_number(session, number)
        if invoice is None:
            raise NotFound(f"there is no invoice {number}; `afterhours invoice list` shows them")
        run = invoices.run(session, invoice.run_id)
        [bill] = bills(session, desk, [invoice])
        return {
            **_head(invoice),
            "run": invoice.run_id,
            "through": run.through_on if run else None,
            "lines": [line_record(line) for line in bill.lines],
        }


def bills(session: Session, desk: Desk, found: Sequence[Any]) -> list[Bill]:
    """Invoices as values, with their lines in their order."""
    lines: dict[int, list[Line]] = defaultdict(list)
    for row in invoices.lines_on(session, [invoice.id for invoice in found]):
        lines[row.invoice_id].append(replace(_line(row, desk), number=len(lines[row.invoice_id]) + 1))
    return [
        Bill(
            number=invoice.number,
            issued_on=invoice.issued_on,
            due_on=invoice.due_on,
            code=invoice.code,
            name=invoice.name,
            lines=tuple(lines[invoice.id]),
        )
        for invoice in found
    ]


def _run_records(session: Session, runs: Sequence[InvoiceRun]) -> list[Record]:
    ids = [run.id for run in runs]
    heads, files = defaultdict[int, list[Record]](list), _files(session, ids)
    for invoice in invoices.of_runs(session, ids):
        heads[invoice.run_id].append(_head(invoice))
    return [
        {
            **_run_head(run),
            "total": sum((head["total"] for head in heads[run.id]), Decimal("0.00")),
            "invoices": heads[run.id],
            "exports": files[run.id],
        }
        for run in runs
    ]


def _files(session: Session, run_ids: Sequence[int]) -> defaultdict[int, list[Record]]:
    """What was exported of each run."""
    files: defaultdict[int, list[Record]] = defaultdict(list)
    for file in invoices.files_of(session, run_ids):
        told = {name: getattr(file, name) for name in ("form", "sha256", "exported_at", "exported_by")}
        files[file.run_id].append(told)
    return files


def _run_head(run: InvoiceRun) -> Record:
    return {"run": run.id, "through": run.through_on, "made_at": run.made_at, "made_by": run.made_by}


def _head(invoice: Any) -> Record:
    return {
        "number": invoice.number,
        "date": invoice.issued_on,
        "due": invoice.due_on,
        "dealer": invoice.code,
        "name": invoice.name,
        "total": invoice.total,
    }


def line_record(line: Line) -> Record:
    """A line for programs, and for whoever argues it."""
    return {
        "line": line.number,
        "ref": line.case,
        "session": line.session,
        "quarter": line.quarter,
        "worked_on": line.worked_on,
        "kind": line.kind,
        "technician": line.technician,
        "rate": line.rate,
        "minutes": line.minutes,
        "billed_minutes": line.billed_minutes,
        "billed_days": line.billed_days,
        "amount": line.amount,
        "taxable": line.is_taxable,
        "clauses": list(line.clauses),
        "arithmetic": line.arithmetic,
        "corrects": bool(line.revision),
    }


def _line(row: Any, desk: Desk) -> Line:
    return Line(
        id=row.id,
        case=reference_of(row.case_id) if row.case_id else None,
        session=row.session_id,
        quarter=row.quarter,
        worked_on=row.worked_on or _worked_on(row, desk),
        kind=row.kind or "quarter",
        technician=row.worked_by or row.person_id,
        rate=row.rate,
        minutes=row.minutes,
        billed_minutes=row.billed_minutes,
        billed_days=row.billed_days,
        amount=row.amount,
        is_taxable=row.is_taxable,
        clauses=tuple(row.clauses),
        arithmetic=row.arithmetic,
        revision=row.revision,
    )


def _worked_on(row: Any, desk: Desk) -> date:
    return _last_day(row.quarter) if row.quarter else local(row.opened_at, desk.terms).date()


def _last_day(quarter: str) -> date:
    return last_day_of(date(int(quarter[:4]), int(quarter[-1]) * 3, 1))
