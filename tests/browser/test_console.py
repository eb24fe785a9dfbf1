"""Every page of the console that a role can come to by links, in a real browser: it can be read, used and trusted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PATIENCE
from tests.support.fixtures import LEE, TEAM
from tests.support.live import free_port
from tests.support.quick_hashes import quick_hashes
from tests.support.serving import serving
from tests.support.visitor import PASSWORD
from tests.support.world import Build, World
from triage.policy.access import NEEDS_SECOND_FACTOR, Role, may
from triage.services import accounts
from webhooks.app import create_app
from webhooks.console.access import access_of

__all__ = ["quick_hashes"]

pytestmark = [pytest.mark.thorough, pytest.mark.usefixtures("quick_hashes")]

PHONE, DESK = (375, 812), (1280, 900)
WCAG = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
NO_PAGES = {
    "/account/second-factor/qr.svg",
    "/cases/<reference>/recordings/<int:number>.wav",
    "/invitation/<token>",
    "/numbers/<int:number>",
    "/sign-in",
    "/sign-in/code",
    "/sign-in/provider",
    "/sign-in/provider/answer",
    "/static/<path:name>",
}
"""Files, what somebody sees who is not signed in yet, and what comes after a form."""
PERSONS = {Role.TECHNICIAN: "lee", Role.MANAGER: "maria"}
"""Who of the roster signs in with that role."""
MOST_DIFFERENT = {Role.TECHNICIAN, Role.ADMINISTRATOR}
"""What the others see lies between: their pages are opened, and not read to the last letter."""
SignIn = Callable[[Role], Page]


@pytest.fixture
def night(build_world: Build) -> World:
    """A promise broken, a case closed, one taken, and one waiting under a newer contract."""
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
    return world


@pytest.fixture
def sign_in(night: World, browser: Browser) -> Iterator[SignIn]:
    """Somebody of a role, in by an invitation, with a window of their own."""
    app = create_app(night.program)
    contexts = []
    with serving(app, port=urlsplit(night.settings.public_url).port or 0) as base:

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
            if role in NEEDS_SECOND_FACTOR:
                secret = page.locator(".secret code").inner_text()
                page.locator("#code").fill(pyotp.TOTP(secret.replace(" ", "")).at(night.now))
                page.keyboard.press("Enter")
                expect(page.get_by_text("Keep these codes")).to_be_visible()
                night.clock.tick(timedelta(minutes=1))
                page.goto("/")
            expect(page.get_by_role("heading", name="Board")).to_be_visible()
            return page

        yield enter
        for context in contexts:
            context.close()


def unreadable(page: Page) -> Iterator[str]:
    """What keeps somebody from reading or using the page that is shown, as far as a program can tell."""
    for violation in Axe().run(page, options=WCAG).response["violations"]:
        yield f"{violation['help']}: {violation['nodes'][0]['html'][:160]}"
    page.emulate_media(color_scheme="dark")
    for violation in Axe().run(page, options={"runOnly": ["color-contrast"]}).response["violations"]:
        yield f"too little contrast in the dark: {violation['nodes'][0]['html'][:160]}"
    page.emulate_media(color_scheme="light")
    for width, height in (DESK, PHONE):
        page.set_viewport_size({"width": width, "height": height})
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            yield f"wider than a screen of {width}"


def links_of(page: Page) -> list[str]:
    """Where the page leads on this site, as paths with their query; downloads are not pages."""
    addresses = page.eval_on_selector_all("a[href]:not([download])", "links => links.map(link => link.href)")
    parts = [urlsplit(address) for address in addresses]
    here = urlsplit(page.url).netloc
    return [part.path + (f"?{part.query}" if part.query else "") for part in parts if part.netloc == here]


def rules_for(night: World, role: Role) -> set[str]:
    """The addresses that a role may read."""
    return {
        rule.rule
        for rule in night.app.url_map.iter_rules()
        if rule.endpoint.startswith("console.")
        and "GET" in (rule.methods or ())
        and (access := access_of(night.app.view_functions[rule.endpoint])) is not None
        and (access.permission is None or may(role, access.permission))
    }


def walk(page: Page, night: World, *, reads: bool) -> tuple[set[str], list[str]]:
    """Every kind of page that links lead to, from the board on: which routes, and what is wrong with them."""
    rules = night.app.url_map.bind("")
    said: list[str] = []
    page.on("console", lambda message: said.append(f"{page.url}: {message.text}") if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(f"{page.url}: {error}"))
    seen, faults, ahead = set[str](), list[str](), ["/"]
    while ahead:
        path = ahead.pop(0)
        rule, _ = rules.match(path.partition("?")[0], return_rule=True)
        if rule.rule in seen:
            continue
        seen.add(rule.rule)
        answer = page.goto(path)
        assert answer is not None
        if answer.status != 200:
            faults.append(f"{path}: {answer.status}")
        if reads:
            faults += [f"{path}: {fault}" for fault in unreadable(page)]
        ahead += links_of(page)
    return seen, faults + said


def test_every_page_that_links_lead_a_role_to_can_be_read_by_everybody(sign_in: SignIn, night: World) -> None:
    missed: dict[str, set[str]] = {}
    faults: list[str] = []
    for role in Role:
        reads = "sqlite" in night.settings.database_url and role in MOST_DIFFERENT
        seen, wrong = walk(sign_in(role), night, reads=reads)
        faults += [f"{role.value}: {fault}" for fault in wrong]
        missed[role.value] = {rule for rule in rules_for(night, role) if rule not in seen} - NO_PAGES

    assert not faults, "\n".join(faults)
    assert not any(missed.values()), missed
