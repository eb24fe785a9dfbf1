"""What monitoring asks: is the process alive, are promises kept, how many of what."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from scheduler.sweep import keep_house
from tests.support.wire import Wire, recording_form
from tests.support.world import CALLER, Build, World
from triage.services import canary
from triage.store.models import Case, Delivery


def figures(wire: Wire) -> dict[str, str]:
    text = wire.app.test_client().get("/metrics").get_data(as_text=True)
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return dict(line.rsplit(" ", 1) for line in lines)


def test_alive_needs_no_database(wire: Wire) -> None:
    answer = wire.app.test_client().get("/healthz")

    assert (answer.status_code, answer.json) == (200, {"status": "alive"})
    assert answer.headers["Cache-Control"] == "no-store"


def test_not_ready_before_the_first_sweep_and_says_what_to_start(wire: Wire) -> None:
    answer = wire.app.test_client().get("/readyz")

    assert answer.status_code == 503
    assert answer.json == {
        "status": "not ready",
        "reason": "the scheduler has not finished a sweep yet: start it with `afterhours scheduler`",
    }


def test_ready_for_thirty_seconds_after_a_sweep(world: World) -> None:
    client = world.app.test_client()
    keep_house(world.program)
    swept = world.now

    statuses = []
    for seconds in (0, 30, 31):
        world.clock.move_to((swept + timedelta(seconds=seconds)).replace(tzinfo=None))
        statuses.append(client.get("/readyz").status_code)

    assert statuses == [200, 200, 503]


@pytest.mark.on_both
def test_metrics_say_how_soon_the_phone_system_took_what_was_planned_and_was_not_held_back(world: World) -> None:
    wire, name = Wire(world.settings.database_url), 'afterhours_taken_within_seconds{channel="sms",share="0.99"}'
    world.phones.leave_voicemail(CALLER)
    world.settle()

    found = [figures(wire).get(name)]
    for change in ({"created_at": world.now - timedelta(seconds=40)}, {"is_held": True}):
        with world.program.desk.store.write() as tx:
            tx.session.execute(update(Delivery).values(**change))
        found.append(figures(wire).get(name))
    wire.close()

    assert found == ["0.0", "40.0", None]


def test_metrics_count_cases_deliveries_and_what_waits(world: World) -> None:
    wire = Wire(world.settings.database_url)
    world.phones.leave_voicemail(CALLER)
    before = figures(wire)
    world.settle()

    after = figures(wire)
    with world.program.desk.store.write() as tx:
        tx.session.execute(update(Case).values(state="closed"))
    at_last = figures(wire)
    wire.close()

    assert before['afterhours_cases{state="open"}'] == "1.0"
    assert 'afterhours_cases{state="closed"}' not in before
    assert at_last['afterhours_cases{state="closed"}'] == "1.0"
    assert 'afterhours_cases{state="open"}' not in at_last
    assert before["afterhours_timers_due"] == "1.0"
    assert after["afterhours_timers_due"] == "0.0"
    assert after['afterhours_deliveries{channel="sms",state="accepted"}'] == "1.0"
    assert after['afterhours_recordings{state="wanted"}'] == "1.0"
    assert after["afterhours_sweep_age_seconds"] == "0.0"
    assert after['afterhours_list_behind_seconds{list="calls"}'] == "0.0"
    assert after["afterhours_database_up"] == "1.0"


@pytest.mark.thorough
@pytest.mark.on_both
def test_metrics_say_how_test_calls_went(build_world: Build) -> None:
    world = build_world(canary_number="+16145550198")
    wire = Wire.of(world)
    world.phones.exchange.own_numbers.add("+16145550198")
    before = figures(wire)
    canary.start(world.program.desk, world.now)
    world.advance(minutes=1)
    passed = figures(wire)
    world.phones.exchange.own_numbers.clear()
    canary.start(world.program.desk, world.now)
    world.advance(seconds=1)
    failed = figures(wire)

    assert "afterhours_canary_passed_age_seconds" not in before
    assert (passed['afterhours_canary_runs{outcome="passed"}'], passed["afterhours_canary_failing"]) == ("1.0", "0.0")
    assert 0 < float(passed["afterhours_canary_passed_age_seconds"]) < 60
    assert (failed['afterhours_canary_runs{outcome="failed"}'], failed["afterhours_canary_failing"]) == ("1.0", "1.0")


def test_metrics_name_routes_and_never_what_somebody_typed(sqlite_wire: Wire) -> None:
    client = sqlite_wire.app.test_client()
    client.get("/+16145550199/secret")
    sqlite_wire.post("/twilio/recording", recording_form())

    text = client.get("/metrics").get_data(as_text=True)

    assert 'afterhours_requests_total{route="/twilio/recording",status="204"}' in text
    assert 'route="none",status="404"' in text
    assert "5550199" not in text


def test_a_database_that_was_never_migrated_is_down_not_a_crash(postgres_server: str) -> None:
    import psycopg  # noqa: PLC0415

    with psycopg.connect(postgres_server, autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS bare")
        admin.execute("CREATE DATABASE bare")
    wire = Wire(postgres_server.replace("/postgres?", "/bare?"), prepare=False)

    assert figures(wire)["afterhours_database_up"] == "0.0"
    wire.close()


def test_an_unknown_path_is_a_plain_404(wire: Wire) -> None:
    answer = wire.app.test_client().get("/twilio/../etc/passwd")

    assert answer.status_code == 404
    assert answer.mimetype == "application/json"
