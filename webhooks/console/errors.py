"""What goes wrong, as a page for people."""

from __future__ import annotations

import structlog
from flask import Response, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from triage.errors import TriageError
from webhooks.console import console
from webhooks.console.layout import shared, with_headers
from webhooks.errors import as_json, status_of

log = structlog.get_logger()

_TITLES = {
    400: "That did not work",
    403: "Not allowed",
    404: "Not found",
    405: "That did not work",
    409: "Not done",
    429: "Wait a little",
    503: "Not at this moment",
}
_WORDS = {
    404: "There is nothing here. It may have been used up, or the address is mistyped.",
    413: "That is too large: take a calendar of 60 KB or less, a file of dealers of 1,024 KB or less.",
    405: "This address takes nothing of that kind.",
}


@console.errorhandler(CSRFError)
def _stale_form(_error: CSRFError) -> tuple[str, int]:
    log.warning("form_token_refused")
    return _page(400, "This form was open too long, or your browser keeps no cookies. Nothing was changed: try again.")


@console.errorhandler(TriageError)
def _ours(error: TriageError) -> tuple[str, int]:
    status = status_of(error)
    log.warning("request_failed", status=status, error=type(error).__name__)
    if status >= 500 and status != 503:
        return _unexpected(error)
    return _page(status, str(error) if status != 503 else "The database does not answer. Try again in a minute.")


@console.errorhandler(HTTPException)
def _http(error: HTTPException) -> tuple[str, int]:
    status = error.code or 500
    return _page(status, _WORDS.get(status) or error.description or error.name)


@console.app_errorhandler(404)
def _nothing_there(error: HTTPException) -> Response | tuple[str, int]:
    """A browser that asks for an address of nobody's gets our page; programs and the phone system, what they read."""
    if request.blueprint == console.name:
        return _http(error)
    is_browser = request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html"
    if request.url_rule is not None or request.path.startswith("/twilio/") or not is_browser:
        return as_json(error)
    page = render_template("error.html", title=_TITLES[404], words=_WORDS[404], **shared())
    return with_headers(make_response(page, 404))


@console.errorhandler(Exception)
def _unexpected(error: Exception) -> tuple[str, int]:
    log.error("request_crashed", error=type(error).__name__, exc_info=error)
    return _page(500, "Something unexpected went wrong. It is in the log, with this instant.")


def _page(status: int, words: str) -> tuple[str, int]:
    return render_template("error.html", title=_TITLES.get(status, "Something went wrong"), words=words), status
