"""A transport that sends nothing and remembers everything: for tests and rehearsals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from triage.ports import Accepted, CallDetails, Found, Leg, Outgoing, RecordingDetails


class RecordingTransport:
    """`sent` is what would have gone out, in order; `failures` are raised first, one a call."""

    def __init__(self, prefix: str = "SM") -> None:
        self.sent: list[Outgoing] = []
        self.failures: list[Exception] = []
        self.listed: list[Found] = []
        self._prefix = prefix

    def send(self, outgoing: Outgoing) -> Accepted:
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(outgoing)
        return Accepted(f"{self._prefix}{len(self.sent):032x}")

    def sent_to(self, phone: str, since: datetime) -> Sequence[Found]:  # noqa: ARG002 - a protocol's signature
        return self.listed


class RecordedCalls:
    """Knows the calls and recordings that it was told of."""

    def __init__(self) -> None:
        self.calls: dict[str, CallDetails] = {}
        self.recordings: dict[str, RecordingDetails] = {}
        self.legs_of: dict[str, list[Leg]] = {}

    def call(self, call_sid: str) -> CallDetails | None:
        return self.calls.get(call_sid)

    def legs(self, parent_sid: str) -> Sequence[Leg]:
        return self.legs_of.get(parent_sid, [])

    def recording(self, recording_sid: str) -> RecordingDetails | None:
        return self.recordings.get(recording_sid)

    def check(self) -> str:
        return "recorded"
