"""`afterhours reconcile` and `backup --if-older-than`: what timers do where the scheduler does not."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest

from scheduler.sweep import keep_house
from tests.cli.conftest import Run, Serve, document
from tests.support.world import CALLER, Build, World
from webhooks.simulator.rest import create_rest_app


@pytest.fixture
def down(build_world: Build) -> World:
    """A voicemail of half an hour ago of which no webhook told, and a scheduler that died before it."""
    world = build_world(reconciles=True)
    keep_house(world.program)
    world.clock.tick(60)
    world.phones.faults.drop_recording_reports = True
    world.phones.leave_voicemail(CALLER)
    world.clock.tick(1800)
    return world


@pytest.fixture
def reconcile(run: Run, serve: Serve, down: World) -> Run:
    api = serve(create_rest_app(down.phones))
    account = {"twilio_account_sid": down.settings.twilio_account_sid, "twilio_from": down.settings.twilio_from}
    token = down.settings.twilio_auth_token
    assert token is not None
    named = {name: str(value) for name, value in account.items()} | {"twilio_auth_token": token.get_secret_value()}
    return partial(run, "reconcile", database_url=down.settings.database_url, twilio_api_base=api, **named)


def test_a_voicemail_becomes_a_case_while_the_scheduler_is_dead_and_that_is_told(reconcile: Run, down: World) -> None:
    first = reconcile()
    again = reconcile("--json")

    assert first.exit_code == 1
    assert first.stdout == "No webhook told of: case 1001.\n"
    assert "Nobody is alerted meanwhile: the scheduler finished its last sweep" in first.stderr
    assert (document(again)["read"], document(again)["cases"], again.exit_code) == (False, [], 1)
    assert len(down.cases()) == 1


def test_beside_a_scheduler_that_runs_there_is_nothing_to_do(reconcile: Run, down: World) -> None:
    down.sweep()
    keep_house(down.program)

    result = reconcile()

    assert (result.exit_code, result.stdout) == (0, "The lists were read a moment ago: nothing to do.\n")
    assert len(down.cases()) == 1


def test_a_list_that_cannot_be_read_is_named(reconcile: Run, down: World) -> None:
    down.phones.faults.fail_reads = 1_000_000
    keep_house(down.program)

    result = reconcile()

    assert result.exit_code == 1
    assert "The list of calls was not read: " in result.stderr


def test_whose_lists_are_not_said(run: Run) -> None:
    result = run("reconcile")

    assert (result.exit_code, "AFTERHOURS_TWILIO_FROM" in result.stderr) == (2, True)


def test_a_backup_of_last_resort_is_made_only_where_none_was_for_long(at_night: Run, tmp_path: Path) -> None:
    backup = partial(at_night, "backup", "--if-older-than", "26", backup_dir=str(tmp_path / "backups"))

    made, again = backup("--json"), backup()

    assert Path(json.loads(made.stdout)["path"]).exists()
    assert again.stdout == "The newest backup was made at 2026-11-21 05:30 UTC: nothing to do.\n"
    assert (made.exit_code, again.exit_code) == (1, 0)  # the recordings of that night were not fetched
