"""The web application, put together for one program."""

from __future__ import annotations

import uuid

import structlog
from flask import Flask, g, request

from triage.bootstrap import Program
from webhooks.errors import register_errors
from webhooks.health import health
from webhooks.metrics import count_answers, metrics
from webhooks.twilio import twilio
from webhooks.twilio.media import media

_LARGEST_BODY = 64 * 1024
_MOST_FIELDS = 200


def create_app(program: Program) -> Flask:
    """Routes of the phone system, health and metrics. The program need not be prepared yet."""
    app = Flask(__name__, static_folder=None)
    app.config.update(
        MAX_CONTENT_LENGTH=_LARGEST_BODY,
        MAX_FORM_MEMORY_SIZE=_LARGEST_BODY,
        MAX_FORM_PARTS=_MOST_FIELDS,
    )
    app.extensions["program"] = program
    app.before_request(_bind_request)
    app.after_request(count_answers)
    app.register_blueprint(twilio)
    app.register_blueprint(media)
    app.register_blueprint(health)
    app.register_blueprint(metrics)
    register_errors(app)
    return app


def _bind_request() -> None:
    g.request_id = uuid.uuid4().hex[:12]
    structlog.contextvars.clear_contextvars()
    rule = request.url_rule.rule if request.url_rule else ""
    path = rule if "<token>" in rule else request.path  # a token in a log would open what it opens
    structlog.contextvars.bind_contextvars(request_id=g.request_id, path=path)
