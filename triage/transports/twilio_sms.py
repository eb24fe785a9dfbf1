"""SMS by Twilio."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from triage.policy.delivery import DeliveryState
from triage.policy.twilio_words import MESSAGE_STATUS
from triage.ports import Accepted, Found, Outgoing, Told
from triage.transports.twilio_client import Account, fetched, our_errors, taken

_VALID_FOR_SECONDS = 1800  # an alert that comes hours late wakes somebody for nothing
_LISTED = 50


class TwilioSms:
    """The delivery's id travels in the address for reports, so that a report settles what we did not hear of."""

    def __init__(self, client: Any, account: Account) -> None:
        self._client = client
        self._account = account

    def send(self, outgoing: Outgoing) -> Accepted:
        service = self._account.messaging_service_sid
        sender = {"messaging_service_sid": service} if service else {"from_": self._account.sender}
        with our_errors():
            message = self._client.messages.create(
                to=outgoing.phone,
                body=outgoing.text,
                status_callback=f"{self._account.public_url}/twilio/message-status?delivery={outgoing.delivery_id}",
                validity_period=_VALID_FOR_SECONDS,
                **sender,
            )
        return taken(message)

    def outcome(self, provider_sid: str) -> Told | None:
        message = fetched(self._client.messages(provider_sid))
        return None if message is None else Told(str(message.status), message.error_code or None)

    def sent_to(self, phone: str, since: datetime) -> Sequence[Found]:
        # Not filtered by the date it was sent: a queued message has none yet.
        with our_errors():
            listed = self._client.messages.list(to=phone, limit=_LISTED)
        return [
            Found(
                message.sid,
                message.body or "",
                message.date_created,
                MESSAGE_STATUS.get(str(message.status), DeliveryState.ACCEPTED),
            )
            for message in listed
            if message.date_created and message.date_created >= since and message.direction != "inbound"
        ]
