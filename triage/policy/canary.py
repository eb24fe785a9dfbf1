"""The test call through the whole path: when it is due, what it says, which of its hops is late, and the alarm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from triage.policy.gsm7 import one_line, to_gsm7
from triage.policy.hours import instant, local
from triage.policy.speech import span_in_words
from triage.policy.terms import Terms
from triage.policy.wording import wall_clock

SPOKEN = "This is the test call of the after hours line. It is no customer, and nobody has to call back."
WAITS_SECONDS = 3
"""Until our document records."""

LONGEST_SECONDS = 60
"""Then the call is cut, whatever became of it."""

TRY_AGAIN_AFTER = timedelta(seconds=10)
"""Where the phone system cannot be reached, or has too much to do."""


class Hop(StrEnum):
    """The way of a test call, in order."""

    CALLED = "called"  # the phone system took the call
    ANSWERED = "answered"  # it reached our voice webhook
    RECORDED = "recorded"  # its recording reached our recording webhook
    DELIVERED = "delivered"  # the text that we sent then was reported as delivered


_MISSED = {
    Hop.CALLED: "the phone system did not place it",
    Hop.ANSWERED: "it did not reach our voice webhook",
    Hop.RECORDED: "its recording was not reported to us",
    Hop.DELIVERED: "the text that follows it was not delivered",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """When each hop of a run was seen."""

    started_at: datetime
    called_at: datetime | None
    answered_at: datetime | None
    recorded_at: datetime | None
    delivered_at: datetime | None

    @property
    def seen(self) -> dict[Hop, datetime]:
        """The hops that were seen, up to the first that was not."""
        found = {}
        for hop, at in zip(Hop, (self.called_at, self.answered_at, self.recorded_at, self.delivered_at), strict=True):
            if at is None:
                break
            found[hop] = at
        return found

    @property
    def missing(self) -> Hop | None:
        """The first hop that was not seen; None where all were."""
        return next((hop for hop in Hop if hop not in self.seen), None)

    @property
    def seconds(self) -> dict[str, float]:
        """How long after the start each hop was seen."""
        return {hop.value: round((at - self.started_at).total_seconds(), 1) for hop, at in self.seen.items()}


def next_run(now: datetime, terms: Terms) -> datetime | None:
    """The next instant of a test call, strictly after `now`; None where the policy names no time of day."""
    today = local(now, terms).date()
    found = (instant(today + timedelta(days=ahead), at, terms) for ahead in range(3) for at in terms.canary.at)
    return min((at for at in found if at > now), default=None)


def text(run: int) -> str:
    """What is sent to our other number once the recording is here; nobody reads it. Each is another's."""
    return f"Test call {run}: called, recorded, texted. Nothing to do."


def alarm(hop: Hop, why: str | None, *, started: datetime, now: datetime, terms: Terms) -> str:
    """What administrators get, by text or call."""
    because = f" ({one_line(why, 60)})" if why else f" within {span_in_words(terms.canary.within)}"
    return to_gsm7(
        f"The test call of {wall_clock(started, now, terms)} failed: {_MISSED[hop]}{because}."
        " Callers or alerts may not get through. Run: afterhours doctor"
    )
