"""What tests of the command line get: the command itself, with settings of the test's own and nobody else's."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import freezegun
import pytest
from click.testing import CliRunner, Result
from freezegun.api import FrozenDateTimeFactory

from config.settings import DEMO_ROSTER, SIMULATED_ACCOUNT
from scheduler.sweep import keep_house
from tests.support.fixtures import FRIDAY_NIGHT, LEE
from tests.support.live import free_port
from tests.support.logs import own_logging
from tests.support.serving import serving
from tests.support.wire import Wire
from tests.support.world import CALLER, OUR_NUMBER, TOKEN, World
from triage.cli import main
from triage.clock import SystemClock
from triage.services.zone_data import ZoneData
from webhooks.simulator.phone_system import Answer, PhoneSystem
from webhooks.simulator.rest import create_rest_app

__all__ = ["own_logging"]

Run = Callable[..., Result]
Serve = Callable[[Any], str]
CURSOR = "\x1b[2J\x1b[1;1H\x07\x9b31m\u202e\r"
"""What moves a terminal's cursor, rings its bell, colours and turns its words round."""


@pytest.fixture
def run(own_logging: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs `afterhours` with these arguments; keywords are settings, without their prefix."""
    for name in [*os.environ]:
        if name.upper().startswith("AFTERHOURS_") or name == "CREDENTIALS_DIRECTORY":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)

    def _run(*arguments: str, **settings: str) -> Result:
        environment = {f"AFTERHOURS_{name.upper()}": value for name, value in settings.items()}
        return CliRunner(env=environment).invoke(main, arguments)

    return _run


@pytest.fixture(scope="session")
def story(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database after a night: one case called back and billed, one broken promise, one case open.

    The caller and Lee wrote what should reach no terminal and no spreadsheet as it is.
    """
    path = tmp_path_factory.mktemp("story") / "story.db"
    shutil.copy(sqlite_template, path)
    with freezegun.freeze_time(FRIDAY_NIGHT) as frozen:
        world = World(frozen, f"sqlite:///{path}")  # type: ignore[arg-type]
        world.voicemail(CALLER, attested=True, transcript=f"words{CURSOR}")
        world.text(CALLER, f"hello{CURSOR}")
        world.advance(minutes=3)
        world.text(LEE, "ACK")
        world.text(LEE, f'DONE 35 =HYPERLINK("http://evil","x"){CURSOR}')
        world.voicemail("+12165550123")
        world.advance(hours=2)
        world.voicemail("+13125550123")
        world.close()
    return path


@pytest.fixture
def night(story: Path, tmp_path: Path, clock: FrozenDateTimeFactory) -> str:
    """The address of a copy of that database; it is half past midnight."""
    clock.move_to("2026-11-21T05:30:00")
    shutil.copy(story, tmp_path / "night.db")
    return f"sqlite:///{tmp_path}/night.db"


@pytest.fixture
def at_night(run: Run, night: str) -> Run:
    """Runs `afterhours` on the database of that night."""
    return partial(run, database_url=night, roster_file=str(DEMO_ROSTER))


def document(result: Result) -> Any:
    """The one JSON document on standard output."""
    return json.loads(result.stdout)


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serves an application on loopback."""
    with ExitStack() as servers:
        yield lambda app: servers.enter_context(serving(app))


@pytest.fixture
def address(serve: Serve, sqlite_url: str) -> Iterator[str]:
    """Of a web server whose scheduler has just swept."""
    wire = Wire(sqlite_url)
    keep_house(wire.program)
    yield serve(wire.app)
    wire.close()


@pytest.fixture
def phones(address: str) -> PhoneSystem:
    return PhoneSystem(SIMULATED_ACCOUNT, TOKEN, OUR_NUMBER, address, SystemClock(), lambda *_: Answer(200, ""))


@pytest.fixture
def sound(
    serve: Serve, sqlite_url: str, address: str, phones: PhoneSystem, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """Settings of a set-up in which all is well, years from now too: its time-zone data are of this year."""
    of_this_year = ZoneData(f"{SystemClock().now():%Y}z", "/usr/share/zoneinfo")  # no package has newer ones
    monkeypatch.setattr("triage.services.zone_data.in_use", lambda _: of_this_year)
    return {
        "database_url": sqlite_url,
        "bind": f"127.0.0.1:{free_port()}",
        "roster_file": str(DEMO_ROSTER),
        "public_url": address,
        "twilio_account_sid": SIMULATED_ACCOUNT,
        "twilio_auth_token": TOKEN,
        "twilio_from": OUR_NUMBER,
        "twilio_api_base": serve(create_rest_app(phones)),
    }


def wrong(run: Run, **settings: str) -> list[tuple[str, str, str]]:
    """What the doctor finds wrong: check, text, mend."""
    result = run("doctor", "--json", **settings)
    findings = document(result)
    found = [(item["check"], item["text"], item["mend"]) for item in findings if not item["ok"]]
    assert result.exit_code == (1 if found else 0)
    assert all(mend for _, _, mend in found)
    return found


@pytest.fixture(scope="session")
def two_voicemails(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database and the audio of its two cases."""
    folder = tmp_path_factory.mktemp("backups")
    shutil.copy(sqlite_template, folder / "live.db")
    with freezegun.freeze_time(FRIDAY_NIGHT) as frozen:
        world = World(frozen, f"sqlite:///{folder}/live.db", recordings_dir=folder / "audio")  # type: ignore[arg-type]
        for caller in ("+16145550121", "+16145550122"):
            world.voicemail(caller, seconds=2)
        world.advance(seconds=5)
        world.close()
    return folder
