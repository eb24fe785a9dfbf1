"""How one process wakes another: PostgreSQL's NOTIFY, or a datagram on one machine. Losing one is harmless."""

from __future__ import annotations

import contextlib
import hashlib
import socket
from pathlib import Path
from typing import cast

from triage.errors import StoreUnavailable
from triage.ports import Bell, HearsBell
from triage.store.engine import Store

_CHANNEL = "afterhours_bell"


def bell(store: Store) -> Bell:
    return DatagramBell(store) if store.is_sqlite else NotifyBell(store)


def hears_bell(store: Store) -> HearsBell:
    if store.is_sqlite:
        return HearsDatagrams(store)
    from triage.store.postgres import HearsNotifications  # noqa: PLC0415 - large, and SQLite needs none of it

    return HearsNotifications(store.direct_url, _CHANNEL)


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


def _socket_name(store: Store) -> bytes:
    """A name in Linux's abstract namespace: no file to leave behind, one for each database."""
    file = Path(cast("str", store.url.database)).resolve()
    return b"\0afterhours-bell-" + hashlib.sha256(str(file).encode()).hexdigest()[:16].encode()
