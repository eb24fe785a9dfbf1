"""Both directions without sockets: the SDK straight into the REST face, webhooks straight into an app."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable
from typing import Any
from urllib.parse import SplitResult, unquote, urlencode, urlsplit
from wsgiref.types import WSGIApplication, WSGIEnvironment

import requests
from requests.adapters import HTTPAdapter
from twilio.http.http_client import TwilioHttpClient
from urllib3 import HTTPHeaderDict, HTTPResponse
from werkzeug.test import run_wsgi_app

from webhooks.simulator.posting import Answer, Post

HANG_HEADER = "X-Simulator-Hang"
"""Marks an answer that a client on the network would never have seen."""


class InProcessHttpClient(TwilioHttpClient):  # type: ignore[misc] # the SDK ships no types
    """For `twilio.rest.Client(http_client=...)`: all as on the network, but that `app` answers.

    A request that hangs raises requests.ReadTimeout, one that cannot arrive requests.ConnectionError.
    """

    def __init__(self, app: WSGIApplication) -> None:
        super().__init__()
        self.session.trust_env = False  # no proxy leads to an app
        for scheme in ("https://", "http://"):
            self.session.mount(scheme, _IntoApp(app))


class _IntoApp(HTTPAdapter):
    """The last step of `requests`: hands a request to an app instead of a socket."""

    def __init__(self, app: WSGIApplication) -> None:
        super().__init__()
        self._app = app

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        headers_sent = [(name, _as_bytes(value).decode("latin-1")) for name, value in request.headers.items()]
        asked = _environ(request.method or "GET", urlsplit(request.url or ""), headers_sent, _as_bytes(request.body))
        chunks, status, headers = run_wsgi_app(self._app, asked, buffered=True)
        content = b"".join(chunks)
        match headers.get(HANG_HEADER):
            case "hang":
                raise requests.ReadTimeout("the simulated phone system does not answer")
            case "unreachable":
                raise requests.ConnectionError("the simulated phone system cannot be reached")
        return self.build_response(
            request,
            HTTPResponse(
                io.BytesIO(content), HTTPHeaderDict(headers.items()), int(status.split()[0]), preload_content=False
            ),
        )


def post_into(app: WSGIApplication) -> Post:
    """A `post` for PhoneSystem that hands webhooks to `app`, under the scheme and host they are meant for."""

    def post(url: str, form: dict[str, str] | None, headers: dict[str, str]) -> Answer:
        method, body = ("GET", b"") if form is None else ("POST", urlencode(form).encode())
        asked = _environ(method, urlsplit(url), headers.items(), body)
        if form is not None:
            asked["CONTENT_TYPE"] = "application/x-www-form-urlencoded"
        chunks, status, answered = run_wsgi_app(app, asked, buffered=True)
        content = b"".join(chunks)
        kind = answered.get("Content-Type", "")
        return Answer(int(status.split()[0]), content.decode(errors="replace"), kind, content)

    return post


def _environ(method: str, url: SplitResult, headers: Iterable[tuple[str, str]], body: bytes) -> WSGIEnvironment:
    """What a server hands to an application; a test client makes the same, for many times the work."""
    asked: WSGIEnvironment = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(url.path or "/", "latin-1"),
        "QUERY_STRING": url.query,
        "SERVER_NAME": url.hostname or "localhost",
        "SERVER_PORT": str(url.port or {"https": 443}.get(url.scheme, 80)),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": url.netloc,
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": url.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in headers:
        key = name.upper().replace("-", "_")
        asked[key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"] = value
    if body:
        asked["CONTENT_LENGTH"] = str(len(body))
    return asked


def _as_bytes(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else body or b""
