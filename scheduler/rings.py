"""APScheduler as the bell: one date job for each instant of the near future at which something is due.

Nothing is kept in a job store that could be lost or could break: jobs live in memory and are derived from the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import structlog
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, JobEvent
from apscheduler.schedulers.background import BackgroundScheduler

from triage.clock import SystemClock

log = structlog.get_logger()

SWEEP_EVERY_SECONDS = 5
_FAULTS = EVENT_JOB_MISSED | EVENT_JOB_ERROR | EVENT_JOB_MAX_INSTANCES


class Rings:
    """Rings at the instants it was armed with, and every few seconds whatever happens."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._machine = SystemClock()
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            # The default grace of one second would drop a late ring, and a dropped ring is never made up.
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        self._scheduler.add_job(ring, "interval", seconds=SWEEP_EVERY_SECONDS, id="sweep")
        self._scheduler.add_listener(_report_fault, _FAULTS)

    def start(self) -> None:
        self._scheduler.start()

    def arm(self, instants: Iterable[datetime], now: datetime) -> None:
        """Ring at each instant, `now` being the program's clock: a demo's runs ahead of the machine's."""
        ahead = now - self._machine.now()
        for at in instants:
            self._scheduler.add_job(self._ring, "date", run_date=at - ahead, id=_job_of(at), replace_existing=True)

    def lacks(self, instants: Iterable[datetime]) -> set[datetime]:
        """Those of the instants with which the bell is not armed."""
        armed = {job.id for job in self._scheduler.get_jobs()}
        return {at for at in instants if _job_of(at) not in armed}

    def is_alive(self) -> bool:
        """Whether APScheduler's thread runs; its own `running` only says that nobody stopped it."""
        thread = getattr(self._scheduler, "_thread", None)
        return thread is not None and thread.is_alive()

    def stop(self) -> None:
        """Nothing may arm a ring any more.

        APScheduler marks itself as stopped without waiting for its thread, which then fails at the job it is just
        taking. Without jobs there is none to fail at, and removing them waits for the one that is being taken.
        """
        self._scheduler.remove_all_jobs()
        self._scheduler.shutdown()


def _job_of(at: datetime) -> str:
    return f"due {at.isoformat()}"


def _report_fault(event: JobEvent) -> None:
    log.error("ring_failed", job=event.job_id, code=event.code)
