"""What a run says: a broken invariant with all that is needed to see it again, and the table at its end."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy import select

from tests.simulation.seen import FAULTS, RARE, Seen, missing
from tests.simulation.week import Tally, Week
from triage.store.models import Event
from triage.store.models.case import id_of

LAST = 25


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one week; `failure` is empty where everything held."""

    seed: int
    number: int
    tally: Tally
    cpu_s: float
    failure: str = ""
    commit: str = ""


def failure_of(week: Week, seed: int, number: int, error: BaseException) -> str:
    """Seed, commit, instant, the last that happened, and how to see it again."""
    house, kind = week.house, type(week).__name__.lower()
    return "\n".join(
        (
            f"BROKEN: {type(error).__name__}: {error}",
            f"seed {seed}, {kind} {number}, commit {commit()}, at {house.now.isoformat()}",
            *(f"  {words}" for words in house.last_words),
            *_history(week, str(error)),
            f"again: make simulate SEED={seed} {kind.upper()}={number}",
        )
    )


def table(outcomes: Sequence[Outcome]) -> str:
    """Years, nights, voicemails, alerts, and how often each fault and rare branch was seen."""
    seen = Seen()
    for outcome in outcomes:
        seen.update(outcome.tally.seen)
    figures = {
        "years of 52 weeks": f"{sum(outcome.tally.days for outcome in outcomes) / 364:.2f}",
        "nights": sum(outcome.tally.nights for outcome in outcomes),
        "voicemails": sum(outcome.tally.voicemails for outcome in outcomes),
        "alerts": sum(outcome.tally.alerts for outcome in outcomes),
        "processor seconds": f"{sum(outcome.cpu_s for outcome in outcomes):.0f}",
        "broken invariants": sum(bool(outcome.failure) for outcome in outcomes),
    }
    lines = [f"{name:42}{value:>10}" for name, value in figures.items()]
    lines += [
        f"{f'weeks at commit {of}':42}{count:>10}"
        for of, count in Counter(outcome.commit for outcome in outcomes if outcome.commit).items()
    ]
    lines += [f"{what:42}{seen[what]:>10}" for what in (*FAULTS, *RARE)]
    if unseen := missing(seen):
        lines.append(f"never seen: {', '.join(unseen)}")
    return "\n".join(lines)


@cache
def commit() -> str:
    """Of this program; it says so where a file differs from it."""
    told = subprocess.run(
        ["git", "describe", "--always", "--dirty"],  # noqa: S607 - whichever git is there
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return told.stdout.strip() or "unknown"


def _history(week: Week, words: str) -> list[str]:
    """The last entries of the history, of the case that the words name where they name one."""
    named = re.search(r"case (\d{4,5})", words)
    wanted = select(Event).order_by(Event.number.desc()).limit(LAST)
    if named:
        wanted = wanted.where(Event.case_id == id_of(named.group(1)))
    with week.house.database.looked_into(), week.house.store.read() as session:
        rows = session.scalars(wanted).all()[::-1]
        return [f"  {row.at.isoformat()} {row.number} {row.kind} {row.actor} {row.details}" for row in rows]
