"""The people of the roster: a list, a page of each, and what may be changed there."""

from __future__ import annotations

from typing import cast

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import HiddenField, SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired, Length

from triage.errors import Busy, Refused, TriageError
from triage.policy.access import Permission
from triage.policy.fields import Channel
from triage.services import people, people_changes
from triage.services.people import PersonPage
from webhooks.console import console
from webhooks.console.access import needs, signed_in
from webhooks.console.browser import address
from webhooks.console.forms import Form, PasswordAgain
from webhooks.console.layout import form_page
from webhooks.program import desk, program

ROLES = [SelectChoice(role, role.capitalize()) for role in ("technician", "manager", "administrator")]
WAYS = [
    SelectChoice("sms voice", "Text and call"),
    SelectChoice("sms", "Text only"),
    SelectChoice("voice", "Call only"),
]


class NameForm(Form):
    version = HiddenField()
    name = StringField(
        "Name",
        [InputRequired("Write the name."), Length(max=80, message="Take 80 characters or fewer.")],
        render_kw={"autocomplete": "off"},
    )
    role = SelectField("Role in the ladder", choices=ROLES)


class WaysForm(PasswordAgain):
    version = HiddenField()
    ways = SelectField("Alerts come by", choices=WAYS)


class RemoveForm(PasswordAgain):
    version = HiddenField()


@console.get("/people")
@needs(Permission.READ_ON_CALL)
def list_people() -> str:
    """Everybody who may be alerted."""
    return render_template("people.html", people=people.list_people(desk(), signed_in(), program().now()))


@console.get("/people/<person>")
@needs(Permission.READ_ON_CALL)
def show_person(person: str) -> tuple[str, int]:
    """Somebody: where their alerts go, when they are on call, whether what was sent arrived."""
    return _page(_found(person))


@console.post("/people/<person>/name")
@needs(Permission.CHANGE_ON_CALL)
def change_name(person: str) -> Response | tuple[str, int]:
    found, form = _found(person), NameForm()
    if not form.validate_on_submit():
        return _page(found, name_form=form)
    try:
        people_changes.change_name_and_role(
            desk(),
            signed_in(),
            person,
            name=form.name.data,
            role=form.role.data,
            made_from=form.version.data,
            now=program().now(),
        )
    except Refused as error:
        return _page(found, error, name_form=form)
    return done(person, "Changed.")


@console.post("/people/<person>/channels")
@needs(Permission.OWN_NUMBER)
def change_channels(person: str) -> Response | tuple[str, int]:
    """By text, by call, or both; the password again."""
    found, form = only_own(person), WaysForm()
    if not form.validate_on_submit():
        return _page(found, ways_form=form)
    try:
        people_changes.change_channels(
            desk(),
            signed_in(),
            person,
            cast("list[Channel]", form.ways.data.split()),
            password=form.present.data,
            address=address(),
            made_from=form.version.data,
            now=program().now(),
        )
    except (Refused, Busy) as error:
        return _page(found, error, ways_form=form)
    program().bell.ring()
    return done(person, "Changed. The phone is told of it.")


@console.post("/people/<person>/test")
@needs(Permission.OWN_NUMBER)
def send_test(person: str) -> Response | tuple[str, int]:
    """A text or a call that says that it is a test."""
    found = only_own(person)
    by = request.form.get("by")
    if by not in {"sms", "voice"}:
        raise Refused("Choose a text or a call.")
    try:
        people_changes.send_test(desk(), signed_in(), person, cast("Channel", by), program().now())
    except Refused as error:
        return _page(found, error)
    program().bell.ring()
    return done(person, "On its way. Below it says what becomes of it: load this page again in a moment.")


@console.route("/people/<person>/remove", methods=["GET", "POST"])
@needs(Permission.CHANGE_ON_CALL)
def remove_person(person: str) -> Response | tuple[str, int]:
    """Off the roster, after a look at what that means."""
    found, form = _found(person), RemoveForm()
    if not form.validate_on_submit():
        form.version.data = form.version.data or found.version
        return form_page("remove_person.html", form, person=found)
    try:
        people_changes.remove(
            desk(),
            signed_in(),
            person,
            password=form.present.data,
            address=address(),
            made_from=form.version.data,
            now=program().now(),
        )
    except (Refused, Busy) as error:
        return form_page("remove_person.html", form, error, person=found)
    program().bell.ring()
    flash(f"{found.line.name} is off the roster. Their phone is told of it.")
    return redirect(url_for("console.list_people"), 303)


def only_own(person: str) -> PersonPage:
    """Somebody whose alerts whoever asks may send elsewhere; 403 where they may not."""
    found = _found(person)
    if not found.may_change:
        abort(403, "That is not your number. Managers and administrators can change it.")
    return found


def done(person: str, words: str) -> Response:
    flash(words)
    return redirect(url_for("console.show_person", person=person), 303)


def _found(person: str) -> PersonPage:
    return people.show_person(desk(), signed_in(), person, program().now())


def _page(
    found: PersonPage,
    error: TriageError | None = None,
    *,
    name_form: NameForm | None = None,
    ways_form: WaysForm | None = None,
) -> tuple[str, int]:
    """The page with its forms: one of them as it was sent, where it needs mending."""
    line = found.line
    fresh_name = name_form or NameForm(formdata=None, version=found.version, name=line.name, role=line.role)
    fresh_ways = ways_form or WaysForm(formdata=None, version=found.version, ways=" ".join(found.channels))
    return form_page(
        "person.html", name_form or fresh_ways, error, person=found, name_form=fresh_name, ways_form=fresh_ways
    )
