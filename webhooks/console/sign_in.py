"""Signing in, giving the second factor, accepting an invitation, signing out."""

from __future__ import annotations

import re
from datetime import datetime

from flask import g, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from triage.clock import SystemClock
from triage.errors import Busy, NotFound, Refused
from triage.policy.access import Permission, Stage
from triage.services import accounts, second_factor
from triage.services import sign_in as signing
from webhooks.console import console, cookies
from webhooks.console.access import NEXT, needs, next_step, open_to_all, signed_in
from webhooks.console.browser import address, browser
from webhooks.console.forms import AcceptForm, CodeForm, SignInForm
from webhooks.console.layout import form_page
from webhooks.program import desk, program

Answer = Response | str | tuple[str, int]

_OWN_PATH = re.compile(r"/(?!/)[A-Za-z0-9/_.~%?=&:+-]*")


@console.route("/sign-in", methods=["GET", "POST"])
@open_to_all
def sign_in() -> Answer:
    """E-mail and password."""
    if g.who is not None:
        return redirect(next_step(g.who.stage), 303)
    form = SignInForm()
    if not form.validate_on_submit():
        return form_page("sign_in.html", form, provider=_provider_name(), ended=_why_ended())
    try:
        token = signing.sign_in(desk(), form.email.data, form.password.data, browser(), program().now())
    except (Refused, Busy) as error:
        return form_page("sign_in.html", form, error, provider=_provider_name())
    return entered(token)


@console.route("/sign-in/code", methods=["GET", "POST"])
@needs(Permission.OWN_ACCOUNT, Stage.SECOND_FACTOR)
def give_code() -> Answer:
    """The code of the app, or a recovery code."""
    form = CodeForm()
    if not form.validate_on_submit():
        return form_page("code.html", form)
    try:
        token = second_factor.pass_second_factor(
            desk(), signed_in(), form.code.data, address=address(), code_at=code_at(), now=program().now()
        )
    except (Refused, Busy) as error:
        return form_page("code.html", form, error)
    return entered(token)


@console.route("/invitation/<token>", methods=["GET", "POST"])
@open_to_all
def accept(token: str) -> Answer:
    """Choose a password. Opening the page uses nothing up: mail programs look at links, too."""
    now, form = program().now(), AcceptForm()
    try:
        name, email = accounts.invited_name(desk(), token, now)
    except NotFound as error:
        return render_template("error.html", title="This link does not work", words=str(error)), 404
    if not form.validate_on_submit():
        return form_page("accept.html", form, name=name, email=email)
    try:
        first = accounts.accept(desk(), token, form.password.data, browser(), now)
    except (Refused, Busy) as error:
        return form_page("accept.html", form, error, name=name, email=email)
    return entered(first)


@console.post("/sign-out")
@needs(Permission.OWN_ACCOUNT, *Stage)
def sign_out() -> Answer:
    """Out on this browser."""
    signing.sign_out(desk(), signed_in(), program().now())
    session.clear()
    answer = redirect(url_for("console.sign_in"), 303)
    cookies.take_token(answer)
    return answer


def entered(token: str) -> Response:
    """On to the page that was asked for, with a new cookie and new forms: those of before are nobody's any more."""
    who = signing.who_is(desk(), token, program().now())
    wanted = session.get(NEXT)
    session.clear()
    if who is not None and who.stage is not Stage.COMPLETE:
        session[NEXT] = wanted
        answer = redirect(next_step(who.stage), 303)
    else:
        answer = redirect(own_path(wanted) or url_for("console.board"), 303)
    cookies.give_token(answer, token)
    return answer


def _why_ended() -> str | None:
    """Why the sign-in of before ended, for who comes to sign in anew; None for who was in none, or signed out."""
    token = cookies.token() if request.method == "GET" else None
    return signing.why_ended(desk(), token, program().now()) if token else None


def _provider_name() -> str | None:
    """What the button is called that leads to the sign-in provider; None where there is none."""
    provider = program().provider
    return provider.name if provider is not None else None


def own_path(path: str | None) -> str | None:
    """A path of ours to go to; None for everything that a browser could take for another host."""
    return path if path and _OWN_PATH.fullmatch(path) else None


def code_at() -> datetime:
    """Authenticator apps go by the world's clock, also where a demo's is ahead."""
    return SystemClock().now()
