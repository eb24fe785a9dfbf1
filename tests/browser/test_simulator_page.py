"""A person plays both ends of a case on the page of simulated phones, by hand."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Error, Locator, Page, expect

from tests.support.live import free_port

pytestmark = [pytest.mark.thorough, pytest.mark.waits]


@pytest.fixture
def phones(tmp_path: Path, page: Page) -> Iterator[Page]:
    """The page that `make run` opens."""
    web, simulator = free_port(), free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AFTERHOURS_")}
    environment |= {
        "AFTERHOURS_BIND": f"127.0.0.1:{web}",
        "AFTERHOURS_PUBLIC_URL": f"http://127.0.0.1:{web}",
        "AFTERHOURS_SIMULATOR_BIND": f"127.0.0.1:{simulator}",
    }
    with (tmp_path / "log").open("wb") as log:
        daemon = subprocess.Popen(
            [str(Path(sys.executable).with_name("afterhours")), "serve"],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    try:
        assert daemon.stdout is not None
        assert any(f":{simulator}/" in said for said in daemon.stdout), (tmp_path / "log").read_text()
        page.goto(f"http://127.0.0.1:{simulator}/")
        yield page
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.communicate(timeout=30)


def card(page: Page, name: str) -> Locator:
    """Everything that belongs to one phone."""
    return page.locator("article.phone", has=page.get_by_role("heading", name=re.compile(name)))


def press(phone: Locator, button: str) -> None:
    phone.get_by_role("button", name=button, exact=True).click()


def line(phone: Locator) -> Locator:
    return phone.locator(".line")


def listen_to_the_tone(phone: Locator) -> None:
    """The caller presses nothing; only the words are skipped."""
    skip = phone.get_by_role("button", name="Skip the words")
    talk = phone.get_by_role("button", name="Play a spoken sample")
    expect(skip).to_be_visible()
    while not talk.is_visible():
        try:
            skip.click(timeout=500.0)
        except Error:  # between two questions there is nothing to skip
            expect(skip.or_(talk).first).to_be_visible()


def answer(phone: Locator) -> None:
    expect(line(phone)).to_have_attribute("data-state", "ringing")
    press(phone, "Answer")


def text(phone: Locator, words: str) -> Locator:
    """Texts our number; the newest text on that phone."""
    phone.get_by_role("textbox", name=re.compile("^Text from")).fill(words)
    press(phone, "Send")
    return phone.locator(".bubble.in").last


def test_a_voicemail_is_left_called_back_and_priced_by_hand(phones: Page) -> None:
    sam, everybody = card(phones, "Sam"), phones.locator("article.phone")

    press(sam, "Call our number")
    listen_to_the_tone(sam)
    with phones.expect_request(lambda asked: asked.post_data is not None and "take-time" in asked.post_data):
        sam.get_by_label("Its words, for the transcript").press_sequentially("No dial tone")
    press(sam, "Play a spoken sample")
    speaking = sam.get_by_role("button", name="Stop talking")
    expect(speaking).to_be_visible()
    expect(speaking).to_be_hidden()  # to its end: what is shorter than three seconds counts as a hang-up
    press(sam, "Hang up")
    technician = everybody.filter(has=phones.locator(".bubble.in", has_text="1001")).first
    expect(technician.locator(".bubble.in").last).to_contain_text("Reply ACK 1001, CALL 1001 or PASS")

    expect(text(technician, "CALL")).to_contain_text("we ring you now")
    answer(technician)
    press(technician, "1")
    answer(sam)
    expect(line(sam)).to_contain_text(re.compile("Talking with .*0:(0[2-9]|[1-5][0-9])"))
    press(sam, "Hang up")
    press(technician, "Hang up")
    expect(technician.locator(".bubble.in").last).to_contain_text("on the phone, promise met")

    expect(text(technician, "DONE new gateway card")).to_contain_text("1001 is closed")
    expect(phones.locator("#webhooks .bad")).to_have_count(0)
