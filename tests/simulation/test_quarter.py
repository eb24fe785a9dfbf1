"""A few nights around a quarter's end, and proof that what time brings is looked at. All of a quarter: README."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.simulation.house import Broken
from tests.simulation.quarter import KEEP_FOR, Quarter, quarter
from tests.simulation.quiet_log import listen
from tests.simulation.spans import Spans
from triage.store.models import Invoice, InvoiceRun, Timer, Voicemail
from triage.store.models.recording import RecordingCopy

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def april(sqlite_template: Path) -> Iterator[Quarter]:
    """The nights from 29 March to 2 April 2027, and the days after them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Quarter, "first_of", staticmethod(lambda _number: date(2027, 3, 29)))
        with quarter(1, 0, sqlite_template) as simulated, listen():
            simulated.run(nights=5)
            simulated.watch.spans = Spans()
            yield simulated


def test_a_quarter_is_closed_and_its_months_are_kept(april: Quarter) -> None:
    assert april.tally.seen["quarter closed"] == 1
    assert april.tally.seen["month kept"] >= 1


def test_an_invoice_that_does_not_come_to_its_lines_is_found(april: Quarter) -> None:
    with april.house.store.rehearse() as tx:
        april.invoices_hold(tx.session)
        run = InvoiceRun(through_on=date(2027, 3, 31), made_at=april.house.now, made_by="account:1")
        tx.session.add(run)
        tx.session.flush()
        tx.session.add(
            Invoice(
                number="2027-9999",
                run_id=run.id,
                dealer_id=1,
                code="ACME",
                name="Acme Telephone",
                issued_on=date(2027, 4, 2),
                due_on=date(2027, 5, 2),
                total=Decimal(1),
            )
        )
        tx.session.flush()
        with pytest.raises(Broken, match=r"^I8: invoice"):
            april.invoices_hold(tx.session)


def test_a_recording_that_stays_too_long_or_goes_too_soon_is_found(april: Quarter) -> None:
    with april.house.store.rehearse() as tx:
        april.recordings_go_in_time(tx.session)
        copy = tx.session.scalars(select(RecordingCopy).where(RecordingCopy.file_name.is_not(None))).first()
        assert copy is not None
        voicemail = tx.session.get_one(Voicemail, copy.voicemail_id)
        voicemail.left_at -= KEEP_FOR + timedelta(days=4)
        tx.session.flush()
        with pytest.raises(Broken, match="still there"):
            april.recordings_go_in_time(tx.session)
        copy.file_name, copy.removed_at = None, april.house.now
        voicemail.left_at = april.house.now - timedelta(days=1)
        tx.session.flush()
        with pytest.raises(Broken, match="was removed"):
            april.recordings_go_in_time(tx.session)


def test_a_timer_of_a_closed_case_is_found(april: Quarter) -> None:
    with april.house.store.rehearse() as tx:
        april.nothing_is_left_behind(tx.session)
        case_id = tx.session.scalars(select(Voicemail.case_id)).first()
        tx.session.add(Timer(case_id=case_id, kind="breach", due_at=april.house.now + timedelta(days=1)))
        tx.session.flush()
        with pytest.raises(Broken, match=r"^growth:"):
            april.nothing_is_left_behind(tx.session)
