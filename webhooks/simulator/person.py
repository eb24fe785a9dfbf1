"""The human at the far end of a call: what they do at each moment, scripted for tests or live from the page."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

ALL_KEYS = "0123456789*#"
NO_KEY = ", "  # in a script's keys: this menu gets no answer
ENDLESS = timedelta(days=1).total_seconds()


class Moment(StrEnum):
    """What a call is at when its person is asked what they do."""

    RINGING = "ringing"
    """Their phone rings."""
    LISTENING = "listening"
    """Words that no key cuts short."""
    MENU_WORDS = "menu words"
    """A menu is being read; a key cuts it short."""
    MENU = "menu"
    """A menu was read and waits for a key."""
    TONE = "tone"
    """After the tone: they may speak."""
    SPEAKING = "speaking"
    """They speak, and are recorded."""
    WAITING = "waiting"
    """They wait for somebody else to pick up."""
    TALKING = "talking"
    """They are put through to somebody."""


class Act(StrEnum):
    """What a person can do."""

    PICK_UP = "pick up"
    LET_BOX_ANSWER = "let the box answer"
    DECLINE = "decline"
    KEY = "key"
    SPEAK = "speak"
    STOP_SPEAKING = "stop speaking"
    GO_ON = "go on"
    """Has read enough of what is being said."""
    TAKE_TIME = "take time"
    """Is about to speak, and types meanwhile: the silence begins anew."""
    HANG_UP = "hang up"
    NOTHING = "nothing"
    """Waits until the moment is over."""


POSSIBLE = {
    Moment.RINGING: {Act.PICK_UP, Act.LET_BOX_ANSWER, Act.DECLINE},
    Moment.LISTENING: {Act.GO_ON, Act.HANG_UP},
    Moment.MENU_WORDS: {Act.GO_ON, Act.KEY, Act.HANG_UP},
    Moment.MENU: {Act.GO_ON, Act.KEY, Act.HANG_UP},
    Moment.TONE: {Act.SPEAK, Act.TAKE_TIME, Act.KEY, Act.HANG_UP},
    Moment.SPEAKING: {Act.STOP_SPEAKING, Act.KEY, Act.HANG_UP},
    Moment.WAITING: {Act.HANG_UP},
    Moment.TALKING: {Act.KEY, Act.HANG_UP},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """What is said after the tone: its length in seconds, its sound as a WAV file, its words, as far as known."""

    seconds: float
    audio: bytes | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True)
class Deed:
    """What a person does, and when."""

    act: Act
    at: datetime
    key: str = ""
    speech: Speech | None = None


class Person(Protocol):
    """Asked at each moment of a call."""

    def next(self, moment: Moment, at: datetime, until: datetime, keys: str) -> Deed | None:
        """What they do from `at` on, in a moment that ends at `until` by itself and in which these keys count.

        A deed may lie ahead, up to `until`. None: not known yet, ask again when something happens.
        """
        ...


@dataclass(slots=True, kw_only=True)
class Scripted:
    """Somebody who knows beforehand what they will do; `keys` are pressed at one menu after the other.

    `picks_up` is None where the phone rings unanswered. `ends_talk_after`: seconds into a conversation; None leaves
    that to the other side. A `*` next in line is pressed then instead of hanging up, where it ends the other leg only.
    """

    keys: str = ""
    speaks_for: float = 30
    silent: bool = False
    transcript: str | None = None
    hangs_up_at_greeting: bool = False
    picks_up: Act | None = Act.PICK_UP
    picks_up_after: float = 0
    ends_talk_after: float | None = None
    _rung_at: datetime | None = None
    _has_spoken: bool = False

    def next(self, moment: Moment, at: datetime, until: datetime, keys: str) -> Deed:
        nothing = Deed(Act.NOTHING, until)
        match moment:
            case Moment.RINGING:
                self._rung_at = self._rung_at or at
                due = max(at, self._rung_at + timedelta(seconds=self.picks_up_after))
                return Deed(self.picks_up, due) if self.picks_up else nothing
            case Moment.LISTENING | Moment.MENU_WORDS:
                return Deed(Act.HANG_UP, until) if self.hangs_up_at_greeting else nothing
            case Moment.MENU:
                key, self.keys = self.keys[:1], self.keys[1:]
                return Deed(Act.KEY, at, key) if key and key not in NO_KEY else nothing
            case Moment.TONE:
                return self._after_the_tone(at, keys) or nothing
            case Moment.TALKING:
                return self._talk(at, keys) or nothing
            case _:
                return nothing

    def _after_the_tone(self, at: datetime, keys: str) -> Deed | None:
        if not self._has_spoken and not self.silent:
            self._has_spoken = True
            return Deed(Act.SPEAK, at, speech=Speech(seconds=self.speaks_for, words=self.transcript))
        self._has_spoken = False  # the next tone is another recording
        key = self.keys[:1]
        if key and key in keys:
            self.keys = self.keys[1:]
            return Deed(Act.KEY, at, key)
        return None if self.silent else Deed(Act.HANG_UP, at)

    def _talk(self, at: datetime, keys: str) -> Deed | None:
        is_star = self.keys[:1] == "*" and "*" in keys
        length = self.speaks_for if is_star and self.ends_talk_after is None else self.ends_talk_after
        if is_star:
            self.keys = self.keys[1:]
        if length is None:
            return None
        due = at + timedelta(seconds=length)
        return Deed(Act.KEY, due, "*") if is_star else Deed(Act.HANG_UP, due)


@dataclass(slots=True)
class Live:
    """Somebody whose deeds arrive while the call runs.

    `number`: whose phone it is. The rest says what the call is at, since when, until when by itself, and which keys
    count there; None before it is at anything.
    """

    number: str = ""
    moment: Moment | None = None
    since: datetime | None = None
    until: datetime | None = None
    keys: str = ""
    _deeds: deque[Deed] = field(default_factory=deque)

    def do(self, deed: Deed) -> None:
        """To be followed by waking the call."""
        self._deeds.append(deed)

    def next(self, moment: Moment, at: datetime, until: datetime, keys: str) -> Deed | None:
        """The first deed that makes sense at this moment; those before it came to nothing."""
        if moment is not self.moment:
            self.since = at
        self.moment, self.until, self.keys = moment, until, keys
        while self._deeds:
            deed = self._deeds.popleft()
            counts = deed.act in POSSIBLE[moment] and (deed.act is not Act.KEY or deed.key in keys)
            if counts:
                return Deed(deed.act, max(at, deed.at), deed.key, deed.speech)
        return None


@dataclass(slots=True)
class FarEnd(Live):
    """Our own other end, where one number of ours calls another: presses what it was told to, talks until it ends."""

    will_press: str = ""

    def next(self, moment: Moment, at: datetime, until: datetime, keys: str) -> Deed | None:
        deed = super(FarEnd, self).next(moment, at, until, keys)
        if deed is None and moment is Moment.TONE:
            return Deed(Act.SPEAK, at, speech=Speech(seconds=ENDLESS))
        if deed is None and moment is Moment.MENU and self.will_press:
            key, self.will_press = self.will_press[0], self.will_press[1:]
            return Deed(Act.KEY, at, key)
        return deed
