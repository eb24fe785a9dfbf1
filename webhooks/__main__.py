"""`python -m webhooks`: the web server, one process, until SIGTERM."""

from __future__ import annotations

import faulthandler
import os
import signal
import socket
import sys

from config.collector import without_collecting

with without_collecting():
    import structlog
    from sdnotify import SystemdNotifier

    from config.logging import set_up_logging
    from config.settings import SettingsError, address, load_settings
    from triage.bootstrap import build
    from triage.errors import ConfigurationError, StoreUnavailable
    from webhooks.app import create_app, get_pages_ready_for_visitors
    from webhooks.console.access import LARGEST_BODY
    from webhooks.server import Server
    from webhooks.watchdog import Watchdog

log = structlog.get_logger()

_FIRST_SYSTEMD_SOCKET = 3


def main() -> int:
    """Serve until told to stop. Starts even where the database is down: callers can leave messages all the same."""
    faulthandler.enable()
    try:
        settings = load_settings()
        set_up_logging(settings.log_format)
        program = build(settings)
    except (SettingsError, ConfigurationError) as error:
        sys.stderr.write(f"afterhours web: {error}\n")
        return 2
    try:
        program.prepare()
    except StoreUnavailable:
        log.exception("database_unavailable_at_start")
    except ConfigurationError as error:
        sys.stderr.write(f"afterhours web: {error}\n")
        return 2
    app = create_app(program)
    get_pages_ready_for_visitors(app)
    try:
        server = Server(
            app,
            threads=settings.web_threads,
            ident=None,
            max_request_body_size=LARGEST_BODY,
            channel_timeout=30,
            **_listening(settings.bind),
        )
    except OSError as error:
        sys.stderr.write(f"afterhours web: AFTERHOURS_BIND: cannot listen on {settings.bind}: {error}\n")
        return 2
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.stop())
    SystemdNotifier().notify("READY=1")
    watchdog = Watchdog(program.desk)
    watchdog.start()
    log.info("web_started", bind="systemd" if _is_handed_sockets() else settings.bind, threads=settings.web_threads)
    server.run()
    watchdog.stop()
    program.close()
    log.info("web_stopped")
    return 0


def _listening(bind: str) -> dict[str, object]:
    """The sockets that systemd holds for us, so that a restart drops no call; else our own."""
    if _is_handed_sockets():
        count = int(os.environ.get("LISTEN_FDS", "0"))
        return {"sockets": [socket.socket(fileno=_FIRST_SYSTEMD_SOCKET + number) for number in range(count)]}
    host, port = address(bind)
    return {"host": host, "port": port}


def _is_handed_sockets() -> bool:
    return os.environ.get("LISTEN_PID") == str(os.getpid())


if __name__ == "__main__":
    sys.exit(main())
