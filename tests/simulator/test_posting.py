from __future__ import annotations

import pytest

from tests.simulator.conftest import CALLER, FRIDAY_NIGHT, OURS, PUBLIC, MovableClock
from webhooks.simulator.faults import Faults
from webhooks.simulator.phone_system import PhoneSystem
from webhooks.simulator.posting import Answer, Overrides, Poster


class Failing:
    """Fails in the given ways, one after the other, and then answers 200."""

    def __init__(self, *ways: Exception | int) -> None:
        self.ways = list(ways)
        self.urls: list[str] = []
        self.tokens: list[str] = []

    def __call__(self, url: str, form: dict[str, str] | None, headers: dict[str, str]) -> Answer:
        self.urls.append(url)
        self.tokens.append(headers["I-Twilio-Idempotency-Token"])
        way = self.ways.pop(0) if self.ways else 200
        if isinstance(way, Exception):
            raise way
        return Answer(way, "")


def poster(post: Failing) -> Poster:
    return Poster("token", MovableClock(), post, Faults())


def test_a_failed_connection_is_tried_once_more_with_the_same_token() -> None:
    post = Failing(ConnectionError())

    assert poster(post).post("https://h.example/p", {}) == Answer(200, "")
    assert len(post.urls) == 2
    assert len(set(post.tokens)) == 1


@pytest.mark.parametrize("way", [TimeoutError(), 500, 404])
def test_nothing_else_is_tried_again_by_default(way: Exception | int) -> None:
    post = Failing(way)

    poster(post).post("https://h.example/p", {})

    assert len(post.urls) == 1


def test_connection_overrides_ask_for_more_tries_and_are_not_posted() -> None:
    post = Failing(500, TimeoutError(), ConnectionError())

    answer = poster(post).post("https://h.example/p?q=1#rc=3&rp=all", {})

    assert answer == Answer(200, "")
    assert post.urls == ["https://h.example/p?q=1"] * 4


def test_an_override_covers_only_the_failures_it_names() -> None:
    post = Failing(500, 404)

    assert poster(post).post("https://h.example/p#rc=5&rp=5xx", {}) == Answer(404, "")


@pytest.mark.parametrize(("fragment", "retries"), [("rc=9", 5), ("rc=x", 1), ("rc=0", 0), ("", 1)])
def test_retries_are_at_most_five(fragment: str, retries: int) -> None:
    assert Overrides.of(f"https://h.example/p#{fragment}").retries == retries


def test_a_webhook_without_an_answer_is_noted_with_the_reason() -> None:
    failing = poster(Failing(ConnectionError(), ConnectionError()))

    assert failing.post("https://h.example/p", {"A": "1"}) is None

    noted = failing.log()[0]
    assert (noted.at, noted.status, noted.attempts) == (FRIDAY_NIGHT, None, 2)
    assert noted.because == "nobody answered at this address"


def test_a_caller_hears_of_an_unreachable_voice_webhook() -> None:
    post = Failing(*[ConnectionError() for _ in range(4)])
    phones = PhoneSystem("AC" + "0" * 32, "token", OURS, PUBLIC, MovableClock(), post)

    call = phones.leave_voicemail(CALLER)

    assert call.failed_because == f"no answer from {PUBLIC}/twilio/voice"
