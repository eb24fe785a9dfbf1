"""The test call by Twilio: from another number of the account to the one that callers call."""

from __future__ import annotations

from typing import Any

from twilio.twiml.voice_response import VoiceResponse

from triage.policy.canary import LONGEST_SECONDS, SPOKEN, WAITS_SECONDS
from triage.ports import Accepted
from triage.transports.twilio_client import Account, our_errors, taken

_RING_SECONDS = 30


class TwilioCanary:
    """What the call says there goes with it: our webhooks are asked by the called number alone."""

    def __init__(self, client: Any, account: Account, number: str) -> None:
        self._client = client
        self._account = account
        self._number = number

    def call_us(self) -> Accepted:
        document = VoiceResponse()
        document.pause(length=WAITS_SECONDS)
        document.say(SPOKEN)
        document.hangup()
        with our_errors():
            call = self._client.calls.create(
                to=self._account.sender,
                from_=self._number,
                twiml=str(document),
                timeout=_RING_SECONDS,
                time_limit=LONGEST_SECONDS,
            )
        return taken(call)
