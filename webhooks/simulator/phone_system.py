"""The simulated phone system: what tests, the REST face and the page hold in their hands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from triage.clock import Clock
from webhooks.simulator.calling import Calling
from webhooks.simulator.exchange import Exchange
from webhooks.simulator.faults import Faults, Webhook
from webhooks.simulator.inbound import call_us
from webhooks.simulator.person import Person, Scripted
from webhooks.simulator.posting import Answer, Post, Posted, Poster
from webhooks.simulator.records import (
    Behaviour,
    Call,
    InboundCall,
    Message,
    NumberSettings,
    Phone,
    Recording,
    new_sid,
)
from webhooks.simulator.standing import Standing
from webhooks.simulator.texting import Texting
from webhooks.simulator.voicemail import leave_voicemail

__all__ = ["Answer", "Behaviour", "Faults", "InboundCall", "Phone", "PhoneSystem", "Post", "Posted", "Webhook"]

REPORT_DELAY = timedelta(seconds=0.2)
WITHHELD = "anonymous"


class PhoneSystem:
    """One account with one number of ours, and the phones of the world around it.

    Nothing happens by itself: `run_due` is the passing of time. Webhooks are posted by the thread that calls
    `leave_voicemail`, `text`, `run_due` or `run_all`, and never while the lock is held.
    """

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        our_number: str,
        public_url: str,
        clock: Clock,
        post: Post,
        *,
        report_delay: timedelta = REPORT_DELAY,
        sids: Callable[[str], str] = new_sid,
    ) -> None:
        self.account_sid = account_sid
        self.keys = {account_sid: auth_token}
        """User names and passwords that REST accepts; an API key pair may be added."""
        self.faults = Faults()
        self.standing = Standing()
        self.exchange = Exchange(
            account_sid=account_sid,
            ours=NumberSettings(
                sid=sids("PN"),
                number=our_number,
                voice_url=f"{public_url}/twilio/voice",
                sms_url=f"{public_url}/twilio/sms",
                status_callback=f"{public_url}/twilio/call-status",
            ),
            clock=clock,
            poster=Poster(auth_token, clock, post, self.faults),
            faults=self.faults,
            report_delay=report_delay,
            new_sid=sids,
        )
        self.texting = Texting(self.exchange)
        self.calling = Calling(self.exchange)

    @property
    def ours(self) -> NumberSettings:
        """Our number and where its webhooks go; may be changed, as in Twilio's console."""
        return self.exchange.ours

    @property
    def now(self) -> datetime:
        return self.exchange.clock.now()

    def is_listed(self, created_at: datetime) -> bool:
        """Whether the lists of REST hold it yet."""
        return not self.faults.lists_lag or created_at <= self.now - self.faults.lists_lag

    def add_phone(
        self,
        number: str,
        name: str,
        behaviour: Behaviour = Behaviour.NORMAL,
        *,
        role: str = "",
        will_press: str | Sequence[str] = "",
        talks_for: int = 60,
        picks_up_after: float | None = None,
        hangs_up_after: float | None = None,
    ) -> None:
        """Put a phone into the world, or replace it.

        `will_press`: the keys on each call, with a comma or space for a menu left unanswered; a list has the keys of
        one call after the other, the last stay. `talks_for`: seconds of a conversation for which this phone was rung,
        or of what is said after a tone. `picks_up_after`: seconds of ringing; None for the usual. `hangs_up_after`:
        seconds of a conversation in which this phone was called first and another was rung for it; None leaves the
        end to the other.
        """
        phone = Phone(
            number=number,
            name=name,
            role=role,
            behaviour=behaviour,
            presses=_presses(will_press),
            talks_for=talks_for,
            picks_up_after=picks_up_after,
            hangs_up_after=hangs_up_after,
        )
        with self.exchange.lock:
            self.exchange.phones[number] = phone

    def phone(self, number: str) -> Phone:
        """The phone as it is now: inbox, texts it sent, calls. A number never heard of is a normal phone."""
        return self.exchange.snapshot(number)

    def phones(self) -> tuple[Phone, ...]:
        """The phones that were added, in that order."""
        return tuple(self.phone(number) for number in list(self.exchange.phones))

    def set_behaviour(self, number: str, behaviour: Behaviour) -> None:
        self.exchange.change_phone(number, behaviour=behaviour)

    def set_keys(self, number: str, *will_press: str) -> None:
        """The keys that this phone presses on one call after the other from now on; the last stay.

        Whoever was asleep is awake now, and picks up.
        """
        is_asleep = self.exchange.phone_at(number).behaviour is Behaviour.ASLEEP
        awake = {"behaviour": Behaviour.NORMAL} if is_asleep else {}
        self.exchange.change_phone(number, presses=_presses(will_press), **awake)

    def add_own_number(self, number: str) -> None:
        """A further number of the account: calls and texts may come from it, and one to our number reaches us."""
        self.exchange.own_numbers.add(number)

    def call_us(self, from_: str, person: Person | None = None, **script: Any) -> str:
        """A caller rings our number; the SID of a call that goes on as time passes.

        `person` is who holds the phone: Live() for somebody whose deeds arrive meanwhile. Without one, `script` has the
        fields of Scripted.
        """
        return call_us(self.exchange, from_, person or Scripted(**script), self.now)

    def call(self, sid: str) -> Call:
        """The call as it is now."""
        with self.exchange.lock:
            return self.exchange.calls[sid]

    def leave_voicemail(
        self,
        from_: str,
        *,
        seconds: int = 30,
        keys: str = "",
        transcript: str | None = None,
        withheld: bool = False,
        hang_up_at_greeting: bool = False,
        silent: bool = False,
    ) -> InboundCall:
        """A caller rings our number, now.

        The call is walked to its end and all its callbacks are posted before this returns; the recording
        ended now. `keys` are given to one menu after the other, a comma or space leaves one unanswered.
        """
        person = Scripted(
            keys=keys,
            speaks_for=seconds,
            silent=silent,
            transcript=transcript,
            hangs_up_at_greeting=hang_up_at_greeting,
        )
        return leave_voicemail(self.exchange, WITHHELD if withheld else from_, person)

    def text(self, from_: str, body: str) -> str | None:
        """Somebody texts our number. Our reply as it arrived on that phone; None where none did."""
        return self.texting.receive(from_, body)

    def run_due(self, now: datetime) -> int:
        """Let everything happen that is due at `now`, in order; how many events that were."""
        return self._run(now)

    def next_instant(self) -> datetime | None:
        """When something next happens by itself; None where nothing is to come."""
        return self.exchange.next_instant()

    def run_all(self) -> int:
        """Let everything happen that is still to come, without waiting for it; how many events that were."""
        return self._run(None)

    def _run(self, until: datetime | None) -> int:
        happened = 0
        while taken := self.exchange.next_due(until):
            due, event = taken
            event(due)
            happened += 1
        return happened

    def messages(self) -> tuple[Message, ...]:
        """All messages in both directions, oldest first."""
        with self.exchange.lock:
            return tuple(self.exchange.messages.values())

    def calls(self) -> tuple[Call, ...]:
        """All calls in both directions, oldest first."""
        with self.exchange.lock:
            return tuple(self.exchange.calls.values())

    def recordings(self) -> tuple[Recording, ...]:
        """All recordings that were not deleted, oldest first."""
        with self.exchange.lock:
            return tuple(self.exchange.recordings.values())

    def posted(self) -> tuple[Posted, ...]:
        """The last webhooks with what they were answered, oldest first."""
        return self.exchange.poster.log()


def _presses(will_press: str | Sequence[str]) -> tuple[str, ...]:
    return (will_press,) if isinstance(will_press, str) else tuple(will_press) or ("",)
