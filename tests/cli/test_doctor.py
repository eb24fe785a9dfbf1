"""`afterhours doctor` finds each fault of a set-up that it knows, and says how to mend it."""

from __future__ import annotations

import re
import shutil
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
import requests

from config.settings import SIMULATED_ACCOUNT, Settings
from tests.cli.conftest import Run, wrong
from tests.support.databases import store_at
from tests.support.live import free_port
from tests.support.mail_server import mail_server
from tests.support.openid import Provider
from tests.support.serving import says, serving, serving_by_hand
from tests.support.world import OUR_NUMBER, TOKEN
from triage.bootstrap import build
from triage.clock import SystemClock
from triage.policy.disks import PlaceName, Room
from triage.services import canary
from triage.services.zone_data import ZoneData
from triage.store import sqlite
from triage.store.models import AlarmRow, CanaryRun, Mark
from webhooks.simulator.phone_system import PhoneSystem


def test_a_sound_set_up_gets_an_ok_on_every_line(run: Run, sound: dict[str, str]) -> None:
    result = run("doctor", **sound)

    assert [line for line in result.stdout.splitlines() if not line.startswith("ok")] == []
    assert result.exit_code == 0
    for check in ("policy", "database", "recordings", "scheduler", "clock", "zones", "roster", "twilio", "webhooks"):
        assert f"ok    {check}" in result.stdout
    assert TOKEN not in result.stdout
    [told] = [line for line in result.stdout.splitlines() if line.startswith("ok    clock")]
    assert re.search(r" \d{4}-\d\d-\d\d \d\d:\d\d:\d\d E[DS]T,", told)


def test_a_database_that_was_never_migrated(run: Run, sound: dict[str, str], tmp_path: Path) -> None:
    found = wrong(run, **sound | {"database_url": f"sqlite:///{tmp_path}/new.db"})

    [database] = [finding for finding in found if finding[0] == "database"]
    assert database[2] == "run `afterhours migrate`"


