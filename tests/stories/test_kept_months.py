"""What the SLA report keeps of a month that is over: gone with any change of its cases, and never in anybody's way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, update

from tests.support.logs import Logs, logs, own_logging
from tests.support.rows import add_case
from tests.support.world import World
from triage.policy.sla_groups import FORM
from triage.services.desk import Desk
from triage.services.sla_report import KEEPING, Question, is_keeping_due, keep_a_month, sla_report
from triage.services.vital_signs import signs
from triage.store import kept_months
from triage.store.engine import Transaction
from triage.store.models import Case, KeptMonth, PolicyVersion

__all__ = ["logs", "own_logging"]

NOW = datetime(2026, 11, 7, 12, tzinfo=UTC)
SEPTEMBER = datetime(2026, 9, 1, 4, tzinfo=UTC)
THREE_MONTHS = Question(first=date(2026, 8, 1), last=date(2026, 10, 31))

Changes = Callable[[Transaction, Case], object]


def add(tx: Transaction, left_at: datetime, policy: str, *flags: str) -> None:
    """A case that was promised nothing: its outcome hangs on no clock."""
    add_case(
        tx, policy=policy, window="evening", left_at=left_at, opened_at=left_at, callback_due=None, flags=list(flags)
    )


def keep_all(desk: Desk) -> None:
    """August to October, of each of which there is a case, are kept."""
    with desk.store.write() as tx:
        for days in (-20, 10, 40):
            add(tx, SEPTEMBER + timedelta(days=days), desk.terms.version)
    while keep_a_month(desk, NOW):
        pass


CHANGES: tuple[tuple[str, Changes, set[int]], ...] = (
    ("one comes late", lambda tx, case: add(tx, case.left_at, case.policy), {9}),
    ("in the first moment", lambda tx, case: add(tx, SEPTEMBER, case.policy), {9}),
    ("just before it", lambda tx, case: add(tx, SEPTEMBER - timedelta(microseconds=1), case.policy), {8}),
    ("one changes", lambda _, case: setattr(case, "owner", "ruth"), {9}),
    ("one moves on", lambda _, case: setattr(case, "left_at", case.left_at + timedelta(days=30)), {9, 10}),
    ("one moves back", lambda _, case: setattr(case, "left_at", case.left_at - timedelta(days=30)), {8, 9}),
    ("one goes", lambda tx, case: tx.session.delete(case), {9}),
)


@pytest.mark.on_both
def test_each_change_of_a_case_takes_its_months_away_and_no_other(world: World) -> None:
    keep_all(world.program.desk)

    for name, changes, months in CHANGES:
        with world.program.desk.store.rehearse() as tx:
            [case] = tx.session.scalars(select(Case).where(Case.left_at == SEPTEMBER + timedelta(days=10)))
            changes(tx, case)
            tx.session.flush()
            assert (name, {starts.month for starts, _ in kept_months.names(tx.session)}) == (name, {8, 9, 10} - months)


def test_a_month_that_was_kept_in_another_form_is_counted_and_kept_anew(world: World) -> None:
    desk = world.program.desk
    keep_all(desk)
    told = sla_report(desk, THREE_MONTHS, NOW)
    with desk.store.write() as tx:
        tx.session.execute(update(KeptMonth).values(form=FORM + 1, counts={}, spans=b""))

    assert sla_report(desk, THREE_MONTHS, NOW) == told
    assert keep_a_month(desk, NOW)
    with desk.store.read() as session:
        assert [starts.month for starts, _ in kept_months.names(session)] == [10]


def test_a_month_that_cannot_be_counted_stops_no_sweep_and_is_tried_again_in_an_hour(world: World, logs: Logs) -> None:
    desk = world.program.desk
    with desk.store.write() as tx:
        tx.session.add(PolicyVersion(version="damaged", content="no contract", first_used_at=SEPTEMBER))
        tx.session.flush()
        add(tx, SEPTEMBER, "damaged", "deferred")

    while keep_a_month(desk, NOW):  # October, of which there is nothing
        pass

    tried = signs(desk).get(KEEPING)
    assert tried == NOW
    assert not is_keeping_due(tried, NOW + timedelta(minutes=59))
    assert is_keeping_due(tried, NOW + timedelta(hours=1))
    assert len(logs.named("month_not_kept")) == 1
