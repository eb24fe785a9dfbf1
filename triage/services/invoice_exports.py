"""A run of invoices on its way to accounting, as a file that is made once and stays as it was; an invoice on paper."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from triage.errors import NotFound, Refused, WouldBillTwice
from triage.policy.invoice_files import ACCOUNTING, FORM_WORDS, Unfit, as_file, unfit
from triage.policy.invoice_paper import invoice_paper
from triage.ports import PrintsPaper
from triage.services.desk import Desk, names_of
from triage.services.invoices import bills
from triage.services.report_exports import MEDIA_TYPES, Export
from triage.store import Session, invoices
from triage.store.engine import Transaction
from triage.store.models import InvoiceFile


@dataclass(frozen=True, slots=True)
class Exported:
    """A file for accounting. `first_at` is when it was made; `is_again` where that was before now. `unfit` are the
    invoices that are not in it."""

    file: Export
    sha256: str
    first_at: datetime
    is_again: bool
    unfit: list[Unfit]


def export_run(
    desk: Desk, number: int, form: str, *, actor: str, now: datetime, again_elsewhere: bool = False
) -> Exported:
    """The invoices of a run in one of `FORM_WORDS`: made the first time, from then on the very same bytes.

    Raises NotFound for a run or form that is not there; WouldBillTwice where another program of accounting has the
    run already, unless `again_elsewhere`; Refused where it imports none of them, and where the kept file is not what
    was made.
    """
    if form not in FORM_WORDS:
        raise NotFound(f"there is no form {form}; these are: {', '.join(FORM_WORDS)}")
    with desk.store.write() as tx:
        run = invoices.run(tx.session, number)
        if run is None:
            raise NotFound(f"there is no run {number}; `afterhours invoice list` shows them")
        made = bills(tx.session, desk, invoices.of_runs(tx.session, [number]))
        kept = invoices.file_of(tx.session, number, form)
        is_again = kept is not None
        if kept is None:
            if not again_elsewhere:
                _refuse_elsewhere(tx.session, number, form)
            if len(unfit(form, made)) == len(made):
                raise Refused(f"{FORM_WORDS[form]} imports none of the invoices of run {number}: enter them by hand.")
            content = as_file(form, made, desk.terms)
            kept = _keep(tx, number, form, content, actor, now)
        if _hash(kept.content) != kept.sha256:
            raise Refused(f"The kept file of run {number} was changed: its SHA-256 is no longer that of the history.")
        tx.record(
            "invoices_exported",
            at=now,
            actor=actor,
            policy=desk.terms.version,
            run=number,
            form=form,
            sha256=kept.sha256,
            again=is_again,
        )
        name = f"invoices-{number}-{form}.csv"
        return Exported(
            Export(name, MEDIA_TYPES["csv"], kept.content.encode()),
            kept.sha256,
            kept.exported_at,
            is_again,
            unfit(form, made),
        )


def left_out(desk: Desk, number: int) -> dict[str, list[Unfit]]:
    """By form, the invoices of a run that the program of that form does not import."""
    with desk.store.read() as session:
        made = bills(session, desk, invoices.of_runs(session, [number]))
    return {form: unfit(form, made) for form in FORM_WORDS}


def print_invoice(desk: Desk, number: str, printer: Callable[[], PrintsPaper], *, actor: str, now: datetime) -> Export:
    """An invoice as PDF. Raises NotFound."""
    with desk.store.read() as session:
        invoice = invoices.by_number(session, number)
        if invoice is None:
            raise NotFound(f"there is no invoice {number}; `afterhours invoice list` shows them")
        [bill] = bills(session, desk, [invoice])
        paper = invoice_paper(bill, desk.terms, names_of(session, desk))
    content = printer().print(paper)
    sha256 = hashlib.sha256(content).hexdigest()
    with desk.store.write() as tx:
        tx.record("invoice_printed", at=now, actor=actor, invoice=number, sha256=sha256, size=len(content))
    return Export(f"invoice-{number}.pdf", MEDIA_TYPES["pdf"], content)


def _refuse_elsewhere(session: Session, number: int, form: str) -> None:
    others = [
        file
        for file in invoices.files_of(session, [number])
        if form in ACCOUNTING and file.form in ACCOUNTING and file.form != form
    ]
    if others:
        there, here = FORM_WORDS[others[0].form], FORM_WORDS[form]
        raise WouldBillTwice(f"Run {number} went to {there} already: with {here} it would be billed twice.")


def _keep(tx: Transaction, number: int, form: str, content: str, actor: str, now: datetime) -> InvoiceFile:
    kept = InvoiceFile(
        run_id=number, form=form, content=content, sha256=_hash(content), exported_at=now, exported_by=actor[:60]
    )
    tx.session.add(kept)
    tx.session.flush()
    return kept


def _hash(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()
