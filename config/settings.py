"""Every setting of the program, read once at the start of a process."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import Field, SecretStr, StringConstraints, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "AFTERHOURS_"
SHIPPED_POLICY = Path(__file__).with_name("policy.toml")
DEMO_ROSTER = Path(__file__).with_name("demo-roster.toml")
SIMULATED_ACCOUNT = "AC" + "0" * 32
"""The account of the simulated phone system; Twilio gives no such SID."""

MAIL_ADDRESS = r"[^@\s<>,]+@[^@\s<>,]+\.[^@\s<>,]+"
E164 = r"^\+[1-9][0-9]{6,14}$"


_EXAMPLES = {
    "twilio_account_sid": "AC and 32 digits or letters a to f",
    "twilio_messaging_service_sid": "MG and 32 digits or letters a to f",
    "twilio_from": "+16145550100",
    "backup_at": "12:00",
    "canary_number": "+16145550198",
    "mail_from": "afterhours@example.com",
}


class SettingsError(Exception):
    """The environment does not make a working daemon; the text says which line to mend."""


class Settings(BaseSettings):
    """Names are promised in the README; each field is `AFTERHOURS_` and its name in capitals."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    database_url: Annotated[str, Field(repr=False)] = "sqlite:///afterhours.db"  # it may hold a password
    database_direct_url: Annotated[str | None, Field(repr=False)] = None
    policy_file: Path = SHIPPED_POLICY
    roster_file: Path | None = None
    recordings_dir: Path | None = None
    backup_dir: Path | None = None
    backup_at: Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")] = "12:00"
    backup_keep: Annotated[int, Field(ge=1, le=1000)] = 14
    public_url: str = "http://127.0.0.1:8080"
    bind: str = "127.0.0.1:8080"
    twilio_account_sid: Annotated[str, StringConstraints(pattern="^AC[0-9a-f]{32}$")] | None = None
    twilio_auth_token: SecretStr | None = None
    twilio_previous_auth_token: SecretStr | None = None
    twilio_api_key_sid: str | None = None
    twilio_api_key_secret: SecretStr | None = None
    twilio_from: Annotated[str, StringConstraints(pattern=E164)] | None = None
    canary_number: Annotated[str, StringConstraints(pattern=E164)] | None = None
    twilio_messaging_service_sid: Annotated[str, StringConstraints(pattern="^MG[0-9a-f]{32}$")] | None = None
    twilio_api_base: str | None = None
    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    oidc_trust_second_factor: Literal["yes", "no"] = "no"
    smtp_url: SecretStr | None = None
    mail_from: Annotated[str, StringConstraints(pattern=f"^{MAIL_ADDRESS}$")] | None = None
    alarm_mail: str | None = None
    heartbeat_url: SecretStr | None = None
    log_format: Literal["console", "json"] | None = None
    simulator_bind: str = "127.0.0.1:8081"
    demo_clock_file: Path | None = None
    trusted_proxies: Annotated[int, Field(ge=0, le=5)] = 0
    web_threads: Annotated[int, Field(ge=1, le=64)] = 8
    sender_threads: Annotated[int, Field(ge=1, le=64)] = 48

    @field_validator("bind", "simulator_bind")
    @classmethod
    def _host_and_port(cls, value: str) -> str:
        host, _, port = value.rpartition(":")
        if not host or not port.isdigit() or int(port) > 65535:
            raise ValueError("write it as host:port, for example 127.0.0.1:8080")
        return value

    @field_validator("public_url", "twilio_api_base")
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("write it as https://host or https://host/path, without ? or #")
        return value.rstrip("/")

    @field_validator("oidc_issuer")
    @classmethod
    def _issuer(cls, value: str | None) -> str | None:
        """As the provider writes it, to the last slash: its tokens have to name the very same."""
        parts = urlsplit(value or "")
        if value is not None and (not parts.hostname or parts.query or parts.fragment or parts.username):
            raise ValueError("write it as the provider does, like https://login.example.com")
        if value is not None and parts.scheme != "https" and not (parts.scheme == "http" and is_loopback_host(value)):
            raise ValueError("a sign-in provider is reached by https only: write it as https://...")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _mail_server(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        parts = urlsplit(value.get_secret_value())
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError("write it as smtp://user:password@host:587 or smtps://user:password@host:465")
        return value

    @field_validator("alarm_mail")
    @classmethod
    def _mail_addresses(cls, value: str | None) -> str | None:
        if value is not None and not all(re.fullmatch(MAIL_ADDRESS, each.strip()) for each in value.split(",")):
            raise ValueError("write one address like it@example.com, or several with commas between them")
        return value

    @field_validator("heartbeat_url")
    @classmethod
    def _heartbeat(cls, value: SecretStr | None) -> SecretStr | None:
        """A Healthchecks-compatible address; `/fail` is added to it."""
        if value is None:
            return None
        url = value.get_secret_value()
        parts = urlsplit(url)
        if not parts.hostname or parts.query or parts.fragment or parts.username or not parts.path.strip("/"):
            raise ValueError("write it as https://host/path, as the check outside shows it, without ? or #")
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback_host(url)):
            raise ValueError("a heartbeat goes by https only: write it as https://...")
        return SecretStr(url.rstrip("/"))

    @model_validator(mode="after")
    def _account_fits(self) -> Settings:
        if self.twilio_account_sid and not self.twilio_auth_token:
            raise ValueError("AFTERHOURS_TWILIO_ACCOUNT_SID is set: set AFTERHOURS_TWILIO_AUTH_TOKEN too")
        if self.twilio_auth_token and not self.twilio_account_sid:
            raise ValueError("AFTERHOURS_TWILIO_AUTH_TOKEN is set: set AFTERHOURS_TWILIO_ACCOUNT_SID too")
        if bool(self.twilio_api_key_sid) != bool(self.twilio_api_key_secret):
            raise ValueError("set both AFTERHOURS_TWILIO_API_KEY_SID and AFTERHOURS_TWILIO_API_KEY_SECRET, or neither")
        if self.canary_number and self.canary_number == self.twilio_from:
            raise ValueError("AFTERHOURS_CANARY_NUMBER is AFTERHOURS_TWILIO_FROM: set another number of your account")
        if self.canary_number and self.has_account and not self.twilio_from:
            raise ValueError("AFTERHOURS_CANARY_NUMBER is set: set AFTERHOURS_TWILIO_FROM too, the number it calls")
        if self.demo_clock_file and self.has_real_account:
            raise ValueError("AFTERHOURS_DEMO_CLOCK_FILE is for the simulated phone system only: unset it")
        return self

    @model_validator(mode="after")
    def _servers_fit(self) -> Settings:
        oidc = (self.oidc_issuer, self.oidc_client_id, self.oidc_client_secret)
        if any(oidc) and not all(oidc):
            raise ValueError(
                "set AFTERHOURS_OIDC_ISSUER, AFTERHOURS_OIDC_CLIENT_ID and AFTERHOURS_OIDC_CLIENT_SECRET, or none"
            )
        if self.database_direct_url and self.database_url.startswith("sqlite"):
            raise ValueError("AFTERHOURS_DATABASE_DIRECT_URL is for PostgreSQL behind a pooler: unset it")
        return self

    @model_validator(mode="after")
    def _mail_fits_together(self) -> Settings:
        if bool(self.smtp_url) != bool(self.mail_from):
            raise ValueError("set both AFTERHOURS_SMTP_URL and AFTERHOURS_MAIL_FROM, or neither")
        if self.alarm_mail and not self.smtp_url:
            raise ValueError("AFTERHOURS_ALARM_MAIL is set: set AFTERHOURS_SMTP_URL and AFTERHOURS_MAIL_FROM too")
        return self

    @property
    def alarm_addresses(self) -> tuple[str, ...]:
        """Whom alarms go to by e-mail."""
        return tuple(each.strip() for each in self.alarm_mail.split(",")) if self.alarm_mail else ()

    @property
    def has_account(self) -> bool:
        """Credentials of a phone system, real or simulated."""
        return self.twilio_account_sid is not None

    @property
    def has_real_account(self) -> bool:
        return self.has_account and self.twilio_account_sid != SIMULATED_ACCOUNT

    @property
    def signing_tokens(self) -> tuple[str, ...]:
        """The tokens whose signatures count: the current one and, during a rotation, the one before."""
        tokens = (self.twilio_auth_token, self.twilio_previous_auth_token)
        return tuple(token.get_secret_value() for token in tokens if token)


