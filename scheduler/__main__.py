"""`python -m scheduler`: the scheduler process, until SIGTERM."""

from __future__ import annotations

import faulthandler
import signal
import sys
from threading import Event

from config.collector import without_collecting

with without_collecting():
    import structlog

    from config.logging import set_up_logging
    from config.settings import SettingsError, load_settings
    from scheduler.daemon import Daemon
    from triage.bootstrap import build, build_phone_system
    from triage.errors import ConfigurationError
    from triage.services.zone_data import in_use

log = structlog.get_logger()


def main() -> int:
    """Run until told to stop; exit 2 where the configuration does not make a working scheduler."""
    faulthandler.enable()
    try:
        settings = load_settings()
        set_up_logging(settings.log_format)
        program = build(settings)
        daemon = Daemon(program, build_phone_system(settings))
        told_to_stop = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _signal, _frame: told_to_stop.set())
        daemon.start()
    except (SettingsError, ConfigurationError) as error:
        sys.stderr.write(f"afterhours scheduler: {error}\n")
        return 2
    log.info("scheduler_started", senders=settings.sender_threads, zones=str(in_use(program.desk.terms.zone)))
    told_to_stop.wait()
    daemon.stop()
    log.info("scheduler_stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
