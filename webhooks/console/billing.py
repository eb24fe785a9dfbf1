"""The billing report: the lines of the sessions closed in a span, and what they come to."""

from __future__ import annotations

from triage.policy.access import Permission
from triage.policy.report_words import span_in_words
from triage.services.accounts import people
from triage.services.records import billing_report, totals_by_rate
from webhooks.console import console
from webhooks.console.access import needs
from webhooks.console.layout import form_page
from webhooks.console.pager import page_of
from webhooks.console.report_forms import quick, span_form
from webhooks.program import desk


@console.get("/reports/billing")
@needs(Permission.READ_REPORTS)
def billing_page() -> tuple[str, int]:
    """What was billed, line by line, with the arithmetic of each."""
    form = span_form()
    if not form.validate():
        return form_page("billing.html", form, page=None, quick=quick())
    lines = billing_report(desk(), form.first.data, form.last.data)
    return form_page(
        "billing.html",
        form,
        quick=quick(),
        title=span_in_words(form.first.data, form.last.data),
        totals=totals_by_rate(lines),
        page=page_of(lines),
        address={"first": str(form.first.data), "last": str(form.last.data)},
        names=dict(people(desk())),
    )
