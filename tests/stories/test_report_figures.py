"""The figures of the SLA report, which are reckoned fast, against a reckoning that is slow and obvious."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, select, update

from tests.support.rows import add_case
from tests.support.world import World
from triage.policy.calendar_groups import HOURS, WEEKDAYS, slot_of, week_number, week_of
from triage.policy.fields import WindowName
from triage.policy.instants import microseconds_of
from triage.policy.intake import work_begins
from triage.services.sla_report import WINDOWS, Question, keep_a_month, sla_report
from triage.store import kept_months
from triage.store.engine import Transaction
from triage.store.models import Case, KeptMonth

FIRST, LAST = date(2026, 10, 19), date(2026, 11, 8)  # the clocks go back on the first of November
NOW = datetime(2026, 11, 7, 12, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")
PEOPLE = ("dana", "lee", None)


@dataclass
class Left:
    """What is known of a case."""

    window: WindowName
    owner: str | None
    is_deferred: bool
    left_at: datetime
    callback_due: datetime | None
    acknowledged_at: datetime | None
    callback_made_at: datetime | None
    breached_at: datetime | None
    callback_basis: str | None

    @property
    def here(self) -> datetime:
        return self.left_at.astimezone(NEW_YORK)


def drawn(draw: Random) -> Left:
    """A case of these days: any course, any microsecond."""
    begin = datetime(2026, 10, 19, 4, tzinfo=UTC)
    left = begin + timedelta(microseconds=draw.randrange(21 * 86_400 * 1_000_000))

    def later(hours: float) -> datetime | None:
        return (
            left + timedelta(microseconds=draw.randrange(int(hours * 3_600_000_000))) if draw.random() < 0.8 else None
        )

    due, made = (left + timedelta(hours=2) if draw.random() < 0.9 else None), later(3)
    return Left(
        window=draw.choice(WINDOWS[1:]),
        owner=draw.choice(PEOPLE),
        is_deferred=draw.random() < 0.7,
        left_at=left,
        callback_due=due,
        acknowledged_at=later(30),
        callback_made_at=draw.choice([made, due]),
        breached_at=due if draw.random() < 0.2 else None,
        callback_basis=draw.choice(["measured", "stated", "attempts"]) if made else None,
    )


def stored(world: World, count: int) -> list[Left]:
    draw = Random(20261101)
    found = sorted((drawn(draw) for _ in range(count)), key=lambda case: case.left_at)
    with world.program.desk.store.write() as tx:
        for case in found:
            known = {name: value for name, value in vars(case).items() if name != "is_deferred"}
            flags = ["deferred"] if case.is_deferred else []
            add_case(tx, policy=world.program.desk.terms.version, flags=flags, opened_at=case.left_at, **known)
    return found


def obvious(world: World, cases: Sequence[Left]) -> dict[str, Any]:
    """Instant by instant, from the rules in words."""
    unpromised = [case for case in cases if case.callback_due is None]
    promised = [(case, case.callback_due, case.callback_made_at) for case in cases if case.callback_due is not None]
    breached = [case for case, due, made in promised if case.breached_at or (made > due if made else due <= NOW)]
    met = [case for case, _, made in promised if made and case not in breached]
    takes, calls = (
        sorted(waited(world, case, at) for case in cases if (at := getattr(case, name)))
        for name in ("acknowledged_at", "callback_made_at")
    )
    return {
        "count": len(cases),
        "met": len(met),
        "breached": len(breached),
        "open": len(promised) - len(met) - len(breached),
        "unpromised": len(unpromised),
        "met_share": round(len(met) / (len(met) + len(breached)), 4) if met or breached else None,
        "mtta_median_s": round(median(takes), 3) if takes else None,
        "mtta_p95_s": round(takes[math.ceil(0.95 * len(takes)) - 1], 3) if takes else None,
        "mttc_median_s": round(median(calls), 3) if calls else None,
        "mttc_p95_s": round(calls[math.ceil(0.95 * len(calls)) - 1], 3) if calls else None,
        "met_measured": sum(case.callback_basis == "measured" for case in met),
        "met_stated": sum(case.callback_basis == "stated" for case in met),
        "met_by_attempts": sum(case.callback_basis == "attempts" for case in met),
    }


def waited(world: World, case: Left, at: datetime) -> float:
    terms = world.program.desk.terms
    begins = work_begins(window=case.window, left_at=case.left_at, is_deferred=case.is_deferred, terms=terms)
    return max((at - begins).total_seconds(), 0.0)


@pytest.mark.on_both
def test_every_figure_of_every_group_is_the_obvious_one(world: World) -> None:
    cases = stored(world, 300)
    report = sla_report(world.program.desk, Question(first=FIRST, last=LAST), NOW)

    def of(key: Callable[[Left], object], value: object) -> dict[str, Any]:
        return obvious(world, [case for case in cases if key(case) == value])

    assert report["totals"] == obvious(world, cases)
    assert report["windows"] == {name: of(lambda case: case.window, name) for name in WINDOWS}
    assert report["technicians"] == {name: of(lambda case: case.owner, name) for name in ("dana", "lee")}
    assert [{name: week[name] for name in report["totals"]} for week in report["weeks"]] == [
        of(lambda case: week_of(case.here.date()), week["from"]) for week in report["weeks"]
    ]
    assert report["weekdays"] == {name: of(lambda case: case.here.weekday(), at) for at, name in enumerate(WEEKDAYS)}
    assert report["hours"] == {f"{hour:02}": of(lambda case: case.here.hour, hour) for hour in HOURS}
    assert report["volume"]["sunday"] == [
        of(lambda case: (case.here.weekday(), case.here.hour), (6, hour))["count"] for hour in HOURS
    ]
    assert min(report["totals"].values()) > 0
    assert [breach["late_s"] for breach in report["breaches"]] == [
        round(((case.callback_made_at or NOW) - case.callback_due).total_seconds(), 3)
        for case in cases
        if case.callback_due and obvious(world, [case])["breached"]
    ]


SPANS = (
    Question(first=date(2026, 8, 1), last=date(2026, 10, 31)),
    Question(first=date(2026, 8, 17), last=date(2026, 11, 8)),
    Question(first=date(2026, 9, 1), last=date(2026, 9, 30)),
    Question(first=date(2026, 9, 2), last=date(2026, 9, 29)),
)


@pytest.mark.on_both
def test_months_that_are_kept_are_told_as_their_cases_are_whatever_becomes_of_them(world: World) -> None:
    desk, draw, known = world.program.desk, Random(7), stored_over_months(world, 150)

    def kept() -> int:
        while keep_a_month(desk, NOW):
            pass
        with desk.store.read() as session:
            return len(kept_months.names(session))

    def told() -> list[Any]:
        return [sla_report(desk, each, NOW) for each in SPANS]

    def from_the_cases() -> list[Any]:
        with desk.store.write() as tx:
            tx.session.execute(delete(KeptMonth))
        return told()

    assert kept() == 3
    assert told() == from_the_cases()
    for _ in range(4):
        assert kept() >= 3
        with desk.store.write() as tx:
            for case_id in draw.sample(known, 3):
                change(tx, tx.session.get_one(Case, case_id), draw)
            tx.session.execute(update(Case).where(Case.id == draw.choice(known)).values(owner="ruth"))
        assert told() == from_the_cases()


@pytest.mark.on_both
def test_days_with_many_cases_are_kept_until_their_month_is(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("triage.services.sla_report.WORTH_KEEPING", 1)
    desk, known, undecided = world.program.desk, stored_over_months(world, 150), datetime(2026, 10, 30, 12, tzinfo=UTC)
    with desk.store.write() as tx:
        waits = add_case(
            tx, policy=desk.terms.version, window="evening", left_at=undecided, callback_due=NOW, breached_at=None
        ).id

    def kept(now: datetime) -> set[tuple[date, int]]:
        while keep_a_month(desk, now):
            pass
        with desk.store.read() as session:
            spans = kept_months.names(session)
        return {(start.astimezone(NEW_YORK).date(), round((end - start) / timedelta(days=1))) for start, end in spans}

    days = kept(NOW)
    assert {(date(2026, 8, 1), 31), (date(2026, 9, 1), 30)} <= days
    assert (date(2026, 10, 30), 1) not in days
    assert {start.month for start, length in days if length == 1} == {10, 11}
    told = [sla_report(desk, each, NOW) for each in SPANS]
    with desk.store.write() as tx:
        tx.session.get_one(Case, waits).callback_made_at = undecided + timedelta(minutes=5)
        tx.session.get_one(Case, known[0]).owner = "ruth"
    changed = [sla_report(desk, each, NOW) for each in SPANS]
    assert kept(NOW) >= {(date(2026, 10, 1), 31)}
    assert {start.month for start, length in kept(NOW) if length == 1} == {11}
    assert [sla_report(desk, each, NOW) for each in SPANS] == changed != told
    with desk.store.write() as tx:
        tx.session.execute(delete(KeptMonth))
    assert [sla_report(desk, each, NOW) for each in SPANS] == changed


def stored_over_months(world: World, count: int) -> list[int]:
    """Cases of August to October, all decided, and of November."""
    draw = Random(20260801)
    with world.program.desk.store.write() as tx:
        for case in (drawn(draw) for _ in range(count)):
            back = timedelta(days=draw.randrange(81))
            known = {name: value for name, value in vars(case).items() if name != "is_deferred"}
            moved = {name: value - back if isinstance(value, datetime) else value for name, value in known.items()}
            moved |= {
                "breached_at": moved["breached_at"] or moved["callback_due"],
                "opened_at": moved["left_at"],
                "flags": ["deferred"] if case.is_deferred else [],
            }
            add_case(tx, policy=world.program.desk.terms.version, **moved)
    with world.program.desk.store.read() as session:
        return list(session.scalars(select(Case.id)))


def change(tx: Transaction, case: Case, draw: Random) -> None:
    """A late fact, or a correction."""
    match draw.randrange(4):
        case 0:
            case.left_at -= timedelta(days=draw.randrange(1, 40))
        case 1:
            case.owner = draw.choice(PEOPLE)
        case 2:
            case.callback_made_at, case.callback_basis = case.left_at + timedelta(minutes=draw.randrange(300)), "stated"
        case _:
            add_case(
                tx, policy=case.policy, window="evening", owner="dana", left_at=case.left_at,
                opened_at=case.left_at, callback_due=None,
            )  # fmt: skip


def test_a_month_with_a_promise_that_the_clock_decides_is_not_kept(world: World) -> None:
    desk, left = world.program.desk, datetime(2026, 9, 3, tzinfo=UTC)
    with desk.store.write() as tx:
        for breached_at, days in ((None, 0), (left, 30)):
            add_case(
                tx, policy=desk.terms.version, window="evening", left_at=left + timedelta(days=days),
                callback_due=left, breached_at=breached_at,
            )  # fmt: skip

    assert [keep_a_month(desk, NOW), keep_a_month(desk, NOW)] == [True, False]
    with desk.store.read() as session:
        assert [starts.month for starts, _ in kept_months.names(session)] == [10]


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kathmandu", "Pacific/Chatham", "Australia/Lord_Howe"])
def test_a_slot_is_that_of_each_instant_until_it_ends(zone: str) -> None:
    """Also where clocks are ahead by odd minutes, or are changed in the middle of an hour, as on Chatham."""
    draw, here = Random(zone), ZoneInfo(zone)
    for night in (datetime(2026, 4, 4, 13, tzinfo=UTC), datetime(2026, 11, 1, 5, tzinfo=UTC)):
        for _ in range(300):
            start = microseconds_of(night) + draw.randrange(4 * 3_600_000_000)
            slot, ends = slot_of(start, here)
            for at in (start, draw.randrange(start, ends), ends - 1):
                local = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)).astimezone(here)
                assert slot == (week_number(local), local.weekday(), local.hour)