def address(bind: str) -> tuple[str, int]:
    """`host:port` as the pair that servers take."""
    host, _, port = bind.rpartition(":")
    return host.strip("[]"), int(port)


def is_loopback_host(url: str) -> bool:
    """Whether an address names this machine, which nobody else can listen to."""
    return urlsplit(url).hostname in {"127.0.0.1", "::1", "localhost"}


def load_settings() -> Settings:
    """Settings from systemd credentials, the environment and `.env`, the environment first.

    Raises SettingsError with one line for each fault.
    """
    _refuse_unknown_names()
    try:
        return Settings(_secrets_dir=os.environ.get("CREDENTIALS_DIRECTORY"))
    except ValidationError as error:
        raise SettingsError("\n".join(_sentence(fault) for fault in error.errors())) from None


def _refuse_unknown_names() -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    folder = Path(os.environ.get("CREDENTIALS_DIRECTORY", ""))
    files = [path.name for path in folder.iterdir()] if folder.name and folder.is_dir() else []
    for source, names in (
        ("the environment", os.environ),
        (".env", dotenv_values(".env")),
        ("$CREDENTIALS_DIRECTORY", files),
    ):
        for name in names:
            if name.upper().startswith(PREFIX) and name.upper() not in known:
                raise SettingsError(f"{name} in {source} is not a setting of afterhours; the README lists them all")


def _sentence(fault: Any) -> str:
    name = "".join(PREFIX + str(part).upper() for part in fault["loc"][:1])
    text = str(fault["msg"]).removeprefix("Value error, ")
    if fault["type"] == "string_pattern_mismatch":
        text = f"write it like {_EXAMPLES.get(str(fault['loc'][0]), 'the README shows')}"
    return f"{name}: {text}" if name else text
