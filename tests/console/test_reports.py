"""The reports of the console: the figures of the command line, each with the way to its cases."""

from __future__ import annotations

import re
from html import unescape

import pytest

from tests.support.fixtures import LEE
from tests.support.rows import add_case
from tests.support.visitor import Visitor, signed_in
from tests.support.world import World
from triage.policy.access import Role
from triage.policy.report_words import FIGURE_WORDS
from triage.services.sla_report import FIGURES

NIGHT = "first=2026-11-20&last=2026-11-20"


@pytest.fixture
def manager(world: World, quick_hashes: None) -> Visitor:
    """Whoever reads about a night on which Lee kept one promise and broke another."""
    visitor = signed_in(world, Role.MANAGER)
    world.voicemail("+12165550123", attested=True)
    world.text(LEE, "ACK")
    world.advance(minutes=10)
    world.text(LEE, "DONE 35 =new card")
    world.voicemail("+13125550100", attested=True)
    world.advance(hours=2, minutes=3)
    return visitor


def text(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def links(page: str) -> list[str]:
    return [unescape(link) for link in re.findall(r'href="([^"]*/reports/sla/cases[^"]*)"', page)]


def test_figures_come_first_and_each_leads_to_its_cases(manager: Visitor) -> None:
    page = manager.get(f"/reports/sla?{NIGHT}&window=overnight").text

    assert "50.0% of the decided promises kept" in text(page)
    assert "Messages left Nov 20, 2026, window overnight" in text(page)
    assert "not called back, 3 min 01 s late by now" in text(page)
    assert "Promise broken: the deadline passed without a callback" in page
    found = {link: re.findall(r'href="/cases/(\d+)"', manager.get(link).text) for link in set(links(page))}
    assert set(map(tuple, found.values())) == {("1001", "1002"), ("1001",), ("1002",)}
    assert {link for link, cases in found.items() if "figure=breached" in link and cases != ["1002"]} == set()
    assert {link for link in found if "window=overnight" not in link} == set()
    assert {"weekday=friday", "hour=21", "technician=lee"} <= {part for link in found for part in link.split("&")}


def test_the_spans_that_are_asked_for_most_keep_the_rest_of_the_question(manager: Visitor) -> None:
    page = manager.get("/reports/sla?technician=lee").text

    spans = re.findall(r'class="button" href="([^"]+)">([^<]+)<', page)
    assert [(name, unescape(link)) for link, name in spans] == [
        ("Last month", "/reports/sla?first=2026-10-01&last=2026-10-31&technician=lee"),
        ("This month", "/reports/sla?first=2026-11-01&last=2026-11-20&technician=lee"),
        ("Last week", "/reports/sla?first=2026-11-09&last=2026-11-15&technician=lee"),
        ("Last 7 days", "/reports/sla?first=2026-11-14&last=2026-11-20&technician=lee"),
    ]
    assert "Messages left Nov 14, 2026 to Nov 20, 2026, technician Lee Okafor" in text(page)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("first=2026-11-20&last=2026-11-19", "The span ends before it begins."),
        ("first=yesterday&last=2026-11-19", "Write a date like 2026-11-01."),
        ("first=0001-01-01&last=9999-12-31", "Write a year from 1970 to 2200."),
        ("technician=nobody", "there is no technician nobody"),
        ("caller=%3Cb%3E", "Write a whole number like +16145550199."),
        ("window=noon&hour=24", "Not a valid choice."),
    ],
)
def test_a_question_that_makes_no_sense_is_told_what_to_mend(
    asked: str, says: str, world: World, quick_hashes: None
) -> None:
    answer = signed_in(world, Role.AUDITOR).get(f"/reports/sla?{asked}")

    assert answer.status_code == 400
    assert says in text(answer.text)
    assert "<b>" not in answer.text


def test_every_figure_has_words_and_cases_and_nothing_else_has(world: World, quick_hashes: None) -> None:
    visitor = signed_in(world, Role.AUDITOR)

    assert set(FIGURES) <= set(FIGURE_WORDS)
    assert {visitor.get(f"/reports/sla/cases?figure={figure}").status_code for figure in FIGURES} == {200}
    assert visitor.get("/reports/sla/cases?figure=callers").status_code == 404


def test_a_long_list_comes_in_pages(world: World, quick_hashes: None) -> None:
    visitor = signed_in(world, Role.AUDITOR)
    with world.program.desk.store.write() as tx:
        for _ in range(101):
            add_case(tx)

    first, second, beyond = (visitor.get(f"/reports/sla/cases?{NIGHT}&page={page}").text for page in (1, 2, 9))

    assert "1 to 100 of 101" in first
    assert re.findall(r'href="/cases/(\d+)"', second) == ["1101"]
    assert beyond == second


def test_billing_shows_each_line_with_its_arithmetic_and_what_all_come_to(manager: Visitor) -> None:
    page = manager.get(f"/reports/billing?{NIGHT}").text

    assert "$247.50 before tax" in text(page)
    assert re.search(r"1001 .*Lee Okafor.* \+12165550123 .*typed.* =new card \$247.50", text(page))
    assert "No session was closed." in manager.get("/reports/billing?first=2026-01-01&last=2026-01-31").text
