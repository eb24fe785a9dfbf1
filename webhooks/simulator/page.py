"""The simulator's web page: phones to look at, voicemails to leave, a clock to move."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import structlog
from flask import Blueprint, Flask, Response, abort, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from triage.clock import DemoClock
from webhooks.simulator.page_calls import add_calls, add_sounds
from webhooks.simulator.page_view import BEHAVIOURS, view_of
from webhooks.simulator.phone_system import Behaviour, PhoneSystem
from webhooks.simulator.roster_phones import CALLERS
from webhooks.simulator.texting import E164

log = structlog.get_logger(__name__)

Run = Callable[[Callable[[], object]], object]
"""Starts a piece of work; what it returns is not looked at."""

STEPS = {
    "1": "+1 min",
    "5": "+5 min",
    "15": "+15 min",
    "30": "+30 min",
    "120": "+2 h",
    "1440": "+1 day",
    "10080": "+1 week",
}
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "media-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
WORKERS = 4
HERE = Path(__file__).parent


def add_page(app: Flask, phone_system: PhoneSystem, clock: DemoClock | None, run: Run | None = None) -> None:
    """Put the page at `/` of `app`. Without a demo clock it has no buttons to move one.

    Calls and texts are carried out by `run`, in worker threads where none is given.
    """
    page = Blueprint("page", __name__, static_folder=HERE / "static", template_folder=HERE / "templates")
    start = run or ThreadPoolExecutor(WORKERS, thread_name_prefix="caller").submit
    page.before_request(_only_from_this_page)
    page.after_request(_with_headers)
    _add_views(page, phone_system, clock)
    _add_actions(page, phone_system, lambda work: start(partial(_logged, work)))
    add_calls(page, phone_system, _number)
    add_sounds(page, phone_system)
    if clock:
        _add_clock(page, clock)
    app.register_blueprint(page)


def _only_from_this_page() -> None:
    """No foreign page may drive this one: neither by a form of its own nor by a name that it points at us."""
    if not _is_local_name(urlsplit(f"//{request.host}").hostname or ""):
        abort(403, "Open this page by its IP address or as localhost.")
    if request.method != "POST":
        return
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    origin = request.headers.get("Origin", request.host_url.rstrip("/"))
    if site != "same-origin" or origin != request.host_url.rstrip("/"):
        abort(403, "This form was not sent from the simulator's own page.")


def _is_local_name(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _with_headers(response: Response) -> Response:
    response.headers.update(HEADERS)
    return response


def _logged(work: Callable[[], object]) -> None:
    try:
        work()
    except Exception:  # the top of a worker thread: nobody else would hear of it
        log.exception("simulated_call_failed")


def _add_views(page: Blueprint, phone_system: PhoneSystem, clock: DemoClock | None) -> None:
    @page.get("/")
    def show() -> str:
        return render_template(
            "page.html",
            view=view_of(phone_system, clock),
            steps=STEPS if clock else {},
            behaviours=BEHAVIOURS,
            callers=CALLERS,
        )

    @page.get("/live")
    def live() -> str:
        return render_template("live.html", view=view_of(phone_system, clock))


def _add_actions(page: Blueprint, phone_system: PhoneSystem, run: Run) -> None:
    @page.post("/voicemail")
    def voicemail() -> AnyResponse:
        form = request.form
        work = partial(
            phone_system.leave_voicemail,
            _number(form.get("other", "").strip() or form.get("caller", "")),
            seconds=min(max(form.get("seconds", 30, type=int), 0), 3600),
            keys=form.get("keys", ""),
            transcript=form.get("transcript", "").strip() or None,
            withheld="withheld" in form,
            silent="silent" in form,
            hang_up_at_greeting="hang_up_at_greeting" in form,
        )
        run(work)
        return redirect("/", 303)

    @page.post("/text")
    def text() -> AnyResponse:
        body = request.form.get("body", "")[:1600]
        if body.strip():
            run(partial(phone_system.text, _number(request.form.get("from", "")), body))
        return redirect("/", 303)

    @page.post("/phone")
    def phone() -> AnyResponse:
        number = _number(request.form.get("number", ""))
        behaviour = request.form.get("behaviour", "")
        if behaviour not in set(Behaviour):
            abort(400, "No phone behaves like that.")
        phone_system.set_keys(number, request.form.get("will_press", "")[:20])
        phone_system.set_behaviour(number, Behaviour(behaviour))  # last: keys wake whoever is asleep
        return redirect("/", 303)


def _add_clock(page: Blueprint, clock: DemoClock) -> None:
    @page.post("/clock")
    def advance() -> AnyResponse:
        minutes = request.form.get("minutes", "")
        if minutes not in STEPS:
            abort(400, "The clock has no such button.")
        clock.advance(timedelta(minutes=int(minutes)))
        return redirect("/", 303)


def _number(value: str) -> str:
    number = "".join(letter for letter in value if letter not in " -().")
    if not E164.fullmatch(number):
        abort(400, f"{value or 'Nothing'} is not a telephone number: write it as +1 216 555 0123.")
    return number
