"""`afterhours twilio setup` shows the number's settings as they are and as they should be, and sets them if told so."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from config.settings import SIMULATED_ACCOUNT, Settings
from tests.cli.conftest import Run, Serve, document
from tests.support.world import OUR_NUMBER, PUBLIC_URL, TOKEN
from triage.bootstrap import build
from triage.clock import SystemClock
from triage.store import chain
from webhooks.simulator.phone_system import Answer, PhoneSystem
from webhooks.simulator.rest import create_rest_app
from webhooks.simulator.twiml import parse
from webhooks.simulator.walk import VERBS

BIN = "https://handler.twilio.com/twiml/EH" + "a" * 32
Setup = Callable[..., object]


@pytest.fixture
def phones() -> PhoneSystem:
    """A number that was never set up for us."""
    phones = PhoneSystem(
        SIMULATED_ACCOUNT, TOKEN, OUR_NUMBER, "https://demo.twilio.com", SystemClock(), lambda *_: Answer(200, "")
    )
    phones.ours.voice_method = "GET"
    return phones


@pytest.fixture
def setup(run: Run, serve: Serve, phones: PhoneSystem, sqlite_url: str) -> Run:
    return partial(
        run,
        "twilio",
        "setup",
        database_url=sqlite_url,
        public_url=PUBLIC_URL,
        twilio_account_sid=SIMULATED_ACCOUNT,
        twilio_auth_token=TOKEN,
        twilio_from=OUR_NUMBER,
        twilio_api_base=serve(create_rest_app(phones)),
    )


def test_a_number_that_is_not_able_to_text(setup: Run, phones: PhoneSystem) -> None:
    phones.ours.can = ("voice",)

    result = setup("--apply")

    assert result.exit_code == 1
    assert "Capabilities: take a number at Twilio that can do voice and sms" in result.stdout


def wrong(result: object) -> list[str]:
    return [setting["name"] for setting in document(result)["settings"] if not setting["ok"]]  # type: ignore[arg-type]


def test_each_setting_is_shown_as_it_is_and_as_it_should_be(setup: Run) -> None:
    result = setup("--json")

    assert result.exit_code == 1
    assert wrong(result) == ["VoiceUrl", "VoiceMethod", "VoiceFallbackUrl", "StatusCallback", "SmsUrl"]
    voice = document(result)["settings"][0]
    assert voice["found"] == "https://demo.twilio.com/twilio/voice"
    assert voice["wanted"] == f"{PUBLIC_URL}/twilio/voice"


def test_nothing_is_set_unless_it_is_told_to(setup: Run, phones: PhoneSystem) -> None:
    setup()

    assert phones.ours.voice_url == "https://demo.twilio.com/twilio/voice"


def test_what_is_wrong_is_set_and_then_all_is_well(setup: Run, phones: PhoneSystem) -> None:
    applied = setup("--apply", "--fallback", BIN, "--json")
    again = setup("--json")

    assert (applied.exit_code, again.exit_code) == (0, 0)
    assert document(applied)["set"] == ["VoiceUrl", "VoiceMethod", "StatusCallback", "SmsUrl", "VoiceFallbackUrl"]
    assert phones.ours.voice_url == f"{PUBLIC_URL}/twilio/voice"
    assert phones.ours.voice_fallback_url == BIN
    assert phones.ours.sms_url == f"{PUBLIC_URL}/twilio/sms#rc=5&rp=all"


def test_what_was_set_is_on_record_with_what_stood_there_before(setup: Run, sqlite_url: str) -> None:
    setup("--apply", "--fallback", BIN)

    program = build(Settings(_env_file=None, database_url=sqlite_url))
    with program.desk.store.read() as session:
        event = chain.newest_of(session, "number_set")
        details = event.details if event else {}
    program.close()
    assert details["before"]["VoiceUrl"] == "https://demo.twilio.com/twilio/voice"
    assert details["after"]["VoiceUrl"] == f"{PUBLIC_URL}/twilio/voice"


def test_how_often_twilio_tries_again_is_the_owners(setup: Run, phones: PhoneSystem) -> None:
    setup("--apply", "--fallback", BIN)
    phones.ours.sms_url = f"{PUBLIC_URL}/twilio/sms#rc=2"

    assert setup().exit_code == 0


def test_a_fallback_of_ours_is_none(setup: Run, phones: PhoneSystem) -> None:
    setup("--apply", "--fallback", BIN)
    phones.ours.voice_fallback_url = f"{PUBLIC_URL}/twilio/voice"

    result = setup()

    assert result.exit_code == 1
    assert "VoiceFallbackUrl: an address of ours is down when we are" in result.stdout


def test_a_fallback_that_is_there_is_left_alone(setup: Run, phones: PhoneSystem) -> None:
    phones.ours.voice_fallback_url = BIN

    assert setup("--apply").exit_code == 0
    assert phones.ours.voice_fallback_url == BIN


@pytest.mark.parametrize(
    ("attribute", "name"),
    [
        ("voice_application_sid", "VoiceApplicationSid"),
        ("sms_application_sid", "SmsApplicationSid"),
        ("trunk_sid", "TrunkSid"),
    ],
)
def test_what_makes_twilio_ignore_the_addresses_is_named(
    attribute: str, name: str, setup: Run, phones: PhoneSystem
) -> None:
    setattr(phones.ours, attribute, "AP" + "b" * 32)

    result = setup("--apply", "--fallback", BIN, "--json")

    assert result.exit_code == 1
    assert wrong(result) == [name]


def test_a_number_that_the_account_lacks_is_told(setup: Run) -> None:
    result = setup(twilio_from="+16145550177")

    assert result.exit_code == 1
    assert "the account has no such number" in result.stderr


def test_a_phone_system_that_refuses_is_told(setup: Run) -> None:
    result = setup(twilio_auth_token="wrong")

    assert result.exit_code == 1
    assert "Twilio refused our credentials" in result.stderr


def test_a_fallback_that_is_no_address_is_wrong_usage(setup: Run) -> None:
    assert setup("--fallback", "EH123").exit_code == 2


def test_the_fallback_twimlis_twiml_that_fits(run: Run) -> None:
    result = run("twilio", "fallback", public_url=PUBLIC_URL)

    twiml = parse(result.stdout, PUBLIC_URL, allowed=VERBS)
    assert [verb.name for verb in twiml.verbs] == ["Say", "Say", "Record", "Say", "Say", "Hangup"]
    assert twiml.warnings == ()
    assert twiml.verbs[2].get("recordingStatusCallback") == f"{PUBLIC_URL}/twilio/recording#rc=5&rp=all"
    assert twiml.verbs[2].get("action") == ""
    assert len(result.stdout) < 4000


def test_texts_that_make_the_twimltoo_long_are_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(f'[spoken.en]\nunattended = "{"Hello. " * 600}"\n')

    result = run("twilio", "fallback", policy_file="mine.toml")

    assert result.exit_code == 2
    assert "shorten spoken.en.unattended" in result.stderr
