"""How one process wakes another: PostgreSQL's NOTIFY, or a datagram on one machine. Losing one is harmless."""

from __future__ import annotations

import contextlib
import hashlib
import socket
import threading
from pathlib import Path
from typing import cast

import psycopg
import structlog

from triage.errors import StoreUnavailable
from triage.ports import Bell, HearsBell
from triage.store.engine import DEAD_NETWORK, Store, is_behind_pooler

log = structlog.get_logger()

_CHANNEL = "afterhours_bell"
_SECONDS_TO_RECONNECT = 1.0


def bell(store: Store) -> Bell:
    return DatagramBell(store) if store.is_sqlite else NotifyBell(store)


def hears_bell(store: Store) -> HearsBell:
    return HearsDatagrams(store) if store.is_sqlite else HearsNotifications(store)


class DatagramBell:
    """One byte to the scheduler on this machine; nothing where there is none."""

    def __init__(self, store: Store) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._address = _socket_name(store)

    def ring(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.sendto(b"!", self._address)

    def close(self) -> None:
        self._socket.close()


class HearsDatagrams:
    """Where another scheduler listens already, this one hears nothing."""

    def __init__(self, store: Store) -> None:
        self.is_taken = False
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            self._socket.bind(_socket_name(store))
        except OSError:
            self.is_taken = True

    def wait(self, timeout: float) -> bool:
        self._socket.settimeout(timeout)
        try:
            self._socket.recv(1)
        except TimeoutError:
            return False
        return True

    def close(self) -> None:
        self._socket.close()


class NotifyBell:
    """Rings every scheduler that listens to this database."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def ring(self) -> None:
        with contextlib.suppress(StoreUnavailable):
            self._store.notify(_CHANNEL)

    def close(self) -> None:
        """Nothing of its own is open: it rings on the store's connections."""


class HearsNotifications:
    """A connection of its own that listens; made anew where it breaks.

    Through a pooler nothing can be heard: where the store has no other address, every wait ends with a look.
    """

    is_taken = False

    def __init__(self, store: Store) -> None:
        self._address = store.direct_url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._connection: psycopg.Connection[tuple[object, ...]] | None = None
        self._is_deaf = False

    def wait(self, timeout: float) -> bool:
        if self._is_deaf:
            threading.Event().wait(timeout)
            return True
        try:
            if self._connection is None:
                self._connect()
                return True  # whatever was rung before is not heard: look once
            return any(True for _ in self._connection.notifies(timeout=timeout, stop_after=1))
        except psycopg.Error:
            self.close()
            threading.Event().wait(min(timeout, _SECONDS_TO_RECONNECT))
            return False

    def _connect(self) -> None:
        self._connection = psycopg.connect(self._address, autocommit=True, **DEAD_NETWORK)
        if is_behind_pooler(self._connection):
            self._is_deaf = True
            self.close()
            log.warning("bell_not_heard", reason="a pooler is between us and the database: set its direct address")
        else:
            self._connection.execute(f"LISTEN {_CHANNEL}")

    def close(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(psycopg.Error):
                self._connection.close()
            self._connection = None


def _socket_name(store: Store) -> bytes:
    """A name in Linux's abstract namespace: no file to leave behind, one for each database."""
    file = Path(cast("str", store.url.database)).resolve()
    return b"\0afterhours-bell-" + hashlib.sha256(str(file).encode()).hexdigest()[:16].encode()
