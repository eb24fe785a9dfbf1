"""Both directions without sockets: the SDK straight into the REST face, webhooks straight into an app."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import urlsplit

import requests
from flask import Flask
from requests.adapters import HTTPAdapter
from twilio.http.http_client import TwilioHttpClient
from urllib3 import HTTPHeaderDict, HTTPResponse

from webhooks.simulator.posting import Answer, Post

HANG_HEADER = "X-Simulator-Hang"
"""Marks an answer that a client on the network would never have seen."""


class InProcessHttpClient(TwilioHttpClient):  # type: ignore[misc] # the SDK ships no types
    """For `twilio.rest.Client(http_client=...)`: all as on the network, but that `app` answers.

    A request that hangs raises requests.ReadTimeout, one that cannot arrive requests.ConnectionError.
    """

    def __init__(self, app: Flask) -> None:
        super().__init__()
        for scheme in ("https://", "http://"):
            self.session.mount(scheme, _IntoApp(app))


class _IntoApp(HTTPAdapter):
    """The last step of `requests`: hands a request to an app instead of a socket."""

    def __init__(self, app: Flask) -> None:
        super().__init__()
        self._app = app

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        answer = self._app.test_client().open(
            request.path_url,
            method=request.method,
            headers=list(request.headers.items()),
            data=request.body or b"",
        )
        match answer.headers.get(HANG_HEADER):
            case "hang":
                raise requests.ReadTimeout("the simulated phone system does not answer")
            case "unreachable":
                raise requests.ConnectionError("the simulated phone system cannot be reached")
        body = io.BytesIO(answer.get_data())
        headers = HTTPHeaderDict(answer.headers.items())
        return self.build_response(
            request,
            HTTPResponse(body, headers, answer.status_code, preload_content=False),
        )


def post_into(app: Flask) -> Post:
    """A `post` for PhoneSystem that hands webhooks to `app`, under the scheme and host they are meant for."""

    def post(url: str, form: dict[str, str] | None, headers: dict[str, str]) -> Answer:
        parts = urlsplit(url)
        with app.test_client().open(
            parts.path or "/",
            method="GET" if form is None else "POST",
            base_url=f"{parts.scheme}://{parts.netloc}",
            query_string=parts.query,
            data=form,
            headers=headers,
        ) as answer:
            content = answer.get_data()
        return Answer(answer.status_code, content.decode(errors="replace"), answer.content_type, content)

    return post
