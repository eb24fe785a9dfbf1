"""Invoices: what waits for one, the runs that made them, each with its lines, and their way to accounting."""

from __future__ import annotations

from datetime import date, timedelta

from flask import flash, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response
from wtforms import BooleanField, HiddenField, StringField
from wtforms.validators import InputRequired, Length

from triage.bootstrap import build_printer
from triage.errors import NotFound, Refused, TriageError, WouldBillTwice
from triage.policy.access import Permission
from triage.policy.actor_words import actor_in_words
from triage.policy.hours import local
from triage.policy.invoice_files import ACCOUNTING, FORM_WORDS
from triage.services import invoices
from triage.services.desk import known_names
from triage.services.invoice_exports import export_run, left_out, print_invoice
from triage.services.records import Record
from webhooks.console import console
from webhooks.console.access import needs, signed_in
from webhooks.console.forms import Form
from webhooks.console.layout import form_page
from webhooks.console.pager import page_of
from webhooks.console.report_forms import DayField, as_download
from webhooks.program import desk, program


class WaitingForm(Form):
    """Up to which day, and of which dealer. It only reads, so no token is needed."""

    class Meta:
        csrf = False

    through = DayField("Up to and including", [InputRequired("Write a date like 2026-10-31.")])
    dealer = StringField("Only of dealer", [Length(max=40, message="Write the code of a dealer.")])


class MakeForm(Form):
    """What was looked at, to be made. `seal` says what that was."""

    through = DayField("Up to and including", [InputRequired("Write a date like 2026-10-31.")])
    dealer = HiddenField()
    seal = HiddenField(validators=[InputRequired(), Length(max=80)])


class ExportForm(Form):
    again_elsewhere = BooleanField("Give it to this program as well")


@console.get("/invoices")
@needs(Permission.READ_REPORTS)
def list_invoices() -> tuple[str, int]:
    """What waits for an invoice up to a day, what cannot get one, and the runs that were made."""
    return _waiting_page(WaitingForm(MultiDict({"through": str(_spans()[0][1]), **request.args.to_dict()})))


@console.post("/invoices")
@needs(Permission.INVOICE)
def make_invoices() -> Response | tuple[str, int]:
    """Make what the page showed."""
    form = MakeForm()
    if not form.validate():
        raise Refused("This form makes no invoices: open the page of invoices and begin there.")
    through, code = form.through.data, form.dealer.data or None
    try:
        made = invoices.make_invoices(
            desk(), through, program().now(), actor=signed_in().actor, code=code, seal=form.seal.data
        )
    except Refused as error:
        return _waiting_page(WaitingForm(MultiDict({"through": str(through), "dealer": code or ""})), error)
    if not made:
        flash("Nothing waits to be invoiced.")
        return redirect(url_for("console.list_invoices", through=through), 303)
    flash(f"Made: invoice {made[0]}." if len(made) == 1 else f"Made: {len(made)} invoices, {made[0]} to {made[-1]}.")
    run = invoices.show_invoice(desk(), made[0])["run"]
    return redirect(url_for("console.show_invoice_run", number=run), 303)


@console.get("/invoices/runs/<int:number>")
@needs(Permission.READ_REPORTS)
def show_invoice_run(number: int) -> tuple[str, int]:
    """One run: its invoices, and what accounting has of it."""
    return _run_page(number, ExportForm())


@console.post("/invoices/runs/<int:number>/export/<form>")
@needs(Permission.INVOICE)
def export_invoices(number: int, form: str) -> Response | tuple[str, int]:
    """The file of a run. Its first export makes it, so it takes the form's token."""
    asked = ExportForm()
    try:
        made = export_run(
            desk(),
            number,
            form,
            actor=signed_in().actor,
            now=program().now(),
            again_elsewhere=bool(asked.again_elsewhere.data),
        )
    except Refused as error:
        return _run_page(number, asked, error)
    return as_download(made.file)


@console.get("/invoices/<number>")
@needs(Permission.READ_REPORTS)
def show_invoice(number: str) -> str:
    """One invoice with its lines, each with its arithmetic."""
    return render_template("invoice.html", invoice=invoices.show_invoice(desk(), number), names=known_names(desk()))


@console.post("/invoices/<number>/pdf")
@needs(Permission.READ_REPORTS)
def print_one_invoice(number: str) -> Response:
    """The invoice on paper. Who took it is part of the history."""
    return as_download(print_invoice(desk(), number, build_printer, actor=signed_in().actor, now=program().now()))


def _waiting_page(form: WaitingForm, error: TriageError | None = None) -> tuple[str, int]:
    waits, only, only_lines = None, None, list[Record]()
    if form.validate():
        code = (form.dealer.data or "").strip() or None
        try:
            waits = invoices.waiting(desk(), form.through.data, program().now(), code=code)
            if code and waits.accounts:
                only = waits.accounts[0]
                lines = invoices.waiting_lines(desk(), only, waits.through)
                only_lines = [invoices.line_record(line) for line in lines]
        except (NotFound, Refused) as refused:
            error = error or refused
    page = page_of(invoices.run_numbers(desk()))
    return form_page(
        "invoices.html",
        form,
        error,
        waits=waits,
        only=only,
        only_lines=only_lines,
        behind=invoices.unsettled_in_words(waits.unsettled) if waits and waits.unsettled else None,
        spans=[(words, {"through": str(day)}) for words, day in _spans()],
        page=page,
        runs=invoices.list_runs_in_short(desk(), page.items),
        form_words=FORM_WORDS,
        names=known_names(desk()),
    )


def _run_page(number: int, form: ExportForm, error: TriageError | None = None) -> tuple[str, int]:
    run, names = invoices.show_run(desk(), number), known_names(desk())
    unfit = left_out(desk(), number)
    return form_page(
        "invoice_run.html",
        form,
        error,
        run=run,
        has_to_tick=isinstance(error, WouldBillTwice),
        made_by=actor_in_words(run["made_by"], names),
        files=[_file(run, name, names) | {"unfit": unfit[name]} for name in FORM_WORDS],
    )


def _file(run: Record, form: str, names: dict[str, str]) -> Record:
    """A form of a run: whether it was exported, and where else the run went instead."""
    made = next((file for file in run["exports"] if file["form"] == form), None)
    others = [file["form"] for file in run["exports"] if file["form"] in ACCOUNTING and form in ACCOUNTING]
    return {
        "form": form,
        "words": FORM_WORDS[form],
        "made": made,
        "by": actor_in_words(made["exported_by"], names) if made else "",
        "elsewhere": FORM_WORDS[others[0]] if others and made is None else None,
    }


def _spans() -> list[tuple[str, date]]:
    """The days up to which is mostly invoiced, the most likely first."""
    today = local(program().now(), desk().terms).date()
    return [("To the end of last month", today.replace(day=1) - timedelta(days=1)), ("To today", today)]
