"""A share of `make fuzz`: hostile requests to every route, and what has to hold of each answer."""

from __future__ import annotations

import pytest
from freezegun.api import FrozenDateTimeFactory

from tests.fuzz.ground import Ground
from tests.fuzz.judging import secrets_in
from tests.fuzz.run import Tally, one_round
from tests.support.world import CALLER

SEED = 20261123


def told(tally: Tally) -> list[str]:
    return [f"{found.words}: {found.request.told()}" for found in tally.found]


def test_hostile_requests_break_nothing(
    sqlite_url: str, clock: FrozenDateTimeFactory, quick_hashes: None, own_logging: None
) -> None:
    tally = Tally()

    one_round(lambda: Ground(clock, sqlite_url, 70), clock, seed=SEED, first=0, many=220, tally=tally)

    assert told(tally) == []
    assert tally.requests == 220
    assert len(tally.routes) > 90
    assert {200, 303, 400, 403, 404} <= set(tally.statuses)


@pytest.mark.thorough
def test_more_of_them_break_nothing_on_both_databases(
    database_url: str, clock: FrozenDateTimeFactory, quick_hashes: None, own_logging: None
) -> None:
    tally = Tally()

    one_round(lambda: Ground(clock, database_url), clock, seed=SEED + 1, first=0, many=800, tally=tally)

    assert told(tally) == []
    assert len(tally.accepted) > 100


@pytest.mark.parametrize(
    "line",
    [
        f'{{"event": "x", "reason": "from {CALLER}"}}',
        '{"event": "x", "reason": "6145550199 rang"}',
        '{"event": "x", "reason": "to +491701234567"}',
        '{"event": "x", "words": "please hurry"}',
        '{"event": "x", "cookie": "0123456789abcdef"}',
    ],
)
def test_a_secret_in_a_log_is_found(line: str) -> None:
    assert list(secrets_in(line, {"a cookie": "0123456789abcdef"})) != []
