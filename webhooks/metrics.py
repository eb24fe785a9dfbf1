"""Figures for Prometheus: requests counted here, everything else read from the rows when asked."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import version
from time import monotonic

from flask import Blueprint, Response, g, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    Info,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from triage.bootstrap import Program
from triage.errors import StoreUnavailable
from triage.policy.faults import Fault
from triage.services.disks import measure
from triage.services.vital_signs import Readings, readings
from webhooks.program import program

metrics = Blueprint("metrics", __name__)

disable_created_metrics()  # type: ignore[no-untyped-call] # the library types the rest

_REGISTRY = CollectorRegistry()
_ANSWERS = Counter("afterhours_requests", "Requests answered.", ["route", "status"], registry=_REGISTRY)
_DURATIONS = Histogram(
    "afterhours_request_duration_seconds",
    "Until a request was answered; Twilio waits 15 s. All pages are one route.",
    ["route", "status"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15),
    registry=_REGISTRY,
)
_BUILD = Info("afterhours_build", "What runs.", registry=_REGISTRY)
_BUILD.info({"version": version("afterhours"), "python": platform.python_version()})
_PHONE_ROUTES = "/twilio/"


@metrics.get("/metrics")
def show() -> Response:
    """Prometheus text."""
    rows = CollectorRegistry()
    rows.register(_Rows(program()))
    return Response(generate_latest(_REGISTRY) + generate_latest(rows), content_type=CONTENT_TYPE_LATEST)


def begin_to_count() -> None:
    g.began = monotonic()


def count_answers(answer: Response) -> Response:
    """Count by route, never by path: a path may hold what somebody typed."""
    route = request.url_rule.rule if request.url_rule else "none"
    _ANSWERS.labels(route=route, status=str(answer.status_code)).inc()
    if "began" in g:
        which = route if route.startswith(_PHONE_ROUTES) else "page"
        _DURATIONS.labels(route=which, status=str(answer.status_code)).observe(monotonic() - g.began)
    return answer


class _Rows(Collector):
    def __init__(self, running: Program) -> None:
        self._program = running

    def collect(self) -> Iterator[Metric]:
        yield from self._disks()
        up = GaugeMetricFamily("afterhours_database_up", "Whether the database answers.")
        try:
            found = readings(self._program.desk, self._program.now())
        except StoreUnavailable:
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        yield from self._gauges(found)
        yield from self._found_by_the_auditor(found)

    def _disks(self) -> Iterator[Metric]:
        free = GaugeMetricFamily("afterhours_disk_free_bytes", "Room on the disk of a place.", labels=["place"])
        size = GaugeMetricFamily("afterhours_disk_size_bytes", "Size of the disk of a place.", labels=["place"])
        for room in measure(self._program.places):
            for place in room.places:
                free.add_metric([place], room.free)
                size.add_metric([place], room.total)
        yield from (free, size)

    def _gauges(self, found: Readings) -> Iterator[Metric]:
        now = self._program.now()
        cases = GaugeMetricFamily("afterhours_cases", "Cases by state.", labels=["state"])
        for state, count in found.cases.items():
            cases.add_metric([state], count)
        yield cases
        sent = GaugeMetricFamily("afterhours_deliveries", "SMS and calls by state.", labels=["channel", "state"])
        for labels, count in found.deliveries.items():
            sent.add_metric(list(labels), count)
        yield sent
        copies = GaugeMetricFamily("afterhours_recordings", "Copies of recordings by state.", labels=["state"])
        for state, count in found.recordings.items():
            copies.add_metric([state], count)
        yield copies
        mail = GaugeMetricFamily("afterhours_letters", "Letters by e-mail by state.", labels=["state"])
        for state, count in found.letters.items():
            mail.add_metric([state], count)
        yield mail
        yield GaugeMetricFamily(
            "afterhours_breached_open", "Broken promises without a callback yet.", value=found.breached_open
        )
        yield GaugeMetricFamily("afterhours_timers_due", "Timers due and not handled.", value=found.backlog.timers)
        yield GaugeMetricFamily(
            "afterhours_deliveries_due", "Deliveries due and not sent.", value=found.backlog.deliveries
        )
        oldest = GaugeMetricFamily("afterhours_oldest_due_seconds", "For how long work has waited.", labels=["work"])
        oldest.add_metric(["timer"], _since(found.backlog.oldest_timer, now))
        oldest.add_metric(["delivery"], _since(found.backlog.oldest_delivery, now))
        yield oldest
        taken = GaugeMetricFamily(
            "afterhours_taken_within_seconds",
            "From plan to the phone system's acceptance: within this a share of the last 15 min was taken.",
            labels=["channel", "share"],
        )
        for (channel, share), span in found.taken.items():
            taken.add_metric([channel, f"{share:g}"], max(span.total_seconds(), 0.0))
        yield taken
        runs = GaugeMetricFamily("afterhours_canary_runs", "Test calls that are over.", labels=["outcome"])
        runs.add_metric(["passed"], found.canary.passed)
        runs.add_metric(["failed"], found.canary.failed)
        yield runs
        yield GaugeMetricFamily(
            "afterhours_canary_failing", "Whether the newest test call failed.", value=int(found.canary.last_failed)
        )
        if found.canary.passed_at is not None:
            age = (now - found.canary.passed_at).total_seconds()
            yield GaugeMetricFamily("afterhours_canary_passed_age_seconds", "Since a test call passed.", value=age)
        behind = GaugeMetricFamily(
            "afterhours_list_behind_seconds", "Since when a list of Twilio's is not settled.", labels=["list"]
        )
        for name, at in found.lists.items():
            behind.add_metric([name], (now - at).total_seconds())
        yield behind
        if found.last_backup is not None:
            age = (now - found.last_backup).total_seconds()
            yield GaugeMetricFamily("afterhours_backup_age_seconds", "Since the newest good backup.", value=age)
        if found.last_sweep is not None:
            age = (now - found.last_sweep).total_seconds()
            yield GaugeMetricFamily("afterhours_sweep_age_seconds", "Since the last finished sweep.", value=age)

    def _found_by_the_auditor(self, found: Readings) -> Iterator[Metric]:
        alarms = GaugeMetricFamily("afterhours_alarm", "Faults that the auditor finds.", labels=["fault"])
        for fault in Fault:
            alarms.add_metric([fault.value], int(fault in found.alarms))
        yield alarms
        if found.last_heartbeat is not None:
            age = (self._program.now() - found.last_heartbeat).total_seconds()
            yield GaugeMetricFamily("afterhours_heartbeat_age_seconds", "Since a heartbeat was taken.", value=age)


def _since(at: datetime | None, now: datetime) -> float:
    return 0.0 if at is None else max((now - at).total_seconds(), 0.0)
