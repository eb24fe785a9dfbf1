"""A real browser: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pyotp
import pytest
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright

from tests.support.dealers import NEW_YORK, add_dealer_with_history
from tests.support.fixtures import LEE, TEAM
from tests.support.live import free_port
from tests.support.quick_hashes import quick_hashes
from tests.support.serving import serving
from tests.support.visitor import PASSWORD
from tests.support.world import Build, World
from triage.policy.access import Role
from triage.services import accounts
from triage.services.booking_checks import NewBooking
from triage.services.bookings import book
from triage.services.invoices import make_invoices

__all__ = ["quick_hashes"]

PHONE, DESK = (375, 812), (1280, 900)
"""Width and height of a screen."""

PERSONS = {Role.TECHNICIAN: "lee", Role.MANAGER: "maria"}
"""Who of the roster signs in with that role."""
CHROMIUM = shutil.which("chromium")
PATIENCE = 20_000.0
"""Milliseconds that a page has for what a test waits for."""
_ALONE = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
"""Options without which Chromium, run as root on a closed network, looks for Google's hosts at every start."""
SignIn = Callable[[Role], Page]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """SQLite alone: what pages ask of PostgreSQL, the tests of the console ask without a browser."""
    return sqlite_url


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
    context = browser.new_context(viewport={"width": PHONE[0], "height": PHONE[1]})
    context.set_default_timeout(PATIENCE)
    opened = context.new_page()
    failures: list[str] = []
    opened.on("pageerror", lambda error: failures.append(str(error)))
    yield opened
    context.close()
    assert not failures


@pytest.fixture
def night(build_world: Build) -> World:
    """A promise broken, a case closed, one taken, and one waiting under a newer contract; a dealer with a history,
    an invoice and a session booked."""
    port = free_port()
    world = build_world(policy="", roster=TEAM, public_url=f"http://127.0.0.1:{port}")
    world.voicemail("+12165550123", attested=True)
    world.advance(hours=2, minutes=1)
    world.voicemail("+13125550100", attested=True)
    world.text(LEE, "ACK 1002")
    world.text(LEE, "DONE 1002 35 new card")
    world.voicemail("+13135550100", attested=True)
    world.text(LEE, "ACK 1003")
    world.restart(policy='promise.at_risk_before = "40m"')
    world.voicemail("+14125550100", emergency=True, attested=True)
    dealer = add_dealer_with_history(world)
    desk, now = world.program.desk, world.now
    make_invoices(desk, now.astimezone(NEW_YORK).date(), now, actor="test")
    starts = now + timedelta(days=1)
    ends = starts + timedelta(hours=1)
    slot = NewBooking(starts_at=starts, ends_at=ends, person_id="lee", product="ucp", dealer_id=dealer)
    book(desk, slot, now, actor="test")
    return world


@pytest.fixture
def sign_in(night: World, browser: Browser) -> Iterator[SignIn]:
    """Somebody of a role, in by an invitation, with a window of their own."""
    contexts = []
    with serving(night.app, port=urlsplit(night.settings.public_url).port or 0) as base:

        def enter(role: Role) -> Page:
            context = browser.new_context(viewport={"width": PHONE[0], "height": PHONE[1]}, base_url=base)
            contexts.append(context)
            context.set_default_timeout(PATIENCE)
            page = context.new_page()
            name, email = f"{role.value.capitalize()} <b>", f"{role.value}@example.com"
            person = PERSONS.get(role)
            invited = accounts.invite(
                night.program.desk, email, name=name, role=role, actor="test", now=night.now, person_id=person
            )
            page.goto(invited.path)
            page.locator("#password").fill(PASSWORD)
            page.locator("#again").fill(PASSWORD)
            page.keyboard.press("Enter")
            secret = page.locator(".secret code").inner_text()
            page.locator("#code").fill(pyotp.TOTP(secret.replace(" ", "")).at(night.now))
            page.keyboard.press("Enter")
            expect(page.get_by_text("Keep these codes")).to_be_visible()
            page.goto("/")
            expect(page.get_by_role("heading", name="Board")).to_be_visible()
            return page

        yield enter
        for context in contexts:
            context.close()
