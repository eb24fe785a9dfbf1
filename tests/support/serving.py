"""Servers on loopback that end with the test, whatever becomes of it: one that is left behind turns in circles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from ssl import SSLContext
from threading import Thread
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

_LOOKS_EVERY = 0.01
"""Seconds until a server notices that it is to end."""

Behave = Callable[[BaseHTTPRequestHandler], None]


class _OneDate(WSGIRequestHandler):
    """Of an application that dates its answers itself: the base class would add a second date."""

    def send_response(self, *status: Any) -> None:
        self.log_request(status[0])
        self.send_response_only(*status)


@contextmanager
def serving(app: Any, port: int = 0) -> Iterator[str]:
    """Serves a WSGI application, each request on a thread of its own; its address."""
    with _running(make_server("127.0.0.1", port, app, threaded=True, request_handler=_OneDate)) as port:
        yield f"http://127.0.0.1:{port}"


@contextmanager
def serving_by_hand(behave: Behave, tls: SSLContext | None = None) -> Iterator[str]:
    """Does with each GET and POST what a test says, by https where `tls` is given; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            behave(self)

        do_POST = do_GET  # noqa: N815 - the library's name

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    with _running(server) as port:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{port}"


def says(status: int = 200, body: bytes = b"", **headers: str) -> Behave:
    """Answers this; an underscore in a header's name is a hyphen, and a header without a value is left out."""

    def behave(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            if value:
                request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(body)

    return behave


@contextmanager
def _running(server: HTTPServer) -> Iterator[int]:
    thread = Thread(target=server.serve_forever, args=(_LOOKS_EVERY,), daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
