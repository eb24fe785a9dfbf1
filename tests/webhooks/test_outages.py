"""The database is down: a caller can leave the message all the same, everybody else is told to send it again."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Timer
from time import monotonic

import psycopg
import pysqlite3.dbapi2 as pysqlite3
import pytest

from tests.support.documents import check_document, check_reaches_the_tone
from tests.support.live import free_port
from tests.support.logs import Logs
from tests.support.wire import Wire, call_form, recording_form, sid, text_form, twiml
from tests.support.world import CALLER
from triage.store import engine
from triage.store.engine import Store

BUSY_SECONDS = 1.0  # less than the daemon's, since it is waited for in earnest
TWILIO_WAITS_SECONDS = 15 * BUSY_SECONDS / engine.BUSY_SECONDS
"""How long Twilio waits for us, on the same scale."""
Break = Callable[[Path], Callable[[], None]]
"""Breaks a database file and returns what mends it."""


def locked(path: Path) -> Callable[[], None]:
    # Of the same library: POSIX locks are a process's, so two copies of SQLite in one process do not see each other's.
    blocker = pysqlite3.connect(path, isolation_level=None, check_same_thread=False)
    blocker.execute("BEGIN EXCLUSIVE")

    def mend() -> None:
        blocker.close()

    return mend


def garbage(path: Path) -> Callable[[], None]:
    kept = path.with_suffix(".kept")
    shutil.copy(path, kept)
    path.write_bytes(b"this is no database at all " * 1000)

    def mend() -> None:
        kept.replace(path)

    return mend


def a_folder(path: Path) -> Callable[[], None]:
    kept = path.with_suffix(".kept")
    path.rename(kept)
    path.mkdir()

    def mend() -> None:
        path.rmdir()
        kept.rename(path)

    return mend


def no_such_folder(path: Path) -> Callable[[], None]:
    away = path.parent.with_name("away")
    path.parent.rename(away)

    def mend() -> None:
        away.rename(path.parent)

    return mend


@pytest.fixture(params=[locked, garbage, a_folder, no_such_folder], ids=lambda breaks: breaks.__name__)
def broken(
    request: pytest.FixtureRequest, tmp_path: Path, sqlite_template: Path
) -> Iterator[tuple[Wire, Callable[[], None]]]:
    """A web process whose database broke before it used it, and what mends the database."""
    path = tmp_path / "data" / "afterhours.db"
    path.parent.mkdir()
    shutil.copy(sqlite_template, path)
    breaks: Break = request.param
    mend = breaks(path)
    url = f"sqlite:///{path}"
    wire = Wire(url, prepare=False, store=Store(url, BUSY_SECONDS))
    yield wire, mend
    wire.close()


def posts() -> list[tuple[str, dict[str, str]]]:
    call_sid = sid("CA")
    return [
        ("/twilio/recording", recording_form(CallSid=call_sid, From=CALLER)),
        ("/twilio/sms", text_form()),
        ("/twilio/message-status", {"MessageSid": sid("SM"), "MessageStatus": "sent"}),
        ("/twilio/call-status", call_form(CallSid=call_sid, CallStatus="completed")),
    ]


@pytest.mark.thorough
@pytest.mark.waits
def test_a_caller_is_heard_and_everything_else_is_stored_when_sent_again(
    broken: tuple[Wire, Callable[[], None]],
) -> None:
    wire, mend = broken
    form = recording_form(From=CALLER)
    begun = monotonic()

    document = twiml(wire.post("/twilio/voice", call_form()))
    took = monotonic() - begun
    refused = wire.post("/twilio/recording", form)
    mend()
    taken = wire.post("/twilio/recording", form)

    assert took < TWILIO_WAITS_SECONDS
    assert [verb.tag for verb in document][-2:] == ["Record", "Say"]
    assert (refused.status_code, taken.status_code) == (503, 204)
    assert refused.json == {"error": "the request could not be stored; send it again"}
    assert [case["caller"] for case in wire.cases()] == [CALLER]


@pytest.mark.parametrize("broken", [garbage, no_such_folder], indirect=True)
def test_readiness_is_503_and_life_goes_on(broken: tuple[Wire, Callable[[], None]]) -> None:
    wire, mend = broken
    client = wire.app.test_client()

    ready, alive, figures = client.get("/readyz"), client.get("/healthz"), client.get("/metrics")

    assert (ready.status_code, alive.status_code, figures.status_code) == (503, 200, 200)
    assert (ready.json or {})["status"] == "not ready"
    assert (ready.json or {})["reason"]
    mend()


@pytest.fixture
def unreachable() -> Iterator[Wire]:
    """A web process whose PostgreSQL refuses connections."""
    made = Wire(f"postgresql+psycopg://nobody:secret@127.0.0.1:{free_port()}/afterhours", prepare=False)
    yield made
    made.close()


@pytest.mark.parametrize("path", ["/twilio/voice", "/twilio/voice/desk", "/twilio/voice/product"])
def test_every_step_of_a_call_records_while_postgresql_refuses(path: str, unreachable: Wire) -> None:
    document = twiml(unreachable.post(path, call_form(Digits="1")))

    check_reaches_the_tone(document)
    assert [verb.tag for verb in document] == ["Say", "Say", "Record", "Say"]
    assert "a technician calls you back within 2 hours" in (document[0].text or "")


def test_who_left_a_message_while_postgresql_refuses_is_not_asked_for_another(unreachable: Wire) -> None:
    document = twiml(unreachable.post("/twilio/voice/recorded", call_form(Digits="#")))

    check_document(document)
    assert [verb.tag for verb in document] == ["Say", "Hangup"]


def test_day_desk_is_put_through_or_put_down_without_a_database(unreachable: Wire) -> None:
    asked = twiml(unreachable.post("/twilio/voice/desk/accept", call_form()))
    accepted = twiml(unreachable.post("/twilio/voice/desk/accept", call_form(Digits="1")))

    assert [verb.tag for verb in asked] == ["Gather", "Hangup"]
    assert list(accepted) == []


def test_a_technician_is_never_asked_to_leave_a_message(unreachable: Wire) -> None:
    document = twiml(unreachable.post("/twilio/alert/1", call_form(Direction="outbound-api")))

    assert [verb.tag for verb in document] == ["Say", "Hangup"]
    assert "A case waits for you" in "".join(document.itertext())


def test_all_reports_get_503_while_postgresql_refuses(unreachable: Wire, logs: Logs) -> None:
    answers = [unreachable.post(path, form) for path, form in posts()]

    assert {answer.status_code for answer in answers} == {503}
    assert {line["error"] for line in logs.named("request_failed")} == {"StoreUnavailable"}
    assert "secret" not in logs.text
    assert all("secret" not in answer.get_data(as_text=True) for answer in answers)


def test_a_database_without_a_schema_is_brought_up_to_date_by_the_first_request(
    tmp_path: Path,
) -> None:
    wire = Wire(f"sqlite:///{tmp_path}/new.db", prepare=False)

    answer = wire.post("/twilio/recording", recording_form())

    assert answer.status_code == 204
    assert len(wire.cases()) == 1
    wire.close()


@pytest.mark.thorough
def test_a_lock_that_is_short_only_delays(sqlite_wire: Wire) -> None:
    database = sqlite_wire.program.desk.store.url.database
    assert database is not None
    unlock = locked(Path(database))
    timer = Timer(0.3, unlock)
    timer.start()

    answer = sqlite_wire.post("/twilio/recording", recording_form())
    timer.join()

    assert answer.status_code == 204


def test_postgresql_that_comes_back_is_used_again(postgres_url: str) -> None:
    wire = Wire(postgres_url)
    wire.post("/twilio/recording", recording_form())
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )

    answers = [wire.post("/twilio/recording", recording_form()).status_code for _ in range(3)]

    assert answers == [204, 204, 204]
    assert len(wire.cases()) == 4
    wire.close()


@pytest.mark.waits
def test_a_writer_that_hangs_on_postgresql_is_not_waited_for_longer_than_twilio_waits(postgres_url: str) -> None:
    wire = Wire(postgres_url, store=Store(postgres_url, BUSY_SECONDS))
    with psycopg.connect(postgres_url) as blocker:
        blocker.execute("SELECT number FROM chain_head FOR UPDATE")
        begun = monotonic()
        document = twiml(wire.post("/twilio/voice", call_form()))
        took = monotonic() - begun

    assert document.find("Record") is not None
    assert took < TWILIO_WAITS_SECONDS
    wire.close()
