"""The settings of our number at Twilio."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from triage.errors import TransportError
from triage.policy.number_settings import CAPABILITIES, NAMES
from triage.transports.twilio_client import Account, our_errors


class TwilioNumber:
    """Finds the number by its digits: its SID is nobody's to configure."""

    def __init__(self, client: Any, account: Account) -> None:
        self._client = client
        self._account = account

    def settings(self) -> Mapping[str, str] | None:
        number = self._number()
        if number is None:
            return None
        can = " ".join(name for name, is_able in (number.capabilities or {}).items() if is_able)
        return {name: str(getattr(number, _attribute(name)) or "") for name in NAMES} | {CAPABILITIES: can}

    def change(self, settings: Mapping[str, str]) -> None:
        number = self._number()
        if number is None:
            raise TransportError("the account has no such number", permanent=True)
        with our_errors():
            number.update(**{_attribute(name): value for name, value in settings.items()})

    def _number(self) -> Any:
        if self._account.sender is None:
            raise TransportError("AFTERHOURS_TWILIO_FROM is not set: which number?", permanent=True)
        with our_errors():
            found = self._client.incoming_phone_numbers.list(phone_number=self._account.sender, limit=2)
        return next((number for number in found if number.phone_number == self._account.sender), None)


def _attribute(name: str) -> str:
    """`voice_url` for Twilio's `VoiceUrl`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
