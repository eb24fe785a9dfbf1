"""A limit to a whole answer, of HTTP head and body: a time-out of a connection limits only the wait for its next byte.

Whoever sends a byte now and then would keep a thread for days.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from threading import Lock, Timer
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class _Limit:
    """Ends the connections that are waited on once the time is over."""

    def __init__(self) -> None:
        self.is_over = False
        self._lock = Lock()
        self._waited_on: list[socket.socket] = []

    def watch(self, waited_on: socket.socket) -> None:
        with self._lock:
            self._waited_on.append(waited_on)
            if self.is_over:
                _end(waited_on)

    def end(self) -> None:
        with self._lock:
            self.is_over = True
            for each in self._waited_on:
                _end(each)


_limit: ContextVar[_Limit | None] = ContextVar("limit of an answer", default=None)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """What is asked and read herein by sessions with a WatchedAdapter ends after so many seconds.

    Raises requests.ReadTimeout where it did.
    """
    limit = _Limit()
    timer, token = Timer(seconds, limit.end), _limit.set(limit)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Exception:  # what is made of half an answer says less
        if limit.is_over:
            raise requests.ReadTimeout(f"no whole answer within {seconds:.0f} s") from None
        raise
    finally:
        timer.cancel()
        _limit.reset(token)
    if limit.is_over:  # a body without a length just ends
        raise requests.ReadTimeout(f"no whole answer within {seconds:.0f} s")


def watch(session: requests.Session) -> None:
    """From now on `within` limits what this session asks."""
    for scheme in ("https://", "http://"):
        session.mount(scheme, WatchedAdapter())


class _Plain(HTTPConnection):
    def getresponse(self) -> Any:
        watch_socket(self.sock)
        return super().getresponse()


class _Encrypted(HTTPSConnection):
    def getresponse(self) -> Any:
        watch_socket(self.sock)
        return super().getresponse()


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _EncryptedPool(HTTPSConnectionPool):
    ConnectionCls = _Encrypted


class WatchedAdapter(HTTPAdapter):
    """Makes connections whose answers `within` limits."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _EncryptedPool}

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **options)
        if not proxy.lower().startswith("socks"):  # such a one has connections of its own
            manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _EncryptedPool}
        return manager


def watch_socket(waited_on: socket.socket | None) -> None:
    """From now on `within` ends this connection too."""
    if (limit := _limit.get()) is not None and waited_on is not None:
        limit.watch(waited_on)


def _end(waited_on: socket.socket) -> None:
    """Whoever reads from it gets an end. Not by SSLSocket's own way, which takes the encryption off first."""
    with suppress(OSError):
        socket.socket.shutdown(waited_on, socket.SHUT_RDWR)
