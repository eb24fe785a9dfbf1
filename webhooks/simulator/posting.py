"""Webhooks on their way out: signed, retried as Twilio retries, and noted."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock
from time import monotonic
from urllib.parse import parse_qs, urldefrag

from twilio.request_validator import RequestValidator

from triage.clock import Clock
from webhooks.simulator.faults import Faults, Webhook

TOTAL_SECONDS = 15.0  # retries included, as Twilio has it


@dataclass(frozen=True, slots=True)
class Answer:
    """What a webhook answered."""

    status: int
    body: str
    content_type: str = ""
    content: bytes = field(default=b"", repr=False)


Post = Callable[[str, dict[str, str] | None, dict[str, str]], Answer]
"""Posts a form to an address with headers; without a form it gets what is there.

Raises the built-in ConnectionError where nobody answers, TimeoutError where the answer does not come in time.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """One webhook as the log keeps it; `status` is None where no answer came, and `because` says why."""

    at: datetime
    url: str
    form: Mapping[str, str]
    status: int | None
    because: str | None
    attempts: int


@dataclass(frozen=True, slots=True)
class Overrides:
    """Twilio's connection overrides, taken from the fragment of a webhook's address."""

    url: str
    retries: int
    on: frozenset[str]

    @classmethod
    def of(cls, address: str) -> Overrides:
        """By default one retry, and only where the connection fails."""
        url, fragment = urldefrag(address)
        words = parse_qs(fragment)
        retries = words.get("rc", ["1"])[-1]
        on = ",".join(words.get("rp", ["ct"])).split(",")
        return cls(url, min(int(retries), 5) if retries.isdigit() else 1, frozenset(on))

    def cover(self, failure: str) -> bool:
        return failure in self.on or "all" in self.on


@dataclass(frozen=True, slots=True)
class Report:
    """A webhook whose answer says nothing: something has happened."""

    kind: Webhook
    url: str
    form: dict[str, str]


class Poster:
    """Signs webhooks with the account's token and posts them; holds no lock while it does."""

    def __init__(self, auth_token: str, clock: Clock, post: Post, faults: Faults) -> None:
        self._validator = RequestValidator(auth_token)
        self._clock = clock
        self._post = post
        self._faults = faults
        self._log: deque[Posted] = deque(maxlen=2000)
        self._lock = Lock()

    def post(self, address: str, form: dict[str, str], kind: Webhook = Webhook.DOCUMENT) -> Answer | None:
        """The webhook's answer; None where none came. One that a fault loses is in no log."""
        if self._faults.loses(kind):
            return None
        answer = self._deliver(address, form)
        if self._faults.repeats(kind):
            self._deliver(address, form)
        return answer

    def report(self, report: Report) -> None:
        """Tell of something that has happened."""
        self.post(report.url, report.form, report.kind)

    def get(self, address: str) -> Answer | None:
        """What is at an address that is to be played; None where no answer came."""
        return None if self._faults.loses(Webhook.DOCUMENT) else self._deliver(address, None)

    def log(self) -> tuple[Posted, ...]:
        """The last webhooks, oldest first."""
        with self._lock:
            return tuple(self._log)

    def complain(self, address: str, because: str) -> None:
        """Note what was wrong with the last answer of this address."""
        url = urldefrag(address).url
        with self._lock:
            for place in range(len(self._log) - 1, -1, -1):
                if self._log[place].url == url:
                    self._log[place] = replace(self._log[place], because=because)
                    return

    def _deliver(self, address: str, form: dict[str, str] | None) -> Answer | None:
        overrides = Overrides.of(address)
        headers = {
            "X-Twilio-Signature": self._validator.compute_signature(overrides.url, form or {}),
            "I-Twilio-Idempotency-Token": secrets.token_hex(16),  # the same on every try
            "User-Agent": "TwilioProxy/1.1",
        }
        give_up_at = monotonic() + TOTAL_SECONDS
        attempts = 1
        answer, failure = self._try(overrides.url, form, headers)
        while failure and overrides.cover(failure) and attempts <= overrides.retries and monotonic() < give_up_at:
            answer, failure = self._try(overrides.url, form, headers)
            attempts += 1
        self._note(overrides.url, form or {}, answer, failure, attempts)
        return answer

    def _try(self, url: str, form: dict[str, str] | None, headers: dict[str, str]) -> tuple[Answer | None, str | None]:
        try:
            answer = self._post(url, None if form is None else dict(form), dict(headers))
        except ConnectionError:
            return None, "ct"
        except TimeoutError:
            return None, "rt"
        failure = f"{answer.status // 100}xx" if answer.status >= 400 else None
        return answer, failure

    def _note(self, url: str, form: dict[str, str], answer: Answer | None, failure: str | None, attempts: int) -> None:
        reasons = {"ct": "nobody answered at this address", "rt": "no answer within 15 seconds"}
        entry = Posted(
            at=self._clock.now(),
            url=url,
            form=form,
            status=answer.status if answer else None,
            because=reasons.get(failure or ""),
            attempts=attempts,
        )
        with self._lock:
            self._log.append(entry)
