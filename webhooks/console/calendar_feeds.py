"""Calendar feeds: one's own secret addresses, and what a calendar gets there."""

from __future__ import annotations

from flask import Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse
from wtforms import SelectChoice, SelectField

from triage.errors import Refused, TriageError
from triage.policy.access import Permission
from triage.services import calendar_feeds
from triage.services.roster_changes import roster_in_force
from webhooks.console import console
from webhooks.console.access import needs, open_to_all, signed_in
from webhooks.console.forms import Form
from webhooks.console.layout import form_page
from webhooks.program import desk, program

_EVERYBODY = ""


class FeedForm(Form):
    person = SelectField("Whose shifts")


@console.get("/on-call/feeds")
@needs(Permission.READ_ON_CALL)
def feeds() -> tuple[str, int]:
    """One's own addresses, and a form for another."""
    return _feeds_page(_form())


@console.post("/on-call/feeds")
@needs(Permission.READ_ON_CALL)
def make_feed() -> str | tuple[str, int]:
    """A new address. The answer shows it, which nobody can do again."""
    form = _form()
    if not form.validate_on_submit():
        return _feeds_page(form)
    try:
        token = calendar_feeds.make_feed(desk(), signed_in(), form.person.data or None, program().now())
    except Refused as error:
        return _feeds_page(form, error)
    return render_template("feed.html", address=f"{program().settings.public_url}/on-call/feeds/{token}.ics")


@console.post("/on-call/feeds/<int:number>/revoke")
@needs(Permission.READ_ON_CALL)
def revoke_feed(number: int) -> AnyResponse:
    calendar_feeds.revoke_feed(desk(), signed_in(), number, program().now())
    flash("Revoked. Calendars that read this address get nothing from now on.")
    return redirect(url_for("console.feeds"), 303)


@console.get("/on-call/feeds/<token>.ics")
@open_to_all
def show_feed(token: str) -> AnyResponse:
    """What a calendar reads. The address is the secret; it opens nothing else. Raises NotFound."""
    answer = Response(calendar_feeds.read_feed(desk(), token, program().now()), mimetype="text/calendar")
    answer.headers["Cache-Control"] = "private, max-age=900"
    answer.add_etag()
    return answer.make_conditional(request)


def _form() -> FeedForm:
    form = FeedForm(person=signed_in().person_id or _EVERYBODY)
    people = [SelectChoice(person.id, person.name) for person in roster_in_force(desk()).people]
    form.person.choices = [SelectChoice(_EVERYBODY, "Everybody, with the gaps"), *people]
    return form


def _feeds_page(form: FeedForm, error: TriageError | None = None) -> tuple[str, int]:
    return form_page("feeds.html", form, error, feeds=calendar_feeds.list_feeds(desk(), signed_in()))
