"""`case`, `oncall`, `texts`, `report`, `audit`: what is promised to other programs, and what is safe to look at."""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime
from decimal import Decimal
from itertools import chain
from pathlib import Path

import pytest
from freezegun.api import FrozenDateTimeFactory
from sqlalchemy import text

from config.settings import DEMO_ROSTER
from tests.cli.conftest import Run, document
from tests.support.world import World
from triage.policy.spreadsheet import spreadsheet_safe
from triage.store.engine import Store

CASE = {
    "ref",
    "state",
    "window",
    "flags",
    "caller",
    "opened_at",
    "left_at",
    "callback_due",
    "acknowledged_at",
    "callback_made_at",
    "at_risk_at",
    "breached_at",
    "owner",
    "recordings",
    "policy",
}
FIGURES = {
    "count",
    "met",
    "breached",
    "open",
    "met_share",
    "mtta_median_s",
    "mtta_p95_s",
    "mttc_median_s",
    "mttc_p95_s",
    "met_measured",
    "met_stated",
    "met_by_attempts",
}
LINE = {
    "ref",
    "technician",
    "rate",
    "minutes",
    "billed_minutes",
    "amount",
    "taxable",
    "measured",
    "clauses",
    "arithmetic",
    "dealer",
    "quarter",
    "invoice",
}
SPAN = ("--from", "2026-11-20", "--to", "2026-11-21")


def test_case_list_has_every_promised_field(at_night: Run) -> None:
    found = document(at_night("case", "list", "--json"))

    assert [case["ref"] for case in found] == ["1001", "1002", "1003"]
    assert all(set(case) >= CASE for case in found)
    assert [case["state"] for case in found] == ["closed", "open", "open"]
    assert found[0]["callback_due"] == "2026-11-21T04:30:00Z"
    assert [case["ref"] for case in document(at_night("case", "list", "--open", "--json"))] == ["1002", "1003"]


def test_case_show_has_the_timeline_and_the_session(at_night: Run) -> None:
    case = document(at_night("case", "show", "1001", "--json"))

    assert set(case) >= CASE | {"events", "sessions"}
    assert all(set(event) >= {"at", "kind", "actor", "details"} for event in case["events"])
    assert all(event["at"].endswith("Z") for event in case["events"])
    instants = [datetime.fromisoformat(event["at"]) for event in case["events"]]
    assert instants == sorted(instants)
    assert case["sessions"][0]["lines"][0]["amount"] == "247.50"


def test_billing_report_in_json(at_night: Run) -> None:
    [line] = document(at_night("report", "billing", *SPAN, "--json"))

    assert set(line) >= LINE
    assert (line["ref"], line["technician"], line["minutes"], line["billed_minutes"]) == ("1001", "lee", 35, 60)
    assert (line["amount"], line["taxable"], line["measured"]) == ("247.50", True, False)


def test_sla_report_in_json(at_night: Run) -> None:
    found = document(at_night("report", "sla", *SPAN, "--format", "json"))

    assert set(found) >= {"from", "to", "totals", "windows", "technicians", "breaches", "weeks", "weekdays", "hours"}
    assert (found["from"], found["to"]) == ("2026-11-20", "2026-11-21")
    assert set(found["windows"]) == {"support_hours", "evening", "overnight", "other"}
    groups = [found[name].values() for name in ("windows", "technicians", "weekdays", "hours")]
    for figures in (found["totals"], *found["weeks"], *chain.from_iterable(groups)):
        assert set(figures) >= FIGURES
    assert [found["totals"][name] for name in ("count", "met", "breached", "open")] == [3, 1, 1, 1]
    assert [breach["ref"] for breach in found["breaches"]] == ["1002"]
    assert found["breaches"][0]["story"][0]["kind"] == "case_opened"
    assert found["windows"]["evening"]["met_share"] is None


def test_sla_report_narrows_and_shows_the_cases_behind_a_figure(at_night: Run) -> None:
    lees = document(at_night("report", "sla", *SPAN, "--technician", "lee", "--window", "overnight", "--json"))
    callers = document(at_night("report", "sla", *SPAN, "--caller", "+1 (216) 555-0123", "--json"))
    behind = document(at_night("report", "sla", *SPAN, "--cases", "breached", "--json"))
    table = at_night("report", "sla", *SPAN, "--hour", "21", "--cases", "count").stdout.splitlines()
    rows = at_night("report", "sla", *SPAN, "--cases", "met", "--format", "csv").stdout.splitlines()

    assert (lees["totals"]["count"], list(lees["technicians"]), lees["breaches"]) == (1, ["lee"], [])
    assert {name: value for name, value in lees["narrowed"].items() if value is not None} == {
        "window": "overnight",
        "technician": "lee",
    }
    assert ([breach["ref"] for breach in callers["breaches"]], callers["totals"]["count"]) == (["1002"], 1)
    assert [case["ref"] for case in behind] == ["1002"]
    assert [line.split()[0] for line in table] == ["ref", "1001", "1002"]
    assert [line.split(",")[0] for line in rows] == ["ref", "1001"]


