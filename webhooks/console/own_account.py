"""My account: password, second factor, where I am signed in."""

from __future__ import annotations

from flask import flash, redirect, url_for
from werkzeug.wrappers import Response

from triage.errors import Busy, Refused, TriageError
from triage.policy.access import Permission
from triage.services import accounts, second_factor
from triage.services import sign_in as signing
from triage.services.roster_changes import roster_in_force
from webhooks.console import console
from webhooks.console.access import needs, signed_in
from webhooks.console.browser import address
from webhooks.console.forms import ChangePasswordForm
from webhooks.console.layout import form_page
from webhooks.program import desk, program


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
def end_other_sign_ins() -> Response:
    """Out everywhere but here."""
    signing.end_others(desk(), signed_in(), program().now())
    return _done("You are signed out everywhere else.")


@console.post("/account/sign-ins/<int:number>/end")
@needs(Permission.OWN_ACCOUNT)
def end_sign_in(number: int) -> Response:
    """Out on one other browser."""
    signing.end_one(desk(), signed_in(), number, program().now())
    return _done("That browser is signed out.")


def _page(form: ChangePasswordForm, error: TriageError | None = None) -> tuple[str, int]:
    who = signed_in()
    return form_page(
        "own_account.html",
        form,
        error,
        sign_ins=signing.open_sign_ins(desk(), who, program().now()),
        person=roster_in_force(desk()).person(who.person_id),
        codes_left=second_factor.recovery_codes_left(desk(), who),
    )


def _done(words: str) -> Response:
    flash(words)
    return redirect(url_for("console.own_account"), 303)
