"""What callers do when they reach our mailbox, by name: the keys they press, how long they speak, whether they stay."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from triage.policy.intake import Message, sort
from triage.policy.menu import PRODUCTS
from triage.policy.terms import ProductLine, Terms
from webhooks.simulator.nights.engine import Nights
from webhooks.simulator.phone_system import WITHHELD
from webhooks.simulator.records import InboundCall


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What a caller answers to the mailbox's questions. `number` is keyed in and confirmed by waiting.

    `pin` is None for who is not asked for one, and empty for who has none. Who `stays` ends the message with the pound
    key and listens on; of who is not `is_shown` the network hides the number.
    """

    emergency: bool = False
    attested: bool = False
    product: ProductLine | None = None
    spanish: bool = False
    pin: str | None = None
    number: str | None = None
    stays: bool = False
    is_shown: bool = True

    def keys(self, answered_at: datetime, terms: Terms) -> str:
        """As they are pressed at a mailbox that answers at this instant; a comma waits."""
        message = Message(answered_at=answered_at, left_at=answered_at, product=self.product or "unknown")
        is_asked = sort(message, terms).onsite_required
        pressed = "".join(
            (
                "9" if self.spanish else "",
                "1" if self.emergency else ",",
                "" if self.pin is None else f"{self.pin}#" if self.pin else ",",
                {line: key for key, line in PRODUCTS.items()}[self.product] if self.product else ",",
                ("1" if self.attested else ",") if is_asked else "",
                f"{'1' if self.is_shown else ''}{self.number}#," if self.number else ",",
            )
        )
        return f"{pressed}#" if self.stays else pressed.rstrip(",")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Somebody calls our number at an instant and leaves `seconds` of words; `transcript` is what they were."""

    at: datetime
    caller: str
    answers: Answers = Answers()
    seconds: int = 30
    silent: bool = False
    hangs_up_at_greeting: bool = False
    transcript: str | None = None


def leave(nights: Nights, arrival: Arrival) -> InboundCall:
    """The whole call at once, so that the recording ends now."""
    return nights.phones.leave_voicemail(
        arrival.caller,
        seconds=arrival.seconds,
        keys=arrival.answers.keys(nights.now, nights.program.desk.terms),
        transcript=arrival.transcript,
        withheld=not arrival.answers.is_shown,
        hang_up_at_greeting=arrival.hangs_up_at_greeting,
        silent=arrival.silent,
    )


def ring(nights: Nights, arrival: Arrival) -> str:
    """The call begins now and goes on as time passes, as others may beside it; its SID."""
    return nights.phones.call_us(
        arrival.caller if arrival.answers.is_shown else WITHHELD,
        keys=arrival.answers.keys(nights.now, nights.program.desk.terms),
        speaks_for=arrival.seconds,
        silent=arrival.silent,
        transcript=arrival.transcript,
        hangs_up_at_greeting=arrival.hangs_up_at_greeting,
    )
