"""A thousand voicemails as fast as two cores allow: each becomes one case with the right deadline."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.wire import Wire, call_form, recording_form
from triage.services.audit import verify_chain

COUNT = 1000
THREADS = 4
SEED = 20261101


@pytest.mark.thorough
@pytest.mark.waits
def test_a_thousand_voicemails_are_a_thousand_cases_each_due_in_time(wire: Wire) -> None:
    count = COUNT if wire.program.desk.store.is_sqlite else COUNT // 10
    draw = random.Random(SEED)
    # Around the night that clocks go back; 97 s apart, so that every window and the repeated hour are met.
    starts = [datetime(2025, 11, 1, 19, 0, tzinfo=UTC) + timedelta(seconds=97 * number) for number in range(count)]
    lengths = [draw.randint(3, 300) for _ in range(count)]
    posts: list[tuple[str, dict[str, str]]] = []
    for number, (start, length) in enumerate(zip(starts, lengths, strict=True)):
        call = call_form(From=f"+1614{2000000 + number}")
        written = start.strftime("%a, %d %b %Y %H:%M:%S +0000")
        posts += _story(
            draw,
            call,
            recording_form(
                CallSid=call["CallSid"],
                RecordingSid=f"RE{number:032x}",
                RecordingStartTime=written,
                RecordingDuration=str(length),
                From=call["From"],
            ),
        )

    with ThreadPoolExecutor(THREADS) as pool:
        answers = set(pool.map(lambda post: wire.post(*post).status_code, posts, chunksize=8))

    assert answers <= {200, 204}
    cases = wire.cases()
    assert sorted(case["recordings"] for case in cases) == [[f"RE{number:032x}"] for number in range(count)]
    for case in cases:
        number = int(case["recordings"][0][2:], 16)
        left = starts[number] + timedelta(seconds=lengths[number])
        assert (case["left_at"], case["callback_due"]) == (left, left + timedelta(hours=2))
        assert case["caller"] == f"+1614{2000000 + number}"
    assert verify_chain(wire.program.desk).first_bad is None
    assert wire.rows()["events"] == 2 * count


def _story(draw: random.Random, call: dict[str, str], recording: dict[str, str]) -> list[tuple[str, dict[str, str]]]:
    """The posts of one call: some without their call, some in another order, some twice."""
    posts = [("/twilio/voice", call), ("/twilio/recording", recording)]
    if draw.random() < 0.6:
        posts = posts[1:]
    if draw.random() < 0.3:
        draw.shuffle(posts)
    if draw.random() < 0.3:
        posts.append(draw.choice(posts))
    return posts
