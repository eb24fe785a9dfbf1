"""What a technician's text means, and which case it means."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

WORDS = ("ACK", "CALL", "HEAR", "TRIED", "DONE", "PASS", "NOTE", "LIST", "WHO", "MENU")
_ALSO = {"TAKE": "ACK", "ACKNOWLEDGE": "ACK", "ACKNOWLEDGED": "ACK", "TRYED": "TRIED"}
"""What people write for a command who do not remember its word."""

_ASSENT = frozenset({"OK", "OKAY"})
_NUMBER_WORDS = frozenset(
    {"half", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"}
    | {"fifteen", "twenty", "thirty", "forty", "fifty", "sixty", "ninety", "hour"}
)
OPT_OUT = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
OPT_IN = frozenset({"START", "YES", "UNSTOP"})
RESERVED = OPT_OUT | OPT_IN | {"HELP", "INFO"}
"""Words that carriers and Twilio answer themselves; never commands."""

OF_THE_MOMENT = frozenset({"CALL", "HEAR"})
"""Words that mean now: found later, nobody waits for them any more."""

ABOUT_THE_LAST_CALL = frozenset({"DONE", "TRIED", "NOTE"})
"""Words that mean the case of the sender's last call, soon after it."""

LAST_CALL_WITHIN = timedelta(minutes=15)
QUESTION_STANDS_FOR = timedelta(minutes=10)

