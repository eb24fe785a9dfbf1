"""People with accounts: who may sign in, for administrators to change and auditors to read."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response
from wtforms import SelectChoice, SelectField

from triage.errors import Refused
from triage.policy.access import Permission, Role
from triage.services import accounts
from triage.services.accounts import Invited
from webhooks.console import console
from webhooks.console.access import needs, signed_in
from webhooks.console.forms import Form, InviteForm, RoleForm
from webhooks.console.layout import form_page
from webhooks.program import desk, program

NOBODY = ""


class LinkForm(Form):
    person = SelectField("In the roster")


@console.get("/accounts")
@needs(Permission.READ_ACCOUNTS)
def list_accounts() -> str:
    """Everybody who may sign in."""
    return render_template("accounts.html", accounts=accounts.list_accounts(desk(), program().now()))


@console.route("/accounts/invite", methods=["GET", "POST"])
@needs(Permission.CHANGE_ACCOUNTS)
def invite() -> str | tuple[str, int]:
    """A new account. The answer holds its link, which nobody can show again."""
    form = InviteForm()
    form.person.choices = _people()
    if not form.validate_on_submit():
        return form_page("invite.html", form)
    try:
        invited = accounts.invite(
            desk(),
            form.email.data,
            name=form.name.data,
            role=Role(form.role.data),
            person_id=form.person.data or None,
            actor=signed_in().actor,
            now=program().now(),
        )
    except Refused as error:
        return form_page("invite.html", form, error)
    return _link_page(invited)


@console.get("/accounts/<int:number>")
@needs(Permission.READ_ACCOUNTS)
def show_account(number: int) -> str:
    """One account, and what can be done about it."""
    found = accounts.show_account(desk(), number, program().now())
    link = LinkForm(person=found["person"] or NOBODY)
    link.person.choices = _people()
    return render_template("account.html", account=found, form=RoleForm(role=found["role"]), link=link)


@console.post("/accounts/<int:number>/role")
@needs(Permission.CHANGE_ACCOUNTS)
def change_role(number: int) -> Response:
    form = RoleForm()
    if not form.validate():
        raise Refused("There is no such role.")
    accounts.change_role(desk(), number, Role(form.role.data), actor=signed_in().actor, now=program().now())
    return _done(number, f"The role is {form.role.data} now.")


@console.post("/accounts/<int:number>/person")
@needs(Permission.CHANGE_ACCOUNTS)
def link_account(number: int) -> Response:
    form = LinkForm()
    form.person.choices = _people()
    if not form.validate():
        raise Refused("The roster has no such person.")
    person = form.person.data or None
    accounts.link_to_person(desk(), number, person, actor=signed_in().actor, now=program().now())
    name = dict(accounts.people(desk())).get(form.person.data, "nobody")
    return _done(number, f"In the roster the account is {name} now.")


@console.post("/accounts/<int:number>/link")
@needs(Permission.CHANGE_ACCOUNTS)
def invite_again(number: int) -> str:
    """A new link: for somebody who lost the second factor, and perhaps the password."""
    return _link_page(accounts.invite_again(desk(), number, actor=signed_in().actor, now=program().now()))


@console.post("/accounts/<int:number>/link/password")
@needs(Permission.CHANGE_ACCOUNTS)
def invite_to_new_password(number: int) -> str:
    """A new link that keeps the second factor: for somebody who lost the password alone."""
    actor = signed_in().actor
    return _link_page(accounts.invite_again(desk(), number, keeps_second_factor=True, actor=actor, now=program().now()))


@console.post("/accounts/<int:number>/disable")
@needs(Permission.CHANGE_ACCOUNTS)
def disable_account(number: int) -> Response:
    accounts.disable(desk(), number, actor=signed_in().actor, now=program().now())
    return _done(number, "The account is disabled. Nobody is signed in to it any more.")


def _people() -> list[SelectChoice]:
    people = [(NOBODY, "Nobody: never on call"), *accounts.people(desk())]
    return [SelectChoice(value, label) for value, label in people]


def _link_page(invited: Invited) -> str:
    return render_template("link.html", invited=invited, link=program().settings.public_url + invited.path)


def _done(number: int, words: str) -> Response:
    flash(words)
    return redirect(url_for("console.show_account", number=number), 303)
