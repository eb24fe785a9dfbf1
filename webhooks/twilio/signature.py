"""Is it really the phone system? Fails closed.

Signatures are made over the configured public address, the path and the raw query: neither the Host header nor
any forwarded one is looked at. A signature carries no time, so it proves who, never when: repeats are found by SID.
"""

from __future__ import annotations

from functools import lru_cache

import structlog
from flask import abort, request
from twilio.request_validator import RequestValidator, compare

from webhooks.program import program

log = structlog.get_logger()


def refuse_unsigned() -> None:
    """403 unless one of the accepted tokens signed exactly this request."""
    settings = program().settings
    signature = request.headers.get("X-Twilio-Signature", "")
    if not any(_is_signed(_validator(token), signature) for token in settings.signing_tokens):
        log.warning("bad_signature", has_signature=bool(signature), has_token=bool(settings.signing_tokens))
        abort(403, "not signed by the phone system")


def _is_signed(validator: RequestValidator, signature: str) -> bool:
    """Most are signed over the very address that is configured; `validate` always tries it with and without a port."""
    address = _address()
    if compare(validator.compute_signature(address, request.form), signature):
        return True
    return bool(validator.validate(address, request.form, signature))


def _address() -> str:
    query = request.query_string.decode("latin-1")
    return program().settings.public_url + request.path + (f"?{query}" if query else "")


@lru_cache(maxsize=4)
def _validator(token: str) -> RequestValidator:
    return RequestValidator(token)
