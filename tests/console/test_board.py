"""The board: what waits, for how long yet, and who has it."""

from __future__ import annotations

import re

import pytest

from tests.support.fixtures import LEE
from tests.support.visitor import signed_in
from tests.support.world import World
from triage.policy.access import Role


def rows(page: str) -> list[list[str]]:
    """Each row of the tables, as the words of its cells."""
    found = re.findall(r"<tr>\s*<th scope=\"row\">.*?</tr>", page, re.DOTALL)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in found]
    return [[" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in row] for row in cells]


def test_what_waits_is_shown_by_urgency_with_what_comes_next(world: World, quick_hashes: None) -> None:
    visitor = signed_in(world, Role.TECHNICIAN)
    world.voicemail("+12165550123", attested=True)
    world.advance(minutes=2)
    world.voicemail("+13125550100", emergency=True, attested=True)
    world.voicemail("+14125550100", attested=True)
    world.text(LEE, "ACK 1003")

    assert rows(visitor.get("/").text) == [
        ["1002", "waiting", "11:32 PM EST 119 min left", "nobody", "+13125550100 CHICAGO IL overnight EMERGENCY",
         "9:37 PM EST everyone by SMS and call"],
        ["1001", "waiting", "11:30 PM EST 117 min left", "nobody", "+12165550123 CLEVELAND OH overnight",
         "9:35 PM EST primary by SMS and call"],
        ["1003", "taken", "11:32 PM EST 119 min left", "Lee", "+14125550100 PITTSBURGH PA overnight",
         "10:17 PM EST alerts begin again"],
    ]  # fmt: skip


@pytest.mark.thorough
def test_what_is_late_comes_first_in_words_and_the_last_day_is_counted(world: World, quick_hashes: None) -> None:
    visitor = signed_in(world, Role.AUDITOR)
    world.voicemail(attested=True)
    world.advance(hours=2, minutes=2)
    world.voicemail("+13125550100", emergency=True, attested=True)
    world.advance(minutes=1)

    page = visitor.get("/").text

    late, emergency = rows(page)
    assert emergency[0] == "1002"
    assert late[:4] == ["1001", "overdue", "11:30 PM EST 3 min late", "nobody"]
    assert re.findall(r"<dt>(.*?)</dt><dd.*?>(\d+)</dd>", page) == [
        ("Promises kept, 24 h", "0"), ("Broken, 24 h", "1"), ("Not decided yet", "1"), ("No call owed", "0")
    ]  # fmt: skip
    assert 'Broken in the last 24 hours: <a href="/cases/1001">1001</a></p>' in " ".join(page.split())


def test_a_quiet_night_says_so(world: World, quick_hashes: None) -> None:
    assert "Nobody waits for a callback." in signed_in(world, Role.MANAGER).get("/").text


def test_a_spanish_caller_is_marked_and_what_owes_no_call_stands_apart(world: World, quick_hashes: None) -> None:
    visitor = signed_in(world, Role.TECHNICIAN)
    world.voicemail("+12165550123", attested=True, spanish=True)
    world.voicemail("+13125550100", product="discontinued")

    waiting, apart = visitor.get("/").text.split("For a manager to look at: no call is owed")

    assert [(row[0], "Spanish" in row[4]) for row in rows(waiting)] == [("1001", True)]
    assert [row[0] for row in rows(apart)] == ["1002"]
