"""The SLA report: figures first, then each broken promise, then every group; each figure leads to its cases."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import urlencode

from flask import Response, render_template, request, url_for
from markupsafe import Markup

from triage.bootstrap import build_drawer, build_printer, build_workbooks
from triage.errors import NotFound, Refused
from triage.policy.access import Permission
from triage.policy.chart import sla_charts
from triage.policy.report_words import (
    FIGURE_WORDS,
    figure_in_words,
    lines_by_group,
    question_in_words,
    span_in_words,
    story_in_lines,
)
from triage.policy.why_broken import why_broken
from triage.services.accounts import people
from triage.services.records import cases_of
from triage.services.report_exports import export_sla
from triage.services.sla_report import Question, references_behind, sla_report
from webhooks.console import console
from webhooks.console.access import needs, signed_in
from webhooks.console.cases import standing_now
from webhooks.console.layout import form_page
from webhooks.console.pager import page_of
from webhooks.console.report_forms import as_download, in_address, question, quick, sla_form
from webhooks.program import desk, program

_MOST_BREACHES = 20
"""Of how many breaches the page itself tells; the others are on the page behind their number."""


@console.get("/reports/sla")
@needs(Permission.READ_REPORTS)
def sla_page() -> tuple[str, int]:
    """What was promised and kept for the messages of a span."""
    form = sla_form()
    if not form.validate():
        return form_page("sla.html", form, report=None, quick=quick())
    asked, names = question(form), dict(people(desk()))
    try:
        most = _MOST_BREACHES
        found = sla_report(desk(), asked, program().now(), most_stories=most, most_breaches=most)
    except NotFound as error:
        return form_page("sla.html", form, error, report=None, quick=quick())
    drawer = build_drawer()
    return form_page(
        "sla.html",
        form,
        report=found,
        quick=quick(**in_address(asked)),
        title=question_in_words(found, names),
        address=in_address(asked),
        behind=partial(_behind, url_for("console.sla_cases"), asked),
        groups=lines_by_group(found, names),
        breaches=[_told(breach, names) for breach in found["breaches"]],
        charts=[(chart.title, Markup(drawer.draw(chart))) for chart in sla_charts(found)],  # noqa: S704 - the drawer escapes # nosec B704
        names=names,
        most=max(map(max, found["volume"].values())),
        figure_words=FIGURE_WORDS,
        in_words=figure_in_words,
    )


@console.post("/reports/sla/export/<kind>")
@needs(Permission.READ_REPORTS)
def export_sla_report(kind: str) -> Response:
    """The report to take away. It changes the history, so it takes the form's token."""
    form = sla_form()
    if not form.validate():
        raise Refused("This address asks for no report: open the report and export it from there.")
    return as_download(
        export_sla(
            desk(), question(form), kind, build_printer, build_workbooks, actor=signed_in().actor, now=program().now()
        )
    )


@console.get("/reports/sla/cases")
@needs(Permission.READ_REPORTS)
def sla_cases() -> str:
    """The cases behind one figure: by what it counts or measures."""
    form, figure = sla_form(), request.args.get("figure", "count")
    if not form.validate() or figure not in FIGURE_WORDS:
        raise NotFound("This address asks for no figure of the report: open the report and follow a number.")
    asked = question(form)
    page = page_of(references_behind(desk(), asked, figure, program().now()))
    return render_template(
        "sla_cases.html",
        figure=FIGURE_WORDS[figure],
        is_span=figure.endswith("_s"),
        span=span_in_words(asked.first, asked.last),
        page=page,
        cases=cases_of(desk(), page.items),
        names=dict(people(desk())),
        standing=standing_now,
        report_address=in_address(asked),
        address={**in_address(asked), "figure": figure},
    )


def _behind(page: str, asked: Question, **narrowed: Any) -> str:
    """Where the cases of a set of figures are listed, but for the figure: a page has some six hundred such links."""
    return f"{page}?{urlencode(in_address(asked, **narrowed))}"


def _told(breach: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """A breach with why it came to that, and its story as lines of a page."""
    terms, story = desk().terms, breach["story"]
    why = why_broken(story, breach["callback_due"], breach["callback_made_at"], terms, names)
    return {**breach, "why": why, "lines": story_in_lines(story, terms, names)}
