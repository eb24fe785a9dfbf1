"""PgBouncer in transaction mode before a test's PostgreSQL. Where it is not installed, its tests are skipped."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.live import free_port

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
_SERVERS = "pgserver"  # whom the wheel's server runs as where we are root: its socket is for that user alone
_UP_WITHIN_SECONDS = 10


@contextmanager
def pooler(socket_folder: Path, sessions: int = 2) -> Iterator[str]:
    """The address of a pooler which has so many sessions with the server that listens in this folder."""
    if PGBOUNCER is None:
        pytest.skip("pgbouncer is not installed: apt install pgbouncer")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="afterhours-pooler-") as name:
        settings = Path(name) / "pgbouncer.ini"
        settings.write_text(
            f"[databases]\n* = host={socket_folder} user=postgres\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
            f"auth_type = any\npool_mode = transaction\ndefault_pool_size = {sessions}\nmax_client_conn = 200\n"
            "server_login_retry = 1\nquery_wait_timeout = 5\n"
        )
        user = _SERVERS if os.geteuid() == 0 else None
        if user:
            os.chown(name, pwd.getpwnam(user).pw_uid, -1)
        child = subprocess.Popen(
            [PGBOUNCER, "--quiet", str(settings)],
            cwd=name,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            user=user,
        )
        try:
            _wait_for(port)
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        finally:
            child.terminate()
            child.wait()


def _wait_for(port: int) -> None:
    end = time.monotonic() + _UP_WITHIN_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < end, "pgbouncer does not answer"
            time.sleep(0.02)
        else:
            return
