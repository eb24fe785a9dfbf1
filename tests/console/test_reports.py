"""The reports of the console: the figures of the command line, each with the way to its cases."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from datetime import date, timedelta
from html import unescape

import pytest
from werkzeug.test import TestResponse

from tests.support.fixtures import LEE
from tests.support.rows import add_case
from tests.support.visitor import Visitor, signed_in
from tests.support.world import PUBLIC_URL, World
from triage.policy.access import Role
from triage.policy.billing_paper import billing_paper
from triage.policy.paper import Table, Words
from triage.policy.report_words import FIGURE_WORDS, sla_rows
from triage.policy.sla_paper import sla_paper
from triage.policy.spreadsheet import as_csv
from triage.services.records import billing_report, totals_by_rate
from triage.services.sla_report import FIGURES, Question, sla_report

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
    world.clock.tick(timedelta(hours=2, minutes=3))  # the machine slept, which is told faster than a night of calls
    world.settle()
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
    assert re.search(r"Broken: \d+ alerts, nobody answered\.", text(page))
    assert "Promise broken: the deadline passed without a callback" in page
    found = {link: re.findall(r'href="/cases/(\d+)"', manager.get(link).text) for link in set(links(page))}
    assert set(map(tuple, found.values())) == {("1001", "1002"), ("1001",), ("1002",)}
    assert {link for link, cases in found.items() if "figure=breached" in link and cases != ["1002"]} == set()
    assert {link for link in found if "window=overnight" not in link} == set()
    assert {"weekday=friday", "hour=21", "technician=lee"} <= {part for link in found for part in link.split("&")}


@pytest.mark.thorough
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


def exported(visitor: Visitor, report: str, kind: str) -> TestResponse:
    visitor.get(f"/reports/{report}?{NIGHT}")
    return visitor.post(f"/reports/{report}/export/{kind}", first="2026-11-20", last="2026-11-20")


def cells_of(workbook: bytes, sheet: int = 1) -> list[str]:
    """The texts and numbers of a sheet, row by row. A formula would stand in an <f> of its own."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        texts = re.findall(r"<t[^>]*>(.*?)</t>", archive.read("xl/sharedStrings.xml").decode())
        page = archive.read(f"xl/worksheets/sheet{sheet}.xml").decode()
    assert "<f>" not in page
    found = re.findall(r'<c [^>]*?(?:t="(s)")?>\s*<v>(.*?)</v>', page)
    return [unescape(texts[int(value)]) if is_text else value for is_text, value in found]


@pytest.mark.thorough
def test_a_report_is_taken_away_with_the_figures_of_the_command_line_and_that_is_on_record(
    manager: Visitor, world: World
) -> None:
    asked = Question(first=date(2026, 11, 20), last=date(2026, 11, 20))
    report = sla_report(world.program.desk, asked, world.now)

    files = {kind: exported(manager, "sla", kind) for kind in ("csv", "xlsx", "pdf")}

    assert files["csv"].text == as_csv(sla_rows(report))
    assert files["csv"].headers["Content-Disposition"] == "attachment; filename=sla-2026-11-20-2026-11-20.csv"
    cells = cells_of(files["xlsx"].data)
    assert cells[cells.index("total") :][:7] == ["total", "all", "2", "1", "1", "0", "0"]
    assert cells_of(files["xlsx"].data, 2)[7:10] == ["1002", "overnight", "46346.9034837963"]  # 9:41:01 PM in New York
    assert files["pdf"].data.startswith(b"%PDF")
    assert [answer.data for answer in files.values()] == [exported(manager, "sla", kind).data for kind in files]
    entry = world.entries("report_exported")[0]
    assert entry.actor == "account:1"
    assert entry.details["asked"] == {"first": "2026-11-20", "last": "2026-11-20"}
    assert entry.details["sha256"] == hashlib.sha256(files["csv"].data).hexdigest()


@pytest.mark.thorough
def test_on_paper_a_report_of_centuries_has_the_weeks_of_its_last_two_years(world: World) -> None:
    desk = world.program.desk
    report = sla_report(desk, Question(first=date(1970, 1, 1), last=date(2200, 12, 31)), world.now)
    report["weeks"] = [{**week, "count": 1} for week in report["weeks"]]

    parts = sla_paper(report, desk.terms, {}).parts

    weeks = next(part for part in parts if isinstance(part, Table) and part.heads[0] == "Week")
    assert (len(weeks.rows), weeks.rows[-1][0]) == (110, "from Dec 29, 2200")
    assert Words("The last 110 of 12,054: the CSV file has them all.") in parts


