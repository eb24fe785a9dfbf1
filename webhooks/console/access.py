"""Who may use a route. Each names what it needs; one that names nothing is shut."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import structlog
from flask import abort, current_app, flash, g, redirect, request, session, url_for
from flask_wtf.csrf import CSRFProtect
from werkzeug.wrappers import Response

from config.settings import is_loopback_host
from triage.policy.access import Permission, Stage
from triage.services.sign_in import SignedIn, who_is
from webhooks.console import cookies
from webhooks.program import desk, program

View = TypeVar("View", bound=Callable[..., Any])

log = structlog.get_logger()

csrf = CSRFProtect()
NEXT = "next"
"""Where somebody was going when they were asked to sign in: a key of the forms' cookie."""

_LONGEST_NEXT = 500
_CHANGES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True, slots=True)
class Access:
    """`permission` is None where everybody may, signed in or not. `stages` are how far one has to have come. `largest`
    is how many bytes somebody with the permission may send; None where it is what everybody may."""

    permission: Permission | None
    stages: frozenset[Stage] = frozenset({Stage.COMPLETE})
    is_asset: bool = False
    largest: int | None = None


LARGEST_BODY = 1280 * 1024
"""Bytes: a file of dealers, and the form around it. The web server takes no more from anybody."""

_OF_VIEWS: dict[Any, Access] = {}


def needs(permission: Permission, *stages: Stage, largest: int | None = None) -> Callable[[View], View]:
    """Only who is signed in and has the permission. With stages: also who has come no further than these."""
    return _marked(Access(permission, frozenset(stages or {Stage.COMPLETE}), largest=largest))


def open_to_all(view: View) -> View:
    return _marked(Access(None))(view)


def asset(view: View) -> View:
    """A file that every page needs, also where the database is down."""
    return _marked(Access(None, is_asset=True))(view)


def access_of(view: Any) -> Access | None:
    return _OF_VIEWS.get(view)


def signed_in() -> SignedIn:
    """Who asks, on a route that needs somebody."""
    return cast("SignedIn", g.who)


def admit() -> Response | None:
    """Let a request pass, or say where to go instead. 403 where a route does not say whom it is for."""
    g.who = None
    access = access_of(current_app.view_functions[cast("str", request.endpoint)])
    if access is None:
        abort(403)
    if access.is_asset:
        return None
    _refuse_open_networks()
    token = cookies.token()
    who = who_is(desk(), token, program().now()) if token else None
    if access.largest and who is not None and _turned_away(access, who) is None:
        request.max_content_length = request.max_form_memory_size = access.largest
    _refuse_nul()
    cookies.load_form_key()
    if request.method in _CHANGES:
        csrf.protect()
    g.who = who
    return _turned_away(access, g.who) if access.permission is not None else None


def next_step(stage: Stage) -> str:
    """The page that somebody who is that far has to see now."""
    pages = {Stage.SECOND_FACTOR: "console.give_code", Stage.SET_UP: "console.set_up_second_factor"}
    return url_for(pages.get(stage, "console.board"))


def _turned_away(access: Access, who: SignedIn | None) -> Response | None:
    if who is None:
        if request.method in _CHANGES:
            flash("Your sign-in has ended, so nothing was changed. Sign in, then do it again.")
        elif request.headers.get("Sec-Fetch-Dest", "document") == "document":  # no picture, no update of a page
            session[NEXT] = (request.script_root + request.full_path.rstrip("?"))[:_LONGEST_NEXT]
        return redirect(url_for("console.sign_in"), 303)
    if who.stage not in access.stages:
        return redirect(next_step(who.stage), 303)
    if access.permission is not None and not who.has(access.permission):
        log.warning("permission_refused", account=who.account_id, permission=access.permission.value)
        abort(403, "Your role may not do this. An administrator can change it.")
    return None


def _refuse_nul() -> None:
    """No form of ours sends that character, and PostgreSQL keeps no text with it."""
    written = (request.args, request.form)
    texts = [request.path, *(text for pairs in written for pair in pairs.items(multi=True) for text in pair)]
    if any("\0" in text for text in texts):
        abort(400, "There is a character in it that no text may hold (NUL). Nothing was changed: write it anew.")


def _refuse_open_networks() -> None:
    """Passwords do not travel unencrypted."""
    if not cookies.is_tls() and not is_loopback_host(program().settings.public_url):
        abort(403, "The console needs HTTPS: put a proxy before it and set AFTERHOURS_PUBLIC_URL to https://...")


def _marked(access: Access) -> Callable[[View], View]:
    def mark(view: View) -> View:
        _OF_VIEWS[view] = access
        return view

    return mark
