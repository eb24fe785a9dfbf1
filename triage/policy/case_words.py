"""What a record of a case says to a person, on a terminal or on paper; times on the contract's wall clock."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from triage.policy.hours import local
from triage.policy.lengths import exactly
from triage.policy.terms import Terms

ATTESTED = {True: "attested, troubleshooting done", False: "not attested", None: "not asked, or no answer"}
LANGUAGES = {"en": "English", "es": "Spanish"}
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")
OF_PEOPLE = frozenset({"person", "owner"})


def clock(at: datetime, terms: Terms) -> str:
    """An instant on the contract's wall clock, with EDT or EST."""
    return f"{local(at, terms):%Y-%m-%d %H:%M:%S %Z}"


def details_in_words(details: Mapping[str, Any], terms: Terms, names: Mapping[str, str] | None = None) -> str:
    """What an entry of the history says beside its kind; people by the names given, else by their ids."""
    return ", ".join(f"{name} {words}" for name, words in details_one_by_one(details, terms, names))


def details_one_by_one(
    details: Mapping[str, Any], terms: Terms, names: Mapping[str, str] | None = None
) -> list[tuple[str, str]]:
    """`details_in_words` as names and what there is to say of each."""
    known = names or {}
    return [
        (name.replace("_", " "), value_in_words(known.get(value, value) if name in OF_PEOPLE else value, terms))
        for name, value in details.items()
        if value not in (None, [], "")
    ]


def length_in_parts(work: Mapping[str, Any]) -> str:
    """How the length of a session is known."""
    if not work["measured_s"]:
        return "typed"
    measured = f"{exactly(work['measured_s'])} measured"
    return f"{measured}, {work['stated_minutes']} min typed" if work["stated_minutes"] else measured


def safe(text: str) -> str:
    """Somebody else's words on one line, without what could move a cursor or turn words round."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def value_in_words(value: Any, terms: Terms) -> str:
    """One detail as it was recorded, but for instants, which are on the contract's wall clock."""
    if isinstance(value, Mapping):
        return f"({details_in_words(value, terms)})"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " ".join(value_in_words(item, terms) for item in value)
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        return clock(datetime.fromisoformat(value), terms)
    return safe(str(value))
