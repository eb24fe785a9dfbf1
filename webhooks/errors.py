"""What goes wrong, as HTTP: one table for the whole face."""

from __future__ import annotations

import structlog
from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from triage.errors import (
    AnomalousRequest,
    Busy,
    FolderUnusable,
    NotFound,
    ProviderUnavailable,
    Refused,
    StaleRow,
    StoreUnavailable,
    TooManyAttempts,
    TriageError,
)
from webhooks.twilio.twiml import answer_without_us
from webhooks.twilio.voice import is_voice_step

log = structlog.get_logger()

STATUS: dict[type[TriageError], int] = {
    AnomalousRequest: 400,
    NotFound: 404,
    Refused: 409,
    TooManyAttempts: 429,
    StaleRow: 409,
    StoreUnavailable: 503,
    FolderUnusable: 503,
    Busy: 503,
    ProviderUnavailable: 503,
}


def register_errors(app: Flask) -> None:
    app.register_error_handler(TriageError, _ours)
    app.register_error_handler(HTTPException, as_json)
    app.register_error_handler(Exception, _unexpected)


def status_of(error: TriageError) -> int:
    """The status of an error by its nearest kind in the table; 500 for what has no place there."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def _ours(error: TriageError) -> Response:
    status = status_of(error)
    log.warning("request_failed", status=status, error=type(error).__name__, **_ids())
    if status >= 500 and is_voice_step(request.path):
        return answer_without_us()
    answer = jsonify(error=str(error) if status < 500 else "the request could not be stored; send it again")
    answer.status_code = status
    return answer


def as_json(error: HTTPException) -> Response:
    """What programs read."""
    answer = jsonify(error=error.description or error.name)
    answer.status_code = error.code or 500
    return answer


def _unexpected(error: Exception) -> Response:
    log.error("request_crashed", error=type(error).__name__, exc_info=error, **_ids())
    if is_voice_step(request.path):
        return answer_without_us()
    answer = jsonify(error="something unexpected went wrong; it is in the log")
    answer.status_code = 500
    return answer


def _ids() -> dict[str, str]:
    """Ids of the request that may stand in a log; nothing that a person said, no number."""
    names = ("CallSid", "RecordingSid", "MessageSid", "TranscriptionSid")
    return {name: request.form[name][:40] for name in names if name in request.form}
