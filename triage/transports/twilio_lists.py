"""What Twilio remembers of calls, recordings and texts, in our values; and its lists of what came to our number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from triage.errors import TransportError
from triage.policy.twilio_words import telephone_number
from triage.ports import CallDetails, RecordingDetails, TextDetails
from triage.transports.answer_date import date_of
from triage.transports.twilio_client import Account, our_errors

_PAGE = 1000  # the largest that Twilio gives
_MESSAGE = "RecordVerb"
_IS_RECORDED = {"completed": True, "absent": False, "failed": False, "deleted": True}


class TwilioLists:
    """Reads whole lists: they begin with the newest, and the oldest is what waited longest.

    Twilio may take the instant that it is asked from for the whole day, so what is older is left out here.
    """

    def __init__(self, client: Any, account: Account) -> None:
        self._client = client
        self._account = account
        self._told_at: datetime | None = None
        client.http_client.session.hooks["response"].append(self._hear)

    @property
    def told_at(self) -> datetime | None:
        return self._told_at

    def recordings(self, since: datetime) -> Sequence[RecordingDetails]:
        with our_errors():
            listed = self._client.recordings.list(date_created_after=since, page_size=_PAGE)
        return [recording_details(recording) for recording in listed if _is_since(recording.date_created, since)]

    def calls(self, since: datetime) -> Sequence[CallDetails]:
        with our_errors():
            listed = self._client.calls.list(to=self._ours(), start_time_after=since, page_size=_PAGE)
        found = [call_details(call, self._account) for call in listed if _is_since(call.start_time, since)]
        return [call for call in found if call.is_ours]

    def texts(self, since: datetime) -> Sequence[TextDetails]:
        with our_errors():
            listed = self._client.messages.list(to=self._ours(), date_sent_after=since, page_size=_PAGE)
        return [
            TextDetails(
                message_sid=message.sid,
                from_number=message.from_ or "",
                body=message.body or "",
                sent_at=message.date_sent,
            )
            for message in listed
            if message.direction == "inbound" and _is_since(message.date_sent, since)
        ]

    def _hear(self, answer: Any, **_: Any) -> None:
        self._told_at = date_of(answer.headers.get("Date")) or self._told_at

    def _ours(self) -> str:
        if self._account.sender is None:  # the lists of the account may hold what is not for us
            raise TransportError("AFTERHOURS_TWILIO_FROM is not set: whose calls and texts?", permanent=True)
        return self._account.sender


def call_details(call: Any, account: Account) -> CallDetails:
    number = getattr(call, "_from", None) or getattr(call, "from_", None)
    return CallDetails(
        call_sid=call.sid,
        is_ours=call.direction == "inbound" and call.to == account.sender,
        from_number=telephone_number(number),
        status=str(call.status),
        started_at=call.start_time,
        ended_at=call.end_time,
    )


def recording_details(recording: Any) -> RecordingDetails:
    code = str(recording.error_code or "")
    return RecordingDetails(
        recording_sid=recording.sid,
        call_sid=recording.call_sid or "",
        is_message=str(recording.source) == _MESSAGE,
        is_recorded=_IS_RECORDED.get(str(recording.status)),
        created_at=recording.date_created,
        started_at=recording.start_time,
        duration=length(recording.duration),
        error_code=int(code) if code.isdecimal() else None,
    )


def length(seconds: Any) -> timedelta | None:
    """Twilio writes seconds as text; empty or -1 where there is no length."""
    text = str(seconds or "")
    return timedelta(seconds=int(text)) if text.isdecimal() else None


def _is_since(at: datetime | None, since: datetime) -> bool:
    return at is not None and at >= since
