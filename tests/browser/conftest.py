"""A real browser: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright

CHROMIUM = shutil.which("chromium")
PATIENCE = 20_000.0
"""Milliseconds that a page has for what a test waits for."""
_ALONE = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
"""Options without which Chromium, run as root on a closed network, looks for Google's hosts at every start."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("needs a browser: apt install chromium")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as driver:
        try:
            started = driver.chromium.launch(executable_path=CHROMIUM, args=[*_ALONE, "--disable-component-update"])
        except Error as error:
            pytest.skip(f"Chromium does not start on this machine: {error.message.splitlines()[0]}")
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A new window, as wide as a phone; whatever a script of the page fails with fails the test."""
    context = browser.new_context(viewport={"width": 375, "height": 812})
    context.set_default_timeout(PATIENCE)
    opened = context.new_page()
    failures: list[str] = []
    opened.on("pageerror", lambda error: failures.append(str(error)))
    yield opened
    context.close()
    assert not failures
