"""What somebody who never saw the console does with it, by what the pages say alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SignIn
from tests.support.world import World
from triage.policy.access import Role

pytestmark = [pytest.mark.thorough, pytest.mark.usefixtures("quick_hashes")]


def reach(page: Page, words: str) -> None:
    """By the Tab key alone, to the link, button or field that is called so."""
    for _ in range(80):
        page.keyboard.press("Tab")
        spot = page.evaluate(
            "(() => { const on = document.activeElement;"
            " return (on.labels?.[0] ?? on).innerText || on.getAttribute('aria-label') || on.value || ''; })()"
        )
        if spot.strip().startswith(words):
            return
    raise AssertionError(f"the Tab key does not come to {words!r} on {page.url}")


def test_a_manager_finds_tonights_breach_hears_it_and_takes_last_month_away(sign_in: SignIn, night: World) -> None:
    page = sign_in(Role.MANAGER)

    page.get_by_text("Broken in the last 24 hours").get_by_role("link", name="1001").click()
    expect(page.get_by_role("heading", name="Case 1001")).to_be_visible()
    expect(page.get_by_text("Nobody has it. Call by 11:30 PM EST")).to_be_visible()
    player = page.locator("audio").bounding_box()
    assert player is not None
    assert player["width"] > 250
    heard = page.locator("audio").evaluate(
        "async audio => { await audio.play(); return new Promise(done => audio.ontimeupdate = () => done(true)); }"
    )
    page.get_by_role("link", name="Reports").click()
    page.get_by_role("link", name="Last month").click()
    with page.expect_download() as taken:
        page.get_by_role("button", name="PDF").click()

    assert heard
    assert taken.value.suggested_filename.endswith(".pdf")
    assert taken.value.path().read_bytes().startswith(b"%PDF")
    assert [(entry["kind"], entry["actor"]) for entry in night.case("1001")["events"]][-1] == (
        "recording_played",
        "account:1",
    )


def test_a_technician_takes_and_closes_a_case_with_the_keyboard_alone(sign_in: SignIn, night: World) -> None:
    page = sign_in(Role.TECHNICIAN)

    reach(page, "1004")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Case 1004")).to_be_visible()
    reach(page, "Take it")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("You have it.")
    reach(page, "Close")
    page.keyboard.press("Enter")
    reach(page, "Minutes of work")
    page.keyboard.type("35")
    reach(page, "What was done")
    page.keyboard.type("replaced the gateway card")
    reach(page, "Close case 1004")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("The case is closed: 35 min")

    case = night.case("1004")
    assert (case["state"], case["owner"], case["sessions"][0]["minutes"]) == ("closed", "lee", 35)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
