"""`afterhours alarm`: a unit of systemd's failed, and administrators are told, whatever else is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run, document
from tests.support.live import free_port
from tests.support.mail_server import mail_server

MAIL = {"mail_from": "afterhours@example.com", "alarm_mail": "it@example.com, ops@example.com"}


def test_a_unit_that_failed_is_told_of_without_database_contract_or_roster(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MONITOR_SERVICE_RESULT", "exit-code")
    monkeypatch.setenv("MONITOR_EXIT_STATUS", "1")
    broken = {
        "database_url": "postgresql://nobody@127.0.0.1:1/x",
        "policy_file": "gone.toml",
        "roster_file": "gone.toml",
    }

    with mail_server() as server:
        result = run("alarm", "afterhours-backup.service", smtp_url=server.url, **MAIL, **broken)

    assert result.stdout == "2 of 2 addresses were told that afterhours-backup failed\n"
    assert (result.exit_code, [*tmp_path.iterdir()]) == (0, [])
    assert server.recipients == [["it@example.com"], ["ops@example.com"]]
    [letter, _] = server.letters
    assert letter["Subject"] == "afterhours: afterhours-backup failed"
    text = str(letter.get_content())
    assert " (exit-code, status 1).\n\nAt stake: There is no backup of the last 26 hours" in text.replace("\r\n", "\n")
    assert "What it said: journalctl -u afterhours-backup -n 50" in text


@pytest.mark.parametrize("failing", ["one address", "both addresses", "server"])
def test_one_who_is_reached_is_enough(failing: str, run: Run) -> None:
    with mail_server() as server:
        server.refused = {"it@example.com"} if failing == "one address" else {"it@example.com", "ops@example.com"}
        url = f"smtp://127.0.0.1:{free_port()}" if failing == "server" else server.url
        result = run("alarm", "afterhours-migrate", "--json", smtp_url=url, **MAIL)

    reached = int(failing == "one address")
    assert document(result) == {"unit": "afterhours-migrate", "addresses": 2, "reached": reached}
    assert result.exit_code == 1 - reached
    ours = [line for line in result.stderr.splitlines() if "alarm_not_mailed" in line]
    assert len(ours) == 2 - reached
    assert "@example.com" not in "".join(ours)


def test_where_nobody_wants_alarms_nothing_fails(run: Run) -> None:
    result = run("alarm", "afterhours-backup")

    assert (result.exit_code, result.stdout) == (0, "")
    assert "nobody gets alarms by e-mail: AFTERHOURS_ALARM_MAIL is not set" in result.stderr


@pytest.mark.parametrize("name", ["", "-x", "a b", "a\nSubject: b", "x" * 200, "é"])
def test_what_is_no_name_of_a_unit_exits_2(name: str, run: Run) -> None:
    with mail_server() as server:
        result = run("alarm", "--", name, smtp_url=server.url, **MAIL)

    assert (result.exit_code, server.letters) == (2, [])
    assert "is no unit; write it like afterhours-backup" in result.stderr


@pytest.mark.parametrize(("result", "status"), [("\x1b[2J", "1"), ("exit code", ""), ("", "")])
def test_what_systemd_does_not_write_is_left_out(
    result: str, status: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MONITOR_SERVICE_RESULT", result)
    monkeypatch.setenv("MONITOR_EXIT_STATUS", status)

    with mail_server() as server:
        run("alarm", "some-other@x", smtp_url=server.url, **MAIL)

    first = str(server.letters[0].get_content()).splitlines()[0]
    assert first.startswith("some-other@x failed on ")
    assert first.endswith(".")
    assert "(" not in first
