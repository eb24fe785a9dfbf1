"""A small, fixed share of the simulated years, and proof that it replays exactly and can fail."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from itertools import islice
from pathlib import Path
from urllib.parse import quote_plus

import pytest
import structlog
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from tests.simulation import money
from tests.simulation.__main__ import main
from tests.simulation.house import TOKEN, Broken
from tests.simulation.quiet_log import listen
from tests.simulation.run import simulate
from tests.simulation.seen import FAULTS, KINDS, RARE, Seen, missing
from tests.simulation.spans import Spans
from tests.simulation.traffic import WEEKS_A_STORM, WORDS, night_of_storm
from tests.simulation.troubles import ALL, WEEKS_A_DECK, some_kinds
from tests.simulation.week import Week, week
from triage.policy.event_words import EVENT_WORDS
from triage.services.dispatch import Errand
from triage.store.models import Alert, BillableSession, BillingLine, Case, Delivery, LedgerEntry, Timer, Voicemail

HEAD = """
import sys
from pathlib import Path
from tests.simulation.run import simulate
print(simulate(1, 0, Path(sys.argv[1]), 1).tally.head)
"""


@pytest.fixture(scope="module")
def night(sqlite_template: Path) -> Iterator[Week]:
    """One night of trouble, over."""
    with week(5, 0, sqlite_template) as simulated, listen():
        simulated.run(nights=1)
        yield simulated


def test_a_night_of_trouble_breaks_no_promise(night: Week) -> None:
    assert night.tally.voicemails > 0
    assert night.tally.alerts > 0


@pytest.mark.thorough
def test_a_week_with_a_changeover_night_breaks_no_promise(sqlite_template: Path) -> None:
    outcome = simulate(1, 44, sqlite_template)

    assert outcome.failure == ""
    assert outcome.tally.seen["night with 13 hours"] == 1


@pytest.mark.thorough
@pytest.mark.parametrize("number", [0, 1], ids=["2027", "2028"])
def test_a_year_with_few_nights_breaks_no_promise(sqlite_template: Path, number: int) -> None:
    outcome = simulate(1, number, sqlite_template, span="year")

    assert outcome.failure == ""
    assert (outcome.tally.seen["night with 11 hours"], outcome.tally.seen["night with 13 hours"]) == (1, 1)


@pytest.mark.thorough
def test_the_same_seed_makes_the_same_history_in_whatever_order_sets_are(sqlite_template: Path) -> None:
    heads = [
        subprocess.run(
            [sys.executable, "-c", HEAD, str(sqlite_template)],
            env={**os.environ, "PYTHONHASHSEED": order, "PYTHONPATH": str(Path(__file__).parents[2])},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for order in ("1", "2")
    ]

    assert re.fullmatch(r"[0-9a-f]{64}\n", heads[0])
    assert heads[0] == heads[1]


def forget_a_voicemail(rows: Session) -> None:
    rows.get_one(Voicemail, 1).recording_sid = "RE of no call"


def come_late(rows: Session) -> None:
    voicemail = rows.get_one(Voicemail, 1)
    voicemail.received_at = voicemail.left_at + timedelta(minutes=11)


def leave_a_case_behind(rows: Session) -> None:
    case = rows.get_one(Case, 1)
    case.state, case.opened_at = "acknowledged", case.opened_at - timedelta(days=6)


def owed(rows: Session) -> Case:
    """A case whose promise was kept."""
    case = rows.scalars(select(Case).where(Case.callback_made_at <= Case.callback_due)).first()
    assert case is not None
    return case


def tell_nobody(rows: Session) -> None:
    case = owed(rows)
    case.callback_made_at, case.breached_at, case.state = None, None, "review"


def breach_late(rows: Session) -> None:
    case = owed(rows)
    assert case.callback_due is not None
    case.callback_made_at, case.breached_at, case.state = None, case.callback_due + timedelta(minutes=30), "review"


def promise_more(rows: Session) -> None:
    case = owed(rows)
    assert case.callback_due is not None
    case.callback_due += timedelta(hours=1)


def repeat_what_arrived(rows: Session) -> None:
    rows.get_one(Delivery, 2).repeat_of = 1


def repeat_to_a_caller(rows: Session) -> None:
    row = rows.get_one(Delivery, 2)
    row.repeat_of, row.person_id = 1, None


def a_line(rows: Session) -> BillingLine:
    """What was worked, as if for no dealer that we know."""
    line = rows.scalars(select(BillingLine)).first()
    assert line is not None
    work = rows.get_one(BillableSession, line.session_id)
    work.dealer_id, line.amount = None, money.price_of(work)
    rows.flush()
    money.each_callback_is_billed_once(rows)
    return line


def bill_more(rows: Session) -> None:
    a_line(rows).amount += 1


def bill_twice(rows: Session) -> None:
    line = a_line(rows)
    kept = {column.key: getattr(line, column.key) for column in BillingLine.__table__.columns}
    rows.add(BillingLine(**{**kept, "id": None, "revision": 1}))


def a_dealers(rows: Session) -> BillingLine:
    line = rows.scalars(select(BillingLine).where(BillingLine.dealer_id.is_not(None))).first()
    assert line is not None
    return line


def bill_a_dealer_more(rows: Session) -> None:
    a_dealers(rows).amount += 1


def bill_a_dealer_nothing(rows: Session) -> None:
    rows.delete(a_dealers(rows))


def bill_a_quarter_that_goes_on(rows: Session) -> None:
    line = a_dealers(rows)
    kept = {column.key: getattr(line, column.key) for column in BillingLine.__table__.columns}
    rows.add(BillingLine(**{**kept, "id": None, "session_id": None, "quarter": "2027-Q1", "amount": Decimal("82.50")}))


def draw_more_than_there_is(rows: Session) -> None:
    entry = rows.scalars(select(LedgerEntry).where(LedgerEntry.minutes > 0)).first()
    assert entry is not None
    entry.minutes -= 100_000


def alert_again(rows: Session) -> None:
    """As a clock that steps back might: the rung was climbed, and is climbed once more."""
    rung = rows.scalars(select(Alert).where(Alert.reason == "ladder")).first()
    assert rung is not None
    kept = {column.key: getattr(rung, column.key) for column in Alert.__table__.columns}
    rows.add(Alert(**{**kept, "id": None, "created_at": rung.created_at + timedelta(hours=1)}))


def leave_a_rung_out(rows: Session) -> None:
    """As a clock that steps forward might: what was to come meanwhile never came."""
    rung = rows.scalars(select(Alert).where(Alert.reason == "ladder", Alert.step > 0)).first()
    assert rung is not None
    rung.step += 2
    rung.created_at += timedelta(hours=1)


def open_again(rows: Session) -> None:
    rows.scalars(select(Case).where(Case.state == "closed")).first().state = "review"  # type: ignore[union-attr]


def forget_an_end(rows: Session) -> None:
    rows.scalars(select(Delivery).where(Delivery.state == "delivered")).first().state = "sent"  # type: ignore[union-attr]


HARMS = (
    (forget_a_voicemail, "I1"),
    (come_late, "I1"),
    (leave_a_case_behind, "I2"),
    (tell_nobody, "I3"),
    (breach_late, "I5"),
    (promise_more, "I4"),
    (repeat_what_arrived, "I6"),
    (repeat_to_a_caller, "I6|I7"),
    (bill_more, "I8"),
    (bill_twice, "I8"),
    (bill_a_dealer_more, "I8"),
    (bill_a_dealer_nothing, "I8"),
    (bill_a_quarter_that_goes_on, "I8"),
    (draw_more_than_there_is, "I8"),
    (forget_an_end, "I11"),
    (open_again, "I12"),
    (alert_again, "I15"),
    (leave_a_rung_out, "I15"),
)


@pytest.mark.parametrize(("harm", "invariant"), HARMS, ids=[harm.__name__ for harm, _ in HARMS])
def test_what_breaks_an_invariant_is_found(night: Week, harm: Callable[[Session], None], invariant: str) -> None:
    night.watch.spans = Spans()  # nothing excuses it
    with night.house.store.rehearse() as tx:
        night.watch.look(tx.session)
        harm(tx.session)
        tx.session.flush()

        with pytest.raises(Broken, match=f"^({invariant}):"):
            night.watch.look(tx.session)


def test_a_callback_that_is_gone_is_found(night: Week) -> None:
    with night.house.store.rehearse() as tx:
        night.watch.look(tx.session)
        case = owed(tx.session)
        case.callback_made_at, case.breached_at = None, case.callback_due

        with pytest.raises(Broken, match=r"^I12:"):
            night.watch.states_only_move_on(tx.session, [case])


def test_a_call_to_a_strange_number_is_found(night: Week) -> None:
    exchange = night.house.phones.exchange
    sid = next(sid for sid, call in exchange.calls.items() if call.direction == "outbound-api")
    call = exchange.calls[sid]
    for direction in ("outbound-api", "outbound-dial"):
        exchange.calls[sid] = replace(call, direction=direction, to="+18765550199")

        with pytest.raises(Broken, match=r"^I9:"):
            night.watch.nobody_strange_is_rung()

    exchange.calls[sid] = call


def test_what_the_provider_took_twice_is_found(night: Week) -> None:
    exchange = night.house.phones.exchange
    sent = next(message for message in exchange.messages.values() if "delivery=" in (message.status_callback or ""))
    exchange.messages["SM again"] = sent

    with pytest.raises(Broken, match=r"^I6:"):
        night.watch.nobody_is_told_twice(None, [])  # type: ignore[arg-type] # it asks nothing of the rows

    del exchange.messages["SM again"]


def test_what_is_due_and_stays_so_is_found(night: Week) -> None:
    house = night.house
    with house.store.write() as tx:
        tx.session.add(Timer(case_id=1, kind="harm", due_at=house.now - timedelta(minutes=1)))
    with pytest.raises(Broken, match=r"^I11:"):
        night.watch.nothing_is_due()
    with pytest.raises(Broken, match=r"^I5:"):
        house.next_instant(house.now)
    with house.store.write() as tx:
        tx.session.execute(delete(Timer).where(Timer.due_at < house.now))


def test_what_a_node_writes_after_its_lease_is_found(night: Week) -> None:
    house = night.house
    stale = Errand(1, "of another", "sms", "", "", "send", house.now, timedelta(0), None)

    def write(_errand: Errand) -> None:
        with house.store.write():
            pass  # here it stands still, and goes on after its lease
        with house.stores[0].connection() as connection:
            connection.exec_driver_sql("UPDATE deliveries SET attempts = attempts + 1 WHERE id = 1")

    house.hangs_next = "after a commit"
    house.may_stand_still(partial(house.carry_out, partial(write, stale)))
    assert len(house.standing) == 1

    with pytest.raises(Broken, match=r"^I10:"):
        house.wake_hung()


def test_rewritten_history_is_found(night: Week) -> None:
    with night.house.store.connection() as connection:
        connection.exec_driver_sql("UPDATE events SET actor = 'nobody' WHERE number = 3")

    with pytest.raises(Broken, match=r"^I12:"):
        night.watch.history_holds()


def test_every_trouble_has_to_be_seen_and_every_rare_entry_is_one_of_the_history() -> None:
    assert {f"fault: {trouble.name}" for trouble in ALL} == set(FAULTS)
    assert set(KINDS) <= set(EVENT_WORDS)
    assert set(KINDS.values()) <= set(RARE)


TELLING = (
    "called +16145550102",
    "called (216) 555-1000",
    "called 1 216 555 1000 back",
    "two one six five five five one zero zero zero",
    "number=12165551000&answer=1",
    "+442079460123 rang",
    f"said: {WORDS}",
    "she said that the trunk is down",
    "Fairweather called",
    "keyed 482913",
    f"token {TOKEN}",
    f"token={quote_plus(TOKEN)}",
)


@pytest.mark.parametrize("words", TELLING)
def test_a_log_line_that_tells_too_much_is_found(words: str) -> None:
    library = logging.getLogger("some.library")
    with listen() as told:
        structlog.get_logger().info("harmless", case="1001", at="2027-01-01T17:00:00+00:00", sid="RE" + "216555" * 5)
        library.info("harmless")
        assert told == []

        structlog.get_logger().debug("harmful", words=words)
        library.info(words)
        structlog.get_logger().error("raised", exc_info=ValueError(words))
        assert told == ["harmful", f"some.library: {words}", "raised"]


def test_each_kind_of_trouble_comes_in_each_four_weeks_and_a_storm_in_each_eight() -> None:
    for begin in range(0, 520, WEEKS_A_STORM):
        weeks = range(begin, begin + WEEKS_A_STORM)
        dealt = [kind for week in weeks[:WEEKS_A_DECK] for kind in islice(some_kinds(3, week), len(ALL))]
        assert set(dealt) == set(ALL)
        assert sum(night_of_storm(3, week) is not None for week in weeks) == 1


def test_what_was_never_seen_is_named() -> None:
    seen = Seen(dict.fromkeys((*FAULTS, *RARE), 1))
    seen["breach"] = 0

    assert missing(seen) == ["breach"]


@pytest.mark.thorough
def test_a_failure_names_seed_and_commit_and_comes_again_exactly(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    look = Week.look

    def harm_and_look(simulated: Week) -> None:
        with simulated.house.store.write() as tx:
            forget_a_voicemail(tx.session)
        look(simulated)

    monkeypatch.setattr(Week, "look", harm_and_look)
    told = []
    for _ in range(2):
        monkeypatch.setattr(sys, "argv", ["simulation", "--seed", "4", "--week", "0", "--workers", "1"])
        assert main() == 1
        told.append(capsys.readouterr().out.partition("processor seconds")[0])

    assert told[0] == told[1]
    assert told[0].startswith("BROKEN: Broken: I1: recording RE")
    assert re.search(r"\nseed 4, week 0, commit ([0-9a-f]{7,}(-dirty)?|unknown), at 2027-01-", told[0])
    assert "\nagain: make simulate SEED=4 WEEK=0\n" in told[0]
