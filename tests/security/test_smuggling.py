"""The web server itself, by bytes: where one request ends, and which methods there are."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import Thread

from tests.support.wire import Wire
from webhooks.server import Server


@contextmanager
def port_of(wire: Wire) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        server = Server(wire.app, threads=1, sockets=[listening], ident=None)
        thread = Thread(target=server.run)
        thread.start()
        try:
            yield port
        finally:
            server.stop()
            thread.join()


def answers(port: int, sent: bytes) -> list[int]:
    """The statuses of all that comes back until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        came = b"".join(iter(lambda: connection.recv(65536), b""))
    return [int(part.split()[0]) for part in came.split(b"HTTP/1.1 ")[1:]]


def test_a_request_with_two_lengths_is_not_read_as_two(sqlite_wire: Wire) -> None:
    hidden = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    head = b"POST /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    with port_of(sqlite_wire) as port:
        both = answers(port, head + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden)
        twice = answers(port, head + b"Content-Length: 0\r\nContent-Length: 60\r\n\r\n" + hidden)
        odd = answers(port, head + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + hidden)
        below = answers(port, head + b"Content-Length: -1\r\n\r\n" + hidden)

    assert [len(each) for each in (both, twice, odd, below)] == [1, 1, 1, 1]
    assert {*both, *twice, *odd, *below} <= {400, 405, 501}


def test_two_hundred_who_never_end_their_request_keep_nobody_out(sqlite_wire: Wire) -> None:
    with port_of(sqlite_wire) as port, ExitStack() as open_ones:
        for _ in range(200):
            slow = open_ones.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
            slow.sendall(b"POST /twilio/voice HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\nC")

        assert answers(port, b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") == [200]


def test_trace_is_refused(sqlite_wire: Wire) -> None:
    with port_of(sqlite_wire) as port:
        assert answers(port, b"TRACE /sign-in HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") == [405]
