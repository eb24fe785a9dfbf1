"""All that the phone system remembers and has still to do, under one lock; nothing is posted under it."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from threading import RLock
from typing import Any

from triage.clock import Clock
from webhooks.simulator.faults import Faults
from webhooks.simulator.pace import Pace
from webhooks.simulator.person import Live
from webhooks.simulator.posting import Poster, Report
from webhooks.simulator.records import Call, Message, NumberSettings, Phone, Recording, Transcript, new_sid

Event = Callable[[datetime], None]
"""What happens at an instant; it gets the instant at which it was due."""

MOST_SOUNDS = 20


@dataclass(slots=True, kw_only=True)
class Exchange:
    """The memory of one account. Records are frozen values: a reader keeps what it got."""

    account_sid: str
    ours: NumberSettings
    clock: Clock
    poster: Poster
    faults: Faults
    report_delay: timedelta
    new_sid: Callable[[str], str] = new_sid
    """Makes the SID of whatever is new, from its two letters."""
    phones: dict[str, Phone] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    calls: dict[str, Call] = field(default_factory=dict)
    recordings: dict[str, Recording] = field(default_factory=dict)
    transcripts: dict[str, Transcript] = field(default_factory=dict)
    own_numbers: set[str] = field(default_factory=set)
    """Further numbers of the account, beside the one that is answered."""
    paces: dict[str, Pace] = field(default_factory=dict)
    """What drives the calls that run, by the SID of their first leg."""
    live: dict[str, Live] = field(default_factory=dict)
    """Who holds a leg by hand, by its SID."""
    watchers: list[Callable[[Message | Call], None]] = field(default_factory=list)
    """Told of each text of ours that a phone shows, and of each call that ends."""
    lateness: Callable[[], timedelta] = timedelta
    """How late a report arrives, beyond its time; those of a call overtake each other then, and mingle with others'."""
    lock: RLock = field(default_factory=RLock)
    sounds: dict[str, bytes] = field(default_factory=dict)
    """The last sounds that were played, by what stands for them among the words heard."""
    _held: dict[str, list[Report]] = field(default_factory=dict)
    _queue: list[tuple[datetime, int, Event]] = field(default_factory=list)
    _order: Iterator[int] = field(default_factory=count)

    def keep_sound(self, heard: str, sound: bytes) -> None:
        """Remember a sound that was played, and forget the oldest of many."""
        with self.lock:
            self.sounds[heard] = sound
            if len(self.sounds) > MOST_SOUNDS:
                del self.sounds[next(iter(self.sounds))]

    def is_ours(self, number: str) -> bool:
        """Whether calls and texts may be sent from this number."""
        return number == self.ours.number or number in self.own_numbers

    def phone_at(self, number: str) -> Phone:
        """The phone of this number without its texts and calls; a number never heard of is a normal phone."""
        with self.lock:
            return self.phones.get(number) or Phone(number=number)

    def snapshot(self, number: str) -> Phone:
        """The phone with all that it shows, oldest first."""
        with self.lock:
            phone = self.phone_at(number)
            messages = tuple(self.messages.values())
            calls = tuple(self.calls.values())
        shown = [m.as_text() for m in messages if m.from_ == number or (m.to == number and m.landed_at)]
        return replace(
            phone,
            texts=tuple(sorted(shown, key=lambda text: text.at)),
            calls=tuple(call for call in calls if number in {call.from_, call.to}),
        )

    def change_phone(self, number: str, **changes: Any) -> Phone:
        with self.lock:
            phone = replace(self.phone_at(number), **changes)
            self.phones[number] = phone
            return phone

    def change_message(self, sid: str, **changes: Any) -> Message:
        with self.lock:
            message = replace(self.messages[sid], updated_at=self.clock.now(), **changes)
            self.messages[sid] = message
            return message

    def change_call(self, sid: str, **changes: Any) -> Call:
        with self.lock:
            call = replace(self.calls[sid], **changes)
            self.calls[sid] = call
            return call

    def report(self, sid: str, report: Report, *, is_last: bool) -> None:
        """Post a report of this call or message; where its kind comes in reverse, only after the last one."""
        reports = [report]
        if self.faults.turns_round(report.kind):
            with self.lock:
                held = self._held.setdefault(sid, [])
                held.append(report)
                reports = self._held.pop(sid)[::-1] if is_last else []
        for ready in reports:
            self.post(ready)

    def post(self, report: Report) -> None:
        """Post a report now, or as late as it comes."""
        if late := self.lateness():
            self.at(self.clock.now() + late, lambda _at: self.poster.report(report))
        else:
            self.poster.report(report)

    def is_in_use(self, number: str) -> bool:
        """Whether somebody holds this phone in a call that rings or runs; what a voicemail box took, nobody holds."""
        held = [self.calls[sid] for sid, live in tuple(self.live.items()) if live.number == number]
        return any(not (call.is_over or call.is_box) for call in held)

    def wake(self, sid: str, at: datetime | None = None) -> None:
        """Something happened to this leg, now where no instant is given: whatever drives its call looks at it."""
        pace = self.paces.get(self.calls[sid].parent_sid or sid)
        if pace:
            pace.wake(at or self.clock.now())

    def tell(self, of: Message | Call) -> None:
        for watcher in self.watchers:
            watcher(of)

    def forget(self, before: datetime) -> None:
        """Forget messages, calls that are over and recordings that are older, as if they had been deleted."""
        with self.lock:
            self.messages = {sid: one for sid, one in self.messages.items() if one.created_at >= before}
            self.calls = {sid: one for sid, one in self.calls.items() if one.created_at >= before or not one.is_over}
            self.recordings = {sid: one for sid, one in self.recordings.items() if one.created_at >= before}
            self.transcripts = {
                sid: one for sid, one in self.transcripts.items() if one.recording_sid in self.recordings
            }

    def at(self, due: datetime, event: Event) -> None:
        """Let `event` happen at `due`; events due at the same instant happen in the order of these calls."""
        with self.lock:
            heapq.heappush(self._queue, (due, next(self._order), event))

    def next_due(self, until: datetime | None) -> tuple[datetime, Event] | None:
        """Take the first event that is due by `until`; None where there is none."""
        with self.lock:
            if not self._queue or (until is not None and self._queue[0][0] > until):
                return None
            due, _, event = heapq.heappop(self._queue)
            return due, event

    def next_instant(self) -> datetime | None:
        """When the next event happens; None where nothing is to come."""
        with self.lock:
            return self._queue[0][0] if self._queue else None

    def waiting(self) -> int:
        """How many events have not happened yet."""
        with self.lock:
            return len(self._queue)
