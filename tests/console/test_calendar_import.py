"""A calendar file in the console: every row is shown, then taken in at once."""

from __future__ import annotations

import io
import re
from html import unescape

import pytest
from werkzeug.test import TestResponse

from tests.support.visitor import Visitor, signed_in
from tests.support.world import PUBLIC_URL, World
from triage.policy.access import Role
from triage.services.roster_changes import roster_in_force

pytestmark = pytest.mark.usefixtures("quick_hashes")
EVENT = "BEGIN:VEVENT\r\nSUMMARY:{}\r\nDTSTART:20261124T130000Z\r\nDTEND:20261125T130000Z\r\nEND:VEVENT\r\n"


def upload(visitor: Visitor, content: bytes) -> TestResponse:
    page = visitor.get("/on-call/import").text
    hidden = dict(re.findall(r'<input[^>]*name="(csrf_token|made_from)"[^>]*value="([^"]+)"', page))
    fields = {**hidden, "rotation": "primary", "calendar": (io.BytesIO(content), "shifts.ics")}
    return visitor.client.post("/on-call/import", data=fields, base_url=PUBLIC_URL)


def test_every_row_is_shown_and_the_good_ones_are_taken_in(team: World) -> None:
    boss = signed_in(team, Role.MANAGER)
    content = f"BEGIN:VCALENDAR\r\n{EVENT.format('Dana')}{EVENT.format('<b>Party</b>')}END:VCALENDAR\r\n"

    preview = upload(boss, content.encode())

    assert "Dana Whitfield takes primary from Tue, Nov 24, 8:00 AM to Wed, Nov 25, 8:00 AM: added" in preview.text
    assert "Left out: &lt;b&gt;Party&lt;/b&gt;, Tue, Nov 24 2026: names nobody of the roster." in preview.text
    assert roster_in_force(team.program.desk).overrides == ()
    sent = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', preview.text)
    fields = {name: unescape(value) for name, value in sent if name != "csrf_token"} | {"sure": "yes"}
    assert "Done: Dana Whitfield takes primary" in boss.post("/on-call/import", follows=True, **fields).text
    assert len(roster_in_force(team.program.desk).overrides) == 1
    again = upload(boss, content.encode())
    assert (again.status_code, "is there already" in again.text) == (400, True)


def test_a_file_that_cannot_be_taken_changes_nothing(team: World) -> None:
    boss = signed_in(team, Role.MANAGER)

    assert "That is no calendar file" in upload(boss, b"hello").text
    assert (
        "names nobody of the roster"
        in upload(boss, f"BEGIN:VCALENDAR\r\n{EVENT.format('Party')}END:VCALENDAR".encode()).text
    )
    large = upload(boss, b"x" * 70_000)
    assert (large.status_code, "60 KB or less" in large.text) == (413, True)
    version = roster_in_force(team.program.desk).version
    forged = boss.post("/on-call/import", made_from=version, rotation="primary", rows="[1]", sure="yes")
    assert (forged.status_code, "Choose the file again." in forged.text) == (400, True)
    assert team.entries("roster_changed") == []
