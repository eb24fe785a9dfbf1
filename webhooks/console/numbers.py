"""A number that is to be alerted: asked for with the password, proven by the code that was sent to it."""

from __future__ import annotations

from flask import flash, redirect, url_for
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField, TelField
from wtforms.validators import InputRequired, Length

from triage.errors import Busy, Refused
from triage.policy.access import Permission
from triage.services import numbers
from webhooks.console import console
from webhooks.console.access import needs, signed_in
from webhooks.console.browser import address
from webhooks.console.forms import CodeForm, PasswordAgain
from webhooks.console.layout import form_page
from webhooks.console.people import ROLES, WAYS, done, only_own
from webhooks.program import desk, program


class NumberForm(PasswordAgain):
    number = TelField(
        "New number",
        [InputRequired("Write the number."), Length(max=40, message="That is no telephone number.")],
        render_kw={"autocomplete": "off"},
    )


class NewPersonForm(NumberForm):
    name = StringField(
        "Name",
        [InputRequired("Write the name."), Length(max=80, message="Take 80 characters or fewer.")],
        render_kw={"autocomplete": "off", "autofocus": True},
    )
    role = SelectField("Role in the ladder", choices=ROLES)
    ways = SelectField("Alerts come by", choices=WAYS)


@console.route("/people/<person>/number", methods=["GET", "POST"])
@needs(Permission.OWN_NUMBER)
def change_number(person: str) -> Response | tuple[str, int]:
    """Another number for somebody's alerts. The old one counts until the code of the new one is given."""
    found, form = only_own(person), NumberForm()
    if not form.validate_on_submit():
        return form_page("number.html", form, person=found)
    try:
        number = numbers.ask(
            desk(),
            signed_in(),
            person,
            form.number.data,
            password=form.present.data,
            address=address(),
            now=program().now(),
        )
    except (Refused, Busy) as error:
        return form_page("number.html", form, error, person=found)
    return _code_sent(number)


@console.route("/new-person", methods=["GET", "POST"])
@needs(Permission.CHANGE_ON_CALL)
def add_person() -> Response | tuple[str, int]:
    """Somebody new. They are on the roster once the code that they got is given."""
    form = NewPersonForm()
    if not form.validate_on_submit():
        return form_page("new_person.html", form)
    try:
        number = numbers.ask_new(
            desk(),
            signed_in(),
            name=form.name.data,
            role=form.role.data,
            channels=form.ways.data.split(),
            written=form.number.data,
            password=form.present.data,
            address=address(),
            now=program().now(),
        )
    except (Refused, Busy) as error:
        return form_page("new_person.html", form, error)
    return _code_sent(number)


@console.route("/numbers/<int:number>", methods=["GET", "POST"])
@needs(Permission.OWN_NUMBER)
def give_number_code(number: int) -> Response | tuple[str, int]:
    """The code that came to the new number."""
    form, now = CodeForm(), program().now()
    asked = numbers.asked(desk(), signed_in(), number, now)
    if not form.validate_on_submit():
        return form_page("number_code.html", form, asked=asked)
    try:
        verified = numbers.verify(desk(), signed_in(), number, form.code.data, now)
    except (Refused, Busy) as error:
        return form_page("number_code.html", form, error, asked=asked)
    program().bell.ring()
    if asked.is_new_person:
        return done(verified.person_id, f"{verified.name} is on the roster. Next: put them into a rotation.")
    return done(verified.person_id, "The new number counts. The old one is told of it.")


def _code_sent(number: int) -> Response:
    program().bell.ring()
    flash("A code is on its way.")
    return redirect(url_for("console.give_number_code", number=number), 303)
