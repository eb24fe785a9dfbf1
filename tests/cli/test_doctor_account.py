"""What the doctor asks Twilio of the account, of our number's registration, and of where it may text and call."""

from __future__ import annotations

from typing import Any, NoReturn

import pytest

from config.settings import SIMULATED_ACCOUNT
from tests.cli.conftest import Run, Serve, wrong
from tests.support.world import TOKEN
from triage.clock import SystemClock
from webhooks.simulator.faults import Refused
from webhooks.simulator.phone_system import Answer, PhoneSystem
from webhooks.simulator.rest import create_rest_app
from webhooks.simulator.rest_standing import SERVICE

ROSTER = """
timezone = "America/New_York"

[[people]]
id = "dana"
name = "Dana Whitfield"
phone = "+16145550101"
role = "manager"

[[people]]
id = "lee"
name = "Lee Okafor"
phone = "+14165550102"
role = "technician"

[[rotations]]
name = "primary"
people = ["dana"]
starts = 2026-11-02T08:00:00
every = "7d"

[[rotations]]
name = "secondary"
people = ["lee"]
starts = 2026-11-02T08:00:00
every = "7d"
"""


@pytest.fixture
def mixed(sound: dict[str, str], tmp_path: Any) -> dict[str, str]:
    """A sound set-up with one phone in Ohio and one in Toronto."""
    (tmp_path / "roster.toml").write_text(ROSTER)
    return sound | {"roster_file": str(tmp_path / "roster.toml")}


def test_all_that_keeps_texts_or_calls_from_going_out_is_told(
    run: Run, mixed: dict[str, str], phones: PhoneSystem
) -> None:
    standing = phones.standing
    standing.status, standing.kind, standing.balance = "suspended", "Trial", "9.99"
    standing.verified, standing.campaigns, standing.defers = ["+16145550101"], ["IN_PROGRESS"], False
    standing.no_calls_to, standing.no_texts_to = {"CA"}, {"CA"}

    found = [f"{check}: {text.split(': ')[0]}" for check, text, _ in wrong(run, **mixed)]

    assert found == [
        "account: the account is suspended",
        "account: 9.99 USD are left on the account",
        "account: the account is a trial",
        "registration: our number is in a campaign that is IN_PROGRESS",
        "registration: a messaging service keeps the texts to our number for itself",
        "countries: calls to CA are not permitted, and somebody of the roster, or a caller, is there",
        "countries: texts to CA are not permitted, and somebody of the roster, or a caller, is there",
    ]


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("campaigns", "told"),
    [
        (None, "our number is in no messaging service: carriers"),
        ([], "our number is in a messaging service without a campaign: carriers"),
        (["FAILED", "VERIFIED"], None),
    ],
)
def test_a_number_without_a_campaign_that_was_verified(
    campaigns: list[str] | None, told: str | None, run: Run, sound: dict[str, str], phones: PhoneSystem
) -> None:
    phones.standing.campaigns = campaigns

    found = [text for check, text, _ in wrong(run, **sound) if check == "registration"]

    assert [text.startswith(told or "") for text in found] == ([True] if told else [])


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("state", "told"),
    [(None, ["not asked for"]), ("IN_REVIEW", ["IN_REVIEW"]), ("TWILIO_APPROVED", [])],
)
def test_a_toll_free_number_has_to_be_verified_and_needs_no_campaign(
    state: str | None, told: list[str], run: Run, sound: dict[str, str], address: str, serve: Serve
) -> None:
    phones = PhoneSystem(SIMULATED_ACCOUNT, TOKEN, "+18885550123", address, SystemClock(), lambda *_: Answer(200, ""))
    phones.standing.toll_free, phones.standing.campaigns = state, None

    found = wrong(run, **sound | {"twilio_from": "+18885550123", "twilio_api_base": serve(create_rest_app(phones))})

    assert [text for _, text, _ in found] == [
        f"the verification of our toll-free number is {state}: carriers block its texts" for state in told
    ]


@pytest.mark.thorough
def test_only_the_messaging_service_that_we_send_by_counts(run: Run, mixed: dict[str, str]) -> None:
    other = "MG" + "6" * 32

    assert wrong(run, **mixed | {"twilio_messaging_service_sid": SERVICE}) == []
    [found] = wrong(run, **mixed | {"twilio_messaging_service_sid": other})
    assert found[1].startswith("our number is in no messaging service")


def test_what_our_key_may_not_ask_is_told_and_is_nothing_wrong(
    run: Run, sound: dict[str, str], phones: PhoneSystem, serve: Serve
) -> None:
    app = create_rest_app(phones)

    def forbid(**_: str) -> NoReturn:
        raise Refused(20003, "Permission Denied", 403)

    for endpoint in ("services", "calls", "balance"):
        app.view_functions[f"twilio_standing.{endpoint}"] = forbid
    result = run("doctor", **sound | {"twilio_api_base": serve(app)})

    assert result.exit_code == 0
    for check in ("account", "registration", "countries"):
        assert f"ok    {check:<14}not known: Twilio refused our credentials" in result.stdout
