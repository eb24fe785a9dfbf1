"""My account: password, second factor, where I am signed in."""

from __future__ import annotations

from flask import current_app, flash, redirect, url_for
from werkzeug.wrappers import Response
from wtforms import SelectChoice

from triage.errors import Busy, Refused, TriageError
from triage.policy.access import Permission
from triage.services import accounts, second_factor
from triage.services import sign_in as signing
from triage.services.roster_changes import roster_in_force
from webhooks.console import console
from webhooks.console.access import needs, signed_in
from webhooks.console.browser import address
from webhooks.console.forms import ChangePasswordForm, EndForm
from webhooks.console.layout import form_page
from webhooks.program import desk, program

_ALL = "all"
"""Of one's sign-ins: all but this one."""


@console.get("/account")
@needs(Permission.OWN_ACCOUNT)
def own_account() -> tuple[str, int]:
    return _page(ChangePasswordForm())


@console.post("/account/password")
@needs(Permission.OWN_ACCOUNT)
def change_password() -> Response | tuple[str, int]:
    """A new password, for the present one."""
    form = ChangePasswordForm()
    if not form.validate_on_submit():
        return _page(form)
    try:
        accounts.change_password(
            desk(), signed_in(), form.present.data, form.password.data, address=address(), now=program().now()
        )
    except (Refused, Busy) as error:
        return _page(form, error)
    return _done("Your password is changed. Everywhere else you are signed out.")


@console.post("/account/sign-ins/end")
@needs(Permission.OWN_ACCOUNT)
def end_sign_ins() -> Response | tuple[str, int]:
    """Out on one other browser, or everywhere but here; for the password, where there is one."""
    who, now, form = signed_in(), program().now(), _end_form()
    if not form.validate_on_submit():
        return _page(ChangePasswordForm(formdata=None), Refused("Choose a sign-in of the list."))
    try:
        if accounts.has_password(desk(), who):
            accounts.confirm(desk(), who, form.known.data or "", address=address(), now=now)
        if form.which.data == _ALL:
            signing.end_others(desk(), who, now)
        else:
            signing.end_one(desk(), who, int(form.which.data), now)
    except (Refused, Busy) as error:
        return _page(ChangePasswordForm(formdata=None), error)
    return _done("You are signed out everywhere else." if form.which.data == _ALL else "That browser is signed out.")


def _end_form() -> EndForm:
    form, others = EndForm(), [each for each in _sign_ins() if not each.is_this]
    clock = current_app.jinja_env.filters["clock"]
    form.which.choices = [
        SelectChoice(_ALL, "Everywhere else"),
        *(SelectChoice(str(each.number), f"{each.browser}, since {clock(each.begun_at)}") for each in others),
    ]
    return form


def _sign_ins() -> list[signing.OpenSignIn]:
    return signing.open_sign_ins(desk(), signed_in(), program().now())


def _page(form: ChangePasswordForm, error: TriageError | None = None) -> tuple[str, int]:
    who = signed_in()
    return form_page(
        "own_account.html",
        form,
        error,
        sign_ins=_sign_ins(),
        end=_end_form(),
        has_password=accounts.has_password(desk(), who),
        person=roster_in_force(desk()).person(who.person_id),
        codes_left=second_factor.recovery_codes_left(desk(), who),
    )


def _done(words: str) -> Response:
    flash(words)
    return redirect(url_for("console.own_account"), 303)
