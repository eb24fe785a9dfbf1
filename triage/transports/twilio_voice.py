"""Our own calls by Twilio, and what Twilio knows of calls and recordings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from triage.policy.delivery import DeliveryState
from triage.policy.twilio_words import STATUS, telephone_number
from triage.ports import Accepted, CallDetails, Found, Leg, Outgoing, RecordingDetails, Told
from triage.transports.twilio_client import Account, fetched, our_errors, taken
from triage.transports.twilio_lists import call_details, length, recording_details

_LISTED = 50


class TwilioVoice:
    """The called phone is told what our webhook at `/twilio/<path>/<delivery>` says when it picks up."""

    def __init__(self, client: Any, account: Account, carrier: Literal["voice", "bridge", "hear"]) -> None:
        self._client = client
        self._account = account
        self._path = "alert" if carrier == "voice" else carrier
        self._status = STATUS[carrier]

    def send(self, outgoing: Outgoing) -> Accepted:
        base = self._account.public_url
        with our_errors():
            call = self._client.calls.create(
                to=outgoing.phone,
                from_=self._account.sender,
                url=f"{base}/twilio/{self._path}/{outgoing.delivery_id}",
                status_callback=f"{base}/twilio/call-status?delivery={outgoing.delivery_id}",
                status_callback_event=["initiated", "answered", "completed"],  # that it rings changes nothing
                timeout=int(outgoing.rings_for.total_seconds()),
            )
        return taken(call)

    def hang_up(self, provider_sid: str) -> None:
        """Twilio cancels only what is queued or rings: a call that somebody answered goes on."""
        with our_errors():
            self._client.calls(provider_sid).update(status="canceled")

    def outcome(self, provider_sid: str) -> Told | None:
        call = fetched(self._client.calls(provider_sid))
        return None if call is None else Told(str(call.status))

    def sent_to(self, phone: str, since: datetime) -> Sequence[Found]:
        with our_errors():
            listed = self._client.calls.list(to=phone, limit=_LISTED)
        return [
            Found(call.sid, "", call.date_created, self._status.get(str(call.status), DeliveryState.ACCEPTED))
            for call in listed
            if call.date_created and call.date_created >= since and call.direction == "outbound-api"
        ]


class TwilioCalls:
    """Looks things up; changes nothing."""

    def __init__(self, client: Any, account: Account) -> None:
        self._client = client
        self._account = account

    def call(self, call_sid: str) -> CallDetails | None:
        found = fetched(self._client.calls(call_sid))
        if found is None:
            return None
        return call_details(found, self._account)

    def legs(self, parent_sid: str) -> Sequence[Leg]:
        with our_errors():
            listed = self._client.calls.list(parent_call_sid=parent_sid, limit=_LISTED)
        return [
            Leg(
                call_sid=leg.sid,
                to_number=telephone_number(leg.to),
                status=str(leg.status),
                started_at=leg.start_time,
                ended_at=leg.end_time,
                duration=length(leg.duration),
            )
            for leg in reversed(listed)
        ]

    def recording(self, recording_sid: str) -> RecordingDetails | None:
        found = fetched(self._client.recordings(recording_sid))
        return None if found is None else recording_details(found)

    def check(self) -> str:
        """The account's own name, to see that the credentials work."""
        with our_errors():
            return str(self._client.api.accounts(self._account.account_sid).fetch().friendly_name)
