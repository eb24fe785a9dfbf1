"""The web application, put together for one program."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from functools import partial
from threading import Lock, Thread
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import structlog
from flask import Flask, Response, g, request
from werkzeug.middleware.proxy_fix import ProxyFix

from config.settings import Settings
from triage.bootstrap import Program, build_drawer
from webhooks.console import console
from webhooks.console.access import csrf
from webhooks.console.cookies import add_cookies
from webhooks.converters import CONVERTERS
from webhooks.errors import register_errors
from webhooks.headers import add_headers, only_encrypted
from webhooks.health import health
from webhooks.metrics import begin_to_count, count_answers, metrics
from webhooks.twilio import twilio
from webhooks.twilio.media import media

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PAGES = "pages"
"""The thread that gets the pages ready."""

_LARGEST_BODY = 64 * 1024
_MOST_FIELDS = 200


def create_app(program: Program) -> Flask:
    """Routes of the phone system, the console, health and metrics. The program need not be prepared yet."""
    app = Flask(__name__, static_folder=None)
    app.config.update(
        MAX_CONTENT_LENGTH=_LARGEST_BODY,
        MAX_FORM_MEMORY_SIZE=_LARGEST_BODY,
        MAX_FORM_PARTS=_MOST_FIELDS,
    )
    app.url_map.converters.update(CONVERTERS)
    app.url_map.merge_slashes = False  # an address with `//` is nobody's: no answer repeats the Host header
    app.extensions["program"] = program
    app.before_request(begin_to_count)
    app.before_request(_bind_request)
    app.after_request(count_answers)
    app.after_request(partial(add_headers, only_encrypted=only_encrypted(program.settings.public_url)))
    app.register_blueprint(twilio)
    app.register_blueprint(media)
    app.register_blueprint(health)
    app.register_blueprint(metrics)
    _add_console(app, program.settings)
    register_errors(app)
    return app


def get_pages_ready(app: Flask) -> None:
    """What pages need beside the program: all templates, and what draws charts. Takes half a second."""
    build_drawer()
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)


def get_pages_ready_for_visitors(app: Flask) -> None:
    """Once somebody opens a page of the console: the next one waits for nothing. Nights of mere calls need none."""
    has_begun = Lock()

    def begin_once(answer: Response) -> Response:
        if request.blueprint == console.name and has_begun.acquire(blocking=False):
            Thread(target=get_pages_ready, args=[app], name=PAGES, daemon=True).start()
        return answer

    app.after_request(begin_once)


def _add_console(app: Flask, settings: Settings) -> None:
    app.config.update(
        WTF_CSRF_CHECK_DEFAULT=False,  # the console checks its own routes; Twilio's are signed
        WTF_CSRF_TIME_LIMIT=None,  # a form lives as long as the cookie it belongs to
        WTF_CSRF_SSL_STRICT=False,
    )
    add_cookies(app, is_tls=settings.public_url.startswith("https://"))
    csrf.init_app(app)
    app.register_blueprint(console)
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.trusted_proxies, x_proto=0)  # type: ignore[method-assign]
    if path := urlsplit(settings.public_url).path:
        app.wsgi_app = _Under(path, app.wsgi_app)  # type: ignore[method-assign, assignment]


class _Under:
    """The proxy cuts the public address's path off; links of pages need it all the same."""

    def __init__(self, path: str, inner: WSGIApplication) -> None:
        self._path, self._inner = path, inner

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        return self._inner({**environ, "SCRIPT_NAME": self._path}, start)


def _bind_request() -> None:
    g.request_id = uuid.uuid4().hex[:12]
    structlog.contextvars.clear_contextvars()
    rule = request.url_rule.rule if request.url_rule else ""
    path = rule if "<token>" in rule else request.path  # a token in a log would open what it opens
    structlog.contextvars.bind_contextvars(request_id=g.request_id, path=path)
