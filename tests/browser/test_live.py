"""Pages of the console keep themselves fresh, and the time that is left runs, without losing what somebody types."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

import webhooks.console

pytestmark = [pytest.mark.thorough, pytest.mark.waits]

SCRIPT = (Path(webhooks.console.__file__).parent / "static/live.js").read_text()
PAGE = """<!doctype html><body data-now="2026-11-21T{at}+00:00"><main data-every="5" data-from="/case">
<p id="head" data-live>{owner} has it, <span data-due="2026-11-21T02:31:08+00:00">1 min left</span></p>
<div id="actions" data-live>
<form><textarea aria-label="Note"></textarea><input type="hidden" value="{at}"></form></div>
</main><script src="/live.js"></script></body>"""


def test_the_time_left_runs_and_what_is_typed_stays_while_the_rest_is_renewed(page: Page) -> None:
    served = {"at": "02:30:00", "owner": "Nobody"}

    def answer(route: Route) -> None:
        if route.request.url.endswith(".js"):
            route.fulfill(body=SCRIPT, content_type="text/javascript")
        else:
            route.fulfill(body=PAGE.format(**served), content_type="text/html")

    page.clock.install()
    page.route("**/*", answer)
    page.goto("http://console.example/case/take")
    left, note, hidden = page.locator("[data-due]"), page.get_by_label("Note"), page.locator("input[type=hidden]")
    expect(left).to_have_text("1 min 08 s left")
    page.clock.run_for(4_000)
    expect(left).to_have_text("1 min 04 s left")

    note.fill("two gateways")
    served.update(at="02:30:30", owner="Lee")
    page.clock.run_for(1_000)
    expect(page.locator("#head")).to_have_text("Lee has it, 38 s left")
    expect(note).to_have_value("two gateways")
    expect(hidden).to_have_value("02:30:00")

    note.fill("")
    note.blur()
    served.update(at="02:31:10")
    page.clock.run_for(5_000)
    expect(left).to_have_class("late")
    expect(left).to_have_text("2 s late")
    expect(hidden).to_have_value("02:31:10")
