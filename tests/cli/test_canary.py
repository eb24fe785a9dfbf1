"""`afterhours canary` begins a test call and watches it; the daemon does it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from freezegun.api import FrozenDateTimeFactory

from tests.cli.conftest import Run, document
from tests.support.fixtures import TEAM
from tests.support.world import World

CANARY = "+16145550198"


@pytest.fixture
def daemon(
    clock: FrozenDateTimeFactory, sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    """A daemon that runs while the command waits."""
    (tmp_path / "roster.toml").write_text(TEAM)
    shutil.copy(sqlite_template, tmp_path / "test-calls.db")
    url = f"sqlite:///{tmp_path}/test-calls.db"
    world = World(clock, url, canary_number=CANARY, roster_file=tmp_path / "roster.toml")
    world.phones.exchange.own_numbers.add(CANARY)
    world.sweep()
    monkeypatch.setattr("triage.cli.canary.time.sleep", lambda seconds: world.advance(seconds=seconds))
    yield world
    world.close()


@pytest.fixture
def canary(run: Run, daemon: World) -> Run:
    return partial(run, "canary", database_url=daemon.settings.database_url, canary_number=CANARY)


def test_every_hop_is_told_as_it_is_seen(canary: Run) -> None:
    result = canary()

    assert result.exit_code == 0
    hops = [line.split()[0] for line in result.stdout.splitlines()]
    assert hops == ["called", "answered", "recorded", "delivered"]


def test_json_is_one_document_when_it_is_over(canary: Run) -> None:
    result = canary("--json")

    found = document(result)
    assert result.exit_code == 0
    assert (found["run"], found["passed"], found["missing"]) == (1, True, None)
    assert found["started_at"] == "2026-11-21T02:30:00Z"
    assert set(found["seconds"]) == {"called", "answered", "recorded", "delivered"}


@pytest.mark.thorough
def test_a_hop_that_is_late_exits_1_and_is_named(canary: Run, daemon: World) -> None:
    daemon.phones.faults.drop_recording_reports = True

    result = canary()

    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1] == "failed: not recorded"


def test_a_refused_call_says_why(canary: Run, daemon: World) -> None:
    daemon.phones.exchange.own_numbers.clear()

    result = canary("--json")

    assert result.exit_code == 1
    assert (document(result)["missing"], document(result)["why"]) == ("called", "Twilio refused it with 400")


def test_a_daemon_that_dies_meanwhile_is_a_late_call(
    canary: Run, daemon: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("triage.cli.canary.time.sleep", lambda _seconds: daemon.clock.tick(60))

    result = canary("--json")

    assert (result.exit_code, document(result)["missing"]) == (1, "called")


def test_without_a_daemon_it_says_what_to_start(canary: Run, daemon: World) -> None:
    daemon.clock.tick(3600)

    result = canary()

    assert (result.exit_code, result.stdout) == (1, "")
    assert "is it running?" in result.stderr


def test_without_a_number_it_says_what_to_set(run: Run, daemon: World) -> None:
    result = run("canary", database_url=daemon.settings.database_url)

    assert (result.exit_code, result.stdout) == (2, "")
    assert "AFTERHOURS_CANARY_NUMBER: set another number of your account" in result.stderr
