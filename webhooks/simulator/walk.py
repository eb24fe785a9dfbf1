"""One leg of a call, walked through the TwiML that our webhooks answer."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urljoin

from webhooks.simulator.exchange import Exchange
from webhooks.simulator.records import Call, Person
from webhooks.simulator.taping import Tape, keep_recording
from webhooks.simulator.twiml import SPEECH, Document, InvalidTwiml, Verb, parse
from webhooks.simulator.wire_forms import recording_url, voice_form

VERBS = SPEECH | {"Gather", "Record", "Redirect", "Hangup", "Reject", "Dial"}
WHISPER_VERBS = SPEECH | {"Gather", "Hangup"}
MOST_DOCUMENTS = 50
LETTERS_A_SECOND = 15
ERROR_SENTENCE = "We are sorry, an application error has occurred. Goodbye."
NO_KEY = ", "  # in a person's keys: this menu gets no answer

Steps = Generator[timedelta, None, None]
Step = Generator[timedelta, None, Document | None]
Dial = Callable[["Walk", Verb, str], Step]


class Walk:
    """Walks one call from document to document.

    Speech takes time on the call's own clock, `at`, and none of ours; only a bridged conversation is waited
    for, by yielding its length.
    """

    def __init__(
        self, exchange: Exchange, call_sid: str, person: Person, at: datetime, dial: Dial | None = None
    ) -> None:
        self.exchange = exchange
        self.sid = call_sid
        self.person = person
        self.at = at
        self.over = False
        self.tapes: list[Tape] = []
        self._dial = dial
        self._keys = person.keys
        self._documents = 0
        self._steps: dict[str, Callable[[Verb, str], Document | None]] = {
            "Say": self._say,
            "Play": self._play,
            "Pause": self._pause,
            "Gather": self._gather,
            "Record": self._record,
            "Redirect": lambda verb, base: self.fetch(urljoin(base, verb.text), {}),
            "Hangup": self._hang_up,
            "Reject": self._hang_up,
        }

    @property
    def call(self) -> Call:
        return self.exchange.calls[self.sid]

    def run(self, document: Document | None) -> Steps:
        """Walk until somebody hangs up (then `over` is True) or no verb is left; yields each wait."""
        while document is not None:
            document = yield from self._perform(document)

    def fetch(self, url: str, extra: dict[str, str]) -> Document | None:
        """The TwiML at `url`; None, and the call fails, where there is none to walk."""
        self._documents += 1
        if self._documents > MOST_DOCUMENTS:
            return self._fail("the call goes round in circles")
        if not url.startswith(("http://", "https://")):
            return self._fail(f"the address {url!r} is not absolute")
        answer = self.exchange.poster.post(url, voice_form(self.exchange, self.call) | extra)
        if answer is None:
            return self._fail(f"no answer from {url}")
        if answer.status != 200:
            return self._fail(f"{url} answered {answer.status}")
        return self.read(answer.body, url)

    def read(self, body: str, url: str) -> Document | None:
        """The document in `body`; None, and the call fails, where it is not valid TwiML."""
        try:
            document = parse(body, url, allowed=VERBS if self._dial else WHISPER_VERBS)
        except InvalidTwiml as error:
            return self._fail(f"{url} answered invalid TwiML: {error}")
        self._note(warnings=self.call.warnings + document.warnings)
        return document

    def _perform(self, document: Document) -> Step:
        for verb in document.verbs:
            if verb.name == "Dial" and self._dial:
                following = yield from self._dial(self, verb, document.url)
            else:
                following = self._steps[verb.name](verb, document.url)
            if self.over or following is not None:
                return None if self.over else following
        return None

    def _fail(self, because: str) -> Document | None:
        first = self.call.failed_because is None
        self._note(failed_because=self.call.failed_because or because)
        ours = self.exchange.ours
        if first and self.call.direction == "inbound" and not self.over:
            if ours.voice_fallback_url:
                return self.fetch(ours.voice_fallback_url, {"ErrorCode": "11200", "ErrorUrl": ours.voice_url})
            if ours.fallback_twiml:
                return self.read(ours.fallback_twiml, "")
        self._hear(ERROR_SENTENCE)
        self.over = True
        return None

    def _say(self, verb: Verb, _base: str) -> None:
        if not self.over:
            self._hear(verb.text)
            self.spend(max(1.0, len(verb.text) / LETTERS_A_SECOND))
            self.over = self.person.hangs_up_at_greeting

    def _play(self, verb: Verb, _base: str) -> None:
        if not self.over:
            self._hear(f"[plays {verb.text or verb.get('digits')}]")
            self.spend(2)

    def _pause(self, verb: Verb, _base: str) -> None:
        self.spend(verb.number("length", 1))

    def _hang_up(self, _verb: Verb, _base: str) -> None:
        self.over = True

    def _gather(self, verb: Verb, base: str) -> Document | None:
        for child in verb.children:
            self._steps[child.name](child, base)
        if self.over:
            return None
        digits = self._press(verb.number("numDigits", 0), verb.get("finishOnKey", "#"))
        if digits:
            self._note(pressed=" ".join([*self.call.pressed.split(), digits]))
            return self._act(verb, base, {"Digits": digits})
        self.spend(verb.number("timeout", 5))
        if verb.get("actionOnEmptyResult").lower() == "true":
            return self._act(verb, base, {"Digits": ""})
        return None

    def _press(self, most: int, finish: str) -> str:
        """The keys that one Gather gets out of those that the person has still to press."""
        for place, key in enumerate(self._keys):
            if key in NO_KEY or (finish and key in finish):
                digits, self._keys = self._keys[:place], self._keys[place + 1 :]
                return digits
            if place + 1 == most:
                digits, self._keys = self._keys[:most], self._keys[most:]
                return digits
        digits, self._keys = self._keys, ""
        return digits

    def _record(self, verb: Verb, base: str) -> Document | None:
        limit = verb.number("maxLength", 120 if verb.get("transcribe").lower() == "true" else 3600)
        spoken = 0 if self.person.silent else min(self.person.speaks_for, limit)
        recording = keep_recording(self.exchange, self.call, spoken, self.exchange.clock.now())
        self.tapes.append(Tape.of(verb, base, recording, self.person.transcript))
        self.spend(spoken)
        if recording.status == "absent":  # no action request: the next verb runs, where the caller still listens
            self.over = not self.person.silent
            return None
        extra = {
            "RecordingUrl": recording_url(self.exchange, recording.sid),
            "RecordingDuration": str(spoken),
        }
        ending = self._keys[:1] if self._keys[:1] in verb.get("finishOnKey", "1234567890*#") else ""
        if ending:
            self._keys = self._keys[1:]
            return self._act(verb, base, extra | {"Digits": ending})
        if spoken < self.person.speaks_for:
            return self._act(verb, base, extra)
        self.over = True  # hung up: the action is still requested, its answer is read and not walked
        self._note(status="completed")
        return self._act(verb, base, extra | {"Digits": "hangup"})

    def _act(self, verb: Verb, base: str, extra: dict[str, str]) -> Document | None:
        return self.fetch(urljoin(base, verb.get("action") or base), extra)

    def spend(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    def _hear(self, sentence: str) -> None:
        if sentence:
            self._note(heard=(*self.call.heard, sentence))

    def _note(self, **changes: object) -> None:
        with self.exchange.lock:
            self.exchange.calls[self.sid] = replace(self.call, **changes)  # type: ignore[arg-type]
