"""A small, fixed share of the simulated years, and proof that it replays exactly and can fail."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import structlog

from tests.simulation.house import TOKEN, Broken
from tests.simulation.quiet_log import listen
from tests.simulation.run import simulate
from tests.simulation.seen import FAULTS, KINDS, RARE, Seen, missing
from tests.simulation.traffic import WORDS
from tests.simulation.troubles import ALL
from tests.simulation.week import Week, week
from triage.policy.event_words import EVENT_WORDS
from triage.store.models import Case

HEAD = """
import sys
from pathlib import Path
from tests.simulation.run import simulate
print(simulate(1, 0, Path(sys.argv[1]), 1).tally.head)
"""


def test_nights_of_trouble_break_no_promise(sqlite_template: Path) -> None:
    outcome = simulate(1, 0, sqlite_template, nights=1)

    assert outcome.failure == ""
    assert outcome.tally.voicemails > 0
    assert outcome.tally.alerts > 0


@pytest.mark.thorough
@pytest.mark.parametrize("number", [10, 44], ids=["11 hours", "13 hours"])
def test_weeks_of_the_changeover_nights_break_no_promise(sqlite_template: Path, number: int) -> None:
    outcome = simulate(1, number, sqlite_template)

    assert outcome.failure == ""
    assert outcome.tally.seen["night with 11 hours"] + outcome.tally.seen["night with 13 hours"] == 1


@pytest.mark.thorough
def test_the_same_seed_makes_the_same_history_in_whatever_order_sets_are(sqlite_template: Path) -> None:
    heads = [
        subprocess.run(
            [sys.executable, "-c", HEAD, str(sqlite_template)],
            env={**os.environ, "PYTHONHASHSEED": order, "PYTHONPATH": str(Path(__file__).parents[2])},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for order in ("1", "2")
    ]

    assert re.fullmatch(r"[0-9a-f]{64}\n", heads[0])
    assert heads[0] == heads[1]


def forget_a_voicemail(simulated: Week) -> None:
    with simulated.house.store.connection() as connection:
        connection.exec_driver_sql("UPDATE voicemails SET recording_sid = 'RE of no call' WHERE id = 1")


def promise_more(simulated: Week) -> None:
    with simulated.house.store.write() as tx:
        case = tx.session.get_one(Case, 1)
        case.callback_due = case.left_at + timedelta(hours=3)


def rewrite_history(simulated: Week) -> None:
    with simulated.house.store.connection() as connection:
        connection.exec_driver_sql("UPDATE events SET actor = 'nobody' WHERE number = 3")


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("harm", "invariant"), [(forget_a_voicemail, "I1"), (promise_more, "I4"), (rewrite_history, "I12")]
)
def test_what_breaks_an_invariant_is_found(sqlite_template: Path, harm: Callable[[Week], None], invariant: str) -> None:
    with week(1, 0, sqlite_template) as simulated:
        simulated.run(nights=1)
        harm(simulated)

        with pytest.raises(Broken, match=f"^{invariant}:"):
            simulated.watch.each_noon()


def test_every_trouble_has_to_be_seen_and_every_rare_entry_is_one_of_the_history() -> None:
    assert {f"fault: {trouble.name}" for trouble in ALL} <= set(FAULTS)
    assert set(KINDS) <= set(EVENT_WORDS)
    assert set(KINDS.values()) <= set(RARE)


@pytest.mark.parametrize("words", ["called +16145550102", f"said: {WORDS}", f"token {TOKEN}"])
def test_a_log_line_that_tells_too_much_is_found(words: str) -> None:
    with listen() as told:
        structlog.get_logger().info("harmless", case="1001")
        assert told == []

        structlog.get_logger().info("harmful", words=words)
        assert told == ["harmful"]


def test_what_was_never_seen_is_named() -> None:
    seen = Seen(dict.fromkeys((*FAULTS, *RARE), 1))
    seen["breach"] = 0

    assert missing(seen) == ["breach"]
