"""All cases ever, to find an old one."""

from __future__ import annotations

import re

import pytest

from tests.support.fixtures import LEE
from tests.support.visitor import Visitor, signed_in
from tests.support.world import World
from triage.policy.access import Role


def listed(visitor: Visitor, asked: str = "") -> list[str]:
    return re.findall(r'<th scope="row"><a href="/cases/(\d+)"', visitor.get(f"/cases{asked}").text)


@pytest.mark.on_both
def test_an_old_case_is_found_by_reference_number_state_and_day_page_by_page(
    world: World, quick_hashes: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    technician = signed_in(world, Role.TECHNICIAN)
    world.voicemail("+12165550123", attested=True)
    world.text(LEE, "DONE 12 card")
    world.advance(hours=15)
    world.voicemail("+12165550123", attested=True)
    world.voicemail("+13125550100", attested=True)

    assert listed(technician) == ["1003", "1002", "1001"]
    assert listed(technician, "?state=closed") == ["1001"]
    assert listed(technician, "?state=open") == ["1003", "1002"]
    assert listed(technician, "?sought=%2B1+(216)+555-0123") == ["1002", "1001"]
    assert listed(technician, "?first=2026-11-20&last=2026-11-20") == ["1001"]
    assert listed(technician, "?first=2026-11-22") == []
    assert "<h1>Case 1002" in technician.get("/cases?sought=%231002").text
    wrong = technician.get("/cases?sought=nobody&first=soon")
    assert (wrong.status_code, "Write a reference like 1042" in wrong.text) == (400, True)
    assert technician.get("/cases?last=9999-12-31").status_code == 400
    monkeypatch.setattr("triage.services.case_search.CASES_A_PAGE", 2)
    assert listed(technician) == ["1003", "1002"]
    assert 'href="/cases?before=1002"' in technician.get("/cases").text
    assert listed(technician, "?before=1002") == ["1001"]
    assert 'rel="next"' not in technician.get("/cases?before=1002").text


def test_cases_stand_in_the_words_of_the_board(world: World, quick_hashes: None) -> None:
    technician = signed_in(world, Role.TECHNICIAN, "lee")
    world.voicemail(attested=True)
    world.advance(minutes=1)
    stood = [re.findall(r'class="tag[^"]*">([^<]+)<', technician.get("/cases").text)]
    world.text(LEE, "ACK")
    world.advance(minutes=1)
    stood.append(re.findall(r'class="tag[^"]*">([^<]+)<', technician.get("/cases").text))

    assert stood == [["waiting"], ["taken"]]
    assert "<dt>State</dt><dd>taken</dd>" in technician.get("/cases/1001").text
