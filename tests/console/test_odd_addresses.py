"""Addresses that no link of the console has: odd days, numbers and words are told what to mend, and break nothing."""

from __future__ import annotations

import re
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.console.test_routes import ROUTES
from tests.support.rows import add_case
from tests.support.visitor import Visitor, signed_in
from tests.support.world import World
from triage.policy.access import Role
from triage.services.roster_changes import roster_in_force

PAGES = sorted(route.removeprefix("GET ") for route in ROUTES if route.startswith("GET ") and "<path:" not in route)
ASKED = (
    "first", "last", "window", "technician", "caller", "weekday", "hour", "figure", "page", "before", "sought", "state",
    "reference", "kind", "actor", "words", "at", "from", "by", "on", "product", "rotation", "starts", "ends", "code",
)  # fmt: skip
ODD = [
    "", " ", "yesterday", "0", "-1", "1", "1001", "99999", str(2**31), "9" * 19, "9" * 40, "1e9", "٣", "²", "\x00",
    "\ud7ff", "%", "'",
    "0001-01-01", "1969-12-31", "2026-11-01", "2026-02-30", "2200-12-31", "2201-01-01", "9999-12-31", "99999-01-01",
    "2026-11-01T01:30", "0001-01-01T00:00", "9999-12-31T23:59", "2026-03-08T02:30", "01:30", "24:00", "monday", "week",
    "month", "dana", "primary", "met", "open", "overnight", "+16145550199", "<b>", "x" * 3000,
]  # fmt: skip


def text(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@pytest.mark.parametrize("path", ["/reports/billing", "/reports/sla", "/cases", "/history"])
def test_a_day_that_is_none_is_told_what_to_mend(path: str, world: World, quick_hashes: None) -> None:
    visitor = signed_in(world, Role.AUDITOR)
    wrong = {
        "first=yesterday": "Write a date like 2026-11-01.",
        "first=2026-02-30": "Write a date like 2026-11-01.",
        "last=99999-01-01": "Write a date like 2026-11-01.",
        "first=0001-01-01": "Write a year from 1970 to 2200.",
        "last=9999-12-31": "Write a year from 1970 to 2200.",
        "first=1026-01-01&last=2026-01-01": "Write a year from 1970 to 2200.",
        "first=2026-11-02&last=2026-11-01": "The span ends before it begins.",
    }

    answers = {asked: visitor.get(f"{path}?{asked}") for asked in wrong}

    assert {asked for asked, answer in answers.items() if answer.status_code != 400} == set()
    assert {asked for asked, answer in answers.items() if wrong[asked] not in text(answer.text)} == set()
    assert visitor.get(f"{path}?first=2191-01-01&last=2200-12-31").status_code == 200
    longest = visitor.get(f"{path}?first=1970-01-01&last=2200-12-31")
    if "reports" in path:
        assert (longest.status_code, "A report covers 10 years at most" in text(longest.text)) == (400, True)
    else:
        assert longest.status_code == 200


@pytest.mark.on_both
def test_what_no_clock_and_no_database_holds_is_told_what_to_mend(team: World, quick_hashes: None) -> None:
    boss = signed_in(team, Role.ADMINISTRATOR, "ada")
    team.voicemail(attested=True)
    boss.get("/cases/1001")
    late = {"made_from": roster_in_force(team.program.desk).version, "starts": "9999-12-31T23:59"}
    taken = {"rotation": "primary", "person": "dana", "ends": "9999-12-31T23:59"}
    answers = [
        (400, "Write a year from 1970", boss.get("/policy?on=0001-01-01&at=01:30")),
        (404, "there is no entry", boss.get(f"/history?before={2**31}")),
        (404, "there is no entry", boss.get(f"/history?before={2**63}")),
        (400, "(NUL)", boss.get("/reports/sla?technician=%00")),
        (400, "(NUL)", boss.get("/cases?%00=x")),
        (400, "(NUL)", boss.get("/policy/versions/%00/b")),
        (400, "(NUL)", boss.post("/reports/sla/export/csv", technician="\0")),
        (400, "Write a year from 2000", boss.post("/on-call/overrides", follows=True, **{**taken, **late})),
        (
            400,
            "Write a year from 2000",
            boss.post("/on-call/rotations/primary", follows=True, count="1", unit="days", **late),
        ),
        (400, "What you can do", boss.post("/cases/1001/note", seen=str(2**31), note="x")),
    ]
    wrong = [(want, answer.request.path) for status, want, answer in answers
             if answer.status_code != status or want not in text(answer.text)]  # fmt: skip
    assert wrong == []


@pytest.mark.thorough
def test_no_address_breaks_a_page(world: World, quick_hashes: None) -> None:
    visitors = [signed_in(world, role) for role in (Role.MANAGER, Role.ADMINISTRATOR)]
    with world.program.desk.store.write() as tx:
        add_case(tx)

    @settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        visitor=st.sampled_from(visitors),
        page=st.sampled_from(PAGES),
        parts=st.lists(st.sampled_from(ODD), min_size=2, max_size=2),
        asked=st.dictionaries(st.sampled_from(ASKED), st.sampled_from(ODD) | st.text(max_size=12), max_size=6),
    )
    def goes_wrong(visitor: Visitor, page: str, parts: list[str], asked: dict[str, str]) -> None:
        assert _asked(visitor, page, parts, asked) < 500

    goes_wrong()
    odd_ones = {(page, odd): dict.fromkeys(ASKED, odd) for page in PAGES for odd in ODD}
    broken = [key for key, asked in odd_ones.items() if _asked(visitors[0], key[0], [key[1]] * 2, asked) >= 500]
    assert broken == []


def _asked(visitor: Visitor, page: str, parts: list[str], asked: dict[str, str]) -> int:
    left = iter(parts)
    path = re.sub(r"<[^>]+>", lambda _: quote(next(left) or "x", safe=""), page)
    return visitor.get(f"{path}?{urlencode(asked, errors='replace')}", follows=False).status_code
