"""The daemon itself: a real clock, real threads, real HTTP; waited for, never slept for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from threading import Event
from threading import enumerate as threads
from time import monotonic

import pytest
from sqlalchemy import select, text

from config.settings import DEMO_ROSTER, SIMULATED_ACCOUNT
from scheduler.daemon import Daemon
from tests.support.serving import serving
from tests.support.wire import Wire, recording_form
from tests.support.world import CALLER, OUR_NUMBER, PUBLIC_URL, TOKEN
from triage.bootstrap import build_phone_system
from triage.clock import SystemClock
from triage.errors import ConfigurationError, OutcomeUnknown
from triage.policy.faults import Fault, Finding
from triage.services import audit, coverage
from triage.services.vital_signs import SWEEP
from triage.store.chain import head
from triage.store.models import Event as Entry
from triage.store.vital_signs import all_seen, show
from webhooks.simulator.phone_system import Answer, PhoneSystem
from webhooks.simulator.rest import create_rest_app

# sdnotify leaves its socket to the garbage collector where no systemd listens.
pytestmark = [pytest.mark.waits, pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")]

PATIENCE = 15.0


@pytest.fixture
def phones() -> PhoneSystem:
    return PhoneSystem(SIMULATED_ACCOUNT, TOKEN, OUR_NUMBER, PUBLIC_URL, SystemClock(), lambda *_: Answer(204, ""))


@pytest.fixture
def rest_url(phones: PhoneSystem) -> Iterator[str]:
    with serving(create_rest_app(phones)) as url:
        yield url


@pytest.fixture
def daemon(database_url: str, rest_url: str) -> Iterator[tuple[Daemon, Wire]]:
    """A running scheduler, and the web process beside it on the same database."""
    web = Wire(database_url)
    mine = Wire(database_url, prepare=False, twilio_api_base=rest_url, roster_file=DEMO_ROSTER)
    running = Daemon(mine.program, build_phone_system(mine.settings))
    running.start()
    yield running, web
    running.stop()
    mine.close()
    web.close()


def until(holds: Callable[[], object]) -> bool:
    end, pause = monotonic() + PATIENCE, Event()
    while not holds() and monotonic() < end:
        pause.wait(0.01)
    return bool(holds())


@pytest.mark.on_both
def test_a_voicemail_rings_the_daemon_and_an_sms_goes_out(daemon: tuple[Daemon, Wire], phones: PhoneSystem) -> None:
    _, web = daemon
    begun = monotonic()

    web.post("/twilio/recording", recording_form(From=CALLER))

    assert until(phones.messages)
    assert monotonic() - begun < 4.0  # by the bell: the next sweep of its own is five seconds away
    assert CALLER in phones.messages()[0].body
    assert until(lambda: web.app.test_client().get("/readyz").status_code == 200)


def test_a_stopped_daemon_leaves_no_thread_and_a_new_one_goes_on(
    database_url: str, rest_url: str, phones: PhoneSystem
) -> None:
    web = Wire(database_url)
    mine = Wire(database_url, twilio_api_base=rest_url, roster_file=DEMO_ROSTER)
    for _ in range(2):
        running = Daemon(mine.program, build_phone_system(mine.settings))
        running.start()
        running.stop()
        web.post("/twilio/recording", recording_form(From=CALLER))
    names = {thread.name for thread in threads()}
    before = len(phones.messages())

    running = Daemon(mine.program, build_phone_system(mine.settings))
    running.start()
    went_out = until(phones.messages)
    running.stop()
    mine.close()
    web.close()

    assert names & {"sweeper", "bell", "APScheduler"} == set()
    assert (before, went_out) == (1, True)


def test_a_check_of_the_day_that_fails_is_told_of_and_stops_neither_the_others_nor_alerts(
    database_url: str, rest_url: str, phones: PhoneSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(coverage, "is_check_due", lambda *_: True)  # at night it is not
    monkeypatch.setattr(coverage, "check_coverage", fail)
    mine = Wire(database_url, twilio_api_base=rest_url, roster_file=DEMO_ROSTER)
    running = Daemon(mine.program, build_phone_system(mine.settings))
    running.start()
    mine.post("/twilio/recording", recording_form(From=CALLER))
    running.ring()
    went_out = until(phones.messages)
    with mine.program.desk.store.glance() as connection:
        seen = all_seen(connection)
    found = running._chores()
    running.stop()
    mine.close()

    assert went_out
    assert {SWEEP, audit.SIGN} <= set(seen)  # the head was published after the check that fails
    assert found == [Finding(Fault.CHORES, "failed: check_coverage (ZeroDivisionError)")]
    assert not found[0].meaning.restart_helps


@pytest.mark.thorough
def test_a_start_does_not_wait_for_a_phone_system_that_hangs(
    database_url: str, rest_url: str, phones: PhoneSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, go_on = Event(), Event()
    given_up: list[str] = []

    def hang(_: datetime) -> None:
        asked.set()
        go_on.wait(PATIENCE)
        given_up.append("calls")
        raise OutcomeUnknown("no answer")

    mine = Wire(database_url, twilio_api_base=rest_url, roster_file=DEMO_ROSTER)
    phone_system = build_phone_system(mine.settings)
    monkeypatch.setattr(phone_system.traffic, "calls", hang)
    mine.post("/twilio/recording", recording_form(From=CALLER))
    running = Daemon(mine.program, phone_system)
    running.start()
    went_out, was_asked, waited_for = until(phones.messages), asked.wait(PATIENCE), list(given_up)
    go_on.set()
    running.stop()
    mine.close()

    assert (went_out, was_asked, waited_for) == (True, True, [])


def test_a_clock_that_is_behind_at_a_start_is_waited_for_and_then_all_goes_on(
    database_url: str, rest_url: str, phones: PhoneSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = Wire(database_url, twilio_api_base=rest_url, roster_file=DEMO_ROSTER)
    mine.post("/twilio/recording", recording_form(From=CALLER))
    ahead = mine.program.now() + timedelta(hours=3)
    with mine.program.desk.store.write() as tx:
        show(tx.session, SWEEP, ahead)
    entries = chain_length(mine)
    running = Daemon(mine.program, build_phone_system(mine.settings))
    running.start()
    running.ring()
    waited = chain_length(mine) == entries, len(phones.messages()), running._hindrance()
    with monkeypatch.context() as later:  # a sweep that hangs from here on has other reasons: the watchdog starves
        later.setattr("scheduler.daemon._HINDERED_FOR_SECONDS", 0.0)
        excused_for_ever = running._hindrance()
    with mine.program.desk.store.write() as tx:  # the clock comes right
        show(tx.session, SWEEP, mine.program.now())
    running.ring()
    went_out = until(phones.messages)
    running.stop()
    mine.close()

    assert waited == (True, 0, Finding(Fault.CLOCK, "it is 2 hours 59 minutes behind what is on record"))
    assert excused_for_ever is None
    assert went_out


@pytest.mark.thorough
def test_a_clock_that_stays_behind_is_taken_for_right_after_ten_minutes(
    database_url: str, rest_url: str, phones: PhoneSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = Wire(database_url, twilio_api_base=rest_url, roster_file=DEMO_ROSTER)
    mine.post("/twilio/recording", recording_form(From=CALLER))
    with mine.program.desk.store.write() as tx:
        show(tx.session, SWEEP, mine.program.now() + timedelta(hours=3))
    running = Daemon(mine.program, build_phone_system(mine.settings))
    running.start()
    before = len(phones.messages())
    monkeypatch.setattr("scheduler.daemon.CLOCK_IS_AWAITED_FOR", timedelta(0))
    running.ring()
    went_out = until(phones.messages)
    running.stop()
    with mine.program.desk.store.read() as session:
        put_back = session.scalars(select(Entry.kind).where(Entry.kind == "clock_was_ahead")).all()
    mine.close()

    assert (before, went_out, list(put_back)) == (0, True, ["clock_was_ahead"])


def test_a_database_of_a_newer_program_is_refused_at_the_start(sqlite_url: str, rest_url: str) -> None:
    before = Wire(sqlite_url)
    with before.program.desk.store.connection() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999_newer'"))
    before.close()
    mine = Wire(sqlite_url, prepare=False, twilio_api_base=rest_url, roster_file=DEMO_ROSTER)
    running = Daemon(mine.program, build_phone_system(mine.settings))

    with pytest.raises(ConfigurationError, match="made by a newer program"):
        running.start()
    mine.close()


def chain_length(wire: Wire) -> int:
    with wire.program.desk.store.read() as session:
        return head(session)[0]


def test_a_second_scheduler_on_one_file_is_refused(sqlite_url: str, rest_url: str) -> None:
    web = Wire(sqlite_url)
    running = web.program.hears_bell()

    with pytest.raises(ConfigurationError, match=r"another scheduler runs on .*: stop that one first"):
        Daemon(web.program, build_phone_system(web.program.settings))

    running.close()
    web.close()
