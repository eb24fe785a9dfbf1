"""`afterhours policy`: the contract, what a message gets, what work costs."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from config.settings import DEMO_ROSTER
from tests.cli.conftest import Run, document
from triage.owner_files import shipped_policy
from triage.policy.terms import read_terms
from triage.services.desk import Desk
from triage.services.roster_changes import roster_in_force
from triage.store import versions
from triage.store.engine import Store

FIELDS = {
    "window",
    "support_day",
    "local_time",
    "callback_due",
    "pages",
    "rate",
    "billable",
    "onsite_required",
    "flags",
    "clauses",
    "policy",
}


def explain(run: Run, at: str, *options: str) -> dict[str, Any]:
    result = run("policy", "explain", "--at", at, *options, "--json")
    assert result.exit_code == 0, result.stderr
    record: dict[str, Any] = document(result)
    return record


def test_explain_has_every_promised_field(run: Run) -> None:
    record = explain(run, "2026-11-21T02:30:00Z")

    assert set(record) >= FIELDS
    assert record["callback_due"] == "2026-11-21T04:30:00Z"
    assert isinstance(record["flags"], list)
    assert isinstance(record["support_day"], bool)


@pytest.mark.parametrize(
    ("at", "window", "rate", "onsite", "support_day"),
    [
        ("2026-11-20T07:59:59-05:00", "overnight", "after_hours", True, True),
        ("2026-11-20T08:00:00-05:00", "support_hours", "standard", False, True),
        ("2026-11-20T16:59:59-05:00", "support_hours", "standard", False, True),
        ("2026-11-20T17:00:00-05:00", "evening", "standard", False, True),
        ("2026-11-20T19:59:59-05:00", "evening", "standard", False, True),
        ("2026-11-20T20:00:00-05:00", "overnight", "after_hours", True, True),
        ("2026-11-21T07:59:59-05:00", "overnight", "after_hours", True, False),
        ("2026-11-21T08:00:00-05:00", "other", "after_hours", True, False),
        ("2026-11-21T16:59:59-05:00", "other", "after_hours", True, False),
        ("2026-11-21T17:00:00-05:00", "evening", "standard", False, False),
        ("2026-11-01T01:30:00-04:00", "overnight", "after_hours", True, False),
        ("2026-11-01T01:30:00-05:00", "overnight", "after_hours", True, False),
        ("2026-03-08T03:00:00-04:00", "overnight", "after_hours", True, False),
    ],
)
def test_explain_at_every_edge(at: str, window: str, rate: str, onsite: bool, support_day: bool, run: Run) -> None:
    record = explain(run, at)

    assert (record["window"], record["rate"], record["onsite_required"], record["support_day"]) == (
        window,
        rate,
        onsite,
        support_day,
    )
    due = datetime.fromisoformat(record["callback_due"])
    assert due - datetime.fromisoformat(at) == timedelta(hours=2)
    assert record["local_time"] == at
    assert record["pages"]


@pytest.mark.parametrize(
    ("product", "pages", "due", "billable", "flag"),
    [
        ("emg", True, "2026-11-21T04:30:00Z", True, "not_attested"),
        ("ucp", True, "2026-11-21T04:30:00Z", True, "not_attested"),
        ("application", True, "2026-11-21T04:30:00Z", True, "not_attested"),
        ("unknown", True, "2026-11-21T04:30:00Z", True, "not_attested"),
        ("other", True, "2026-11-21T04:30:00Z", True, "not_attested"),
        ("other/unknown", True, "2026-11-21T04:30:00Z", True, "not_attested"),
        ("server", False, "2026-11-23T15:00:00Z", True, "deferred"),
        ("discontinued", False, None, False, "not_supported"),
    ],
)
def test_explain_each_product_line(
    product: str, pages: bool, due: str | None, billable: bool, flag: str, run: Run
) -> None:
    record = explain(run, "2026-11-21T02:30:00Z", "--product", product)

    assert (record["pages"], record["callback_due"], record["billable"]) == (pages, due, billable)
    assert flag in record["flags"]


def test_explain_counts_from_when_the_message_was_left(run: Run) -> None:
    record = explain(run, "2026-11-21T00:59:50Z", "--left-at", "2026-11-21T01:03:00Z")

    assert (record["window"], record["callback_due"]) == ("evening", "2026-11-21T03:03:00Z")


@pytest.mark.parametrize(
    ("option", "flags"), [("--attested", []), ("--not-attested", ["not_attested"]), ("--emergency", None)]
)
def test_explain_flags(option: str, flags: list[str] | None, run: Run) -> None:
    record = explain(run, "2026-11-21T02:30:00Z", option)

    assert record["flags"] == (["emergency", "not_attested"] if flags is None else flags)
    assert ("E2" in record["clauses"]) == (option == "--emergency")


def test_explain_in_plain_words_says_the_same(run: Run) -> None:
    shown = run("policy", "explain", "--at", "2026-11-21T02:30:00Z").stdout

    assert "window           overnight" in shown
    assert "callback_due     2026-11-20 23:30:00 EST" in shown


@pytest.mark.parametrize(
    ("rate", "minutes", "billed", "amount", "clause"),
    [
        ("after_hours", 1, 60, "247.50", "R1"),
        ("after_hours", 60, 60, "247.50", "R1"),
        ("after_hours", 61, 90, "371.25", "R1"),
        ("after_hours", 91, 120, "495.00", "R1"),
        ("standard", 5, 30, "82.50", "R2"),
        ("standard", 31, 45, "123.75", "R2"),
        ("standard", 46, 60, "165.00", "R2"),
        ("prepaid", 31, 45, "93.75", "R3"),
        ("credit_overage", 31, 60, "165.00", "R6"),
        ("standard", 0, 0, "0.00", "R2"),
    ],
)
def test_price_of_minutes(rate: str, minutes: int, billed: int, amount: str, clause: str, run: Run) -> None:
    record = document(run("policy", "price", "--rate", rate, "--minutes", str(minutes), "--json"))

    assert set(record) == {"billed_minutes", "amount", "taxable", "clauses", "arithmetic"}
    assert (record["billed_minutes"], record["amount"], record["clauses"]) == (billed, amount, [clause])
    assert record["taxable"] is True
    assert "\n" not in record["arithmetic"]


@pytest.mark.parametrize(
    ("rate", "days", "billed", "amount", "clause"),
    [
        ("remote_day", 1, 1, "1775.00", "R4"),
        ("on_site_day", 1, 2, "3550.00", "R5"),
        ("on_site_day", 3, 3, "5325.00", "R5"),
    ],
)
def test_price_of_days(rate: str, days: int, billed: int, amount: str, clause: str, run: Run) -> None:
    record = document(run("policy", "price", "--rate", rate, "--days", str(days), "--json"))

    assert (record["billed_days"], record["amount"], record["clauses"]) == (billed, amount, [clause])


def test_price_in_plain_words_is_its_arithmetic(run: Run) -> None:
    shown = run("policy", "price", "--rate", "after_hours", "--minutes", "61").stdout

    assert shown == "61 min worked, at least 60, up to the next 30: 90 min x 247.50/h = 371.25 (R1)\n"


def test_check_prints_every_rule_of_the_contract(run: Run) -> None:
    shown = run("policy", "check").stdout

    cited = {line.split()[0] for line in shown.splitlines() if line[:1].strip()}
    wanted = {f"T{n}" for n in range(1, 6)} | {f"W{n}" for n in range(1, 7)} | {f"E{n}" for n in range(1, 7)}
    wanted |= {f"R{n}" for n in range(1, 8)} | {f"C{n}" for n in range(1, 8)}
    assert cited >= wanted


def test_check_in_json_holds_the_whole_contract(run: Run) -> None:
    record = document(run("policy", "check", "--json"))

    assert set(record) == {"version", "terms", "roster"}
    assert record["terms"]["rates"]["after_hours"]["price"] == "247.50"
    assert record["terms"]["windows"]["evening"]["callback_within"] == "2h"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[promise]\nat_risk = '1h'\n", "mine.toml: line 2: promise.at_risk: unknown key"),
        ("[promise]\nat_risk_before = 30\n", "write it like 2h, 90s, 1h30m or 7d"),
        ("[rates.standard]\nprice = 165.0\n", "write it as a string"),
        ("not toml", "mine.toml: line 1"),
        ("zone = 'EST'\n", 'write "America/New_York"'),
    ],
)
def test_check_refuses_anything_odd_with_line_and_mend(text: str, told: str, run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(text)

    result = run("policy", "check", "--json", policy_file="mine.toml")

    assert (result.exit_code, result.stdout) == (1, "")
    assert told in result.stderr


def test_an_owners_terms_change_what_is_explained(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('[windows.overnight]\ncallback_within = "20s"\n')

    record = document(run("policy", "explain", "--at", "2026-11-21T02:30:00Z", "--json", policy_file="mine.toml"))

    assert record["callback_due"] == "2026-11-21T02:30:20Z"


@pytest.mark.thorough
def test_closed_days_are_those_of_the_roster_in_force_and_of_the_file_once_it_was_edited(
    at_night: Run, run: Run, night: str, tmp_path: Path
) -> None:
    file = tmp_path / "roster.toml"
    file.write_text(DEMO_ROSTER.read_text())
    at_night("migrate", roster_file=str(file))
    at_night("oncall", "who", roster_file=str(file))
    desk = Desk(Store(night), read_terms(shipped_policy(), name="policy.toml", shipped=shipped_policy()), "")
    before = roster_in_force(desk)
    closed = before.model_copy(update={"closures": (date(2026, 11, 24),)})
    with desk.store.write() as tx:
        versions.add_roster(
            tx.session, closed.version, closed.canonical, source=before.version, now=datetime(2026, 11, 21, tzinfo=UTC)
        )

    tuesday = ("policy", "explain", "--at", "2026-11-24T15:00:00Z", "--json")
    kept = document(at_night(*tuesday, roster_file=str(file)))
    unreached = document(run(*tuesday, roster_file=str(file), database_url=f"sqlite:///{tmp_path}/none.db"))
    file.write_text(file.read_text().replace("Lee Okafor", "Lee O."))
    edited = document(at_night(*tuesday, roster_file=str(file)))

    assert [(found["window"], found["roster"]) for found in (kept, unreached, edited)] == [
        ("other", "in force"),
        ("support_hours", "file"),
        ("support_hours", "file"),
    ]
    assert not (tmp_path / "none.db").exists()
