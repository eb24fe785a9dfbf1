"""What the daemon logs in nights of calls, texts and every kind of trouble, line by line as it writes them.

`make simulate YEARS=1` reads the lines of a whole year, before they are masked.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.judging import secrets_in
from tests.simulation import house, traffic
from tests.simulation.week import week
from tests.support.logs import Logs

SECRETS = {"a transcript": traffic.WORDS, "Twilio's token": house.TOKEN}


def found(line: str) -> list[str]:
    return list(secrets_in(line, SECRETS))


def test_nights_of_everything_log_no_number_no_words_and_no_token(sqlite_template: Path, logs: Logs) -> None:
    assert log_of(sqlite_template, logs, number=6, nights=1) == []


@pytest.mark.thorough
@pytest.mark.parametrize("number", [5, 7])
def test_weeks_of_everything_log_no_number_no_words_and_no_token(
    sqlite_template: Path, logs: Logs, number: int
) -> None:
    assert log_of(sqlite_template, logs, number=number, nights=7) == []


def log_of(template: Path, logs: Logs, *, number: int, nights: int) -> list[str]:
    """The lines that hold what they must not."""
    with week(20261123, number, template) as simulated:
        simulated.run(nights)
    lines = logs.text.splitlines()
    assert len(lines) > simulated.tally.voicemails > 0
    return [line for line in lines if found(line)]
