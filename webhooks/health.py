"""Is the process alive, and are promises kept?"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from triage.errors import StoreUnavailable
from triage.services.vital_signs import why_not_ready
from webhooks.program import desk, program

health = Blueprint("health", __name__)


@health.get("/healthz")
def healthz() -> Response:
    """200 while the process lives."""
    return jsonify(status="alive")


@health.get("/readyz")
def readyz() -> tuple[Response, int]:
    """200 while the database answers and the scheduler swept within 30 s; else 503 and the reason."""
    try:
        reason = why_not_ready(desk(), program().clock.watched())
    except StoreUnavailable:
        reason = "the database does not answer: check AFTERHOURS_DATABASE_URL and its server or disk"
    if reason:
        return jsonify(status="not ready", reason=reason), 503
    return jsonify(status="ready"), 200
