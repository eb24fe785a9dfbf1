"""Callers and technicians, who do not know what happens to the daemon: they call, and they answer."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from threading import Event, Lock, Thread
from typing import TypeVar

from tests.support.live import Live
from webhooks.simulator.records import Message

DANA, LEE = "+16145550101", "+16145550102"
_ALERT = re.compile(r"(?:\(repeat\) |[A-Z ]+ )*(\d{4,}) [a-z ]+: ")
_LOOK_EVERY_SECONDS = 0.03
_TRY_AGAIN_SECONDS = 0.3

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Left:
    """One voicemail that we answered with 2xx, and when."""

    caller: str
    recording_sid: str
    taken_at: datetime


class People:
    """Everybody who phones: many callers at once, and technicians who answer each alert by text."""

    def __init__(self, live: Live, dice: random.Random) -> None:
        self.left: list[Left] = []
        self.refused = 0
        self._live, self._dice = live, dice
        self._callers = 0
        self._lock = Lock()
        self._pool = ThreadPoolExecutor(8, thread_name_prefix="person")
        self._gone = Event()
        self._eyes = Thread(target=self._watch_phones, name="technicians", daemon=True)
        live.phones.set_keys(DANA, "1")
        live.phones.set_keys(LEE, "1")
        self._eyes.start()

    def go(self) -> None:
        """Everybody hangs up and goes home."""
        self._gone.set()
        self._eyes.join()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def call(self, *, is_emergency: bool = False) -> tuple[str, Future[Left]]:
        """Somebody else leaves a voicemail, and calls again until they could; their number."""
        self._callers += 1
        caller = f"+1614{2_000_000 + self._callers}"
        return caller, self._pool.submit(self._leave, caller, "1" if is_emergency else "")

    def _leave(self, caller: str, keys: str) -> Left:
        phones = self._live.phones
        call = self._until(lambda: phones.leave_voicemail(caller, seconds=20, keys=keys), lambda c: c.recording_sid)
        assert call.recording_sid is not None
        form = {
            "CallSid": call.sid,
            "RecordingSid": call.recording_sid,
            "RecordingStatus": "completed",
            "RecordingDuration": "20",
        }
        self._until(lambda: self._live.is_taken("/twilio/recording", form), bool)  # the phone system repeats itself
        left = Left(caller, call.recording_sid, phones.now)
        with self._lock:
            self.left.append(left)
        return left

    def _watch_phones(self) -> None:
        seen = 0
        exchange = self._live.phones.exchange
        while not self._gone.wait(_LOOK_EVERY_SECONDS):
            with exchange.lock:
                new = list(islice(exchange.messages.values(), seen, None))
            seen += len(new)
            for message in new:
                if message.direction != "inbound" and (found := _ALERT.match(message.body)):
                    self._pool.submit(self._answer, message, found[1], self._dice.random(), self._dice.random())

    def _answer(self, message: Message, reference: str, mood: float, pause: float) -> None:
        """Take it and call back, or call back at once; some are slow."""
        time.sleep(pause * 0.5)
        words = [f"ACK {reference}", f"DONE {reference} 35"] if mood < 0.5 else [f"DONE {reference} 35"]
        for text in words:
            self._until(partial(self._live.phones.text, message.to, text), lambda reply: reply is not None)

    def _until(self, act: Callable[[], T], is_good: Callable[[T], object]) -> T:
        """Try again, as people do and as the phone system does; raises TimeoutError once everybody has gone home."""
        while not self._gone.is_set():
            outcome = act()
            if is_good(outcome):
                return outcome
            self.refused += 1
            time.sleep(_TRY_AGAIN_SECONDS)
        raise TimeoutError
