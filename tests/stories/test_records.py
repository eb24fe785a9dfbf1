"""What a manager sees afterwards: cases, figures, and a history that shows when it was rewritten."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.support.fixtures import DANA, LEE, TEAM
from tests.support.rows import add_case
from tests.support.world import CALLER, Build, World
from triage.services.audit import verify_chain
from triage.services.records import cases_of
from triage.services.sla_report import Question, references_behind, sla_report

FRIDAY = date(2026, 11, 20)
FEW_ALERTS = """
promise.realert_after_breach = "10h"
promise.breach_to = ["managers"]
ladder.rounds = 1
ladder.steps = [{after = "0s", to = ["primary"], by = ["sms"]}]
"""
PROMISED = {
    *("ref", "state", "window", "flags", "caller", "opened_at", "left_at", "callback_due", "acknowledged_at"),
    *("callback_made_at", "at_risk_at", "breached_at", "owner", "recordings", "policy"),
}


def asked(**narrowed: Any) -> Question:
    return Question(first=FRIDAY, last=FRIDAY, **narrowed)


def figures_of(world: World, *path: str) -> dict[str, Any]:
    report = sla_report(world.program.desk, asked(), world.now)
    for word in path:
        report = report[word]
    return report


@pytest.fixture
def friday(build_world: Build) -> World:
    """Five cases of one night: Lee met one and broke one, Dana met one; one waits, one was a hang-up.

    Acknowledged after 60, 120 and 600 s; called back after 600, 1200 and 9000 s.
    """
    team = build_world(roster=TEAM, policy=FEW_ALERTS)
    callers = [f"+1212555010{number}" for number in range(4)]
    team.phones.leave_voicemail(callers[0], keys=team.keys(attested=True))
    team.phones.leave_voicemail(callers[1], keys=team.keys(attested=True))
    team.phones.leave_voicemail(callers[2], keys=team.keys(attested=True))
    team.phones.leave_voicemail("+13125550100", seconds=1)
    start = team.now
    for seconds, sender, body in [
        (60, LEE, "ACK 1001"), (120, DANA, "ACK 1002"), (600, LEE, "DONE 1001 10"), (600, LEE, "ACK 1003"),
        (1200, DANA, "DONE 1002 10"), (9000, LEE, "DONE 1003 10"),
    ]:  # fmt: skip
        team.at(start + timedelta(seconds=seconds))
        team.text(sender, body)
    team.at(start + timedelta(minutes=149))
    team.voicemail(callers[3], attested=True)
    return team


def test_totals_of_the_report_are_those_computed_by_hand(friday: World) -> None:
    assert figures_of(friday, "totals") == {
        "count": 5,
        "met": 2,
        "breached": 1,
        "open": 1,
        "unpromised": 1,
        "met_share": 0.6667,
        "mtta_median_s": 120.0,
        "mtta_p95_s": 600.0,
        "mttc_median_s": 1200.0,
        "mttc_p95_s": 9000.0,
        "met_measured": 0,
        "met_stated": 2,
        "met_by_attempts": 0,
    }


@pytest.mark.thorough
def test_each_technician_and_each_window_has_figures_of_its_own(friday: World) -> None:
    lee, dana = figures_of(friday, "technicians", "lee"), figures_of(friday, "technicians", "dana")
    windows = figures_of(friday, "windows")

    assert (lee["count"], lee["met"], lee["breached"], lee["met_share"]) == (2, 1, 1, 0.5)
    assert (lee["mtta_median_s"], lee["mttc_median_s"]) == (330.0, 4800.0)
    assert (dana["count"], dana["met"], dana["mttc_p95_s"]) == (1, 1, 1200.0)
    assert [windows[name]["count"] for name in ("support_hours", "evening", "overnight", "other")] == [0, 0, 5, 0]
    assert windows["overnight"] == figures_of(friday, "totals")


@pytest.mark.thorough
def test_every_figure_of_a_group_is_that_of_the_report_narrowed_to_it(friday: World) -> None:
    desk, now = friday.program.desk, friday.now
    report = figures_of(friday)
    narrowed = [
        *((figures, {"window": name}) for name, figures in report["windows"].items()),
        *((figures, {"technician": name}) for name, figures in report["technicians"].items()),
        *((figures, {"weekday": name}) for name, figures in report["weekdays"].items()),
        *((figures, {"hour": int(name)}) for name, figures in report["hours"].items()),
    ]

    assert [figures for figures, by in narrowed if sla_report(desk, asked(**by), now)["totals"] != figures] == []
    for name in ("windows", "weekdays", "hours"):
        assert sum(figures["count"] for figures in report[name].values()) == 5
    assert report["volume"]["friday"][21:] == [4, 0, 1]
    assert sla_report(desk, asked(caller="+12125550102"), now)["breaches"] == report["breaches"]


@pytest.mark.thorough
def test_each_figure_shows_its_cases_and_a_span_the_longest_first(friday: World) -> None:
    behind = {
        figure: references_behind(friday.program.desk, asked(), figure, friday.now)
        for figure in (
            "count",
            "met",
            "breached",
            "open",
            "unpromised",
            "met_share",
            "mtta_p95_s",
            "mttc_median_s",
            "met_measured",
            "met_stated",
        )
    }

    assert behind == {
        "count": ["1001", "1002", "1003", "1004", "1005"],
        "met": ["1001", "1002"],
        "breached": ["1003"],
        "open": ["1005"],
        "unpromised": ["1004"],
        "met_share": ["1001", "1002", "1003"],
        "mtta_p95_s": ["1003", "1002", "1001"],
        "mttc_median_s": ["1003", "1002", "1001"],
        "met_measured": [],
        "met_stated": ["1001", "1002"],
    }
    assert [case["ref"] for case in cases_of(friday.program.desk, ["1003", "1001"])] == ["1003", "1001"]


def test_the_hour_that_a_night_has_twice_is_one_hour_of_the_clock(world: World) -> None:
    """On the first of November 2026 clocks go from 02:00 EDT back to 01:00 EST."""
    first = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    with world.program.desk.store.write() as tx:
        for hours in (-2, 0, 1, 2):
            add_case(tx, left_at=first + timedelta(hours=hours))

    report = sla_report(world.program.desk, Question(first=date(2026, 10, 31), last=date(2026, 11, 2)), world.now)

    assert report["volume"]["sunday"][:3] == [0, 2, 1]
    assert report["volume"]["saturday"][23] == 1
    assert [(week["from"], week["to"], week["count"]) for week in report["weeks"]] == [
        (date(2026, 10, 31), date(2026, 11, 1), 4),
        (date(2026, 11, 2), date(2026, 11, 2), 0),
    ]


@pytest.mark.thorough
def test_breach_is_told_with_its_story(friday: World) -> None:
    report = sla_report(friday.program.desk, asked(), friday.now)

    (breach,) = report["breaches"]
    assert (breach["ref"], breach["owner"], breach["late_s"]) == ("1003", "lee", 1800.0)
    story = [event["kind"] for event in breach["story"]]
    decisive = ["acknowledged", "ladder_resumed", "at_risk", "breached", "called_back", "closed"]
    assert list(dict.fromkeys(kind for kind in story if kind in decisive)) == decisive


def test_report_counts_a_message_on_the_eastern_day_it_was_left(world: World) -> None:
    world.voicemail(attested=True)  # Saturday by UTC, Friday by the contract's clock

    saturday = sla_report(world.program.desk, Question(first=date(2026, 11, 21), last=date(2026, 11, 21)), world.now)

    assert figures_of(world, "totals")["count"] == 1
    assert (saturday["totals"]["count"], saturday["totals"]["mtta_median_s"]) == (0, None)


def test_case_has_the_fields_that_are_promised(world: World) -> None:
    left = world.now
    call = world.voicemail(CALLER, attested=True, transcript="the gateway is down")
    world.text(LEE, "ACK")

    case = world.case()
    (listed,) = world.cases()
    assert set(listed) >= PROMISED
    assert set(case) >= PROMISED | {"events", "sessions"}
    assert (case["left_at"], case["opened_at"], case["callback_due"]) == (left, left, left + timedelta(hours=2))
    assert (case["owner"], case["recordings"]) == ("lee", [call.recording_sid])
    assert case["voicemails"][0]["transcript"] == "the gateway is down"


def test_timeline_tells_who_did_what_in_order(world: World) -> None:
    world.voicemail(CALLER, attested=True)
    world.text(LEE, "DONE 30 all good")

    events = world.case()["events"]
    assert [(event["kind"], event["actor"]) for event in events] == [
        ("case_opened", "caller"),
        ("voicemail_left", "caller"),
        ("alert_made", "system"),
        ("delivery_accepted", "phone system"),
        ("delivery_delivered", "phone system"),
        ("acknowledged", "person:lee"),
        ("called_back", "person:lee"),
        ("billed", "system"),
        ("length_doubted", "system"),  # half an hour of work, a second after the message
        ("closed", "person:lee"),
    ]
    assert [event["at"] for event in events] == sorted(event["at"] for event in events)


CHANGED = "UPDATE events SET actor = 'person:dana' WHERE kind = 'case_opened'"
REMOVED = "DELETE FROM events WHERE kind = 'case_opened'"
CHEAPER = "UPDATE policy_versions SET content = replace(content, '247.50', '24.75')"


@pytest.mark.parametrize(
    ("sql", "entry", "reason"),
    [(CHANGED, 4, "changed"), (REMOVED, 4, "missing"), (CHEAPER, 2, "the contract that it loaded was changed")],
)
def test_rewritten_history_is_found_and_the_first_bad_entry_named(
    world: World, sql: str, entry: int, reason: str
) -> None:
    world.voicemail(CALLER, attested=True)
    world.text(LEE, "ACK")
    before = verify_chain(world.program.desk)
    world.rewrite_history(sql)

    after = verify_chain(world.program.desk)
    assert before.first_bad is None
    assert (after.first_bad, after.reason) == (entry, reason)  # before it: roster, policy, a key
