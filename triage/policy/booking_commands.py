"""What a technician's text about a booking means. START belongs to the carriers, so a session begins by BEGIN."""

from __future__ import annotations

import re
from dataclasses import dataclass

from triage.policy.commands import LONGEST_NOTE, WORDS, read_length

BEGIN = "BEGIN"
_AIR = r"((?:(?!#)[\W_])*+)"
"""Marks and spaces. Possessive: however many a stranger sends, they are read once."""
_NAMED = re.compile(rf"{_AIR}([a-z]+){_AIR}#?b ?(\d{{1,9}}){_AIR}(.*)", re.IGNORECASE | re.DOTALL)
_ALONE = re.compile(rf"{_AIR}begin{_AIR}", re.IGNORECASE)


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
    if found is None or found[2].upper() not in {BEGIN, *WORDS} or _last_word(found[3]) is None:
        return None
    mark = _last_word(found[5]) if found[6] else ""
    if mark is None:  # such as B12th
        return None
    minutes, rest = read_length(f"{mark}{found[6]}".split())
    return BookingCommand(found[2].upper(), int(found[4]), minutes, " ".join(rest)[:LONGEST_NOTE])


def _last_word(air: str) -> str | None:
    """The marks after the last space, which are of the word that follows; None where there is no space."""
    spaces = [number for number, char in enumerate(air) if char.isspace()]
    return air[spaces[-1] + 1 :] if spaces else None
