"""One leg of a call, walked through the TwiML that our webhooks answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urljoin

from webhooks.simulator.exchange import Exchange
from webhooks.simulator.pace import Party, Steps, first_deed, follow_scripts
from webhooks.simulator.person import ALL_KEYS, Act, Deed, Moment, Person, Scripted
from webhooks.simulator.records import Call
from webhooks.simulator.sound import seconds_of
from webhooks.simulator.taping import Taken, Tape, keep_recording
from webhooks.simulator.twiml import SPEECH, Document, InvalidTwiml, Verb, parse
from webhooks.simulator.wire_forms import recording_url, voice_form

VERBS = SPEECH | {"Gather", "Record", "Redirect", "Hangup", "Reject", "Dial"}
WHISPER_VERBS = SPEECH | {"Gather", "Hangup"}
MOST_DOCUMENTS = 50
MOST_REPEATS = 10
LETTERS_A_SECOND = 15
PLAYED_FOR = 2.0  # seconds of a sound whose length nobody knows
TWIML_BIN = "https://handler.twilio.com/twiml/"
"""Where the phone system itself keeps the document for calls whose address fails: it needs nobody of ours."""
ERROR_SENTENCE = "We are sorry, an application error has occurred. Goodbye."
REJECTED = {"busy": "busy", "rejected": "no-answer"}

Step = Steps[Document | None]
Dial = Callable[["Walk", Verb, str], Step]


class Walk:
    """Walks one leg from document to document, at the pace of its person; `at` is how far it has come.

    Without `dial` it is the document of a called party, who listens before being put through to `beside`.
    """

    def __init__(
        self,
        exchange: Exchange,
        call_sid: str,
        person: Person,
        at: datetime,
        dial: Dial | None = None,
        beside: Walk | None = None,
    ) -> None:
        self.exchange = exchange
        self.sid = call_sid
        self.person = person
        self.at = at
        self.over = False
        self.ends_as = "completed"
        self.legs: list[str] = []
        """The SIDs of those whom this leg had rung."""
        self.taped: Callable[[Tape], None] = lambda _tape: None
        """Told of each recording as soon as it is made."""
        self._dial = dial
        self._beside = beside
        self._documents = 0

    @property
    def call(self) -> Call:
        return self.exchange.calls[self.sid]

    def run(self, document: Document | None) -> Steps[None]:
        """Walk until somebody hangs up (then `over` is True) or no verb is left."""
        while document is not None:
            document = yield from self._perform(document)
        yield from self.catch_up()

    def pick_up(self) -> None:
        """A call to our number is answered by the first verb that takes part in it."""
        if self.call.direction == "inbound" and self.call.status == "ringing":
            self.note(status="in-progress", started_at=self.at)

    def fetch(self, url: str, extra: dict[str, str]) -> Document | None:
        """The TwiML at `url`; None, and the call fails, where there is none to walk."""
        self._documents += 1
        if self._documents > MOST_DOCUMENTS:
            return self._fail("the call goes round in circles")
        if url.startswith(TWIML_BIN):
            return self.read(self.exchange.ours.fallback_twiml or "", url)
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
        self.note(warnings=self.call.warnings + document.warnings)
        return document

    def wait(self, moment: Moment, seconds: float, keys: str = "") -> Steps[Deed | None]:
        """Let up to so many seconds pass; what the person did, None where nothing that counts.

        Where everybody follows a script, nobody is waited for: `at` runs ahead, until something is told to us.
        """
        parties, until = [Party(self, moment, keys)], self.at + timedelta(seconds=seconds)
        if self._beside:
            parties.append(Party(self._beside, Moment.WAITING))
        if all(isinstance(party.walk.person, Scripted) for party in parties):
            self.at, party, deed = follow_scripts(self.at, until, parties)
        else:
            self.at, party, deed = yield from first_deed(self.at, until, parties)
        if deed and deed.act is Act.HANG_UP:
            self.over = True
            if party and party.walk is self._beside:
                self._beside.over = True
        return deed

    def catch_up(self) -> Steps[None]:
        """Wait until it is as late as this leg has come; it may have been ended meanwhile."""
        target, at = self.at, None
        while at is None or (at < target and not self.call.is_over):
            at = yield target
        self.at = at
        self.over = self.over or self.call.is_over

    def note(self, **changes: object) -> None:
        """Change what is known of this call."""
        with self.exchange.lock:
            self.exchange.calls[self.sid] = replace(self.call, **changes)  # type: ignore[arg-type]

    def _perform(self, document: Document) -> Step:
        for verb in document.verbs:
            following = yield from self._step(verb, document.url)
            if self.over or following is not None:
                return None if self.over else following
        return None

    def _step(self, verb: Verb, base: str) -> Step:
        match verb.name:
            case "Dial" if self._dial:
                return (yield from self._dial(self, verb, base))
            case "Gather":
                return (yield from self._gather(verb, base))
            case "Record":
                return (yield from self._record(verb, base))
            case "Redirect":
                yield from self.catch_up()
                return self.fetch(urljoin(base, verb.text), {})
            case "Hangup":
                self.pick_up()
                self.over = True
            case "Reject":
                if self.call.status == "ringing":
                    self.ends_as = REJECTED.get(verb.get("reason", "rejected"), "no-answer")
                self.over = True
            case _:
                yield from self._say(verb, base, Moment.LISTENING)
        return None

    def _fail(self, because: str) -> Document | None:
        first = self.call.failed_because is None
        self.note(failed_because=self.call.failed_because or because)
        ours = self.exchange.ours
        if first and self.call.direction == "inbound" and not self.over:
            if ours.voice_fallback_url:
                return self.fetch(ours.voice_fallback_url, {"ErrorCode": "11200", "ErrorUrl": ours.voice_url})
            if ours.fallback_twiml:
                return self.fetch(TWIML_BIN, {})
        if not self.over:
            self.pick_up()
            self._hear(ERROR_SENTENCE)
        self.over = True
        return None

    def _say(self, verb: Verb, base: str, moment: Moment) -> Steps[str]:
        """Say, play or be silent; the key that cut it short, or nothing."""
        if verb.name != "Pause":
            self.pick_up()
        if verb.name == "Say":
            self._hear(verb.text)
            seconds = max(1.0, len(verb.text) / LETTERS_A_SECOND) * min(verb.number("loop", 1) or 1, MOST_REPEATS)
        elif verb.name == "Play":
            yield from self.catch_up()
            seconds = self._play(verb, base)
        else:
            seconds = verb.number("length", 1)
        deed = yield from self.wait(moment, seconds, ALL_KEYS if moment is Moment.MENU_WORDS else "")
        return deed.key if deed else ""

    def _play(self, verb: Verb, base: str) -> float:
        """What the phone system plays it has to get; how many seconds that lasts."""
        self._hear(f"[plays {verb.text or verb.get('digits')}]")
        if not verb.text:
            return PLAYED_FOR
        url = urljoin(base, verb.text)
        answer = self.exchange.poster.get(url)
        if answer is None or answer.status != 200 or not answer.content_type.startswith("audio/"):
            what = "nothing" if answer is None else f"{answer.status} {answer.content_type}"
            self.note(failed_because=self.call.failed_because or f"{url} answered {what}, not audio")
            return 0
        self.exchange.keep_sound(self.call.heard[-1], answer.content)
        return seconds_of(answer.content) or PLAYED_FOR

    def _gather(self, verb: Verb, base: str) -> Step:
        self.pick_up()
        key = ""
        for child in verb.children:
            key = yield from self._say(child, base, Moment.MENU_WORDS)
            if key or self.over:
                break
        if self.over:
            return None
        digits = yield from self._collect(verb, key)
        if self.over:
            return None
        if digits:
            self.note(pressed=" ".join([*self.call.pressed.split(), digits]))
        if digits or verb.get("actionOnEmptyResult").lower() == "true":
            return (yield from self._act(verb, base, {"Digits": digits}))
        return None

    def _collect(self, verb: Verb, key: str) -> Steps[str]:
        """The keys that one Gather gets; the timeout runs anew after each."""
        most, finish, digits = verb.number("numDigits", 0), verb.get("finishOnKey", "#"), ""
        while True:
            if not key:
                deed = yield from self.wait(Moment.MENU, verb.number("timeout", 5), ALL_KEYS)
                key = deed.key if deed else ""
            if not key or key in finish:
                return digits
            digits, key = digits + key, ""
            if len(digits) == most:
                return digits

    def _record(self, verb: Verb, base: str) -> Step:
        self.pick_up()
        limit = verb.number("maxLength", 120 if verb.get("transcribe").lower() == "true" else 3600)
        taken = Taken()
        ending = yield from self._listen(verb, limit, taken)
        has_hung_up = self.over
        yield from self.catch_up()
        now = self.exchange.clock.now()  # a call that is walked at once ends now, however long it took
        recording = keep_recording(self.exchange, self.call, round(taken.seconds), min(self.at, now), audio=taken.audio)
        self.taped(Tape.of(verb, base, recording, taken.words))
        if recording.status == "absent":  # no action request: the next verb runs, where the caller still listens
            return None
        extra = {
            "RecordingUrl": recording_url(self.exchange, recording.sid),
            "RecordingDuration": str(recording.seconds),
        }
        if has_hung_up:  # the action is still requested, its answer is read and not walked
            extra |= {"Digits": "hangup", "CallStatus": "completed"}
        elif ending:
            extra |= {"Digits": ending}
        return (yield from self._act(verb, base, extra))

    def _listen(self, verb: Verb, limit: float, taken: Taken) -> Steps[str]:
        """Fill `taken` with what is said; the key that ended it, or nothing."""
        finish, silence = verb.get("finishOnKey", "1234567890*#"), verb.number("timeout", 5)
        while taken.seconds < limit:
            left = limit - taken.seconds
            deed = yield from self.wait(Moment.TONE, min(silence or left, left), finish)
            if deed and deed.act is Act.TAKE_TIME:
                continue
            if deed is None or deed.act is not Act.SPEAK or deed.speech is None:
                return deed.key if deed else ""
            began, speech = self.at, deed.speech
            deed = yield from self.wait(Moment.SPEAKING, min(speech.seconds, left), finish)
            if deed and deed.act is Act.STOP_SPEAKING and deed.speech:
                taken.add(replace(deed.speech, seconds=min(deed.speech.seconds, left)))
            else:
                taken.add(replace(speech, seconds=(self.at - began).total_seconds()))
            if self.over or (deed and deed.act is Act.KEY):
                return deed.key if deed else ""
        return ""

    def _act(self, verb: Verb, base: str, extra: dict[str, str]) -> Step:
        yield from self.catch_up()
        return self.fetch(urljoin(base, verb.get("action") or base), extra)

    def _hear(self, sentence: str) -> None:
        if sentence:
            self.note(heard=(*self.call.heard, sentence))
