"""`session`: work is tried, recorded, read, put right and withdrawn at a terminal."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from freezegun.api import FrozenDateTimeFactory

from config.settings import DEMO_ROSTER
from tests.cli.conftest import Run, document
from tests.support.bills import add_dealer
from tests.support.world import World
from triage.errors import Refused
from triage.policy.work_words import read_span
from triage.store.models import Site

EASTERN = ZoneInfo("America/New_York")


@pytest.fixture
def session(run: Run, sqlite_url: str, clock: FrozenDateTimeFactory) -> Run:
    """Runs `afterhours session` where dealer C1 has a plant in California."""
    world = World(clock, sqlite_url)
    with world.program.desk.store.write() as tx:
        dealer = add_dealer(tx, "C1", name="Acme")
        tx.session.add(Site(dealer_id=dealer.id, name="Plant", zone="America/Los_Angeles"))
    world.close()
    return partial(run, "session", database_url=sqlite_url, roster_file=str(DEMO_ROSTER))


def test_a_visit_is_tried_kept_put_right_and_withdrawn(session: Run) -> None:
    worked = ("--worked", "2026-11-18 08:00", "17:00", "--worked", "2026-11-19T08:00", "2026-11-19 12:00")
    visit = ("--kind", "on_site_day", "--person", "lee", "--dealer", "c1", "--site", "plant", "--site-clock", *worked)

    tried = session("add", *visit, "--expense", "Flight", "412.50", "--dry-run").stdout
    assert document(session("list", "--json")) == []
    kept = session("add", *visit, "--expense", "Flight", "412.50", "--miles", "Own car", "90").stdout

    assert tried.startswith("Not kept: On-site days\ntechnician  Lee Okafor\ndealer      C1, Acme, Plant\n")
    assert "worked      2026-11-18 11:00:00 EST to 2026-11-18 20:00:00 EST\n" in kept
    assert "length      780 min, typed\n" in kept
    assert "line        3550.00: 2026-11-18, 2026-11-19: 2 d worked, 2 d billed x 1775.00 = 3550.00 (R5) [R5]" in kept
    assert "line        63.00: Own car: 90 miles x 0.70 = 63.00 (R5) [R5, not taxable]" in kept
    assert "amount      4025.50 before tax" in kept
    refused = session("add", "--kind", "call", "--person", "lee", "--worked", "2026-11-18 12:00", "13:00")
    assert (refused.exit_code, refused.stderr[:56]) == (2, "afterhours: Lee Okafor has work 1 (on-site days) then: 2")

    put_right = document(session("correct", "1", "--no-expenses", "--reason", "the dealer paid", "--json"))
    assert (put_right["amount"], put_right["expenses"], len(put_right["spans"])) == ("3550.00", [], 2)
    withdrawn = session("withdraw", "1", "--reason", "never went").stdout
    assert "Work 1: On-site days, withdrawn 2026-11-20 21:30:00 EST" in withdrawn
    assert "amount      not billed" in withdrawn
    assert "Work withdrawn  command line:" in withdrawn
    [row] = document(session("list", "--dealer", "C1", "--person", "lee", "--from", "2026-11-18", "--json"))
    assert (row["kind"], row["measured"], row["stated_minutes"], row["withdrawn_at"][:10]) == (
        "on_site_day", False, 780, "2026-11-21",
    )  # fmt: skip
    assert "lee         C1   780      typed  on_site_day  withdrawn" in session("list").stdout


def test_what_is_no_work_is_said_in_a_line(session: Run) -> None:
    call = ("add", "--kind", "call", "--person", "lee")

    for arguments, words, code in (
        ((*call, "--worked", "yesterday", "15:00"), "'yesterday' is no time; write it like 2026-03-10 14:00", 2),
        ((*call, "--worked", "2026-11-01 01:30", "02:30"), "comes twice that day", 2),
        ((*call, "--worked", "2026-11-18", "15:00"), "write day and time", 2),
        ((*call, "--dealer", "C9"), "there is no dealer C9", 1),
        ((*call, "--dealer", "C1", "--site", "Moon"), "C1 has no Moon; `afterhours dealer show C1`", 1),
        ((*call, "--site", "Moon"), "needs a dealer", 2),
        ((*call, "--site-clock"), "--site-clock needs a site", 2),
        ((*call, "--expense", "Taxi", "much"), "'much' is no amount", 2),
        (("show", "7"), "there is no work 7", 1),
        (("correct", "7", "--reason", "x"), "there is no work 7", 1),
        (("withdraw", "7", "--reason", "x"), "there is no work 7", 1),
        (("list", "--from", "2026-11-19", "--to", "2026-11-18"), "ends before it begins", 2),
    ):
        result = session(*arguments)
        assert (result.exit_code, words in result.stderr) == (code, True), result.stderr


def test_a_span_is_read_on_a_wall_clock_or_as_instants() -> None:
    four = datetime(2026, 11, 1, 5, 30, tzinfo=UTC), datetime(2026, 11, 1, 7, 30, tzinfo=UTC)

    assert read_span("2026-11-01T05:30:00Z", "2026-11-01 02:30", EASTERN) == four
    assert read_span("2026-11-01T01:30-04:00", "2026-11-01T02:30-05:00", EASTERN) == four
    with pytest.raises(Refused, match="write the end like the beginning"):
        read_span("2026-11-01T05:30:00Z", "02:30", EASTERN)
    with pytest.raises(Refused, match="clocks skip it"):
        read_span("2026-03-08 02:30", "03:30", EASTERN)
