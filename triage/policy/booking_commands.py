"""What a technician's text about a booking means. START belongs to the carriers, so a session begins by BEGIN."""

from __future__ import annotations

import re
from dataclasses import dataclass

from triage.policy.commands import LONGEST_NOTE, WORDS, read_length

BEGIN = "BEGIN"
_MARKS = r"(?:[^\w#]|_)*"
_NAMED = re.compile(
    rf"{_MARKS}([a-z]+){_MARKS}\s+{_MARKS}#?b ?(\d{{1,9}}){_MARKS}(?:\s+(.*))?", re.IGNORECASE | re.DOTALL
)
_ALONE = re.compile(rf"{_MARKS}begin{_MARKS}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class BookingCommand:
    """`number` is None for BEGIN alone; `minutes` are None where DONE names none."""

    word: str
    number: int | None = None
    minutes: int | None = None
    note: str = ""


def parse_booking(body: str) -> BookingCommand | None:
    """The command in a text that names a booking, or is BEGIN; None for any other text."""
    if _ALONE.fullmatch(body.strip()):
        return BookingCommand(BEGIN)
    found = _NAMED.fullmatch(body.strip())
    word = found[1].upper() if found else ""
    if found is None or word not in {BEGIN, *WORDS}:
        return None
    minutes, rest = read_length((found[3] or "").split())
    return BookingCommand(word, int(found[2]), minutes, " ".join(rest)[:LONGEST_NOTE])
