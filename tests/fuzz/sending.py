"""Sends a drawn request into the application by WSGI, as bytes, with the cookies of whoever asks."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, unquote_to_bytes

from werkzeug.datastructures import MultiDict
from werkzeug.test import run_wsgi_app
from werkzeug.wrappers import Request as Parsed

from tests.fuzz.ground import Ground
from tests.fuzz.pages import Form, forms_of
from tests.fuzz.requests import Pair, Request
from tests.support.wire import sign
from tests.support.world import PUBLIC_URL, TOKEN

_BOUNDARY = "----x7MA4YWxkTrZu0gW"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def type(self) -> str:
        return self.headers.get("Content-Type", "").partition(";")[0]


def send(ground: Ground, request: Request) -> Answer:
    """Raises whatever escapes the application."""
    form = _read_anew(ground, request) if request.is_fresh and request.form is not None else None
    pairs = _completed(ground, request, form)
    body, kind = _body(request, pairs)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(_bytes(request.path)).decode("latin-1"),
        "QUERY_STRING": request.query.encode("utf-8", "replace").decode("latin-1"),
        "SERVER_NAME": "afterhours.example",
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "afterhours.example",
        "HTTP_USER_AGENT": "Firefox/145.0 (X11; Linux)",
        "HTTP_ACCEPT": "text/html",
        "CONTENT_TYPE": kind if body else "",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https",
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    if request.role is not None:
        cookies = ground.visitors[request.role].client._cookies or {}
        environ["HTTP_COOKIE"] = "; ".join(f"{one.key}={one.value}" for one in cookies.values())
    if request.signs is not None:
        environ["HTTP_X_TWILIO_SIGNATURE"] = _signature(environ, body, request)
    environ.update(request.headers)
    environ["wsgi.input"] = io.BytesIO(body)
    chunks, status, headers = run_wsgi_app(ground.world.app, environ, buffered=True)
    return Answer(int(status.split()[0]), dict(headers), b"".join(chunks))


def _body(request: Request, pairs: list[Pair]) -> tuple[bytes, str]:
    if request.raw is not None:
        kind, body = request.raw
        return body, kind
    return _multipart(pairs) if request.is_multipart else (_urlencoded(pairs), "application/x-www-form-urlencoded")


def _read_anew(ground: Ground, request: Request) -> Form | None:
    """The form as its page shows it now to whoever asks; None where it does not."""
    assert request.form is not None
    path, _, query = request.form.page.partition("?")
    answer = send(ground, Request(request.number, "", "GET", path, query, request.role))
    if answer.type != "text/html":
        return None
    found = forms_of(answer.body.decode(), request.form.page, request.form.role)
    alike = [form for form in found if form.action == request.form.action and form.method == request.method]
    return next((form for form in alike if form.names == request.form.names), alike[0] if alike else None)


def _completed(ground: Ground, request: Request, fresh: Form | None) -> list[Pair]:
    """With the token of the form, hidden fields as they stand now, and SIDs of calls that there were."""
    now = {one.name: one.value for one in (fresh.fields if fresh else ()) if one.kind == "hidden"}
    before = {one.name: one.value for one in (request.form.fields if request.form else ())}
    pairs: list[Pair] = []
    for name, value in request.fields:
        if isinstance(value, str) and value.startswith("known:") and ground.call_sids:
            pairs.append((name, ground.call_sids[int(value.partition(":")[2]) % len(ground.call_sids)]))
        else:
            is_kept = name in now and value == before.get(name)
            pairs.append((name, now[name] if is_kept else value))
    if request.role is not None and request.has_csrf and request.method not in {"GET", "HEAD"}:
        token = now.get("csrf_token") or ground.visitors[request.role]._form_token
        pairs.append(("csrf_token", token))
    return pairs


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _urlencoded(pairs: list[Pair]) -> bytes:
    texts = [(name, value if isinstance(value, str) else value[0]) for name, value in pairs]
    return "&".join(f"{quote_plus(_bytes(name))}={quote_plus(_bytes(value))}" for name, value in texts).encode()


def _multipart(pairs: list[Pair]) -> tuple[bytes, str]:
    parts = []
    for name, value in pairs:
        about, data = f'form-data; name="{name}"', _bytes(value) if isinstance(value, str) else value[2]
        kind = ""
        if not isinstance(value, str):
            about += f'; filename="{value[0]}"'
            kind = f"\r\nContent-Type: {value[1]}"
        head = _bytes(f"Content-Disposition: {about}{kind}\r\n\r\n")
        parts.append(b"--" + _BOUNDARY.encode() + b"\r\n" + head + data + b"\r\n")
    return b"".join(parts) + f"--{_BOUNDARY}--\r\n".encode(), f"multipart/form-data; boundary={_BOUNDARY}"


def _signature(environ: dict[str, Any], body: bytes, request: Request) -> str:
    """Over what the application will read, by the right token or a wrong one."""
    parsed = Parsed({**environ, "wsgi.input": io.BytesIO(body)})
    parsed.max_form_memory_size = parsed.max_form_parts = 2**30
    address = PUBLIC_URL + parsed.path + (f"?{environ['QUERY_STRING']}" if environ["QUERY_STRING"] else "")
    return sign(address, MultiDict(parsed.form), TOKEN if request.signs == "right" else "somebody else's token")
