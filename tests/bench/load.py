"""Requests as a busy phone system sends them: bytes that were made beforehand, on connections that stay open."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator

from tests.support.world import TOKEN

CLIENTS = 16
PATH = "/twilio/recording"


@dataclass(frozen=True, slots=True)
class Latencies:
    """Milliseconds from when a request was due to its answer."""

    p50: float
    p99: float
    every: tuple[float, ...]


def request(port: int, fields: dict[str, str]) -> bytes:
    """One signed webhook, as bytes."""
    address, body = f"http://127.0.0.1:{port}{PATH}", urlencode(fields).encode()
    head = (
        f"POST {PATH} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
        f"X-Twilio-Signature: {RequestValidator(TOKEN).compute_signature(address, fields)}",
    )
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def rate(port: int, requests: Sequence[bytes]) -> float:
    """Requests a second from as many clients as keep it busy. Each must be answered with 204."""
    began = time.perf_counter()
    _send_all(port, requests, pause=0.0)
    return len(requests) / (time.perf_counter() - began)


def latencies(port: int, requests: Sequence[bytes], per_second: float) -> Latencies:
    """How long answers take where requests fall due at this pace, whether or not those before were answered."""
    waits = sorted(_send_all(port, requests, pause=1 / per_second))
    p50, p99 = (1000 * waits[-(-len(waits) * part // 100) - 1] for part in (50, 99))
    return Latencies(p50, p99, tuple(1000 * wait for wait in waits))


def _send_all(port: int, requests: Sequence[bytes], pause: float) -> list[float]:
    left, turn, began = iter(enumerate(requests)), Lock(), time.perf_counter()

    def client(_number: int) -> list[float]:
        waits: list[float] = []
        connection = _connected(port)
        while True:
            with turn:
                place, content = next(left, (0, b""))
            if not content:
                connection.close()
                return waits
            due = began + place * pause
            if (ahead := due - time.perf_counter()) > 0:
                time.sleep(ahead)
            sent_at = due if pause else time.perf_counter()
            connection.sendall(content)
            head = _head_of_204(connection)
            waits.append(time.perf_counter() - sent_at)
            if b"connection: close" in head:
                connection.close()
                connection = _connected(port)

    with ThreadPoolExecutor(CLIENTS) as clients:
        return [wait for waits in clients.map(client, range(CLIENTS)) for wait in waits]


def _connected(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _head_of_204(connection: socket.socket) -> bytes:
    """The head of the answer, in lower case."""
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        part = connection.recv(4096)
        if not part:
            raise ConnectionError("closed without an answer")
        answer += part
    if b" 204 " not in answer.split(b"\r\n", 1)[0]:
        raise AssertionError(answer[:200])
    return answer.lower()
