"""The heartbeat's thread: sent only after a passed audit, at its own pace, and never in anybody's way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event

import pytest

from scheduler import pulse
from scheduler.pulse import Pulse
from tests.support.wire import Wire
from triage.clock import SystemClock
from triage.errors import TransportError
from triage.policy.faults import Fault, Finding
from triage.services.vital_signs import HEARTBEAT, signs

PATIENCE = 10.0
BELL = Finding(Fault.BELL, "dead")


class Outside:
    """The check outside: what it heard, and what it answers."""

    where = "hc.example"

    def __init__(self) -> None:
        self.heard: list[int | str] = []
        self.rung = Event()
        self.told_at: datetime | None = None
        self.refuses = False

    def passed(self) -> datetime | None:
        return self._hear("passed")

    def failed(self, findings: int) -> datetime | None:
        return self._hear(findings)

    def check(self) -> None:
        """Reached."""

    def _hear(self, what: int | str) -> datetime | None:
        self.rung.set()
        if self.refuses:
            raise TransportError("it answered 503", permanent=False)
        self.heard.append(what)
        return self.told_at


@pytest.fixture
def outside(sqlite_wire: Wire) -> Outside:
    found = Outside()
    sqlite_wire.program.heartbeat = found
    return found


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Moves the clock that counts seconds."""
    now = [1000.0]
    monkeypatch.setattr(pulse, "monotonic", lambda: now[0])

    def move(by: float) -> None:
        now[0] += by

    return move


def test_it_beats_after_a_passed_audit_and_tells_of_a_lasting_fault_by_its_count(
    sqlite_wire: Wire, outside: Outside, seconds: Callable[[float], None]
) -> None:
    beating = Pulse(sqlite_wire.program)
    beating.beat()
    unaudited = list(outside.heard)
    beating.take([])
    beating.beat()
    beating.take([BELL])
    beating.beat()  # a moment
    seconds(20)
    beating.take([BELL, Finding(Fault.SENDERS, "stuck"), Finding(Fault.NOTICES, "told once")])
    beating.beat()
    beating.take([Finding(Fault.NOTICES, "told once")])
    beating.beat()
    seconds(31)
    beating.beat()  # the auditor itself is dead

    assert unaudited == []
    assert outside.heard == ["passed", 2, "passed"]
    assert HEARTBEAT in signs(sqlite_wire.program.desk)


def test_one_that_is_not_taken_is_told_after_five_minutes_and_does_not_count_against_itself(
    sqlite_wire: Wire, outside: Outside, seconds: Callable[[float], None]
) -> None:
    outside.refuses = True
    beating = Pulse(sqlite_wire.program)
    beating.take([])
    beating.beat()
    early = beating.findings()
    seconds(301)
    late = beating.findings()
    outside.refuses = False
    beating.take(late)
    beating.beat()

    assert early == []
    assert late == [Finding(Fault.HEARTBEAT, "not taken for 5 min: it answered 503")]
    assert (outside.heard, beating.findings()) == (["passed"], [])


@pytest.mark.parametrize(("off", "way"), [(timedelta(hours=2), "behind"), (timedelta(hours=-2), "ahead")])
def test_a_clock_that_is_not_that_of_the_address_is_found(
    off: timedelta, way: str, sqlite_wire: Wire, outside: Outside
) -> None:
    beating = Pulse(sqlite_wire.program)
    beating.take([])
    outside.told_at = SystemClock().now() + off
    beating.beat()
    [found] = beating.findings()
    outside.told_at = SystemClock().now() + timedelta(seconds=30)
    beating.take([])
    beating.beat()

    assert found.fault is Fault.CLOCK_OFF
    assert f" {way}: the heartbeat's address has " in found.words
    assert beating.findings() == []


def test_the_thread_beats_once_an_audit_is_there_and_stops(sqlite_wire: Wire, outside: Outside) -> None:
    beating = Pulse(sqlite_wire.program)
    beating.start()
    beating.take([])
    was_rung = outside.rung.wait(PATIENCE)
    beating.stop()

    assert was_rung
    assert Pulse(sqlite_wire.program).findings() == []


def test_without_an_address_there_is_no_heartbeat(sqlite_wire: Wire) -> None:
    beating = Pulse(sqlite_wire.program)
    beating.start()
    beating.take([])
    beating.beat()

    assert beating.findings() == []
