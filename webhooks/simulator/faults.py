"""Faults that a test can ask for: what a phone system and the way to it get wrong in real life."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum


class Hang(Exception):
    """The request was taken and no answer ever came; the client sees a time-out."""


class Unreachable(Exception):
    """The request never arrived."""


class Refused(Exception):
    """Twilio's answer to a request that it does not carry out."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


class Webhook(StrEnum):
    """The kinds of requests that the phone system makes to us."""

    DOCUMENT = "document"
    """For TwiML: what a call is to do next. A dropped one is an address where nobody answers."""
    TEXT = "text"
    CALL_STATUS = "call status"
    RECORDING = "recording"
    TRANSCRIPTION = "transcription"
    MESSAGE_STATUS = "message status"


@dataclass(slots=True, kw_only=True)
class Faults:
    """Counters concern the next creates of messages and calls; flags hold until they are taken back.

    The order in which counters are used up is the order of the fields.
    """

    unreachable: int = 0
    """Not taken: the connection fails."""
    refuse_429: int = 0
    """Not taken: too many requests (20429)."""
    fail_500: int = 0
    """Not taken: an internal error (20500)."""
    accept_then_500: int = 0
    """Taken and carried out, and yet answered with an internal error."""
    accept_then_hang: int = 0
    """Taken and carried out, never answered."""
    fail_reads: int = 0
    """The next GET requests are answered with an internal error."""
    lists_lag: timedelta = timedelta(0)
    """Lists do not hold yet what is younger; to ask for one thing by its SID finds it."""
    drop_reports: bool = False
    """Messages and calls go on, nobody is told."""
    drop_recording_reports: bool = False
    """Recordings are made, nobody is told."""
    reverse_reports: bool = False
    """The last report of a message, or of an inbound call, comes first."""
    double_reports: bool = False
    """Every report of a message or call comes twice."""
    duplicate_webhooks: bool = False
    """Every webhook of any kind comes twice."""

    drop_webhooks: bool = False
    """We cannot be reached: no webhook of any kind arrives."""
    drop: set[Webhook] = field(default_factory=set)
    """Webhooks of these kinds never arrive."""
    double: set[Webhook] = field(default_factory=set)
    """Webhooks of these kinds come twice."""
    reverse: set[Webhook] = field(default_factory=set)
    """Reports of these kinds of one call or message are held back, and then the last comes first."""

    def loses(self, kind: Webhook) -> bool:
        """Whether this webhook never arrives."""
        reports = {Webhook.CALL_STATUS, Webhook.MESSAGE_STATUS} if self.drop_reports else set[Webhook]()
        recordings = {Webhook.RECORDING, Webhook.TRANSCRIPTION} if self.drop_recording_reports else set[Webhook]()
        return self.drop_webhooks or kind in self.drop | reports | recordings

    def repeats(self, kind: Webhook) -> bool:
        """Whether this webhook comes twice."""
        is_report = kind in {Webhook.CALL_STATUS, Webhook.MESSAGE_STATUS}
        return self.duplicate_webhooks or kind in self.double or (self.double_reports and is_report)

    def turns_round(self, kind: Webhook) -> bool:
        """Whether reports of this kind come in reverse."""
        return kind in self.reverse or self.reverse_reports

    def before_create(self) -> None:
        """Raises where the next create is not taken."""
        if self._use("unreachable"):
            raise Unreachable
        if self._use("refuse_429"):
            raise Refused(20429, "Too Many Requests", 429)
        if self._use("fail_500"):
            raise Refused(20500, "An internal server error has occurred", 500)

    def after_create(self) -> None:
        """Raises where the client is not to learn that its request was carried out."""
        if self._use("accept_then_500"):
            raise Refused(20500, "An internal server error has occurred", 500)
        if self._use("accept_then_hang"):
            raise Hang

    def before_read(self) -> None:
        if self._use("fail_reads"):
            raise Refused(20500, "An internal server error has occurred", 500)

    def _use(self, name: str) -> bool:
        left: int = getattr(self, name)
        if left > 0:
            setattr(self, name, left - 1)
        return left > 0
