"""The history: every entry to search and to take away, and whether its chain is whole."""

from __future__ import annotations

from flask import Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse
from wtforms import SelectChoice, SelectField, StringField
from wtforms.validators import Length, Optional

from triage.errors import Refused
from triage.policy.access import Permission
from triage.policy.hours import local
from triage.services import audit
from triage.services import history as reading
from triage.services.history import Asked
from triage.services.history import Form as FileForm
from webhooks.console import console
from webhooks.console.access import needs, signed_in
from webhooks.console.forms import Form
from webhooks.console.layout import form_page
from webhooks.console.report_forms import DayField, check_order
from webhooks.program import desk, program

_FILES: dict[str, FileForm] = {"jsonl": "jsonl", "csv": "csv"}
_TYPES = {"jsonl": "application/jsonl", "csv": "text/csv; charset=utf-8"}
_ANY = SelectChoice("", "Any")


class HistoryForm(Form):
    """What of the history. It only reads, so no token is needed; an address asks the same of everybody."""

    class Meta:
        csrf = False

    first = DayField("From", [Optional()])
    last = DayField("To, included", [Optional()])
    reference = StringField("Case", [Length(max=20, message="Write a reference such as 1042.")])
    kind = SelectField("What", default="")
    actor = SelectField("Who", default="")
    words = StringField("Words or numbers in the details", [Length(max=100, message="Take 100 characters or fewer.")])

    def validate_last(self, field: DayField) -> None:
        check_order(self.first, field)


@console.get("/history")
@needs(Permission.READ_HISTORY)
def read_history() -> tuple[str, int]:
    """Entries newest first, narrowed by what the address asks, a page at a time."""
    form = _form()
    page, error = None, None
    if form.validate():
        try:
            page = reading.read_page(desk(), _asked(form), request.args.get("before", type=int))
        except Refused as refused:
            error = refused
    address = {name: value for name, value in request.args.items() if value and name != "before"}
    return form_page("history.html", form, error, page=page, address=address, most=reading.MOST_EXPORTED)


@console.post("/history/export")
@needs(Permission.READ_HISTORY)
def export_history() -> Response:
    """What the form asks for as a file; who took it becomes an entry."""
    form, kind = _form(), _FILES.get(request.form.get("file", ""))
    if kind is None or not form.validate():
        raise Refused("That cannot be exported: show it on the page first.")
    now = program().now()
    made = reading.export(desk(), _asked(form), kind, actor=signed_in().actor, now=now)
    answer = Response(made.content, content_type=_TYPES[kind])
    name = f"history-{local(now, desk().terms):%Y-%m-%d-%H%M%S}.{kind}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@console.get("/history/chain")
@needs(Permission.READ_HISTORY)
def show_chain() -> str:
    """Whether the history fits its hashes, and the heads that were published."""
    last = audit.last_check(desk())
    return render_template(
        "chain.html",
        last=last,
        newer=audit.newer_than(desk(), last) if last else 0,
        under_way=audit.check_under_way(desk()),
        heads=audit.heads(desk()),
    )


@console.post("/history/chain")
@needs(Permission.READ_HISTORY)
def check_chain() -> AnyResponse:
    """Check it now, or let the scheduler check it where it is long."""
    is_done = audit.ask_for_check(desk(), actor=signed_in().actor, now=program().now())
    flash("Checked: see below." if is_done else "The check has begun. It takes some minutes: look again.")
    return redirect(url_for("console.show_chain"), 303)


def _form() -> HistoryForm:
    form = HistoryForm(request.values)
    form.kind.choices = [_ANY, *(SelectChoice(kind, words, optgroup=group) for kind, words, group in reading.kinds())]
    form.actor.choices = [_ANY, *(SelectChoice(actor, words) for actor, words in reading.actors(desk()))]
    return form


def _asked(form: HistoryForm) -> Asked:
    return Asked(
        first=form.first.data,
        last=form.last.data,
        reference=(form.reference.data or "").strip(),
        kind=form.kind.data or "",
        actor=form.actor.data or "",
        words=(form.words.data or "").strip(),
    )
