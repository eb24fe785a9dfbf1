"""What the auditor finds, and for what of it the watchdog starves."""

from __future__ import annotations

import gc
import re
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

import pytest
from sqlalchemy import delete

from scheduler import auditor as audits
from scheduler.alarm_teller import AlarmTeller
from scheduler.auditor import Auditor, Engine
from scheduler.rings import Rings
from scheduler.senders import Senders
from tests.support.live import free_port
from tests.support.rows import add_case
from tests.support.wire import Wire
from triage.policy.faults import MEANINGS, Fault, Finding
from triage.services import vital_signs
from triage.services.vital_signs import due_soon
from triage.store.cases import set_timer
from triage.store.models import Delivery, Heartbeat, Timer

# sdnotify leaves its socket to the garbage collector where no systemd listens.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

PATIENCE = 10.0
Make = Callable[..., Auditor]


@pytest.fixture
def rings() -> Iterator[Rings]:
    made = Rings(lambda: None)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def senders() -> Iterator[Senders]:
    made = Senders(1, lambda: None)
    yield made
    made.stop()


@pytest.fixture
def auditor_of(sqlite_wire: Wire, rings: Rings, senders: Senders) -> Make:
    def make(*, swept: float = 0.0, wire: Wire = sqlite_wire, **changes: Any) -> Auditor:
        at = monotonic() - swept
        heard: dict[str, Any] = {
            "hindrance": lambda: None,
            "rings": rings,
            "senders": senders,
        } | changes
        return Auditor(wire.program, lambda: None, Engine(last_sweep=lambda: at, **heard))

    return make