def test_technician_whom_nobody_knows_is_told_of(at_night: Run) -> None:
    result = at_night("report", "sla", *SPAN, "--technician", "lea", "--json")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "there is no technician lea; on the roster are: dana, lee, maria" in result.stderr


def test_oncall_who_in_json_and_at_an_instant(at_night: Run) -> None:
    now = document(at_night("oncall", "who", "--json"))
    later = document(at_night("oncall", "who", "--at", "2026-11-24T15:00:00Z", "--json"))

    assert set(now[0]) >= {"person", "name", "rotation", "until"}
    assert [person["person"] for person in now][:2] == ["lee", "dana"]
    assert [person["person"] for person in later][:2] == ["dana", "lee"]
    assert now[0]["until"] == "2026-11-23T13:00:00Z"


def test_nobody_on_call_exits_1_and_says_so(run: Run, tmp_path: Path) -> None:
    result = run("oncall", "who", "--json", database_url=f"sqlite:///{tmp_path}/x.db")

    assert (result.exit_code, document(result)) == (1, [])
    assert "nobody is on call: check the rotations of the roster" in result.stderr


def test_audit_verify_exits_0_where_all_fits(at_night: Run) -> None:
    result = at_night("audit", "verify", "--json")

    record = document(result)
    assert (result.exit_code, record["ok"], record["first_bad"]) == (0, True, None)
    assert len(record["head"]) == 64


@pytest.mark.parametrize(
    ("tamper", "named", "reason"),
    [
        ("UPDATE events SET actor = 'person:lee' WHERE number = 4", 4, "changed"),
        ("DELETE FROM events WHERE number = 4", 4, "missing"),
        ("DELETE FROM events WHERE number > 4", 5, "missing at the end"),
    ],
)
def test_audit_verify_exits_1_and_names_the_entry(
    tamper: str, named: int, reason: str, night: str, at_night: Run
) -> None:
    store = Store(night)
    with store.connection() as connection:
        connection.execute(text(tamper))
    store.close()

    in_json, in_words = at_night("audit", "verify", "--json"), at_night("audit", "verify")

    assert (in_json.exit_code, in_words.exit_code) == (1, 1)
    assert (document(in_json)["first_bad"], document(in_json)["reason"]) == (named, reason)
    assert f"Entry {named} does not fit: {reason}." in in_words.stdout


@pytest.mark.thorough
@pytest.mark.parametrize(
    "arguments",
    [
        ("case", "show", "1001"),
        ("case", "list"),
        ("texts",),
        ("report", "billing", *SPAN),
        ("report", "sla", *SPAN),
        ("report", "billing", *SPAN, "--format", "csv"),
        ("case", "show", "1001", "--json"),
        ("texts", "--json"),
        ("report", "billing", *SPAN, "--json"),
    ],
)
def test_nobodys_words_reach_the_terminal_with_a_control_character(arguments: tuple[str, ...], at_night: Run) -> None:
    shown = at_night(*arguments).stdout

    assert shown
    assert all(char.isprintable() or char == "\n" for char in shown)


def test_csv_of_billing_is_safe_for_a_spreadsheet(at_night: Run) -> None:
    [row] = csv.DictReader(io.StringIO(at_night("report", "billing", *SPAN, "--format", "csv").stdout))

    assert row["note"].startswith("'=HYPERLINK")
    assert row["caller"] == "'+16145550199"
    assert (row["amount"], row["minutes"], row["clauses"]) == ("247.50", "35", "W3 W6 R1")


def test_csv_of_the_sla_has_a_row_for_each_window_and_technician(at_night: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(at_night("report", "sla", *SPAN, "--format", "csv").stdout)))

    assert [row["group"] for row in rows].count("window") == 4
    assert [row["group"] for row in rows].count("hour") == 24
    assert [row["name"] for row in rows if row["group"] == "week"] == ["2026-11-20"]
    assert rows[0]["group"] == "total"
    assert rows[0]["count"] == "3"


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("\uff1d1+1", "'\uff1d1+1"),
        ("+16145550199", "'+16145550199"),
        ("-2", "'-2"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("\0=1", "'\0=1"),
        ("  =1+1", "'  =1+1"),
        ("replaced the card = done", "replaced the card = done"),
        ("", ""),
        ("247.50", "247.50"),
    ],
)
def test_a_cell_that_might_be_a_formula_is_quoted(cell: str, safe: str) -> None:
    assert spreadsheet_safe(cell) == safe


def test_tables_of_nothing_say_so(run: Run) -> None:
    assert run("case", "list").stdout == "nothing to show\n"
    assert document(run("case", "list", "--json")) == []
    assert "total 0.00 before tax, 0 lines" in run("report", "billing", *SPAN).stdout
    assert document(run("report", "sla", *SPAN, "--json"))["totals"]["met_share"] is None


def test_csv_of_nothing_is_its_header(run: Run) -> None:
    shown = run("report", "billing", *SPAN, "--format", "csv").stdout

    assert shown.startswith("ref,closed_at,technician,caller,rate,minutes")
    assert shown.count("\n") == 1