def test_a_library_whose_log_can_damage_a_file(
    run: Run, sound: dict[str, str], sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(sqlite_template, tmp_path / "mine.db")
    monkeypatch.setattr(sqlite.sqlite_library(), "sqlite_version_info", (3, 40, 1))

    assert wrong(run, **{**sound, "database_url": f"sqlite:///{tmp_path}/mine.db"})[0] == (
        "database",
        "SQLite 3.40.1 can damage a file by its write-ahead log, so that is not used: writers and readers wait",
        "install requirements.lock again: its SQLite is mended",
    )


def test_a_database_that_does_not_answer(run: Run, sound: dict[str, str]) -> None:
    found = wrong(run, **sound | {"database_url": f"postgresql://u:hush@127.0.0.1:{free_port()}/x"})

    assert "database" in {finding[0] for finding in found}
    assert "hush" not in str(found)


def test_a_file_that_is_no_database(run: Run, sound: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("no database at all" * 100)

    found = wrong(run, **sound | {"database_url": f"sqlite:///{tmp_path}/x.db"})

    assert "file is not a database" in str(found)


def test_an_empty_postgresql(run: Run, sound: dict[str, str], postgres_server: str) -> None:
    import psycopg  # noqa: PLC0415

    with psycopg.connect(postgres_server, autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS doctors WITH (FORCE)")
        admin.execute("CREATE DATABASE doctors")

    found = wrong(run, **sound | {"database_url": postgres_server.replace("/postgres?", "/doctors?")})

    assert ("database", "run `afterhours migrate`") in {(check, mend) for check, _, mend in found}


def test_a_folder_for_recordings_that_is_none(run: Run, sound: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    [found] = wrong(run, **sound | {"recordings_dir": f"{tmp_path}/file"})

    assert found[:2] == ("recordings", f"{tmp_path}/file: Not a directory")


@pytest.mark.parametrize("places", [("database", "backups"), ("database",)])
def test_backups_on_the_disk_of_the_database_are_told_of(
    places: tuple[PlaceName, ...], run: Run, sound: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("triage.cli.doctor.measure", lambda _: [Room(places, 10**11, 10**11)])
    backups = tmp_path / "backups"

    result = run("doctor", **sound | {"backup_dir": str(backups)})

    shared = ", on the disk of the database (copy them to another machine)" if "backups" in places else ""
    assert f"ok    backup        {backups} can be written{shared}; none was made yet\n" in result.stdout


def test_a_disk_that_is_nearly_full(run: Run, sound: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    nearly_full = Room(("database", "recordings"), 200_000_000, 20_000_000_000)
    monkeypatch.setattr("triage.cli.doctor.measure", lambda _: [nearly_full])

    assert wrong(run, **sound) == [
        (
            "disk",
            "of database and recordings: 200 MB free of 20.0 GB",
            "Make room: on a full disk no alert goes out; see the README, The store.",
        )
    ]


def test_a_scheduler_that_does_not_run(run: Run, sound: dict[str, str], sqlite_template: Path, tmp_path: Path) -> None:
    (tmp_path / "idle.db").write_bytes(sqlite_template.read_bytes())

    [found] = wrong(run, **sound | {"database_url": f"sqlite:///{tmp_path}/idle.db"})

    assert found[0] == "scheduler"
    assert "afterhours-scheduler.service" in found[2]


def test_a_promise_that_is_at_risk_from_its_first_second(run: Run, sound: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('[windows.evening]\ncallback_within = "20s"\n')

    found = wrong(run, **sound | {"policy_file": "mine.toml"})

    assert (
        "policy",
        "windows.evening: a case is at risk from its first second",
        "make promise.at_risk_before shorter than callback_within",
    ) in found


def test_credentials_that_do_not_work(run: Run, sound: dict[str, str]) -> None:
    [found] = wrong(run, **sound | {"twilio_auth_token": "wrong"})

    assert found == ("twilio", "Twilio refused our credentials", "check the account SID and the token")


def test_a_phone_system_that_cannot_be_reached(run: Run, sound: dict[str, str]) -> None:
    [found] = wrong(run, **sound | {"twilio_api_base": f"http://127.0.0.1:{free_port()}"})

    assert found[:2] == ("twilio", "Twilio cannot be reached")


@pytest.mark.parametrize("service", ["", "MG" + "1" * 32])
def test_no_number_of_ours(service: str, run: Run, sound: dict[str, str]) -> None:
    [account, lists] = wrong(run, **sound | {"twilio_from": "", "twilio_messaging_service_sid": service})

    assert account[0] == "twilio"
    assert "AFTERHOURS_TWILIO_FROM" in account[1]
    assert lists[:2] == (
        "lists",
        "AFTERHOURS_TWILIO_FROM is not set: nothing makes up for a lost webhook, and no call goes out",
    )


def test_no_account_is_no_fault(run: Run, sound: dict[str, str]) -> None:
    found = wrong(run, **sound | {"twilio_account_sid": "", "twilio_auth_token": ""})

    assert found == []


@pytest.mark.parametrize("is_late", [False, True])
def test_a_test_call_that_failed(is_late: bool, run: Run, sound: dict[str, str]) -> None:
    settings = sound | {"canary_number": "+16145550198"}
    program = build(Settings(_env_file=None, **settings))  # type: ignore[arg-type]
    number = canary.start(program.desk, program.now()).number
    if is_late:
        canary.fail_late(program.desk, number, program.now() + timedelta(hours=1))
    program.close()

    found = wrong(run, **settings)

    assert [(check, mend) for check, _, mend in found] == (
        [("canary", "mend what is wrong above, then run `afterhours canary`")] if is_late else []
    )


def test_a_test_call_that_passed_long_ago(run: Run, sound: dict[str, str]) -> None:
    at = SystemClock().now() - timedelta(days=2)
    hops = dict.fromkeys(("started_at", "due_at", "called_at", "answered_at", "recorded_at", "delivered_at"), at)
    with store_at(sound["database_url"]).write() as tx:
        tx.session.add(CanaryRun(**hops))

    [(check, told, _)] = wrong(run, **sound | {"canary_number": "+16145550198"})

    assert (check, told.endswith("passed, but none was made since")) == ("canary", True)


def test_an_address_that_does_not_answer(run: Run, sound: dict[str, str]) -> None:
    found = wrong(run, **sound | {"public_url": f"http://127.0.0.1:{free_port()}"})

    assert [check for check, _, _ in found] == ["number", "webhooks"]
    assert found[1][2] == "start the web server, and let the address reach it"


@pytest.mark.parametrize(
    ("status", "body"), [(200, b"<html>Welcome to nginx!</html>"), (200, b"[]"), (404, b""), (302, b""), (200, b"\xff")]
)
def test_an_address_that_somebody_else_answers(status: int, body: bytes, run: Run, sound: dict[str, str]) -> None:
    with serving_by_hand(says(status, body)) as url:
        found = wrong(run, **sound | {"public_url": url})

    assert [check for check, _, _ in found] == ["number", "webhooks"]
    assert found[1][2] == "let it reach this daemon"


def test_a_sign_in_provider_is_asked_whether_it_answers(run: Run, sound: dict[str, str]) -> None:
    provider = Provider()
    client = {"oidc_client_id": "afterhours", "oidc_client_secret": "hush"}
    with serving(provider.app()) as provider.issuer:
        right = run("doctor", **sound | client | {"oidc_issuer": provider.issuer})
        [renamed] = wrong(run, **sound | client | {"oidc_issuer": f"{provider.issuer}/"})
    [silent] = wrong(run, **sound | client | {"oidc_issuer": provider.issuer})

    assert f"{provider.issuer} answers, 1 key" in right.stdout
    assert (renamed[0], "says that its name is another one" in renamed[1]) == ("sign-in", True)
    assert "does not answer as it should" in silent[1]


def test_a_real_account_needs_https(run: Run, sound: dict[str, str]) -> None:
    found = wrong(run, **sound | {"twilio_account_sid": "AC" + "1" * 32})

    assert any(
        check == "webhooks" and mend == "set AFTERHOURS_PUBLIC_URL to your https address" for check, _, mend in found
    )


def test_a_number_whose_texts_go_elsewhere(run: Run, sound: dict[str, str]) -> None:
    requests.post(
        f"{sound['twilio_api_base']}{number_path(sound)}",
        data={"SmsUrl": "https://demo.twilio.com/welcome/sms/reply"},
        auth=(SIMULATED_ACCOUNT, TOKEN),
        timeout=5,
    )

    [found] = wrong(run, **sound)

    assert found == ("number", "not as it should be: SmsUrl", "run `afterhours twilio setup`")


def test_a_number_that_cannot_take_texts(run: Run, sound: dict[str, str], phones: PhoneSystem) -> None:
    phones.ours.can = ("voice", "mms")

    [found] = wrong(run, **sound)

    assert found[:2] == ("number", f"{OUR_NUMBER} can do this only: voice mms")


def number_path(sound: dict[str, str]) -> str:
    listed = requests.get(
        f"{sound['twilio_api_base']}/2010-04-01/Accounts/{SIMULATED_ACCOUNT}/IncomingPhoneNumbers.json",
        auth=(SIMULATED_ACCOUNT, TOKEN),
        timeout=5,
    ).json()
    path: str = listed["incoming_phone_numbers"][0]["uri"]
    return path


def test_lists_that_were_not_read_for_long(run: Run, sound: dict[str, str]) -> None:
    now = SystemClock().now()
    with store_at(sound["database_url"]).write() as tx:
        tx.session.add(Mark(name="calls", at=now, next_attempt_at=now))
        tx.session.add(Mark(name="texts", at=now - timedelta(hours=1), next_attempt_at=now))

    [found] = wrong(run, **sound)

    assert found[0] == "lists"
    assert found[1].startswith("Twilio's list of texts is settled up to 60 min ago only")


def test_what_cannot_be_parsed_exits_2_before_anything_is_examined(run: Run, sound: dict[str, str]) -> None:
    result = run("doctor", "--json", **sound | {"policy_file": "nowhere.toml"})

    assert (result.exit_code, result.stdout) == (2, "")


def test_who_gets_alarms_and_what_stands_now(run: Run, sound: dict[str, str]) -> None:
    told = run("doctor", **sound)
    store = store_at(sound["database_url"])
    now = SystemClock().now()
    with store.write() as tx:
        tx.session.add(
            AlarmRow(fault="bell", words="APScheduler's thread is dead", began_at=now, seen_at=now, letters=1)
        )
    store.close()
    with mail_server() as server:
        mail = {"smtp_url": server.url, "mail_from": "a@example.com", "alarm_mail": "it@example.com"}
        [found] = wrong(run, **sound | mail)
        assert "go by e-mail to 1 address" in run("doctor", **sound | mail).stdout

    assert "ok    alarms        nobody gets them by e-mail: AFTERHOURS_ALARM_MAIL is not set" in told.stdout
    assert found[:2] == ("alarms", "The bell of the scheduler is dead: APScheduler's thread is dead")


def test_a_heartbeat_is_tried_without_being_sent(run: Run, sound: dict[str, str]) -> None:
    paths: list[str] = []

    def behave(request: BaseHTTPRequestHandler) -> None:
        paths.append(request.path)
        says(501)(request)

    with serving_by_hand(behave) as url:
        fine = run("doctor", **sound | {"heartbeat_url": f"{url}/5ec7e7"})
    [lost] = wrong(run, **sound | {"heartbeat_url": f"http://127.0.0.1:{free_port()}/5ec7e7"})

    assert "ok    heartbeat     127.0.0.1 is reached; none was taken yet" in fine.stdout
    assert paths == []  # asked with HEAD, which this server does not know: it is there
    assert lost[:2] == ("heartbeat", "127.0.0.1: it cannot be reached (ConnectionError)")
    assert "5ec7e7" not in fine.stdout + str(lost)


def test_time_zone_data_that_is_old(run: Run, sound: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("triage.services.zone_data.in_use", lambda _: ZoneData("2023a", "/usr/share/zoneinfo"))

    [found] = wrong(run, **sound)

    assert found[:2] == ("zones", "2023a, /usr/share/zoneinfo is older than eighteen months")
    assert "update the tzdata of the system" in found[2]
