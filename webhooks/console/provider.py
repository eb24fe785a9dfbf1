"""Signing in by the sign-in provider of the settings: there, and back again."""

from __future__ import annotations

import hmac
from dataclasses import asdict

from flask import flash, redirect, request, session, url_for
from werkzeug.wrappers import Response

from triage.errors import Busy, ProviderUnavailable, Refused, TriageError
from triage.ports import Handshake, ProvesIdentity
from triage.services.provider_sign_in import sign_in_by
from webhooks.console import console
from webhooks.console.access import open_to_all
from webhooks.console.browser import browser
from webhooks.console.sign_in import code_at, entered
from webhooks.program import desk, program

_HANDSHAKE = "handshake"
"""A key of the forms' cookie: signed, not secret, and nobody's but this browser's."""
_LONGEST = 4000


@console.get("/sign-in/provider")
@open_to_all
def go_to_provider() -> Response:
    """To the provider, with what proves on the way back that it was this browser that went."""
    try:
        handshake = _provider().send(_back_to())
    except (Busy, ProviderUnavailable) as error:
        return _to_sign_in(error)
    session[_HANDSHAKE] = {**asdict(handshake), "address": ""}
    return redirect(handshake.address, 303)


@console.get("/sign-in/provider/answer")
@open_to_all
def come_from_provider() -> Response:
    """Back from there. What was taken along counts once."""
    kept, answer = session.pop(_HANDSHAKE, None), request.args
    if kept is None or not hmac.compare_digest(kept["state"].encode(), answer.get("state", "").encode()):
        return _to_sign_in(Refused("This sign-in was not begun in this browser, or it was used already. Begin again."))
    code = answer.get("code", "")
    if "error" in answer or not 0 < len(code) <= _LONGEST:
        return _to_sign_in(
            Refused("The sign-in provider did not let you in. Try again, or sign in with your password.")
        )

    try:
        token = sign_in_by(
            desk(),
            _provider(),
            Handshake(**kept),
            code,
            _back_to(),
            browser(),
            trusts_second_factor=program().settings.oidc_trust_second_factor == "yes",
            code_at=code_at(),
            now=program().now(),
        )
    except (Refused, Busy, ProviderUnavailable) as error:
        return _to_sign_in(error)

    return entered(token)


def _provider() -> ProvesIdentity:
    found = program().provider
    if found is None:
        raise Refused("No sign-in provider is set up here: sign in with your password.")
    return found


def _back_to() -> str:
    """The address that the provider has to have on its list of ours."""
    return f"{program().settings.public_url}/sign-in/provider/answer"


def _to_sign_in(error: TriageError) -> Response:
    flash(str(error), "bad")
    return redirect(url_for("console.sign_in"), 303)
