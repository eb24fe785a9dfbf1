"""What every answer tells browsers, also one that no view made. A page of the console says more for itself."""

from __future__ import annotations

from flask import Response

_OF_EVERY_ANSWER = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
_ONLY_ENCRYPTED = "max-age=31536000"
"""For a year. Not for names below ours: we do not know what else the owner serves there."""


def add_headers(answer: Response, *, is_tls: bool) -> Response:
    """Nothing is kept by anybody unless a view said how long whoever asked may keep it."""
    for name, value in _OF_EVERY_ANSWER.items():
        answer.headers.setdefault(name, value)
    if is_tls:
        answer.headers["Strict-Transport-Security"] = _ONLY_ENCRYPTED
    if "private" not in answer.headers.get("Cache-Control", ""):
        answer.headers["Cache-Control"] = "no-store"
    return answer
