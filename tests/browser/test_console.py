"""Every page of the console that a role can come to by links, in a real browser: it can be read, used and trusted."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE, SignIn
from tests.support.world import World
from triage.policy.access import Role, may
from webhooks.console.access import access_of

pytestmark = [pytest.mark.thorough, pytest.mark.usefixtures("quick_hashes")]

WCAG = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
NO_PAGES = {
    "/account/second-factor/qr.svg",
    "/cases/<reference>/recordings/<int:number>.wav",
    "/invitation/<token>",
    "/numbers/<int:number>",
    "/on-call/feeds/<token>.ics",
    "/sign-in",
    "/sign-in/code",
    "/sign-in/provider",
    "/sign-in/provider/answer",
    "/static/<path:name>",
}
"""Files, what somebody sees who is not signed in yet, and what comes after a form."""
MOST_DIFFERENT = {Role.TECHNICIAN, Role.ADMINISTRATOR}
"""What the others see lies between: their pages are opened, and not read to the last letter."""


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


PARTS = """() => [...document.querySelectorAll('*')].map(one => [one.parentElement, one].map(
    part => part && [part.tagName, part.className, ...part.getAttributeNames().sort()].join(' ')).join(' > '))"""
"""Each element of a page with the one around it, by their names, classes and the names of their attributes."""


def walk(page: Page, night: World, read: dict[str, set[str]] | None) -> tuple[set[str], list[str]]:
    """Every kind of page that links lead to, from the board on: which routes, and what is wrong with them.

    `read` is what each route's pages were made of for those who read them before: what has nothing new is not read
    again. Without it none is read.
    """
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
        if read is not None and (parts := set(page.evaluate(PARTS))) - read.get(rule.rule, set()):
            read[rule.rule] = parts | read.get(rule.rule, set())
            faults += [f"{path}: {fault}" for fault in unreadable(page)]
        ahead += links_of(page)
    return seen, faults + said


def test_every_page_that_links_lead_a_role_to_can_be_read_by_everybody(sign_in: SignIn, night: World) -> None:
    missed: dict[str, set[str]] = {}
    faults: list[str] = []
    read: dict[str, set[str]] = {}
    for role in Role:
        seen, wrong = walk(sign_in(role), night, read if role in MOST_DIFFERENT else None)
        faults += [f"{role.value}: {fault}" for fault in wrong]
        missed[role.value] = {rule for rule in rules_for(night, role) if rule not in seen} - NO_PAGES

    assert not faults, "\n".join(faults)
    assert not any(missed.values()), missed


def test_what_came_of_a_form_has_the_focus(sign_in: SignIn, night: World) -> None:
    page = sign_in(Role.TECHNICIAN)
    page.goto("/cases/1004")
    page.get_by_role("button", name="Take it").click()

    expect(page.get_by_role("status")).to_be_focused()
    assert "You have it" in page.get_by_role("status").inner_text()
