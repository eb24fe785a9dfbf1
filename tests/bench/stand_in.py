"""A phone system that only takes texts, each after 50 ms, in a process of its own: what it costs is no part of what is
measured. `python -m tests.bench.stand_in PORT`; `GET /taken` tells when which text came."""

from __future__ import annotations

import asyncio
import json
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import formatdate
from urllib.parse import parse_qs

import requests

ANSWERS_AFTER = 0.05
_START_SECONDS = 180.0


class StandIn:
    """The process, as seen from the bench."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._taken: list[tuple[datetime, str]] = []

    def taken(self) -> list[tuple[datetime, str]]:
        """When which text came, the first one first."""
        fresh = requests.get(f"{self.url}/taken?after={len(self._taken)}", timeout=10).json()
        self._taken += [(datetime.fromtimestamp(at, UTC), body) for at, body in fresh]
        return self._taken


@contextmanager
def stand_in() -> Iterator[StandIn]:
    from tests.support.live import free_port  # noqa: PLC0415 - large, and the process itself does without

    port = free_port()
    child = subprocess.Popen([sys.executable, "-m", "tests.bench.stand_in", str(port)])
    try:
        found, end = StandIn(port), time.monotonic() + _START_SECONDS
        while True:
            try:
                found.taken()
            except requests.ConnectionError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)
            else:
                break
        yield found
    finally:
        child.terminate()
        child.wait()


class _Line(asyncio.Protocol):
    """One connection: requests come one after the other."""

    def __init__(self, taken: list[tuple[float, str]]) -> None:
        self._taken = taken
        self._bytes = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._bytes += data
        head, found, rest = self._bytes.partition(b"\r\n\r\n")
        if not found:
            return
        length = next(
            (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        if len(rest) < length:
            return
        at, self._bytes = time.time(), rest[length:]  # noqa: TID251 - another process compares it with its own clock
        method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
        if method == "GET":
            self._answer(200, self._listed(path))
            return
        [body] = parse_qs(rest[:length].decode()).get("Body", [""])
        self._taken.append((at, body))
        sid = f"SM{secrets.token_hex(16)}"
        asyncio.get_running_loop().call_later(ANSWERS_AFTER, self._answer, 201, {"sid": sid, "status": "queued"})

    def _listed(self, path: str) -> object:
        if path.startswith("/taken"):
            return self._taken[int(path.partition("=")[2] or 0) :]
        sid = path.rpartition("/")[2].removesuffix(".json")
        if sid.startswith(("CA", "RE")):  # who called, and how long the message is
            now = formatdate(usegmt=True)
            return {"sid": sid, "status": "completed", "direction": "inbound", "start_time": now, "duration": "20"}
        name = path.partition("?")[0].rpartition("/")[2].removesuffix(".json").lower()
        return {name: [], "next_page_uri": None, "page": 0}

    def _answer(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        head = f"HTTP/1.1 {status} OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        if self._transport is not None:
            self._transport.write(head.encode() + body)


async def _serve(port: int) -> None:
    taken: list[tuple[float, str]] = []
    server = await asyncio.get_running_loop().create_server(lambda: _Line(taken), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
