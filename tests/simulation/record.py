"""A file of what became of each week, one line each: a run of years in many evenings, or on many machines, is one."""

from __future__ import annotations

import json
from pathlib import Path

from tests.simulation.report import Outcome
from tests.simulation.seen import Seen
from tests.simulation.week import Tally


def add(path: Path, outcome: Outcome) -> None:
    """One more line, at once on disk: whoever stops the run loses the weeks that had begun, no other."""
    tally = outcome.tally
    line = {
        **{name: getattr(outcome, name) for name in ("seed", "number", "cpu_s", "failure", "commit")},
        **{name: getattr(tally, name) for name in ("days", "nights", "voicemails", "alerts", "head", "seen")},
    }
    with path.open("a") as file:
        file.write(f"{json.dumps(line)}\n")


def read(path: Path) -> dict[tuple[int, int], Outcome]:
    """The last line of each week, by seed and number; none where there is no file yet. Raises ValueError where a line
    is none of `add`."""
    if not path.exists():
        return {}
    outcomes = (_outcome(line) for line in path.read_text().splitlines())
    return {(outcome.seed, outcome.number): outcome for outcome in outcomes}


def _outcome(line: str) -> Outcome:
    try:
        kept = json.loads(line)
        figures = {name: kept[name] for name in ("days", "nights", "voicemails", "alerts", "head")}
        tally = Tally(**figures | {"seen": Seen(kept["seen"])})
        return Outcome(kept["seed"], kept["number"], tally, kept["cpu_s"], kept["failure"], kept["commit"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a line of a simulation's record: {line[:60]}") from error
