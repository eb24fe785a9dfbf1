"""Two cookies: one names a sign-in by a token that nobody can guess, one holds what forms need between two pages."""

from __future__ import annotations

from contextlib import suppress

from flask import Flask, Request, current_app, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from werkzeug.wrappers import Response

from triage.errors import StoreUnavailable
from triage.policy.access import LIFETIMES
from triage.services.accounts import form_key
from webhooks.program import desk, program

_LONGEST = int(max(lifetime.absolute for lifetime in LIFETIMES.values()).total_seconds())
_LONGEST_TOKEN = 100


def add_cookies(app: Flask, *, is_tls: bool) -> None:
    """`__Host-`: from this host only, for this host only, encrypted only. Browsers refuse such names without TLS."""
    app.session_interface = _FormCookie()
    app.config.update(
        SESSION_COOKIE_NAME="__Host-afterhours-forms" if is_tls else "afterhours-forms",
        SESSION_COOKIE_PATH="/",
        SESSION_COOKIE_SECURE=is_tls,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
    )


def is_tls() -> bool:
    """Whether the public address is https. What the request looks like behind a proxy says nothing."""
    return program().settings.public_url.startswith("https://")


def token() -> str | None:
    """The token that came with the request."""
    found = request.cookies.get(_name())
    return found if found and len(found) <= _LONGEST_TOKEN else None


def give_token(answer: Response, token: str) -> None:
    """The cookie may outlive the sign-in; the row decides."""
    answer.set_cookie(_name(), token, max_age=_LONGEST, path="/", secure=is_tls(), httponly=True, samesite="Lax")


def take_token(answer: Response) -> None:
    answer.delete_cookie(_name(), path="/", secure=is_tls(), httponly=True, samesite="Lax")


def load_form_key() -> None:
    """All web processes sign with the key that is in the database. Raises StoreUnavailable."""
    if current_app.secret_key is None:
        current_app.secret_key = form_key(desk())


def _name() -> str:
    return "__Host-afterhours" if is_tls() else "afterhours"


class _FormCookie(SecureCookieSessionInterface):
    """Flask's own, whose key comes from the database. Requests without the cookie, such as Twilio's, need none."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        with suppress(StoreUnavailable):  # `admit` says so to whoever has to know
            load_form_key()
        return super().open_session(app, request)
