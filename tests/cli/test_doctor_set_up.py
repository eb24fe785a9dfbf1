"""What the doctor finds without asking anybody: settings that contradict each other, rights, packages, units."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from config.settings import DEMO_ROSTER, Settings
from tests.cli.conftest import Run
from triage.cli import doctor_machine
from triage.cli.doctor_machine import examine_files, examine_packages, examine_units
from triage.cli.doctor_settings import examine_phones, examine_settings
from triage.cli.finding import Finding
from triage.owner_files import load_roster_file
from triage.store.engine import Store

SHIPPED = Path(__file__).parents[2] / "systemd"
LOCK = Path(__file__).parents[2] / "requirements.lock"
REAL = {
    "twilio_account_sid": "AC" + "1" * 32,
    "twilio_auth_token": "a" * 32,
    "twilio_from": "+16142340100",
    "public_url": "https://voicemail.example.com",
    "trusted_proxies": "1",
    "backup_dir": "backups",
    "heartbeat_url": "https://check.example.com/x",
}
MOUNTS = "/dev/vda / ext4 rw 0 0\nnas:/x /srv nfs4 rw 0 0\n/dev/vdb /srv/local ext4 rw 0 0\n"


def settings_of(**changes: str) -> Settings:
    return Settings(_env_file=None, **{name: value for name, value in (REAL | changes).items() if value})  # type: ignore[arg-type]


def wrong(findings: list[Finding]) -> list[str]:
    assert all(finding.mend for finding in findings if finding.is_wrong)
    return [finding.text for finding in findings if finding.is_wrong]


def test_settings_of_a_real_installation_fit_together() -> None:
    [finding] = examine_settings(settings_of())

    assert str(finding) == "ok    settings      they fit together"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"public_url": "https://127.0.0.1"}, "names this machine itself"),
        ({"twilio_api_base": "http://127.0.0.1:1"}, "goes elsewhere"),
        ({"twilio_auth_token": '"' + "a" * 32 + '"'}, "AFTERHOURS_TWILIO_AUTH_TOKEN is no token of Twilio's"),
        ({"twilio_previous_auth_token": "a" * 32}, "is the token of now"),
        ({"twilio_api_key_sid": "AC" + "1" * 32, "twilio_api_key_secret": "x"}, "is no key of Twilio's"),
        ({"twilio_from": "+16145550100"}, "is a number of the demo"),
        ({"trusted_proxies": "0"}, "the proxy that ends https is not trusted"),
        ({"bind": "0.0.0.0:8080"}, "AFTERHOURS_BIND lets others by"),
        ({"backup_dir": ""}, "no backup is made by itself"),
        ({"heartbeat_url": ""}, "nobody hears of a dead scheduler"),
    ],
)
def test_a_setting_that_contradicts_the_others_is_told_with_its_mend(changes: dict[str, str], told: str) -> None:
    [found] = wrong([*examine_settings(settings_of(**changes))])

    assert told in found


def test_phones_at_which_nobody_can_be_reached() -> None:
    roster = load_roster_file(settings_of(roster_file=str(DEMO_ROSTER)))
    assert roster is not None
    first, second = roster.people[0], roster.people[1]

    found = wrong([*examine_phones(settings_of(twilio_from=first.phone, canary_number=second.phone), roster)])

    assert found[0] == f"the phone of {first.name} is AFTERHOURS_TWILIO_FROM, our own number"
    assert found[1] == f"the phone of {second.name} is AFTERHOURS_CANARY_NUMBER, the number of test calls"
    assert found[2].endswith("are numbers of the demo, which ring nowhere")


@pytest.mark.parametrize(("mode", "text", "is_wrong"), [
    (0o644, "AFTERHOURS_TWILIO_AUTH_TOKEN=x", True),
    (0o600, "AFTERHOURS_TWILIO_AUTH_TOKEN=x", False),
    (0o644, "AFTERHOURS_BIND=127.0.0.1:1", False),
    (0o644, "AFTERHOURS_DATABASE_URL=sqlite:///x.db\nAFTERHOURS_SMTP_URL=smtp://localhost:25", False),
    (0o644, "AFTERHOURS_SMTP_URL=smtp://me:secret@localhost:25", True),
])  # fmt: skip
def test_secrets_that_others_can_read(
    mode: int, text: str, is_wrong: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text(text)
    (tmp_path / ".env").chmod(mode)

    found = wrong([*examine_files(settings_of(), Store("postgresql://nobody@127.0.0.1/x"), MOUNTS)])

    name = text.partition("=")[0]
    assert found == ([f".env can be read by others, and holds {name}"] if is_wrong else [])


@pytest.mark.parametrize(
    ("mode", "members", "is_wrong"),
    [(0o640, {0, 4242}, True), (0o640, {0}, False), (0o644, {0}, True), (0o600, {4242}, False)],
)
def test_a_database_that_others_can_read(
    mode: int, members: set[int], is_wrong: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_machine, "_members", lambda _: members)
    (tmp_path / "x.db").touch()
    (tmp_path / "x.db").chmod(mode)  # whatever the umask of now is

    found = wrong([*examine_files(settings_of(), Store(f"sqlite:///{tmp_path}/x.db"), MOUNTS)])

    assert bool(found) == is_wrong


@pytest.mark.parametrize(("folder", "is_wrong"), [("/srv", True), ("/srv/local", False), ("/var/lib", False)])
def test_a_database_on_a_file_system_of_the_network(folder: str, is_wrong: bool) -> None:
    found = wrong([*examine_files(settings_of(), Store(f"sqlite:///{folder}/x.db"), MOUNTS)])

    assert found == (
        [f"{folder}/x.db lies on a file system of the network (nfs4), where SQLite can be damaged"] if is_wrong else []
    )


def test_packages_that_are_not_as_locked(tmp_path: Path) -> None:
    (tmp_path / "requirements.lock").write_text("flask==0.1 \\\n    --hash=sha256:0\nno-such-package==1.0\n")

    [other] = wrong([*examine_packages(tmp_path)])
    nothing = [*examine_packages(tmp_path / "nowhere")]
    shutil.copy(LOCK, tmp_path)
    [locked] = examine_packages(tmp_path)

    assert other.startswith("not as locked: flask 3.")
    assert other.endswith("instead of 0.1, no-such-package missing instead of 1.0")
    assert nothing == []
    assert str(locked) == "ok    packages      as locked"


def test_units_that_are_old_or_not_enabled(tmp_path: Path) -> None:
    nowhere = [*examine_units(SHIPPED, tmp_path)]
    shutil.copytree(SHIPPED, tmp_path, dirs_exist_ok=True)
    idle = wrong([*examine_units(SHIPPED, tmp_path)])
    (tmp_path / "afterhours-.service.d" / "walls.conf").write_text("[Service]\n")
    (tmp_path / "multi-user.target.wants").mkdir()
    for file in tmp_path.glob("afterhours-*.*"):
        (tmp_path / "multi-user.target.wants" / file.name).touch()
    old = wrong([*examine_units(SHIPPED, tmp_path)])
    shutil.copytree(SHIPPED, tmp_path, dirs_exist_ok=True)
    [right] = examine_units(SHIPPED, tmp_path)

    assert nowhere == []
    assert [text.startswith("not started at boot: afterhours-backup.timer, ") for text in idle] == [True]
    assert old == ["not those of this version: afterhours-.service.d/walls.conf"]
    assert str(right) == "ok    units         those of this version, all enabled"


def test_a_database_of_a_newer_program(run: Run, sqlite_template: Path, tmp_path: Path) -> None:
    shutil.copy(sqlite_template, tmp_path / "x.db")
    store = Store(f"sqlite:///{tmp_path}/x.db")
    with store.connection() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999_later'")
        connection.commit()
    store.close()

    result = run("doctor", database_url=f"sqlite:///{tmp_path}/x.db")

    migrated = run("migrate", database_url=f"sqlite:///{tmp_path}/x.db")

    assert "9999_later, made by a newer program" in result.stdout
    assert (migrated.exit_code, "made by a newer program" in migrated.stderr) == (2, True)


def test_on_a_terminal_the_mend_has_lines_of_its_own() -> None:
    finding = Finding("number", "not as it should be: " + "VoiceUrl, " * 8, "run `afterhours twilio setup`")

    lines = finding.within(80).splitlines()

    assert max(map(len, lines)) <= 80
    assert lines[0].startswith("WRONG number        not as it should be: ")
    assert lines[-1] == " " * 20 + "-> run `afterhours twilio setup`"
    assert Finding("zones", "fine").within(80) == "ok    zones         fine"
