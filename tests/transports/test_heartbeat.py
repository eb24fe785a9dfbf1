"""The heartbeat over real HTTP: what is sent, what is not, and what of it is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler

import pytest

from tests.support.live import free_port
from tests.support.serving import Behave, says, serving_by_hand
from triage.errors import TransportError
from triage.transports.heartbeat import HttpHeartbeat

SECRET = "5ec7e7-of-the-check"


def heard(answer: Behave, sent: list[tuple[str, str]]) -> Behave:
    def behave(request: BaseHTTPRequestHandler) -> None:
        sent.append((request.command, request.path))
        answer(request)

    return behave


def test_a_pass_is_a_get_and_a_failure_a_post_of_a_count_alone() -> None:
    sent: list[tuple[str, str]] = []
    with serving_by_hand(heard(says(), sent)) as url:
        heartbeat = HttpHeartbeat(f"{url}/ping/{SECRET}")
        told_at = heartbeat.passed()
        heartbeat.failed(3)

    assert sent == [("GET", f"/ping/{SECRET}"), ("POST", f"/ping/{SECRET}/fail")]
    assert told_at is not None
    assert abs((datetime.now(UTC) - told_at).total_seconds()) < 60  # noqa: TID251 - the server's clock is the machine's


@pytest.mark.parametrize(
    ("answer", "why"),
    [(says(404), "it answered 404"), (says(302, Location="http://127.0.0.1/elsewhere"), "it answered 302")],
    ids=["unknown", "redirected"],
)
def test_what_is_no_success_is_a_failure_and_a_redirect_is_not_followed(answer: Behave, why: str) -> None:
    sent: list[tuple[str, str]] = []
    with serving_by_hand(heard(answer, sent)) as url, pytest.raises(TransportError) as refused:
        HttpHeartbeat(f"{url}/{SECRET}").passed()

    assert refused.value.reason == why
    assert len(sent) == 1


@pytest.mark.parametrize("ask", [HttpHeartbeat.passed, HttpHeartbeat.check])
def test_an_address_that_nobody_answers_is_told_without_its_secret(ask: Callable[[HttpHeartbeat], object]) -> None:
    with pytest.raises(TransportError) as refused:
        ask(HttpHeartbeat(f"http://127.0.0.1:{free_port()}/{SECRET}"))

    assert refused.value.reason == "it cannot be reached (ConnectionError)"
    assert refused.value.__cause__ is None
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 23 Nov 2026 12:00:00"])
def test_an_answer_without_a_time_tells_none(date: str) -> None:
    def behave(request: BaseHTTPRequestHandler) -> None:
        request.send_response_only(200)
        request.send_header("Date", date)
        request.send_header("Content-Length", "0")
        request.end_headers()

    with serving_by_hand(behave) as url:
        assert HttpHeartbeat(f"{url}/x").passed() is None
