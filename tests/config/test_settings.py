"""Settings from the environment, `.env` and systemd credentials: a typing error stops the start."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from config.settings import SHIPPED_POLICY, SIMULATED_ACCOUNT, Settings, SettingsError, address, load_settings

ACCOUNT = "AC" + "12" * 16
Read = Callable[..., Settings]


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working folder without `.env`, and an environment without a setting of ours."""
    for name in [*os.environ]:
        if name.upper().startswith("AFTERHOURS_") or name == "CREDENTIALS_DIRECTORY":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Read:
    """Reads the settings from an environment with these values, named without their prefix."""

    def _read(**values: str) -> Settings:
        for name, value in values.items():
            monkeypatch.setenv(f"AFTERHOURS_{name.upper()}", value)
        return load_settings()

    return _read


@pytest.fixture
def credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that systemd passes."""
    folder = tmp_path / "credentials"
    folder.mkdir()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    return folder


def test_empty_environment_starts_on_loopback_with_the_shipped_policy(read: Read) -> None:
    settings = read()

    assert settings.database_url == "sqlite:///afterhours.db"
    assert settings.policy_file == SHIPPED_POLICY
    assert settings.public_url == "http://127.0.0.1:8080"
    assert settings.bind == "127.0.0.1:8080"
    assert (settings.roster_file, settings.log_format, settings.twilio_api_base) == (None, None, None)
    assert not settings.has_account


@pytest.mark.parametrize("name", ["AFTERHOURS_DATABSE_URL", "afterhours_databse_url", "AFTERHOURS_", "AFTERHOURS_X"])
def test_unknown_variable_stops_the_start(name: str, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "sqlite:///other.db")

    with pytest.raises(SettingsError, match=f"{name} in the environment is not a setting of afterhours"):
        read()


@pytest.mark.parametrize(
    "line", ["AFTERHOURS_BNID=127.0.0.1:9", "export AFTERHOURS_BNID=1", "afterhours_bnid", "#\nAFTERHOURS_BNID="]
)
def test_unknown_line_of_dotenv_stops_the_start(line: str, read: Read) -> None:
    Path(".env").write_text(f"{line}\n")

    with pytest.raises(SettingsError, match=r"(?i)AFTERHOURS_BNID in \.env is not a setting"):
        read()


@pytest.mark.parametrize(
    ("issuer", "words"),
    [
        ("http://login.example.com", "by https only"),
        ("login.example.com", "write it as the provider does"),
        ("https://u:p@login.example.com", "write it as the provider does"),
        ("https://login.example.com/?x=1", "write it as the provider does"),
    ],
)
def test_a_sign_in_provider_is_asked_by_https_alone(issuer: str, words: str, read: Read) -> None:
    with pytest.raises(SettingsError, match=words):
        read(oidc_issuer=issuer, oidc_client_id="x", oidc_client_secret="y")


def test_a_sign_in_provider_is_set_whole(read: Read) -> None:
    with pytest.raises(SettingsError, match="AFTERHOURS_OIDC_CLIENT_SECRET"):
        read(oidc_issuer="https://login.example.com")
    client = {"oidc_client_id": "x", "oidc_client_secret": "y"}
    assert read(oidc_issuer="https://login.example.com/", **client).oidc_issuer == "https://login.example.com/"
    assert read(oidc_issuer="http://127.0.0.1:9", **client).oidc_trust_second_factor == "no"


def test_other_programs_variables_are_none_of_our_business(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFTER_HOURS", "x")
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "x")
    Path(".env").write_text("COMPOSE_PROJECT_NAME=x\n")

    assert read().twilio_auth_token is None


def test_environment_comes_before_dotenv_and_dotenv_before_credentials(read: Read, credentials: Path) -> None:
    (credentials / "afterhours_bind").write_text("127.0.0.1:1\n")
    first = read().bind
    Path(".env").write_text("AFTERHOURS_BIND=127.0.0.1:2\n")
    second = read().bind

    assert (first, second, read(bind="127.0.0.1:3").bind) == ("127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3")


def test_credentials_are_files_of_lower_case_names_without_their_last_line_break(read: Read, credentials: Path) -> None:
    (credentials / "afterhours_twilio_account_sid").write_text(f"{ACCOUNT}\n")
    (credentials / "afterhours_twilio_auth_token").write_text("secret\n")
    (credentials / "somebody_elses").write_text("x")

    settings = read()

    assert settings.has_real_account
    assert settings.signing_tokens == ("secret",)


def test_wrong_value_in_a_credential_stops_the_start(read: Read, credentials: Path) -> None:
    (credentials / "afterhours_twilio_account_sid").write_text("AC-nonsense\n")

    with pytest.raises(SettingsError, match="AFTERHOURS_TWILIO_ACCOUNT_SID"):
        read()


@pytest.mark.parametrize(
    "name", ["roster_file", "twilio_account_sid", "twilio_auth_token", "twilio_from", "log_format", "demo_clock_file"]
)
def test_empty_value_is_no_value(name: str, read: Read) -> None:
    assert getattr(read(**{name: ""}), name) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("bind", value) for value in ("8080", ":8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:http", "a:65536")),
        ("simulator_bind", "8081"),
        *(
            ("public_url", value)
            for value in ("example.com", "ftp://example.com", "https://", "https://a/?b", "https://a/#b")
        ),
        ("twilio_api_base", "localhost:9"),
        *(("twilio_from", value) for value in ("6145550100", "+0145550100", "+1614555010a", "+1614")),
        *(("twilio_account_sid", value) for value in ("AC123", "SK" + "1" * 32, "AC" + "G" * 32)),
        ("twilio_messaging_service_sid", "MG1"),
        ("log_format", "xml"),
        *(("web_threads", value) for value in ("0", "65", "many", "1.5")),
        ("sender_threads", "0"),
        ("trusted_proxies", "-1"),
    ],
)
def test_wrong_value_stops_the_start_and_names_its_variable(name: str, value: str, read: Read) -> None:
    with pytest.raises(SettingsError, match=f"^AFTERHOURS_{name.upper()}: "):
        read(**{name: value})


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("bind", "0.0.0.0:80", "0.0.0.0:80"),
        ("bind", "[::1]:8080", "[::1]:8080"),
        ("public_url", "https://support.example.com/", "https://support.example.com"),
        ("public_url", "https://example.com:8443/support/", "https://example.com:8443/support"),
        ("twilio_api_base", "http://127.0.0.1:8081", "http://127.0.0.1:8081"),
        ("twilio_from", "+16145550100", "+16145550100"),
        ("canary_number", "+16145550198", "+16145550198"),
        ("log_format", "json", "json"),
        ("web_threads", "64", 64),
    ],
)
def test_right_value_is_kept(name: str, value: str, kept: str | int, read: Read) -> None:
    assert getattr(read(**{name: value}), name) == kept


def test_every_wrong_value_is_named_at_once(read: Read) -> None:
    with pytest.raises(SettingsError) as refused:
        read(bind="x", public_url="y")

    assert [line.split(":")[0] for line in str(refused.value).splitlines()] == [
        "AFTERHOURS_PUBLIC_URL",
        "AFTERHOURS_BIND",
    ]


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"twilio_account_sid": ACCOUNT}, "set AFTERHOURS_TWILIO_AUTH_TOKEN too"),
        ({"twilio_auth_token": "secret"}, "set AFTERHOURS_TWILIO_ACCOUNT_SID too"),
        ({"twilio_account_sid": ACCOUNT, "twilio_auth_token": ""}, "set AFTERHOURS_TWILIO_AUTH_TOKEN too"),
        (
            {"canary_number": "+16145550198", "twilio_account_sid": ACCOUNT, "twilio_auth_token": "x"},
            "set AFTERHOURS_TWILIO_FROM too",
        ),
        ({"twilio_api_key_sid": "SK1"}, "or neither"),
        ({"twilio_api_key_secret": "secret"}, "or neither"),
    ],
)
def test_half_of_a_credential_stops_the_start(given: dict[str, str], wanted: str, read: Read) -> None:
    with pytest.raises(SettingsError, match=wanted) as refused:
        read(**given)

    assert "secret" not in str(refused.value).replace("API_KEY_SECRET", "")


def test_canary_is_another_number_than_ours(read: Read) -> None:
    with pytest.raises(SettingsError, match="set another number of your account"):
        read(twilio_from="+16145550100", canary_number="+16145550100")

    assert read(twilio_from="+16145550100", canary_number="+16145550198").canary_number == "+16145550198"


def test_both_tokens_sign_during_a_rotation(read: Read) -> None:
    settings = read(twilio_account_sid=ACCOUNT, twilio_auth_token="new", twilio_previous_auth_token="old")

    assert settings.signing_tokens == ("new", "old")


@pytest.mark.parametrize(("sid", "real"), [(ACCOUNT, True), (SIMULATED_ACCOUNT, False)])
def test_account_of_the_simulator_is_no_real_account(sid: str, real: bool, read: Read) -> None:
    settings = read(twilio_account_sid=sid, twilio_auth_token="secret")

    assert settings.has_account
    assert settings.has_real_account is real


def test_demo_clock_is_refused_with_a_real_account(read: Read) -> None:
    simulated = read(twilio_account_sid=SIMULATED_ACCOUNT, twilio_auth_token="secret", demo_clock_file="offset")

    assert simulated.demo_clock_file == Path("offset")
    with pytest.raises(SettingsError, match="AFTERHOURS_DEMO_CLOCK_FILE is for the simulated phone system only"):
        read(twilio_account_sid=ACCOUNT)


def test_secrets_are_shown_neither_by_repr_nor_by_str_nor_in_json(read: Read) -> None:
    settings = read(
        twilio_account_sid=ACCOUNT,
        twilio_auth_token="hunter-one",
        twilio_previous_auth_token="hunter-two",
        twilio_api_key_sid="SK1",
        twilio_api_key_secret="hunter-three",
    )

    shown = f"{settings!r} {settings} {settings.model_dump_json()} {settings.model_dump()}"

    assert ACCOUNT in shown
    assert "hunter" not in shown


def test_password_of_the_database_is_not_shown(read: Read) -> None:
    settings = read(database_url="postgresql+psycopg://afterhours:hunter@db/afterhours")

    assert "hunter" not in repr(settings)


@pytest.mark.parametrize("name", ["database_url", "bind", "public_url", "web_threads", "policy_file"])
def test_empty_value_leaves_the_default(name: str, read: Read) -> None:
    default = getattr(read(), name)

    assert getattr(read(**{name: ""}), name) == default


def test_unknown_credential_stops_the_start(read: Read, credentials: Path) -> None:
    (credentials / "afterhours_twilio_acount_sid").write_text(ACCOUNT)

    with pytest.raises(SettingsError, match="afterhours_twilio_acount_sid"):
        read()


def test_settings_do_not_change_after_the_start(read: Read) -> None:
    settings = read()

    with pytest.raises(ValidationError, match="frozen"):
        settings.bind = "127.0.0.1:1"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("bind", "pair"),
    [("127.0.0.1:8080", ("127.0.0.1", 8080)), ("[::1]:80", ("::1", 80)), ("localhost:1", ("localhost", 1))],
)
def test_bind_is_a_host_and_a_port(bind: str, pair: tuple[str, int]) -> None:
    assert address(bind) == pair


MAIL = {"smtp_url": "smtp://127.0.0.1:25", "mail_from": "afterhours@example.com"}


def test_alarms_go_to_one_address_or_several(read: Read) -> None:
    settings = read(**MAIL, alarm_mail="it@example.com, ops@example.com")

    assert settings.alarm_addresses == ("it@example.com", "ops@example.com")


@pytest.mark.parametrize(
    "value", ["it", "it@example", "it@example.com,", "it@example.com;ops@example.com x", "<a@b.c>"]
)
def test_what_is_no_mail_address_is_refused(value: str, read: Read) -> None:
    with pytest.raises(SettingsError, match=r"^AFTERHOURS_ALARM_MAIL: write one address like it@example\.com"):
        read(**MAIL, alarm_mail=value)


def test_alarms_need_a_mail_server(read: Read) -> None:
    with pytest.raises(SettingsError, match="AFTERHOURS_ALARM_MAIL is set: set AFTERHOURS_SMTP_URL"):
        read(alarm_mail="it@example.com")


def test_the_address_of_a_heartbeat_is_a_secret(read: Read) -> None:
    settings = read(heartbeat_url="https://hc-ping.com/5ec7e7/")

    assert settings.heartbeat_url is not None
    assert settings.heartbeat_url.get_secret_value() == "https://hc-ping.com/5ec7e7"
    assert "5ec7e7" not in repr(settings)


@pytest.mark.parametrize(
    "value",
    ["hc-ping.com/5ec7e7", "http://hc-ping.com/5ec7e7", "https://hc-ping.com", "https://hc-ping.com/?5ec7e7",
     "https://u:5ec7e7@hc-ping.com/x", "ftp://127.0.0.1/5ec7e7"],
)  # fmt: skip
def test_what_is_no_address_of_a_heartbeat_is_refused_without_being_repeated(value: str, read: Read) -> None:
    with pytest.raises(SettingsError, match=r"^AFTERHOURS_HEARTBEAT_URL: .*https://") as refused:
        read(heartbeat_url=value)

    assert "5ec7e7" not in str(refused.value)
