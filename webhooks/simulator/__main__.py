"""The simulator as a process: `python -m webhooks.simulator`."""

from __future__ import annotations

import signal
import sys
from types import FrameType

import structlog
from flask import Flask
from waitress.server import create_server

from config.logging import set_up_logging
from config.settings import (
    DEMO_ROSTER,
    SIMULATED_ACCOUNT,
    Settings,
    SettingsError,
    address,
    load_settings,
)
from triage.clock import DemoClock, SystemClock
from webhooks.simulator.live_post import LivePost
from webhooks.simulator.page import add_page
from webhooks.simulator.phone_system import PhoneSystem
from webhooks.simulator.rest import create_rest_app
from webhooks.simulator.roster_phones import add_callers, add_roster_phones
from webhooks.simulator.ticker import Ticker

THREADS = 8
WRONG_CONFIGURATION = 2


class NotForThis(Exception):
    """The settings are not those of a simulated phone system; the text says which."""


def main() -> int:
    """Serve until SIGTERM. 0 after that, 1 where the address is taken, 2 on a wrong configuration."""
    try:
        settings = load_settings()
        set_up_logging(settings.log_format)
        app, phone_system = build(settings)
    except (SettingsError, NotForThis, ValueError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return WRONG_CONFIGURATION
    return _serve(app, phone_system, settings.simulator_bind)


def build(settings: Settings) -> tuple[Flask, PhoneSystem]:
    """The REST API and the page over one phone system. Raises NotForThis where the settings mean a real account."""
    token, our_number = _credentials(settings)
    demo_clock = DemoClock(settings.demo_clock_file) if settings.demo_clock_file else None
    phone_system = PhoneSystem(
        SIMULATED_ACCOUNT, token, our_number, settings.public_url, demo_clock or SystemClock(), LivePost()
    )
    if settings.canary_number:
        phone_system.exchange.own_numbers.add(settings.canary_number)
    if settings.twilio_api_key_sid and settings.twilio_api_key_secret:
        phone_system.keys[settings.twilio_api_key_sid] = settings.twilio_api_key_secret.get_secret_value()
    add_roster_phones(phone_system, settings.roster_file or DEMO_ROSTER)
    add_callers(phone_system)
    app = create_rest_app(phone_system)
    add_page(app, phone_system, demo_clock)
    return app, phone_system


def _credentials(settings: Settings) -> tuple[str, str]:
    if settings.has_real_account:
        raise NotForThis(
            "AFTERHOURS_TWILIO_ACCOUNT_SID names a real account: the simulated phone system does not start beside it"
        )
    if settings.twilio_account_sid is None or settings.twilio_auth_token is None:
        raise NotForThis(
            f"set AFTERHOURS_TWILIO_ACCOUNT_SID to {SIMULATED_ACCOUNT} and AFTERHOURS_TWILIO_AUTH_TOKEN to any word"
        )
    if settings.twilio_from is None:
        raise NotForThis("set AFTERHOURS_TWILIO_FROM to the number that the simulated phones are to call")
    return settings.twilio_auth_token.get_secret_value(), settings.twilio_from


def _serve(app: Flask, phone_system: PhoneSystem, bind: str) -> int:
    host, port = address(bind)
    try:
        server = create_server(app, host=host, port=port, threads=THREADS)
    except OSError as error:
        sys.stderr.write(f"AFTERHOURS_SIMULATOR_BIND: cannot listen on {bind}: {error}\n")
        return 1
    ticker = Ticker(phone_system)
    signal.signal(signal.SIGTERM, _stop)
    ticker.start()
    structlog.get_logger(__name__).info("simulator_ready", address=f"http://{bind}")
    try:
        server.run()  # waitress takes SystemExit as the wish to stop, and returns
    finally:
        ticker.stop()
        server.close()
    return 0


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main())
