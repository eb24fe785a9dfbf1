"""Calendar feeds in the console: made once, read by whoever has the address, gone when revoked."""

from __future__ import annotations

import re

import pytest
from icalendar import Calendar

from tests.support.logs import Logs
from tests.support.visitor import Visitor, signed_in
from tests.support.world import PUBLIC_URL, World
from triage.policy.access import Role
from triage.services import accounts

pytestmark = pytest.mark.usefixtures("quick_hashes")


def made(visitor: Visitor, person: str) -> str:
    """The path of a new feed."""
    visitor.get("/on-call/feeds")
    found = re.search(
        r"<code>https://afterhours\.example(/[^<]+)</code>", visitor.post("/on-call/feeds", person=person).text
    )
    assert found
    return found[1]


@pytest.mark.on_both
def test_a_feed_is_read_without_signing_in_until_it_is_revoked(team: World, logs: Logs) -> None:
    visitor, calendar = signed_in(team, Role.TECHNICIAN), Visitor(team.app)
    path, everybody = made(visitor, "lee"), made(visitor, "")

    answer = calendar.get(path)

    assert (answer.status_code, answer.mimetype) == (200, "text/calendar")
    assert set(answer.headers["Cache-Control"].split(", ")) == {"private", "max-age=900"}
    summaries = {str(event["summary"]) for event in Calendar.from_ical(answer.data).walk("VEVENT")}
    assert summaries == {"primary: Lee Okafor"}
    assert b"secondary: Dana Whitfield" in calendar.get(everybody).data
    known = {"If-None-Match": answer.headers["ETag"]}
    same = calendar.client.get(path, base_url=PUBLIC_URL, headers=known)
    assert same.status_code == 304

    page = visitor.get("/on-call/feeds").text
    assert "<strong>Lee Okafor</strong>" in page
    assert path not in page
    assert "Revoked." in visitor.post("/on-call/feeds/1/revoke").text
    assert calendar.get(path).status_code == 404
    assert calendar.get(everybody).status_code == 200
    assert visitor.post("/on-call/feeds/1/revoke").status_code == 404
    [event, _] = team.entries("calendar_feed_made")
    assert event.details == {"feed": 1, "person": "lee"}
    assert len(team.entries("calendar_feed_revoked")) == 1
    token = path.split("/")[-1].removesuffix(".ics")
    assert token not in str(logs.lines)
    with team.store.read() as session:
        assert token not in str(session.connection().exec_driver_sql("SELECT * FROM calendar_feeds").all())


def test_a_feed_ends_with_its_account_and_is_nobody_elses_to_revoke(team: World) -> None:
    boss, visitor = signed_in(team, Role.ADMINISTRATOR), signed_in(team, Role.AUDITOR)
    path = made(visitor, "")

    boss.get("/on-call/feeds")
    assert boss.post("/on-call/feeds/1/revoke").status_code == 404
    assert Visitor(team.app).get(path).status_code == 200
    accounts.disable(team.program.desk, 2, actor="account:1", now=team.now)
    assert Visitor(team.app).get(path).status_code == 404
    assert Visitor(team.app).get("/on-call/feeds/x.ics").status_code == 404


def test_nobody_makes_more_than_ten_or_one_of_a_stranger(team: World) -> None:
    visitor = signed_in(team, Role.TECHNICIAN)
    for _ in range(10):
        made(visitor, "sam")

    eleventh = visitor.post("/on-call/feeds", person="sam")
    assert (eleventh.status_code, "revoke one that you do not need" in eleventh.text) == (400, True)
    assert visitor.post("/on-call/feeds", person="eve").status_code == 400
