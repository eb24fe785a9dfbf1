"""The policy page: what a message gets, the nights ahead, every rule with its reading, versions and differences."""

from __future__ import annotations

import re

import pytest

from tests.support.visitor import signed_in
from tests.support.world import Build
from triage.policy.access import Role

OWNERS = """
[hours]
observed = ["Thanksgiving Day"]

[promise]
at_risk_before = "20m"
"""


def words(page: str) -> str:
    """What stands on a page, in one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@pytest.mark.on_both
def test_the_page_says_what_a_message_gets_now_and_then_and_what_nights_come(
    build_world: Build, quick_hashes: None
) -> None:
    world = build_world(at="2026-10-31T15:00:00", policy=OWNERS)
    technician = signed_in(world, Role.TECHNICIAN)

    page = words(technician.get("/policy").text)
    asked = technician.get("/policy?on=2026-11-01&at=01:30&product=server&emergency=y")
    thanksgiving, columbus = (technician.get(f"/policy?on={on}&at=12:00") for on in ("2026-11-26", "2026-10-12"))
    vague = technician.get("/policy?on=2026-13-01&at=25:00&product=fridge")

    assert "A message left now, 11:00 AM EDT It falls into the weekend/closure window (W4): technicians" in page
    assert "call back by 1:00 PM EDT, within 2 hours (W5)" in page
    assert "This night will have 13 hours: clocks go back." in page
    assert "Sat, Oct 31 8:00 PM EDT 8:00 AM EST 13 hours clocks go back no support hours" in page
    assert "Wed, Nov 25 8:00 PM EST 8:00 AM EST 12 hours closed: Thanksgiving Day" in page
    assert "Sat, Mar 13, 2027 8:00 PM EST 8:00 AM EDT 11 hours clocks go forward no support hours" in page
    assert "T3 Closed on: Thanksgiving Day." in page
    assert "promise.at_risk_before 20m changed; shipped: 30m none reading how long before the deadline" in page
    assert "Left Sun 1:30 AM EDT" in words(asked.text)
    assert "nobody is alerted before Mon 8:00 AM EST, and the callback is due by Mon 10:00 AM EST" in words(asked.text)
    assert "The clock shows that time twice: the first, EDT, is meant." in words(asked.text)
    assert "Columbus Day is not among the closed days: it has support hours." in words(columbus.text)
    assert "is not among the closed days" not in words(thanksgiving.text) + words(asked.text)
    assert (vague.status_code, "Not yet: see below." in vague.text) == (400, True)


@pytest.mark.on_both
def test_versions_tell_since_when_and_for_how_many_cases_and_how_they_differ(
    build_world: Build, quick_hashes: None
) -> None:
    world = build_world(policy="")
    first = world.program.desk.terms.version
    world.voicemail(attested=True)
    world.advance(minutes=1)
    world.restart(policy=OWNERS)
    second = world.program.desk.terms.version
    auditor = signed_in(world, Role.AUDITOR)

    listed = words(auditor.get("/policy/versions").text)
    page = words(auditor.get(f"/policy/versions/{first}/{second}").text)
    same = words(auditor.get(f"/policy/versions/{first}/{first}").text)

    assert f"{second} in force 9:31 PM EST 0 from the one before {first} 9:30 PM EST 1 the first" in listed
    assert "&minus; was T3 Closed on: no day. + is T3 Closed on: Thanksgiving Day." in page
    assert "promise.at_risk_before how long before the deadline a case counts as at risk changed 30m 20m" in page
    assert "The two say the same." in same
    assert auditor.get(f"/policy/versions/{first}/none").status_code == 404