@pytest.fixture
def watchdog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], int]]:
    """systemd's end: how often the watchdog was fed since it was last asked."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(f"{tmp_path}/notify")
        heard.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", f"{tmp_path}/notify")

        def fed() -> int:
            count = 0
            while True:
                try:
                    count += heard.recv(100) == b"WATCHDOG=1"
                except BlockingIOError:
                    return count

        yield fed
        gc.collect()  # sdnotify leaves its socket to it


def faults(auditor: Auditor) -> list[Fault]:
    return [finding.fault for finding in auditor.findings()]


def add_delivery(wire: Wire, **changes: Any) -> None:
    now = wire.program.now()
    values = {
        "person_id": "lee", "phone": "+16145550101", "channel": "sms", "body": "x", "state": "planned",
        "is_held": False, "attempts": 0, "created_at": now, "next_attempt_at": None,
    }  # fmt: skip
    with wire.program.desk.store.write() as tx:
        tx.session.add(Delivery(**values | changes))


@pytest.mark.on_both
def test_nothing_is_found_where_promises_are_kept(wire: Wire, auditor_of: Make) -> None:
    assert auditor_of(wire=wire).findings() == []


def test_no_sweep_for_half_a_minute(auditor_of: Make) -> None:
    assert faults(auditor_of(swept=29.0)) == []
    [found] = auditor_of(swept=31.0).findings()
    assert found == Finding(Fault.SWEEP, "no sweep has finished for 31 s")


def test_a_dead_bell(auditor_of: Make) -> None:
    assert faults(auditor_of(rings=Rings(lambda: None))) == [Fault.BELL]


@pytest.mark.parametrize(("late", "found"), [(59, []), (61, [Fault.WORK])])
def test_an_overdue_timer(late: int, found: list[Fault], sqlite_wire: Wire, auditor_of: Make) -> None:
    with sqlite_wire.program.desk.store.write() as tx:
        set_timer(tx.session, add_case(tx).id, "ladder", sqlite_wire.program.now() - timedelta(seconds=late))

    assert faults(auditor_of()) == found


def test_deliveries_that_wait_want_a_restart_only_where_nobody_sends(
    sqlite_wire: Wire, auditor_of: Make, senders: Senders, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_delivery(sqlite_wire, next_attempt_at=sqlite_wire.program.now() - timedelta(minutes=2))
    auditor = auditor_of()

    busy = faults(auditor)
    monkeypatch.setattr(senders, "idle_for", lambda: 61.0)

    assert busy == [Fault.SENDING]
    assert faults(auditor) == [Fault.WORK]
    assert (MEANINGS[Fault.SENDING].restart_helps, MEANINGS[Fault.WORK].restart_helps) == (False, True)


def test_senders_of_which_none_takes_work(auditor_of: Make, senders: Senders, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on, begun = Event(), Event()
    auditor = auditor_of()

    def hang() -> None:
        begun.set()
        go_on.wait(PATIENCE)

    senders.run(hang)
    assert begun.wait(PATIENCE)
    before = faults(auditor)  # hands in the errand that nobody takes
    monkeypatch.setattr("scheduler.senders.monotonic", lambda: monotonic() + 61.0)
    stuck = faults(auditor)
    monkeypatch.setattr("scheduler.senders.monotonic", lambda: monotonic() + 601.0)
    long = faults(auditor)
    go_on.set()
    senders.stop()
    monkeypatch.undo()

    assert (before, stuck) == ([], [Fault.SENDERS])
    assert set(long) == {Fault.SENDERS, Fault.SENDER_BUSY}
    assert faults(auditor_of(senders=Senders(1, lambda: None))) == []


def test_an_instant_that_the_bell_lacks_twice_in_a_row(sqlite_wire: Wire, auditor_of: Make, rings: Rings) -> None:
    program = sqlite_wire.program
    with program.desk.store.write() as tx:
        set_timer(tx.session, add_case(tx).id, "ladder", program.now() + timedelta(seconds=60))
    auditor = auditor_of()

    first, second = faults(auditor), faults(auditor)
    rings.arm(due_soon(program.desk, program.now()), program.now())

    assert (first, second, faults(auditor)) == ([], [Fault.RINGS], [])


def test_a_database_that_is_down_is_told_and_nobody_is_restarted_for_it(
    tmp_path: Path, auditor_of: Make, watchdog: Callable[[], int]
) -> None:
    for url in (f"sqlite:///{tmp_path}/no/folder/x.db", f"postgresql://u@127.0.0.1:{free_port()}/x"):
        wire = Wire(url, prepare=False)
        auditor = auditor_of(wire=wire, swept=600.0)
        [finding] = auditor.findings()
        fed = auditor.audit()
        wire.close()

        assert finding.words.startswith("no answer: ")
        assert (finding.fault, fed, watchdog()) == (Fault.DATABASE, True, 1)


def test_a_database_that_hangs_holds_up_neither_audit_nor_watchdog(
    auditor_of: Make, watchdog: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = Event()
    monkeypatch.setattr(audits, "ANSWER_MAY_TAKE", timedelta(seconds=0.05))
    monkeypatch.setattr(audits, "of_rows", lambda *_: go_on.wait(PATIENCE) and [])
    auditor = auditor_of(swept=600.0)

    hung = [faults(auditor), faults(auditor)]
    fed = auditor.audit()
    go_on.set()
    monkeypatch.setattr(audits, "ANSWER_MAY_TAKE", timedelta(seconds=PATIENCE))

    assert (hung, fed, watchdog()) == ([[Fault.DATABASE]] * 2, True, 1)
    assert faults(auditor) == []  # a sweep gets its time again


def test_a_disk_that_takes_no_writes_is_told_and_nobody_is_restarted_for_it(
    sqlite_wire: Wire, auditor_of: Make, watchdog: Callable[[], int]
) -> None:
    with sqlite_wire.program.desk.store.write() as tx:
        set_timer(tx.session, add_case(tx).id, "ladder", sqlite_wire.program.now() - timedelta(hours=1))
    full = Finding(Fault.DATABASE, "a sweep could not be finished: disk full")

    hindered = auditor_of(swept=600.0, hindrance=lambda: full)
    fed = hindered.audit(), auditor_of(swept=600.0).audit()

    assert hindered.findings() == [full]
    assert (fed, watchdog()) == ((True, False), 1)


def test_a_write_of_ours_that_hangs_is_no_dead_database_and_wants_a_restart(
    sqlite_wire: Wire, auditor_of: Make, watchdog: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Finding(Fault.LOCKED, "a sweep could not be finished: database is locked")
    auditor = auditor_of(swept=600.0, hindrance=lambda: held)
    others = faults(auditor), auditor.audit(), watchdog()  # of whoever else writes for long
    monkeypatch.setattr(vital_signs, "WRITE_MAY_TAKE", timedelta(0))
    with sqlite_wire.program.desk.store.write():
        [hung] = auditor.findings()
        ours = auditor.audit(), watchdog()

    assert others == ([Fault.LOCKED], True, 1)
    assert hung.fault is Fault.WRITE
    assert re.match(r"thread MainThread has written for \d+ s, and hangs in ", hung.words)
    assert ours == (False, 0)
    assert faults(auditor) == [Fault.LOCKED]


def test_letters_that_hang_and_threads_that_ended_are_found(
    sqlite_wire: Wire, auditor_of: Make, watchdog: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    at, during = [0.0], []
    monkeypatch.setattr("scheduler.alarm_teller.monotonic", lambda: at[0])
    teller = AlarmTeller(sqlite_wire.program)
    auditor = auditor_of(others=(teller.findings,))

    def never_answers(*_: object) -> None:
        for at[0] in (599.0, 601.0):
            during.append((faults(auditor), auditor.audit()))

    monkeypatch.setattr("scheduler.alarm_teller.tell", never_answers)
    teller.tell()
    [ended] = auditor_of(dead=lambda: ["alarms", "disks"]).findings()

    assert during == [([], True), ([Fault.LETTERS], False)]
    assert (faults(auditor), watchdog()) == ([], 1)
    assert ended == Finding(Fault.THREADS, "ended: alarms, disks")
    assert ended.meaning.restart_helps


@pytest.mark.parametrize(
    ("swept", "passed", "words"),
    [
        (timedelta(seconds=10), 10.0, None),
        (timedelta(seconds=69), 10.0, None),
        (timedelta(hours=3), 10.0, "it was moved 2 hours 59 minutes ahead, or the machine slept so long"),
        (timedelta(hours=-1), 10.0, "it was moved 1 hour back"),
    ],
    ids=["no step", "small", "ahead", "back"],
)
def test_a_clock_that_jumps_is_told_though_all_goes_on(
    swept: timedelta, passed: float, words: str | None, sqlite_wire: Wire, rings: Rings, senders: Senders,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    class Machine:
        at = datetime(2026, 11, 23, 12, tzinfo=UTC)

        def now(self) -> datetime:
            return self.at

        watched = now

    machine, begun = Machine(), monotonic()
    engine = Engine(last_sweep=monotonic, hindrance=lambda: None, rings=rings, senders=senders)
    monkeypatch.setattr(audits, "monotonic", lambda: begun)
    auditor = Auditor(sqlite_wire.program, lambda: None, engine, machine=machine)
    machine.at += swept
    monkeypatch.setattr(audits, "monotonic", lambda: begun + passed)

    found = [finding.words.split(";")[0] for finding in auditor.findings()]
    again = [finding.fault for finding in auditor.findings()]

    assert found == ([words] if words else [])
    assert again == ([Fault.CLOCK_STEP] if words else [])  # for a while: whoever tells of it may be busy
    assert auditor.audit()


def test_a_head_that_was_not_published_for_days_and_lists_that_nobody_reads(
    sqlite_wire: Wire, auditor_of: Make
) -> None:
    program = sqlite_wire.program
    with program.desk.store.write() as tx:
        tx.session.add(Heartbeat(name="audit head", at=program.now() - timedelta(hours=37)))
    found = auditor_of().findings()
    with program.desk.store.write() as tx:
        tx.session.execute(delete(Timer))

    assert [finding.fault for finding in found] == [Fault.HEAD]
    assert auditor_of().audit()


def test_an_audit_that_crashes_starves_the_watchdog(
    auditor_of: Make, watchdog: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audits, "of_rows", lambda *_: 1 / 0)

    assert (auditor_of().audit(), watchdog()) == (False, 0)


def test_every_fault_says_what_is_at_stake_and_how_to_mend_it() -> None:
    assert set(MEANINGS) == set(Fault)
    for meaning in MEANINGS.values():
        assert meaning.title[0].isupper()
        assert not meaning.title.endswith(".")
        assert meaning.stake.endswith(".")
        assert meaning.mend.endswith(".")
