"""`afterhours account`: the first administrator, and who is locked out."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from tests.cli.conftest import Run, document

INVITE = ("account", "invite", "Dana@Example.com", "--name", "Dana Whitfield", "--role", "administrator", "--json")


def test_the_first_administrator_gets_a_link_under_the_public_address(run: Run) -> None:
    invited = document(run(*INVITE, public_url="https://afterhours.example/support"))
    [listed] = document(run("account", "list", "--json"))

    assert invited["link"].startswith("https://afterhours.example/support/invitation/")
    assert (invited["id"], invited["email"]) == (1, "dana@example.com")
    assert datetime.fromisoformat(invited["expires_at"]) > datetime.now(UTC)  # noqa: TID251 - the command's own clock
    assert listed == {
        "id": 1,
        "email": "dana@example.com",
        "name": "Dana Whitfield",
        "role": "administrator",
        "person": None,
        "state": "invited",
        "second_factor": False,
        "seen_at": None,
    }


def test_an_account_gets_a_new_link_another_role_and_its_end_by_its_email(run: Run, tmp_path: Path) -> None:
    ah = partial(run, database_url=f"sqlite:///{tmp_path}/x.db")
    first = document(ah(*INVITE))["link"]
    again = ah("account", "invite", "dana@example.com").stdout.splitlines()
    ah("account", "role", "DANA@example.com", "auditor")
    ah("account", "disable", "dana@example.com")

    assert again[0].endswith("T, for dana@example.com:")
    assert again[1].startswith("http://127.0.0.1:8080/invitation/")
    assert again[1] != first
    [listed] = document(ah("account", "list", "--json"))
    assert (listed["role"], listed["state"]) == ("auditor", "disabled")
    assert ah(*INVITE).exit_code == 2
    assert ah("account", "disable", "sam@example.com").exit_code == 1
