"""The two applications of a process: their routes are compiled once, whichever program and phones are behind them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask
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


def rest_of(phones: PhoneSystem) -> WSGIApplication:
    """The phone system's REST API."""

    def answer(asked: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        _PHONES[:] = [phones]
        if not _REST:
            _REST.append(create_rest_app(cast("PhoneSystem", _WhicheverIsAsked())))
        return _REST[0](asked, start)

    return answer


class _WhicheverIsAsked:
    exchange = LocalProxy(lambda: _PHONES[0].exchange)

    def __getattr__(self, name: str) -> Any:
        return getattr(_PHONES[0], name)


_APPS: dict[bool, Flask] = {}
_REST: list[Flask] = []
_PHONES: list[PhoneSystem] = []
