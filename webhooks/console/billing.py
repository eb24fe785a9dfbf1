"""The billing report: the lines of the sessions closed in a span, and what they come to."""

from __future__ import annotations

from flask import Response

from triage.bootstrap import build_printer, build_workbooks
from triage.errors import Refused
from triage.policy.access import Permission
from triage.policy.report_words import span_in_words
from triage.services.accounts import people
from triage.services.records import billed_amounts, billing_report, totals_by_rate
from triage.services.report_exports import export_billing
from webhooks.console import console
from webhooks.console.access import needs, signed_in
from webhooks.console.layout import form_page
from webhooks.console.pager import page_of
from webhooks.console.report_forms import as_download, quick, span_form
from webhooks.program import desk, program


@console.get("/reports/billing")
@needs(Permission.READ_REPORTS)
def billing_page() -> tuple[str, int]:
    """What was billed, line by line, with the arithmetic of each."""
    form = span_form()
    if not form.validate():
        return form_page("billing.html", form, page=None, quick=quick())
    first, last = form.first.data, form.last.data
    amounts = billed_amounts(desk(), first, last)
    page = page_of([amount["line"] for amount in amounts])
    return form_page(
        "billing.html",
        form,
        quick=quick(),
        title=span_in_words(first, last),
        totals=totals_by_rate(amounts),
        page=page,
        lines=billing_report(desk(), first, last, page.items),
        address={"first": str(first), "last": str(last)},
        names=dict(people(desk())),
    )


@console.post("/reports/billing/export/<kind>")
@needs(Permission.READ_REPORTS)
def export_billing_report(kind: str) -> Response:
    """The lines to take away."""
    form = span_form()
    if not form.validate():
        raise Refused("This address asks for no report: open the report and export it from there.")
    first, last, actor = form.first.data, form.last.data, signed_in().actor
    return as_download(
        export_billing(desk(), first, last, kind, build_printer, build_workbooks, actor=actor, now=program().now())
    )
