"""Finding old cases, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time, timedelta

from triage.policy.hours import instant
from triage.services.desk import Desk
from triage.services.records import Record, case_records
from triage.store import cases, dealers
from triage.store.models.case import id_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which cases are looked for: of a number, of a dealer by its code, closed or not, left on days of the contract's
    clock, both included."""

    number: str | None = None
    dealer: str | None = None
    is_closed: bool | None = None
    first: date | None = None
    last: date | None = None


CASES_A_PAGE = 50


def find_cases(desk: Desk, wanted: Wanted, *, before: int | None) -> tuple[list[Record], int | None]:
    """A page of cases, newest first, from before a reference on; and the reference that the next page begins before,
    None where there is no more. Raises NotFound for a dealer of whom nothing is known."""
    start = instant(wanted.first, time.min, desk.terms) if wanted.first else None
    end = instant(wanted.last + timedelta(days=1), time.min, desk.terms) if wanted.last else None
    with desk.store.read() as session:
        found = cases.newest(
            session,
            CASES_A_PAGE + 1,
            before=id_of(str(before)) if before is not None else None,
            number=wanted.number,
            dealer_id=dealers.known(session, wanted.dealer).id if wanted.dealer is not None else None,
            is_closed=wanted.is_closed,
            start=start,
            end=end,
        )
        page = found[:CASES_A_PAGE]
        return case_records(session, page), int(page[-1].reference) if len(found) > CASES_A_PAGE else None
