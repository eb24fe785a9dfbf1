"""What every answer tells browsers, also one that no view made. A page of the console says more for itself."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Response

_OF_EVERY_ANSWER = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
_ONLY_ENCRYPTED = "max-age=31536000"
"""For a year."""
_LABELS_OF_ITS_OWN = 3


def only_encrypted(public_url: str) -> str | None:
    """What is told of encryption; None where the public address has none. A name of the program's own speaks for all
    names below it too; `example.com` does not: what else its owner serves there is not ours to say."""
    parts = urlsplit(public_url)
    if parts.scheme != "https":
        return None
    is_own = len((parts.hostname or "").split(".")) >= _LABELS_OF_ITS_OWN
    return f"{_ONLY_ENCRYPTED}; includeSubDomains" if is_own else _ONLY_ENCRYPTED


def add_headers(answer: Response, *, only_encrypted: str | None) -> Response:
    """Nothing is kept by anybody unless a view said how long whoever asked may keep it."""
    for name, value in _OF_EVERY_ANSWER.items():
        answer.headers.setdefault(name, value)
    if only_encrypted:
        answer.headers["Strict-Transport-Security"] = only_encrypted
    if "private" not in answer.headers.get("Cache-Control", ""):
        answer.headers["Cache-Control"] = "no-store"
    return answer
