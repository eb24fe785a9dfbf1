"""The web server's loop: until told to stop; then what has come in is answered, and nothing more is taken."""

from __future__ import annotations

import select
import time
from typing import TYPE_CHECKING, Any

import waitress
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import BaseWSGIServer
from waitress.task import WSGITask

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_LOOKS_EVERY_SECONDS = 1.0
_STOPS_WITHIN_SECONDS = 8.0
"""With the 5 s that waitress gives its threads this stays below TimeoutStopSec= of the unit."""
_SAYS_NOTHING_FOR_SECONDS = 0.5
"""Who has connected gets so long to begin a request, and who keeps a connection to begin another."""
_LOOKS_WHILE_STOPPING_SECONDS = 0.02
_MOST_CONNECTIONS = 500
"""Half of the files that a process may open: of waitress's hundred, a hundred that say nothing keep others out."""
_LOOKS_FOR_SILENT_EVERY_SECONDS = 5


class Server:
    """One process. Connections that come while it stops stay at the socket: the next process answers them, where
    systemd holds that. waitress alone would drop those that it has accepted and not yet answered."""

    def __init__(self, app: WSGIApplication, **options: Any) -> None:
        self._map: dict[int, Any] = {}
        self._is_stopping = False
        limits = {"connection_limit": _MOST_CONNECTIONS, "cleanup_interval": _LOOKS_FOR_SILENT_EVERY_SECONDS}
        self._server = waitress.create_server(app, map=self._map, **limits, **options)
        for listener in self._listeners():
            listener.channel_class = _channels_of(self)

    def stop(self) -> None:
        """From a signal's handler, or another thread."""
        self._is_stopping = True
        for listener in self._listeners():
            listener.pull_trigger()

    @property
    def is_stopping(self) -> bool:
        return self._is_stopping

    def run(self) -> None:
        """Serve until `stop`, and finish."""
        while not self._is_stopping:
            self._turn(_LOOKS_EVERY_SECONDS)
        for listener in self._listeners():
            listener.accepting = False
        end = time.monotonic() + _STOPS_WITHIN_SECONDS
        silent_since: dict[HTTPChannel, float] = {}
        while (channels := self._channels()) and (now := time.monotonic()) < end:
            for channel in channels:
                if _is_busy(channel):
                    silent_since.pop(channel, None)
                elif now - silent_since.setdefault(channel, now) > _SAYS_NOTHING_FOR_SECONDS:
                    channel.will_close = True
            self._turn(_LOOKS_WHILE_STOPPING_SECONDS)
        self._server.task_dispatcher.shutdown()
        self._server.close()

    def _turn(self, timeout: float) -> None:
        wasyncore.loop(timeout=timeout, map=self._map, use_poll=True, count=1)

    def _listeners(self) -> list[BaseWSGIServer]:
        return [one for one in self._map.values() if isinstance(one, BaseWSGIServer)]

    def _channels(self) -> list[HTTPChannel]:
        return [one for one in self._map.values() if isinstance(one, HTTPChannel)]


def _channels_of(server: Server) -> type[HTTPChannel]:
    class Task(WSGITask):  # type: ignore[misc] # the library has no types
        def __init__(self, channel: HTTPChannel, request: HTTPRequestParser) -> None:
            if server.is_stopping:  # else the next request on this connection would meet a closed one
                request.headers["CONNECTION"] = "close"
            super().__init__(channel, request)

    class Channel(HTTPChannel):  # type: ignore[misc]
        task_class = Task

    return Channel


def _is_busy(channel: HTTPChannel) -> bool:
    """Whether something of a request has come, read or not, or of an answer is to go."""
    if channel.requests or channel.request is not None or channel.total_outbufs_len:
        return True
    waiting = select.poll()
    waiting.register(channel.socket, select.POLLIN)
    return bool(waiting.poll(0))
