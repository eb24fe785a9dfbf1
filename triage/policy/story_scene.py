"""What every part of a case's story needs: the record, the contract, the people, and how instants are written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from triage.policy.case_words import clock, safe
from triage.policy.terms import Terms

Record = Mapping[str, Any]

_ON_BOTH_CLOCKS = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \w+)(?: = |\n)(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC)")
_LONGEST = 1500
"""Characters of somebody's words in one cell: a row always fits on a page."""


@dataclass(frozen=True, slots=True)
class Scene:
    case: Record
    terms: Terms
    names: Mapping[str, str]
    files: Mapping[str, str]

    def person(self, who: str | None) -> str:
        return self.names.get(who, who) if who else "nobody"

    def actor(self, actor: str) -> str:
        kind, _, who = actor.partition(":")
        name = self.person(who) if kind == "person" else self.names.get(actor)
        return safe(name or (f"{kind} ({who})" if who else kind))

    def when(self, at: datetime | None, *, glue: str = "\n", none: str = "no") -> str:
        """An instant on both clocks."""
        return f"{clock(at, self.terms)}{glue}{_utc(at)}" if at else none

    def line(self, at: datetime | None, *, none: str = "no") -> str:
        return self.when(at, glue=" = ", none=none)


def on_both_clocks(text: str) -> tuple[str, str] | None:
    """What `when` or `line` wrote, as the contract's wall clock and UTC; None of any other text."""
    found = _ON_BOTH_CLOCKS.fullmatch(text)
    return (found[1], found[2]) if found else None


def cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rstrip()} ... (whole in the record)"


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
