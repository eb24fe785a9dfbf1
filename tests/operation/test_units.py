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
WALLS = "afterhours-.service.d/walls.conf"
ALARM = "afterhours-alarm@.service"
DAEMONS = ("afterhours-scheduler.service", "afterhours-web.service")
ONLINE = (ALARM, "afterhours-reconcile.service", *DAEMONS)
OFFLINE = ("afterhours-backup.service", "afterhours-migrate.service")
SERVICES = (*ONLINE, *OFFLINE)
TIMERS = ("afterhours-backup.timer", "afterhours-reconcile.timer")
ALL = (*SERVICES, *TIMERS, "afterhours-web.socket")
OTHERS = (WALLS, "INSTALL.md", "afterhours", "postgresql.conf")
FILES = [str(UNITS / name) for name in ALL]
FOR_MONITORING = {"prometheus", "grafana"}
WORST_EXPOSURE = {**dict.fromkeys(ONLINE, 13), **dict.fromkeys(OFFLINE, 5)}
"""In tenths; on systemd 252 they have 11, most of it for sockets to the internet, and 4."""

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
    found = [path.relative_to(UNITS) for path in UNITS.rglob("*") if path.is_file()]

    assert {str(path) for path in found if path.parts[0] not in FOR_MONITORING} == {*ALL, *OTHERS}


@needs_systemd
def test_systemd_accepts_every_unit() -> None:
    checked = analyze("verify", *FILES)

    assert (checked.returncode, checked.stderr.strip()) == (0, "")


@needs_systemd
@pytest.mark.parametrize("service", SERVICES)
def test_exposure_stays_low(service: str) -> None:
    checked = analyze("security", "--offline=true", f"--threshold={WORST_EXPOSURE[service]}", str(UNITS / service))

    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("service", SERVICES)
def test_service_starts_a_command_that_exists(service: str) -> None:
    finder, program, *arguments = value(service, "ExecStart").split()

    assert (finder, program) == ("/usr/bin/env", "afterhours")
    assert arguments[0] == service.removeprefix("afterhours-").removesuffix(".service").removesuffix("@")
    assert main.get_command(click.Context(main), arguments[0]) is not None


def test_what_all_services_have_in_common_stands_in_one_file() -> None:
    common = lines(WALLS)
    names = {name for name, _ in common}

    assert {("DynamicUser", "yes"), ("User", "afterhours"), ("StateDirectory", "afterhours")} <= set(common)
    assert {("UMask", "0077"), ("LimitCORE", "0"), ("MemoryDenyWriteExecute", "yes")} <= set(common)
    for service in SERVICES:
        again = {name for name, _ in lines(service)} & names
        assert again <= {"RestrictAddressFamilies", "IPAddressDeny"}, service


@pytest.mark.parametrize("service", OFFLINE)
def test_what_needs_a_file_only_is_cut_off_from_every_network_unless_postgresql_is_there(service: str) -> None:
    cut_off = lines(service)
    reaching = dict(lines("postgresql.conf"))

    assert ("PrivateNetwork", "yes") in cut_off
    assert [value for name, value in cut_off if name == "RestrictAddressFamilies"] == ["", "AF_UNIX"]
    assert ("IPAddressDeny", "any") in cut_off
    assert (reaching["PrivateNetwork"], reaching["RestrictAddressFamilies"]) == ("no", "AF_INET AF_INET6")
    assert reaching["IPAddressDeny"] == dict(lines(WALLS))["IPAddressDeny"]


@pytest.mark.parametrize("timer", TIMERS)
def test_timer_makes_up_for_what_fell_due_while_the_machine_was_off(timer: str) -> None:
    assert value(timer, "Persistent") == "true"
    assert value(timer, "WantedBy") == "timers.target"
    assert timer.replace(".timer", ".service") in SERVICES


@pytest.mark.parametrize("service", DAEMONS)
def test_daemon_says_when_it_is_ready_and_always_comes_back(service: str) -> None:
    assert value(service, "Type") == "notify"
    assert (value(service, "Restart"), value(service, "RestartSec")) == ("always", "2s")
    assert value(service, "StartLimitIntervalSec") == "0"


@pytest.mark.parametrize("service", [service for service in SERVICES if service != ALARM])
def test_administrators_hear_of_what_may_fail_and_a_daemon_that_comes_back_never_does(service: str) -> None:
    told = [value for name, value in lines(service) if name == "OnFailure"]

    assert told == ([] if service in DAEMONS else ["afterhours-alarm@%N.service"])


def test_an_alarm_is_about_one_unit_raises_no_other_and_does_not_come_in_a_flood() -> None:
    assert value(ALARM, "ExecStart").endswith(" afterhours alarm %i")
    assert "OnFailure" not in dict(lines(ALARM))
    assert (value(ALARM, "StartLimitIntervalSec"), value(ALARM, "StartLimitBurst")) == ("1h", "2")
    assert (value(ALARM, "Restart"), value(ALARM, "RestartPreventExitStatus")) == ("on-failure", "2")


def test_watchdog_has_patience_for_several_audits() -> None:
    seconds = {int(value(unit, "WatchdogSec").removesuffix("s")) for unit in DAEMONS}

    assert min(seconds) >= 3 * AUDIT_EVERY_SECONDS


def test_those_units_are_watched_that_feed_the_watchdog() -> None:
    watched = {unit for unit in ALL if "WatchdogSec" in dict(lines(unit))}

    assert watched == set(DAEMONS)


@pytest.mark.parametrize("service", DAEMONS)
def test_daemon_starts_after_the_migration_but_not_only_if_it_succeeds(service: str) -> None:
    """Where the database is down at boot, a required unit that fails would keep the service down for good."""
    assert "afterhours-migrate.service" in value(service, "After").split()
    assert "afterhours-migrate.service" in value(service, "Wants").split()
    assert "afterhours-migrate.service" not in dict(lines(service)).get("Requires", "")


@pytest.mark.parametrize("service", ONLINE)
def test_bell_and_twilio_stay_reachable(service: str) -> None:
    settings = dict(lines(WALLS) + lines(service))

    assert "PrivateNetwork" not in settings
    assert settings["RestrictAddressFamilies"].split() == ["AF_INET", "AF_INET6", "AF_UNIX"]


def test_secrets_come_as_credentials_and_never_stand_in_a_unit() -> None:
    settings = dict(lines(WALLS))

    assert settings["LoadCredential"] == "afterhours:/etc/afterhours/credentials"
    assert settings["EnvironmentFile"] == "-/etc/afterhours/environment"
    given = {value.partition("=")[0] for unit in (WALLS, *ALL) for key, value in lines(unit) if key == "Environment"}
    assert given == {"PATH", "AFTERHOURS_BACKUP_DIR"}
    assert not {key for unit in ALL for key, _ in lines(unit)} & {"LoadCredential", "EnvironmentFile"}


def test_commands_run_behind_the_same_walls_as_the_services() -> None:
    """systemd reads the folder of common settings for each unit whose name begins like it."""
    script = (UNITS / "afterhours").read_text()

    assert '--unit="afterhours-command-$$"' in script
    assert (UNITS / "afterhours").stat().st_mode & 0o111
