"""Sessions and their lines: every window at its rate, argued from the line alone."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.support.fixtures import LEE, SAM, TEAM
from tests.support.world import Build, World
from triage.services import records

NIGHT, DAY = date(2026, 11, 20), date(2026, 11, 20)


@pytest.mark.parametrize(
    ("at", "window", "rate", "amount", "clauses"),
    [
        ("2026-11-20T15:00:00", "support_hours", "standard", "123.75", ["W1", "W6", "R2"]),
        ("2026-11-20T23:00:00", "evening", "standard", "123.75", ["W2", "W6", "R2"]),
        ("2026-11-21T02:30:00", "overnight", "after_hours", "247.50", ["W3", "W6", "R1"]),
        ("2026-11-21T15:00:00", "other", "after_hours", "247.50", ["W4", "W6", "R1"]),
    ],
)
def test_window_of_the_message_sets_the_rate(
    build_world: Build, at: str, window: str, rate: str, amount: str, clauses: list[str]
) -> None:
    world = build_world(roster=TEAM, at=at)
    world.voicemail(attested=True)
    world.text(LEE, "DONE 31")

    case = world.case()
    (session,) = case["sessions"]
    (line,) = session["lines"]
    assert (case["window"], session["rate"], line["rate"]) == (window, rate, rate)
    assert (line["amount"], line["taxable"], line["clauses"]) == (Decimal(amount), True, clauses)


@pytest.mark.parametrize(("minutes", "billed", "amount"), [(1, 60, "247.50"), (91, 120, "495.00")])
def test_after_hours_minutes_are_rounded_up_once(world: World, minutes: int, billed: int, amount: str) -> None:
    world.voicemail(attested=True)
    world.advance(minutes=minutes)

    answer = world.text(LEE, f"DONE {minutes}")

    (line,) = world.case()["sessions"][0]["lines"]
    assert answer == f"1001 is closed: {minutes} min, after-hours rate, ${amount}."
    assert (line["minutes"], line["billed_minutes"], line["amount"]) == (minutes, billed, Decimal(amount))


def test_session_past_the_edge_of_its_window_keeps_the_rate_of_the_message(build_world: Build) -> None:
    world = build_world(roster=TEAM, at="2026-11-21T00:50:00")  # 7:50 PM, evening
    world.voicemail(attested=True)
    world.text(LEE, "DONE")
    world.advance(minutes=50)

    assert world.text(LEE, "DONE 46") == "1001 is closed: 46 min, standard rate, $165.00."


def test_discontinued_product_is_not_billed(world: World) -> None:
    world.voicemail(product="discontinued")

    assert world.text(LEE, "DONE 1001 20 told them to upgrade") == "1001 is closed: 20 min, not billed."
    assert world.case()["sessions"][0]["lines"] == []
    assert "not_billed" in world.kinds()


@pytest.mark.thorough
@pytest.mark.on_both
def test_billing_report_is_the_lines_of_the_span(team: World) -> None:
    team.voicemail(attested=True)
    team.voicemail("+12125550101", attested=True)
    team.voicemail("+12125550102", product="discontinued")
    team.text(LEE, "DONE 1002 61 swapped the card")
    team.text(SAM, "DONE 1001 5")
    team.text(SAM, "DONE 1003 5")

    lines = records.billing_report(team.program.desk, NIGHT, DAY)

    assert [(line["ref"], line["technician"], line["amount"]) for line in lines] == [
        ("1002", "lee", Decimal("371.25")),
        ("1001", "sam", Decimal("247.50")),
    ]
    assert records.total(lines) == Decimal("618.75")
    assert records.billing_report(team.program.desk, date(2026, 11, 21), date(2026, 11, 30)) == []


def test_line_of_the_billing_report_can_be_argued_from_alone(world: World) -> None:
    world.voicemail(attested=True)
    world.text(LEE, "DONE 61 swapped the card")

    (line,) = records.billing_report(world.program.desk, NIGHT, DAY)

    promised = ("ref", "technician", "rate", "minutes", "billed_minutes", "amount", "taxable", "measured", "clauses")
    assert [line[name] for name in promised] == [
        "1001", "lee", "after_hours", 61, 90, Decimal("371.25"), True, False, ["W3", "W6", "R1"],
    ]  # fmt: skip
    assert line["arithmetic"] == "61 min worked, at least 60, up to the next 30: 90 min x 247.50/h = 371.25 (R1)"
    assert line["note"] == "swapped the card"


def test_attempts_that_stand_for_a_callback_are_not_billed(world: World) -> None:
    world.voicemail(attested=True)
    world.text(LEE, "TRIED")
    world.advance(minutes=10)
    world.text(LEE, "TRIED")
    world.text(LEE, "DONE")

    assert world.case()["callback_basis"] == "attempts"
    assert records.billing_report(world.program.desk, NIGHT, DAY) == []
