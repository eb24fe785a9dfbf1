"""A share of `make fuzz`: hostile requests to every route, and what has to hold of each answer."""

from __future__ import annotations

from contextlib import closing

import pytest
from freezegun.api import FrozenDateTimeFactory

from tests.fuzz.ground import Ground
from tests.fuzz.judging import faults_by_itself, secrets_in
from tests.fuzz.run import Tally, one_round
from tests.fuzz.sending import Answer
from tests.support.world import CALLER
from webhooks.console.layout import HEADERS

SEED = 20261123


def told(tally: Tally) -> list[str]:
    return [f"{found.words}: {found.request.told()}" for found in tally.found]


def test_hostile_requests_break_nothing(
    sqlite_url: str, clock: FrozenDateTimeFactory, quick_hashes: None, own_logging: None
) -> None:
    tally = Tally()

    with closing(Ground(clock, sqlite_url, 48)) as ground:
        one_round(ground, clock, seed=SEED, first=0, many=160, tally=tally)

    assert told(tally) == []
    assert tally.requests == 160
    assert len(tally.routes) > 70
    assert {200, 303, 400, 403, 404} <= set(tally.statuses)


@pytest.mark.thorough
def test_more_of_them_break_nothing_on_both_databases(
    database_url: str, clock: FrozenDateTimeFactory, quick_hashes: None, own_logging: None
) -> None:
    tally = Tally()

    with closing(Ground(clock, database_url)) as ground:
        one_round(ground, clock, seed=SEED + 1, first=0, many=400, tally=tally)

    assert told(tally) == []
    assert len(tally.accepted) > 50


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


PAGE = {**HEADERS, "Content-Type": "text/html; charset=utf-8"}


def test_a_sound_answer_has_no_fault() -> None:
    assert list(faults_by_itself(Answer(200, PAGE, b"<p>&lt;x-mark&gt;</p>"))) == []


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, PAGE, b"<p><x-mark></p>"),
        Answer(400, PAGE, b"<pre>Traceback (most recent call last)</pre>"),
        Answer(200, {**PAGE, "Cache-Control": "max-age=60"}, b""),
        Answer(200, {**PAGE, "Content-Security-Policy": "default-src *"}, b"<p>"),
        Answer(200, {name: value for name, value in PAGE.items() if name != "Referrer-Policy"}, b""),
        Answer(200, {**PAGE, "X-Content-Type-Options": ""}, b""),
        Answer(303, {**PAGE, "Location": "//evil.example/"}, b""),
        Answer(303, {**PAGE, "Location": "https://evil.example/"}, b""),
        Answer(200, {**PAGE, "X-Odd": "a\r\nSet-Cookie: b"}, b""),
        Answer(200, {**PAGE, "Content-Type": "text/csv"}, b"a,b\r\n1,=x-mark()\r\n"),
        Answer(200, {**PAGE, "Content-Type": "text/calendar"}, b"BEGIN:VCALENDAR\r\nURL:http://evil\r\n"),
    ],
)
def test_a_faulty_answer_is_found(answer: Answer) -> None:
    assert list(faults_by_itself(answer)) != []
