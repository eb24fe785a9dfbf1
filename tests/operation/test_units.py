"""The systemd units: systemd accepts them, they start what exists, and all are shut in alike."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from scheduler.auditor import AUDIT_EVERY_SECONDS
from triage.cli import main

UNITS = Path(__file__).parents[2] / "systemd"
PATH = "PATH=/opt/afterhours/.venv/bin:/usr/bin:/bin"
FILES = [str(path) for path in sorted(UNITS.iterdir())]
SERVICES = ("afterhours-migrate.service", "afterhours-scheduler.service", "afterhours-web.service")
ALL = (*SERVICES, "afterhours-web.socket")
WORST_EXPOSURE = 15  # tenths; 11 on systemd 252, most of it for sockets to the internet, which they need

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed here: the units are not verified"
)


def lines(unit: str) -> list[tuple[str, str]]:
    """The settings of a unit file, in order."""
    text = (UNITS / unit).read_text()
    return [(key, value) for key, value in re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE)]


def value(unit: str, key: str) -> str:
    """The one value of a key that stands once."""
    (found,) = [value for name, value in lines(unit) if name == key]
    return found


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *arguments],  # noqa: S607 - wherever the system has it
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_these_are_all_the_units() -> None:
    assert sorted(path.name for path in UNITS.iterdir()) == sorted(ALL)


@needs_systemd
def test_systemd_accepts_every_unit() -> None:
    checked = analyze("verify", *FILES)

    assert (checked.returncode, checked.stderr.strip()) == (0, "")


@needs_systemd
@pytest.mark.parametrize("service", SERVICES)
def test_exposure_stays_low(service: str) -> None:
    checked = analyze("security", "--offline=true", f"--threshold={WORST_EXPOSURE}", str(UNITS / service))

    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("service", SERVICES)
def test_service_starts_a_command_that_exists(service: str) -> None:
    finder, program, *arguments = value(service, "ExecStart").split()

    assert (finder, program) == ("/usr/bin/env", "afterhours")
    assert arguments == [service.removeprefix("afterhours-").removesuffix(".service")]
    assert main.get_command(click.Context(main), arguments[0]) is not None


def test_services_share_user_folder_settings_and_walls() -> None:
    own = {"Description", "Requires", "Wants", "After", "Before", "Type", "NotifyAccess", "ExecStart", "WatchdogSec"}
    own |= {"Restart", "RestartSec", "RemainAfterExit", "StartLimitIntervalSec", "TimeoutStartSec", "TimeoutStopSec"}
    shared = [[line for line in lines(service) if line[0] not in own] for service in SERVICES]

    assert shared[0] == shared[1] == shared[2]
    assert {("DynamicUser", "yes"), ("User", "afterhours"), ("StateDirectory", "afterhours")} <= set(shared[0])
    assert {("UMask", "0077"), ("LimitCORE", "0"), ("MemoryDenyWriteExecute", "yes")} <= set(shared[0])


@pytest.mark.parametrize("service", ["afterhours-web.service", "afterhours-scheduler.service"])
def test_daemon_says_when_it_is_ready_and_always_comes_back(service: str) -> None:
    assert value(service, "Type") == "notify"
    assert (value(service, "Restart"), value(service, "RestartSec")) == ("always", "2s")
    assert value(service, "StartLimitIntervalSec") == "0"


def test_watchdog_has_patience_for_several_audits() -> None:
    seconds = int(value("afterhours-scheduler.service", "WatchdogSec").removesuffix("s"))

    assert seconds >= 3 * AUDIT_EVERY_SECONDS


def test_only_the_scheduler_is_watched_since_only_it_feeds_the_watchdog() -> None:
    watched = [unit for unit in ALL if "WatchdogSec" in dict(lines(unit))]

    assert watched == ["afterhours-scheduler.service"]


@pytest.mark.parametrize("service", ["afterhours-web.service", "afterhours-scheduler.service"])
def test_daemon_starts_after_the_migration_but_not_only_if_it_succeeds(service: str) -> None:
    """Where the database is down at boot, a required unit that fails would keep the service down for good."""
    assert "afterhours-migrate.service" in value(service, "After").split()
    assert "afterhours-migrate.service" in value(service, "Wants").split()
    assert "afterhours-migrate.service" not in dict(lines(service)).get("Requires", "")


@pytest.mark.parametrize("service", SERVICES)
def test_bell_and_twilio_stay_reachable(service: str) -> None:
    settings = dict(lines(service))

    assert "PrivateNetwork" not in settings
    assert settings["RestrictAddressFamilies"].split() == ["AF_INET", "AF_INET6", "AF_UNIX"]


@pytest.mark.parametrize("service", SERVICES)
def test_secrets_come_as_credentials_and_never_stand_in_a_unit(service: str) -> None:
    settings = dict(lines(service))

    assert settings["LoadCredential"] == "afterhours:/etc/afterhours/credentials"
    assert settings["EnvironmentFile"] == "-/etc/afterhours/environment"
    assert settings["Environment"] == PATH