_OF_ANYBODYS = frozenset({"ACK", "PASS", "HEAR"})
LONGEST_NOTE = 500
_MARKS = r"(?:[^\w#]|_)*"
_OPENING, _CLOSING, _AFTER = r"""[\["'(<*“”\u2018\u2019«»]*""", r"""[\]"')>*“”\u2018\u2019«».,:;!?…]*""", r"[.,:;!?]*"
_FIRST = re.compile(rf"(?:{_MARKS}([a-z]+)|(1)(?!\d)){_MARKS}(?:(#?\d{{4,9}}){_MARKS})?", re.IGNORECASE)
_HOURS = re.compile(rf"(\d{{1,2}})(?:h|hr|hrs|hour|hours)(\d{{1,2}})?(?:m|min)?{_AFTER}", re.IGNORECASE)
_CLOCK = re.compile(rf"([0-8]):([0-5]\d){_AFTER}")
_REFERENCE = re.compile(rf"{_OPENING}#?(\d{{4,9}}){_CLOSING}")
_ODD = re.compile(
    rf"[-+\u2212\u2013]?\d{{1,5}}(?:[.,:]\d{{1,5}})?(?:m|min|mins|minutes|h|hr|hrs|hour|hours)?{_AFTER}", re.IGNORECASE
)
_MINUTES = re.compile(rf"(\d{{1,4}})(?:m|min|mins|minutes)?{_AFTER}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Command:
    """One command. A reference has four digits or more. Minutes have three, or four after a reference where no case has
    that number.

    `is_sure` where the minutes are said to be meant, however many. `odd` is what stands in their place and is none.
    `further` are other references in the same text: whoever names several is told to take them one at a time.
    """

    word: str
    reference: str | None = None
    minutes: int | None = None
    text: str = ""
    further: tuple[str, ...] = ()
    is_sure: bool = False
    odd: str | None = None


def parse(body: str, is_case: Callable[[str], bool] = lambda _: True) -> Command | None:
    """The command in a text, or None where its first word is no command. Marks around words and references are air.

    `is_case` says of four digits that follow a reference whether a case has that number that could be meant.
    """
    tokens = body.split()
    while tokens and not any(char.isalnum() for char in tokens[0]):
        tokens = tokens[1:]
    first = _FIRST.fullmatch(tokens[0]) if tokens else None
    word = "" if first is None else "ACK" if first[2] else first[1].upper()
    word = _ALSO.get(word, word)
    if first is None or word not in WORDS:
        return None
    rest = ([first[3]] if first[3] else []) + tokens[1:]
    if (first[1] or "").upper() == "TAKE" and not _is_about_a_case(rest):
        return None
    if not any(char.isalnum() for token in rest for char in token):
        rest = []
    if word in {"LIST", "WHO", "MENU"}:
        return Command(word)
    if word in {"ACK", "CALL", "HEAR", "TRIED", "PASS"}:
        return _naming(word, re.split(r"[\s,;/+&]+", " ".join(rest)))
    reference, rest = _leading(_REFERENCE, rest)
    if word == "NOTE":  # what follows is the note, whatever it begins with
        return Command(word, reference, None, " ".join(rest)[:LONGEST_NOTE])
    further = []
    while (more := _leading(_REFERENCE, rest))[0] is not None and not _is_length(rest, is_case):
        further.append(more[0])
        rest = more[1]
    minutes, rest = read_length(rest)
    odd, rest = _leading(_ODD, rest) if minutes is None else (None, rest)
    is_sure = minutes is not None and _says_sure(rest)
    note = " ".join(rest[1:] if is_sure else rest)[:LONGEST_NOTE]
    return Command(word, reference, minutes, note, _others(reference, further), is_sure, odd)


def with_reference(body: str, answer: str) -> str | None:
    """A command that named no case, completed by a text that is a reference and nothing else; None for any other."""
    found = _REFERENCE.fullmatch(answer.strip())
    tokens = body.split()
    first = next((number for number, token in enumerate(tokens) if any(char.isalnum() for char in token)), None)
    if found is None or first is None:
        return None
    return " ".join([*tokens[: first + 1], found[1], *tokens[first + 1 :]])


def is_reserved(body: str) -> bool:
    """Whether the phone system answers this text itself: a single reserved word."""
    return body.strip().upper() in RESERVED


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A case that a command without a reference might mean, from the sender's side."""

    reference: str
    is_mine: bool
    is_waiting: bool  # nobody has it
    is_alerted: bool  # the sender was alerted about it
    callback_due: datetime | None


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """More than one case could be meant."""

    references: tuple[str, ...]


def choose(word: str, candidates: Sequence[Candidate]) -> str | Ambiguous | None:
    """The reference that a command without one means; None where there is nothing to mean.

    ACK looks first at what nobody has, everything else at what the sender has. Who answers an alert that somebody
    else has taken meanwhile means that case: the answer says who has it, and to hear it is no harm.
    """
    waiting: Callable[[Candidate], bool] = lambda case: case.is_waiting  # noqa: E731
    mine: Callable[[Candidate], bool] = lambda case: case.is_mine  # noqa: E731
    alerted: Callable[[Candidate], bool] = lambda case: case.is_waiting and case.is_alerted  # noqa: E731
    taken: Callable[[Candidate], bool] = lambda case: case.is_alerted and word in _OF_ANYBODYS  # noqa: E731
    for is_meant in (alerted, waiting, mine, taken) if word == "ACK" else (mine, alerted, waiting, taken):
        meant = [case.reference for case in candidates if is_meant(case)]
        if len(meant) == 1:
            return meant[0]
        if meant:
            return Ambiguous(tuple(meant))
    return None


def is_assent(body: str) -> bool:
    """Whether a text says OK and nothing else."""
    return re.sub(r"[\W_]+", "", body).upper() in _ASSENT


def assented(candidates: Sequence[Candidate]) -> Command | None:
    """What OK means: ACK, where exactly one case that the sender was alerted about has nobody; else nothing."""
    asked = [case.reference for case in candidates if case.is_waiting and case.is_alerted]
    return Command("ACK", asked[0]) if len(asked) == 1 else None


def _naming(word: str, tokens: list[str]) -> Command:
    """A command whose text holds nothing but references that counts."""
    named = [found[1] for token in tokens if (found := _REFERENCE.fullmatch(token))]
    first = named[0] if named else None
    return Command(word, first, further=_others(first, named))


def _others(first: str | None, named: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(reference for reference in named if reference != first))


def read_length(tokens: list[str]) -> tuple[int | None, list[str]]:
    """The minutes that a text begins with: `35`, `35 min`, `2h`, `2 hours`, `1h30`, `1:30`; None where it has none."""
    if tokens and (hours := _HOURS.fullmatch(tokens[0])):
        return int(hours[1]) * 60 + int(hours[2] or 0), tokens[1:]
    if tokens and (clock := _CLOCK.fullmatch(tokens[0])) and not _is_time_of_day(tokens[1:]):
        return int(clock[1]) * 60 + int(clock[2]), tokens[1:]
    minutes, rest = _leading(_MINUTES, tokens)
    if minutes is None:
        return None, rest
    unit = rest[0].lower().rstrip(".,:;") if rest else ""
    if unit in {"h", "hr", "hrs", "hour", "hours"}:
        return int(minutes) * 60, rest[1:]
    return int(minutes), rest[1:] if unit in {"m", "min", "mins", "minutes"} else rest


def _is_time_of_day(tokens: list[str]) -> bool:
    return bool(tokens) and tokens[0].lower().replace(".", "").rstrip(",;:!?") in {"am", "pm"}


def _is_length(tokens: list[str], is_case: Callable[[str], bool]) -> bool:
    """Whether four digits are minutes: SURE follows them, or they are no case, and no minutes follow."""
    found = _MINUTES.fullmatch(tokens[0])
    if found is None:
        return False
    return _says_sure(tokens[1:]) or (not is_case(found[1]) and read_length(tokens[1:])[0] is None)


def _is_about_a_case(tokens: list[str]) -> bool:
    """Whether `take` is meant as a command: `take care` is not."""
    return all(_REFERENCE.fullmatch(token) or token.lower().strip(".!") in {"it", "case"} for token in tokens)


def number_in_words(text: str) -> str | None:
    """The word that a text begins with where it says a number, such as `five`; minutes are read as digits only."""
    first = text.split(maxsplit=1)[0].strip(".,:;!?") if text.split() else ""
    return first if first.lower().split("-")[0] in _NUMBER_WORDS else None


def _says_sure(tokens: list[str]) -> bool:
    return bool(tokens) and tokens[0].upper().rstrip(".,:;!?") == "SURE"


def _leading(pattern: re.Pattern[str], tokens: list[str]) -> tuple[str | None, list[str]]:
    found = pattern.fullmatch(tokens[0]) if tokens else None
    return (found[found.re.groups], tokens[1:]) if found else (None, tokens)
