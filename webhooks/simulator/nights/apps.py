"""The two applications of a process: their routes are compiled once, whichever program and phones are behind them."""

from __future__ import annotations

from typing import Any, cast

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.local import LocalProxy

from triage.bootstrap import Program
from webhooks.app import create_app
from webhooks.simulator.phone_system import PhoneSystem
from webhooks.simulator.rest import create_rest_app


def app_of(program: Program) -> Flask:
    """The daemon's application, with this program behind it from now on.

    One for addresses with TLS and one for those without, whose cookies have other names.
    """
    is_tls = program.settings.public_url.startswith("https")
    if is_tls not in _APPS:
        _APPS[is_tls] = create_app(program)
    _APPS[is_tls].extensions["program"] = program
    return _APPS[is_tls]


def rest_of(phones: PhoneSystem) -> Flask:
    """The phone system's REST API, for who needs only its `test_client`."""
    return cast("Flask", _RestOf(phones))


class _RestOf:
    def __init__(self, phones: PhoneSystem) -> None:
        self._phones = phones

    def test_client(self) -> FlaskClient:
        _PHONES[:] = [self._phones]
        if not _REST:
            _REST.append(create_rest_app(cast("PhoneSystem", _WhicheverIsAsked())))
        return _REST[0].test_client()


class _WhicheverIsAsked:
    exchange = LocalProxy(lambda: _PHONES[0].exchange)

    def __getattr__(self, name: str) -> Any:
        return getattr(_PHONES[0], name)


_APPS: dict[bool, Flask] = {}
_REST: list[Flask] = []
_PHONES: list[PhoneSystem] = []
