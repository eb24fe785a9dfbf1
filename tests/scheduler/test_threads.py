"""The scheduler's threads one by one: who sends, and what rings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from threading import Event, Semaphore
from time import monotonic

import pytest

from scheduler.rings import Rings
from scheduler.senders import Senders
from triage.clock import SystemClock

# sdnotify leaves its socket to the garbage collector where no systemd listens.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

PATIENCE = 10.0


@pytest.fixture
def done() -> Semaphore:
    """Counts the errands that are done."""
    return Semaphore(0)


@pytest.fixture
def senders(done: Semaphore) -> Iterator[Senders]:
    made = Senders(2, done.release)
    yield made
    made.stop()


def test_a_sender_is_taken_while_it_works_and_free_afterwards(senders: Senders, done: Semaphore) -> None:
    begun, go_on = Event(), Event()

    def errand() -> None:
        begun.set()
        go_on.wait(PATIENCE)

    before = senders.free()
    senders.run(errand)
    assert begun.wait(PATIENCE)
    during = senders.free()
    go_on.set()
    assert done.acquire(timeout=PATIENCE)

    assert (before, during, senders.free()) == (2, 1, 2)


def test_an_errand_that_raises_frees_its_sender_and_rings(senders: Senders, done: Semaphore) -> None:
    def errand() -> None:
        raise RuntimeError("the phone system went up in smoke")

    for _ in range(5):
        senders.run(errand)

    assert all(done.acquire(timeout=PATIENCE) for _ in range(5))
    assert senders.free() == 2


def test_what_is_under_way_is_finished_before_the_stop(done: Semaphore) -> None:
    senders, begun, go_on = Senders(1, done.release), Event(), Event()
    finished: list[str] = []

    def errand() -> None:
        begun.set()
        go_on.wait(PATIENCE)
        finished.append("sent")

    senders.run(errand)
    senders.run(lambda: finished.append("never begun"))
    assert begun.wait(PATIENCE)
    go_on.set()
    senders.stop()

    assert finished[:1] == ["sent"]


@pytest.fixture
def rung() -> Semaphore:
    return Semaphore(0)


@pytest.fixture
def rings(rung: Semaphore) -> Iterator[Rings]:
    made = Rings(rung.release)
    made.start()
    yield made
    made.stop()


def test_it_rings_at_the_instant_it_was_armed_with(rings: Rings, rung: Semaphore) -> None:
    now = SystemClock().now()
    begun = monotonic()

    rings.arm([now + timedelta(seconds=0.3)], now)

    assert rung.acquire(timeout=PATIENCE)
    assert 0.2 < monotonic() - begun < 2.0


def test_an_instant_that_has_passed_rings_at_once(rings: Rings, rung: Semaphore) -> None:
    now = SystemClock().now()

    rings.arm([now - timedelta(hours=1)], now)

    assert rung.acquire(timeout=2.0)


def test_arming_twice_rings_once(rings: Rings, rung: Semaphore) -> None:
    now = SystemClock().now()
    at = now + timedelta(seconds=0.2)

    for _ in range(5):
        rings.arm([at], now)

    assert rung.acquire(timeout=PATIENCE)
    assert not rung.acquire(timeout=0.3)


def test_a_demo_clock_that_runs_ahead_is_allowed_for(rings: Rings, rung: Semaphore) -> None:
    now = SystemClock().now() + timedelta(days=3)

    rings.arm([now + timedelta(seconds=0.2)], now)

    assert rung.acquire(timeout=2.0)


def test_a_ring_that_raises_does_not_stop_the_bell() -> None:
    rung = Semaphore(0)

    def ring() -> None:
        rung.release()
        raise RuntimeError("broken bell")

    rings = Rings(ring)
    rings.start()
    now = SystemClock().now()
    rings.arm([now + timedelta(seconds=part) for part in (0.05, 0.1, 0.15)], now)
    heard = [rung.acquire(timeout=PATIENCE) for _ in range(3)]
    alive = rings.is_alive()
    rings.stop()

    assert (heard, alive) == ([True, True, True], True)


def test_a_bell_that_is_stopped_while_it_rings_stops_without_a_word(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    for _ in range(20):
        rung = Semaphore(0)
        rings = Rings(rung.release)
        now = SystemClock().now()
        rings.start()
        rings.arm([now + timedelta(milliseconds=part) for part in range(100)], now)
        rung.acquire(timeout=PATIENCE)
        rings.stop()

    assert caplog.records == []
    assert capfd.readouterr().err == ""


def test_the_bell_knows_whether_its_thread_lives(rung: Semaphore) -> None:
    rings = Rings(rung.release)
    before = rings.is_alive()
    rings.start()
    during = rings.is_alive()
    rings.stop()

    assert (before, during, rings.is_alive()) == (False, True, False)
