"""What people read of what came late: texts found afterwards, lost webhooks, hours in which we were down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from triage.policy.gsm7 import one_line, segments, to_gsm7
from triage.policy.terms import Terms
from triage.policy.wording import wall_clock

_SEGMENTS = 2


def too_late_for(word: str) -> str:
    return f"It reached us late, so nothing was done. Send {word} again if it still holds."


def too_late_to_tell(word: str) -> str:
    return (
        f"It reached us late, and could mean another case by now. Nothing was done. Send {word} and the number again."
    )


OVERTAKEN = "It reached us after your later text, so nothing was done. Send it again if it still holds."


def late_answer(body: str, sent_at: datetime, answer: str, now: datetime, terms: Terms) -> str:
    """The answer to a text that was found afterwards; a long one stands by itself."""
    text = to_gsm7(f'Your text of {wall_clock(sent_at, now, terms)} "{one_line(body, 20)}": {answer}')
    return text if segments(text) <= _SEGMENTS else to_gsm7(answer)


WEBHOOKS_LOST = "Twilio's webhooks do not reach us"
_FOUND_ROOM = 6
_SIDS_ROOM = 3


def found_in_lists(references: Sequence[str], texts: int) -> str:
    """What administrators are told of messages that no webhook told us of."""
    counts = ((len(references), "voicemail"), (texts, "text"))
    what = _joined(f"{count} {word}{'' if count == 1 else 's'}" for count, word in counts if count)
    return f"{WEBHOOKS_LOST}: {what} came by its lists only{_named(references)}. Run afterhours doctor."


def down_between(start: datetime, end: datetime, now: datetime, terms: Terms) -> str:
    return f"We were down {wall_clock(start, now, terms)} to {wall_clock(end, now, terms)}"


def found_after_outage(down: str, references: Sequence[str]) -> str:
    """What administrators are told of voicemails that were left while we were down."""
    count = len(references)
    left = "1 voicemail was" if count == 1 else f"{count} voicemails were"
    return f"{down}. {left} left meanwhile{_named(references)}, with their own times."


def given_up(sids: Mapping[str, Sequence[str]]) -> str:
    """What administrators are told of entries of the lists, by list, that could not be taken."""
    counts = _joined(f"{len(found)} {name if len(found) > 1 else name[:-1]}" for name, found in sids.items())
    every = [sid for found in sids.values() for sid in found]
    shown, more = " ".join(every[:_SIDS_ROOM]), len(every) - _SIDS_ROOM
    rest = f", and {more} more under given_up in the log" if more > 0 else ""
    return f"Given up after a day: {counts} that we could not take from Twilio. Look in its console for {shown}{rest}."


def lists_behind(names: Sequence[str], since: datetime, now: datetime, terms: Terms) -> str:
    """What administrators are told of lists that were not looked through for long."""
    return (
        f"Twilio's list of {_joined(names)} is settled up to {wall_clock(since, now, terms)} only: what its webhooks"
        " did not tell may be missing. Run afterhours doctor."
    )


def history_changed(entry: int, reason: str) -> str:
    """What administrators are told of a history that no longer fits its hashes."""
    return (
        f"The history was changed outside the program: entry {entry} does not fit ({reason}). Keep a copy of the"
        " database as it is, then run afterhours audit verify."
    )


def _joined(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def _named(references: Sequence[str]) -> str:
    shown = " ".join(references[:_FOUND_ROOM])
    more = f" and {len(references) - _FOUND_ROOM} more" if len(references) > _FOUND_ROOM else ""
    return f": {shown}{more}" if references else ""
