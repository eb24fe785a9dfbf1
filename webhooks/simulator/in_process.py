"""Both directions without sockets: the SDK straight into the REST face, webhooks straight into an app."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from flask import Flask
from twilio.http import HttpClient
from twilio.http.response import Response

from webhooks.simulator.posting import Answer, Post

HANG_HEADER = "X-Simulator-Hang"
"""Marks an answer that a client on the network would never have seen."""


class InProcessHttpClient(HttpClient):  # type: ignore[misc] # the SDK ships no types
    """For `twilio.rest.Client(http_client=...)`: encodes requests as for the network and lets `app` answer.

    A request that hangs raises requests.ReadTimeout, one that cannot arrive requests.ConnectionError.
    """

    def __init__(self, app: Flask) -> None:
        super().__init__(logging.getLogger(__name__), is_async=False)
        self._app = app

    def request(
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ARG002 - nothing here takes time
        allow_redirects: bool = False,  # noqa: ARG002, FBT001, FBT002 - the SDK's signature
    ) -> Any:
        prepared = requests.Request(method.upper(), url, params=params, data=data, headers=headers, auth=auth).prepare()
        answer = self._app.test_client().open(
            prepared.path_url,
            method=method.upper(),
            headers=list(prepared.headers.items()),
            data=prepared.body or b"",
        )
        match answer.headers.get(HANG_HEADER):
            case "hang":
                raise requests.ReadTimeout("the simulated phone system does not answer")
            case "unreachable":
                raise requests.ConnectionError("the simulated phone system cannot be reached")
        return Response(answer.status_code, answer.get_data(as_text=True), dict(answer.headers))


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
