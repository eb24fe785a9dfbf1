"""What goes into a column comes out of it: aware UTC instants, exact dollars, lists as they were."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import StatementError

from tests.support.rows import NOW, add_case
from triage.store.engine import Store
from triage.store.models import BillableSession, BillingLine, Case, Heartbeat

NEW_YORK = ZoneInfo("America/New_York")


def kept(store: Store, at: datetime) -> datetime:
    with store.write() as tx:
        tx.session.add(Heartbeat(name="x", at=at))
    with store.read() as session:
        return session.get_one(Heartbeat, "x").at


@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 11, 1, 1, 30, tzinfo=NEW_YORK),
        datetime(2026, 11, 1, 1, 30, fold=1, tzinfo=NEW_YORK),
        datetime(2026, 3, 8, 3, 0, tzinfo=NEW_YORK),
        datetime(2026, 3, 8, 12, 0, 0, 1, tzinfo=timezone(timedelta(hours=14))),
        datetime(2000, 1, 1, tzinfo=UTC),
        datetime(2199, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    ],
)
def test_an_instant_comes_back_as_the_same_instant_in_utc(at: datetime, store: Store) -> None:
    back = kept(store, at)

    assert back == at.astimezone(UTC)
    assert back.tzinfo == UTC


def test_an_instant_without_a_zone_is_refused(store: Store) -> None:
    with pytest.raises(StatementError, match="an instant without a zone cannot be stored"):
        kept(store, datetime(2026, 11, 1, 1, 30))  # noqa: DTZ001 - that is the point


def test_a_naive_instant_is_refused_in_a_question_too(store: Store) -> None:
    naive = datetime(2026, 11, 1)  # noqa: DTZ001 - that is the point

    with pytest.raises(StatementError, match="without a zone"), store.read() as session:
        session.scalars(select(Case).where(Case.left_at > naive)).all()


def test_instants_of_many_zones_sort_as_time_does(store: Store) -> None:
    zones = [NEW_YORK, UTC, ZoneInfo("Asia/Kathmandu"), ZoneInfo("America/Phoenix")]
    instants = [(NOW + timedelta(minutes=number)).astimezone(zones[number % 4]) for number in range(12)]
    with store.write() as tx:
        for number, at in enumerate(reversed(instants)):
            tx.session.add(Heartbeat(name=str(number), at=at))

    with store.read() as session:
        ordered = session.scalars(select(Heartbeat.at).order_by(Heartbeat.at)).all()

    assert list(ordered) == instants


@pytest.mark.parametrize("amount", ["0.00", "0.01", "82.50", "247.50", "1775.00", "99999999999.99"])
def test_dollars_come_back_to_the_cent(amount: str, store: Store) -> None:
    with store.write() as tx:
        case = add_case(tx)
        work = BillableSession(
            case_id=case.id,
            window=case.window,
            product=case.product,
            policy=case.policy,
            person_id="dana",
            rate="standard",
            opened_at=NOW,
        )
        tx.session.add(work)
        tx.session.flush()
        tx.session.add(
            BillingLine(
                session_id=work.id,
                rule="R2",
                rate="standard",
                minutes=1,
                billed_minutes=30,
                amount=Decimal(amount),
                is_taxable=True,
                clauses=["W2", "R2"],
                arithmetic="",
                billed_at=NOW,
                created_at=NOW,
            )
        )

    with store.read() as session:
        line = session.scalars(select(BillingLine)).one()
        assert (str(line.amount), type(line.amount), line.clauses) == (amount, Decimal, ["W2", "R2"])


def test_a_case_keeps_its_references_when_the_newest_is_gone(store: Store) -> None:
    with store.write() as tx:
        first = add_case(tx).reference
        tx.session.delete(add_case(tx))
    with store.write() as tx:
        third = add_case(tx).reference

    assert (first, third) == ("1001", "1003")


def test_an_unknown_policy_cannot_be_the_policy_of_a_case(store: Store) -> None:
    from sqlalchemy.exc import IntegrityError  # noqa: PLC0415

    with pytest.raises(IntegrityError), store.write() as tx:
        add_case(tx, policy="never heard")


def test_what_sqlite_keeps_has_one_width(sqlite_store: Store) -> None:
    kept(sqlite_store, NOW)

    with sqlite_store.read() as session:
        assert session.scalar(text("SELECT at FROM heartbeats")) == "2026-11-21 02:30:00.000000"
