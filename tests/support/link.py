"""The network between one node and its PostgreSQL, which a test can hold up, cut, or let lose an answer."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

_SOCKET = ".s.PGSQL.5432"
_CHUNK = 65_536
_COMMIT = b"COMMIT"


class Link:
    """Carries bytes between a socket in `folder` and that of the server; `url` is the database's address through it."""

    def __init__(self, folder: Path, server_folder: Path) -> None:
        self.url = f"postgresql://postgres@/postgres?host={folder}"
        self.lost_commits = 0
        self._listens_at, self._server = folder / _SOCKET, server_folder / _SOCKET
        self._loop = asyncio.new_event_loop()
        self._flows = asyncio.Event()
        self._loses_commits = False
        self._open: set[asyncio.StreamWriter] = set()
        self._carriers: set[asyncio.Task[None]] = set()
        self._is_up = Event()
        self._thread = Thread(target=self._loop.run_until_complete, args=(self._serve(),), daemon=True)
        self._thread.start()
        self._is_up.wait()

    def hold_up(self) -> None:
        """Nothing passes any more, in either direction, and no connection ends: as behind a dead router."""
        self._tell(self._flows.clear)

    def flow(self) -> None:
        """All passes again, what was held up first; no commit loses its answer any more."""

        def go_on() -> None:
            self._loses_commits = False
            self._flows.set()

        self._tell(go_on)

    def cut(self) -> None:
        """End every connection; new ones can be made."""
        self._tell(self._cut)

    def lose_commits(self) -> None:
        """From now on the server commits, and the connection ends before the node hears of it."""

        def lose() -> None:
            self._loses_commits = True

        self._tell(lose)

    def close(self) -> None:
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()
        self._loop.close()

    def _tell(self, deed: Callable[[], None]) -> None:
        self._loop.call_soon_threadsafe(deed)

    def _cut(self) -> None:
        for writer in list(self._open):
            writer.transport.abort()

    async def _serve(self) -> None:
        self._end = asyncio.Event()
        self._flows.set()
        server = await asyncio.start_unix_server(self._carry_both, self._listens_at)
        self._listens_at.chmod(0o777)
        self._is_up.set()
        await self._end.wait()
        server.close()
        self._cut()
        for carrier in self._carriers:
            carrier.cancel()
        await asyncio.gather(*self._carriers, return_exceptions=True)

    async def _carry_both(self, from_node: asyncio.StreamReader, to_node: asyncio.StreamWriter) -> None:
        try:
            from_server, to_server = await asyncio.open_unix_connection(self._server)
        except OSError:
            to_node.transport.abort()
            return
        self._open |= {to_node, to_server}
        pair = _Pair(to_node, to_server)
        for deed in (self._carry_there(from_node, pair), self._carry_back(from_server, pair)):
            carrier = self._loop.create_task(deed)
            self._carriers.add(carrier)
            carrier.add_done_callback(self._carriers.discard)

    async def _carry_there(self, from_node: asyncio.StreamReader, pair: _Pair) -> None:
        with contextlib.suppress(OSError):
            while chunk := await from_node.read(_CHUNK):
                await self._flows.wait()
                pair.commits = self._loses_commits and _COMMIT in chunk
                pair.to_server.write(chunk)
                await pair.to_server.drain()
        self._end_both(pair)

    async def _carry_back(self, from_server: asyncio.StreamReader, pair: _Pair) -> None:
        with contextlib.suppress(OSError):
            while chunk := await from_server.read(_CHUNK):
                await self._flows.wait()
                if pair.commits:
                    self.lost_commits += 1
                    break
                pair.to_node.write(chunk)
                await pair.to_node.drain()
        self._end_both(pair)

    def _end_both(self, pair: _Pair) -> None:
        for writer in (pair.to_node, pair.to_server):
            writer.transport.abort()
            self._open.discard(writer)


class _Pair:
    """Both ends of one connection, and whether the node has asked for a commit whose answer is to be lost."""

    def __init__(self, to_node: asyncio.StreamWriter, to_server: asyncio.StreamWriter) -> None:
        self.to_node, self.to_server = to_node, to_server
        self.commits = False


@contextmanager
def link(server_folder: Path) -> Iterator[Link]:
    """A link to the server that listens in this folder."""
    with tempfile.TemporaryDirectory(prefix="afterhours-link-") as name:
        made = Link(Path(name), server_folder)
        try:
            yield made
        finally:
            made.close()