def test_a_day_of_the_report_is_a_day_of_the_contract(at_night: Run) -> None:
    friday = document(at_night("report", "sla", "--from", "2026-11-20", "--to", "2026-11-20", "--json"))
    saturday = document(at_night("report", "sla", "--from", "2026-11-21", "--to", "2026-11-21", "--json"))

    assert (friday["totals"]["count"], saturday["totals"]["count"]) == (3, 0)


@pytest.mark.parametrize("arguments", [("case", "list"), ("report", "sla", *SPAN), ("audit", "verify"), ("texts",)])
def test_the_same_commands_work_on_postgresql(arguments: tuple[str, ...], run: Run, postgres_url: str) -> None:
    result = run(*arguments, "--json", database_url=postgres_url)

    assert result.exit_code == 0
    document(result)


def test_table_of_the_sla_has_columns_that_never_touch_and_a_line_for_each_breach(at_night: Run) -> None:
    heads, everything, *_ = at_night("report", "sla", *SPAN).stdout.splitlines()[1:]
    breaches = at_night("report", "sla", *SPAN).stdout.split("afterhours case show REF\n")[1].splitlines()

    assert re.split(" {2,}", heads.strip()) == [
        *("count", "met", "broken", "open", "none", "share", "met by"),
        *("MTTA median", "MTTA p95", "MTTC median", "MTTC p95"),
    ]
    assert len(re.split(" {2,}", everything)) == 12
    assert " 0/1/0 " in everything
    assert [re.split(" {2,}", line)[0] for line in breaches] == ["ref", "1002"]


def test_a_person_reads_the_wall_clock_of_the_contract(at_night: Run) -> None:
    assert "2026-11-20 21:3" in at_night("texts").stdout
    assert "2026-11-23 08:00:00 EST" in at_night("oncall", "who").stdout


def test_case_show_says_what_the_caller_keyed(at_night: Run) -> None:
    head = at_night("case", "show", "1001").stdout.split("timeline")[0]

    assert all(
        line in head
        for line in (
            "product     not said\n",
            "on site     attested, troubleshooting done\n",
            "language    English\n",
        )
    )


def test_the_timeline_of_a_case_is_in_words(at_night: Run) -> None:
    timeline = at_night("case", "show", "1001").stdout.split("timeline")[1]

    assert "  Case opened (caller): window: overnight; message left: 2026-11-20 " in timeline
    assert "  Taken by a technician (Lee Okafor)\n" in timeline
    assert " EST  Closed (Lee Okafor): 35 min; nothing measured; 35 min typed; $247.50 before tax" in timeline


def test_the_table_of_billing_adds_up(at_night: Run) -> None:
    shown = at_night("report", "billing", *SPAN).stdout

    assert shown.splitlines()[-1] == f"total {Decimal('247.50')} before tax, 1 lines"


def test_who_keyed_a_number_stands_in_the_list_by_that_number(
    run: Run, sqlite_url: str, clock: FrozenDateTimeFactory
) -> None:
    world = World(clock, sqlite_url)
    world.voicemail(withheld=True, number="6145550177")
    world.close()

    assert "+16145550177" in run("case", "list", database_url=sqlite_url).stdout


def test_report_without_days_is_of_today_by_the_contracts_clock(at_night: Run) -> None:
    assert document(at_night("report", "sla", "--json"))["from"] == "2026-11-21"
    assert at_night("report", "sla").stdout == at_night("report", "sla", "--from", "2026-11-21").stdout
    yesterday = document(at_night("report", "billing", "--json", "--to", "2026-11-20"))
    assert [line["ref"] for line in yesterday] == ["1001"]


def test_the_calendar_of_on_call_says_who_has_which_rotation_and_what_nobody_has(at_night: Run) -> None:
    span = ("--from", "2026-11-22", "--to", "2026-11-23")
    days = document(at_night("oncall", "calendar", *span, "--json"))
    shown = at_night("oncall", "calendar", *span).stdout
    too_long = at_night("oncall", "calendar", "--from", "2026-01-01", "--to", "2026-12-31")
    covered = at_night("oncall", "gaps")

    primary = [day for day in days if day["rotation"] == "primary"]
    assert [(day["day"], [shift["person"] for shift in day["shifts"]]) for day in primary] == [
        ("2026-11-22", ["lee"]),
        ("2026-11-23", ["lee", "dana"]),
    ]
    assert re.search(r"2026-11-23 Mon  primary    \S+ .*, .* from 08:00", shown)
    assert (too_long.exit_code, "62 days at the most" in too_long.stderr) == (2, True)
    assert (covered.exit_code, covered.stdout) == (0, "No gap in the coming two weeks.\n")


def test_a_gap_of_on_call_is_exit_1(at_night: Run, tmp_path: Path) -> None:
    roster = DEMO_ROSTER.read_text().replace("starts = 2026", "starts = 2027")
    (tmp_path / "roster.toml").write_text(roster)
    result = at_night("oncall", "gaps", "--json", roster_file=str(tmp_path / "roster.toml"))

    assert result.exit_code == 1
    assert {gap["rotation"] for gap in document(result)} >= {"primary"}