@pytest.mark.thorough
def test_what_had_no_message_is_named_in_a_line_and_makes_no_rows(manager: Visitor, world: World) -> None:
    page = manager.get("/reports/sla?first=2026-11-01&last=2026-11-20").text
    empty = manager.get("/reports/sla?first=2026-10-01&last=2026-10-20").text

    rows = re.findall(r'<th scope="row">([^<]+)</th>', page)
    assert rows[:5] == ["from Nov 16, 2026", "overnight", "Lee Okafor", "Friday", "21:00"]
    assert "No messages: support hours, evening, weekend/closure." in page
    assert "No messages: the 23 others." in page
    assert "No message was left." in text(empty)
    assert "<table" not in empty
    assert "<dl" not in empty
    desk = world.program.desk
    report = sla_report(desk, Question(first=date(2026, 11, 20), last=date(2026, 11, 20)), world.now)
    assert Words("No messages: support hours, evening, weekend/closure.") in sla_paper(report, desk.terms, {}).parts


@pytest.mark.thorough
def test_an_export_takes_no_formula_from_anybody_and_needs_the_forms_token(manager: Visitor, world: World) -> None:
    taken, listed = exported(manager, "billing", "xlsx"), exported(manager, "billing", "csv")
    forged = manager.client.post("/reports/sla/export/csv", base_url=PUBLIC_URL)

    assert "=new card" in cells_of(taken.data)
    assert ",'=new card" in listed.text
    assert forged.status_code == 400
    assert exported(manager, "billing", "docx").status_code == 404
    assert [entry.details["report"] for entry in world.entries("report_exported")] == ["billing", "billing"]


@pytest.mark.thorough
def test_charts_say_in_words_what_they_show_and_have_no_style_of_their_own(manager: Visitor) -> None:
    page = manager.get(f"/reports/sla?{NIGHT}").text

    charts = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(charts) == 2
    assert 'aria-label="Messages by weekday. Mon: 0, Tue: 0, Wed: 0, Thu: 0, Fri: 2, Sat: 0, Sun: 0."' in charts[1]
    assert not re.search(r"style|script|\bid=|href", "".join(charts))


@pytest.mark.thorough
def test_billing_on_paper_has_the_totals_and_each_line_with_all_that_the_csv_says(
    manager: Visitor, world: World
) -> None:
    desk, night = world.program.desk, date(2026, 11, 20)
    lines = [{**line, "doubtful": True, "corrected": True} for line in billing_report(desk, night, night)]
    paper = billing_paper(lines * 1001, totals_by_rate(lines), night, night, desk.terms, {"lee": "Lee Okafor"})
    nothing = billing_paper([], totals_by_rate([]), night, night, desk.terms, {})

    answer = exported(manager, "billing", "pdf")

    assert (answer.data[:4], answer.headers["Content-Type"]) == (b"%PDF", "application/pdf")
    assert paper.verdict == "247.50 USD before tax: sessions closed Nov 20, 2026."
    totals, listed = (part for part in paper.parts if isinstance(part, Table))
    assert totals.rows[-1] == ("all", "1", "35", "60", "247.50")
    assert listed.rows[0] == (
        "1001",
        "2026-11-20 21:41:01 EST",
        "Lee Okafor\n+12165550123",
        "35 min, billed 60\ntyped",
        f"{lines[0]['arithmetic']}\nW3 W6 R1\nmore than there was time for\ncorrected: without a reason\n=new card",
        "247.50\nafter-hours rate",
    )
    assert len(listed.rows) == 1000
    assert Words("The first 1,000 of 1,001: the CSV file has them all.") in paper.parts
    assert Words("No session was closed.") in nothing.parts


@pytest.mark.thorough
def test_billing_shows_each_line_with_its_arithmetic_and_what_all_come_to(manager: Visitor) -> None:
    page = manager.get(f"/reports/billing?{NIGHT}").text

    assert "$247.50 before tax" in text(page)
    assert re.search(r"1001 .*Lee Okafor.* \+12165550123 .*typed.* =new card \$247.50", text(page))
    assert "No session was closed." in manager.get("/reports/billing?first=2026-01-01&last=2026-01-31").text
