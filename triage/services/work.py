"""Work that no telephone measured: recorded as somebody typed it, priced, put right, withdrawn.

Nobody works on two things at once: what overlaps other work of the same person is refused. A callback that is closed
is never refused for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from triage.errors import NotFound, Refused
from triage.policy.case_words import clock
from triage.policy.day_pricing import Spans, length
from triage.policy.dealers import is_discontinued
from triage.policy.hours import window_at
from triage.policy.lengths import billed_minutes
from triage.policy.session_price import NOT_BILLED, Kind
from triage.policy.terms import ProductLine, Terms
from triage.policy.work import (
    KIND_WORDS,
    LONGEST_NOTE,
    NewExpense,
    check_expenses,
    check_kind,
    check_spans,
    in_order,
    rate_of,
)
from triage.services import billing, billing_lines
from triage.services.desk import Desk
from triage.store import sessions, work
from triage.store.engine import Transaction
from triage.store.models import BillableSession, Dealer, DealerTechnician, Expense, Site, WorkSpan
from triage.store.models.case import reference_of


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWork:
    """Work as somebody types it. `spans` are instants; `server` is what was installed (R7).

    `is_booked` where it was arranged ahead of time (E7); `is_sure` where a long span is meant.
    """

    kind: Kind
    person_id: str
    dealer_id: int | None
    dealer_technician_id: int | None
    site_id: int | None
    product: ProductLine
    spans: tuple[tuple[datetime, datetime], ...]
    note: str = ""
    expenses: tuple[NewExpense, ...] = ()
    server: str | None = None
    is_booked: bool = False
    is_sure: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """What a session should say instead; None where it stays as it is."""

    spans: tuple[tuple[datetime, datetime], ...] | None = None
    expenses: tuple[NewExpense, ...] | None = None
    note: str | None = None
    is_sure: bool = False


def record(tx: Transaction, desk: Desk, new: NewWork, now: datetime, *, actor: str) -> BillableSession:
    """Keep work and bill it, by the contract in force.

    Raises Refused where it overlaps other work of the person, lies ahead, is out of order or too long, or names what
    does not belong together.
    """
    terms, spans = desk.terms, in_order(new.spans)
    check_kind(new.kind, new.server, terms)
    check_spans(spans, new.kind, now, terms, is_sure=new.is_sure)
    check_expenses(new.expenses, new.kind, terms)
    site = _check_whose(tx, desk, new)
    _check_free(tx, desk, new.person_id, spans, terms)
    product: ProductLine = "server" if new.kind is Kind.SERVER_INSTALLATION else new.product
    software = site.software if site is not None and site.product == product else None
    is_supported = not is_discontinued(product, software, terms)
    rate = rate_of(new.kind, spans[0][0], new.server, terms, is_booked=new.is_booked)
    minutes = billed_minutes(length(spans))
    session = BillableSession(
        dealer_id=new.dealer_id,
        dealer_technician_id=new.dealer_technician_id,
        site_id=new.site_id,
        kind=new.kind.value,
        window=window_at(spans[0][0], terms),
        product=product,
        server=new.server,
        zone=site.zone if site is not None else None,
        is_booked=new.is_booked,
        policy=terms.version,
        person_id=new.person_id,
        rate=rate if is_supported else NOT_BILLED,
        opened_at=spans[0][0],
        closed_at=spans[-1][1],
        minutes=minutes,
        stated_minutes=minutes,
        note=_note(new.note),
    )
    tx.session.add(session)
    tx.session.flush()
    _keep(tx, session, spans, new.expenses, terms)
    billing.bill(tx, desk, session, now, is_billable=is_supported)
    dealer = tx.session.get(Dealer, new.dealer_id) if new.dealer_id is not None else None
    tx.record(
        "work_recorded",
        at=now,
        actor=actor,
        policy=session.policy,
        session=session.id,
        work=KIND_WORDS[new.kind],
        person=session.person_id,
        dealer=dealer.code if dealer else None,
        **_figures(tx, session),
    )
    return session


def correct(
    tx: Transaction, desk: Desk, session_id: int, changed: Changed, now: datetime, *, reason: str, actor: str
) -> BillableSession:
    """Other times, expenses or words than were typed: billed anew by the contract that the session keeps.

    Raises NotFound; Refused as `record` does, without a reason, and where nothing would change.
    """
    session = _standing(tx, session_id)
    if not reason.strip():
        raise Refused("Say why: the reason stays in the history.")
    terms, kind = desk.terms_of(tx.session, session.policy), Kind(session.kind)
    before, began_before = _figures(tx, session), session.opened_at
    spans = in_order(changed.spans) if changed.spans is not None else _spans_of(tx, session)
    spent = changed.expenses if changed.expenses is not None else _expenses_of(tx, session)
    check_spans(spans, kind, now, terms, is_sure=changed.is_sure or changed.spans is None)
    check_expenses(spent, kind, terms)
    _check_free(tx, desk, session.person_id, spans, terms, but=session.id)
    is_billed = session.rate != NOT_BILLED
    if spans[0][0] != session.opened_at and is_billed:
        session.rate = rate_of(kind, spans[0][0], session.server, terms, is_booked=session.is_booked)
    session.window = window_at(spans[0][0], terms)
    session.opened_at, session.closed_at = spans[0][0], spans[-1][1]
    session.minutes = session.stated_minutes = billed_minutes(length(spans))
    session.note = _note(changed.note) if changed.note is not None else session.note
    work.drop_typed(tx.session, session.id)
    _keep(tx, session, spans, spent, terms)
    billing.bill(tx, desk, session, now, is_billable=is_billed, began_before=began_before)
    after = _figures(tx, session)
    if after == before:
        raise Refused("That is what the session has already. Nothing was changed.")
    tx.record(
        "work_corrected",
        at=now,
        actor=actor,
        policy=session.policy,
        session=session.id,
        reason=reason.strip(),
        before=before,
        after=after,
    )
    return session


def withdraw(
    tx: Transaction, desk: Desk, session_id: int, now: datetime, *, reason: str, actor: str
) -> BillableSession:
    """It was no work: nothing is billed or drawn for it, and it stays to be read. Raises as `correct` does."""
    session = _standing(tx, session_id)
    if not reason.strip():
        raise Refused("Say why: the reason stays in the history.")
    before = _figures(tx, session)
    session.withdrawn_at = now
    billing.take_back(tx, desk, session, now)
    tx.record(
        "work_withdrawn",
        at=now,
        actor=actor,
        policy=session.policy,
        session=session.id,
        reason=reason.strip(),
        before=before,
    )
    return session


def _standing(tx: Transaction, session_id: int) -> BillableSession:
    session = tx.session.get(BillableSession, session_id)
    if session is None:
        raise NotFound(f"there is no work {session_id}; `afterhours session list` shows them")
    if session.case_id is not None:
        raise Refused(f"That is the callback of case {reference_of(session.case_id)}: correct it there.")
    if session.withdrawn_at is not None:
        raise Refused("It was withdrawn already.")
    return session


def _check_whose(tx: Transaction, desk: Desk, new: NewWork) -> Site | None:
    """The site that is meant. Raises Refused where people, dealer and site do not belong together."""
    if desk.roster(tx.session).person(new.person_id) is None:
        raise Refused(f"Nobody of the roster is called {new.person_id}.")
    if new.dealer_id is not None and tx.session.get(Dealer, new.dealer_id) is None:
        raise Refused("There is no such dealer.")
    technician_id, site_id = new.dealer_technician_id, new.site_id
    technician = tx.session.get(DealerTechnician, technician_id) if technician_id is not None else None
    site = tx.session.get(Site, site_id) if site_id is not None else None
    if technician_id is not None and (technician is None or technician.dealer_id != new.dealer_id):
        raise Refused("That technician is not of this dealer.")
    if site_id is not None and (site is None or site.dealer_id != new.dealer_id):
        raise Refused("That site is not of this dealer.")
    return site


def _check_free(
    tx: Transaction, desk: Desk, person_id: str, spans: Spans, terms: Terms, *, but: int | None = None
) -> None:
    """Raises Refused with what the person did at that time, where they did anything else."""
    person = desk.roster(tx.session).person(person_id)
    name = person.name if person else person_id
    for start, end in spans:
        if found := work.typed_over(tx.session, person_id, start, end, but=but):
            span, other = found
            what = f"work {other.id} ({KIND_WORDS[Kind(other.kind)].lower()})"
            when = _said(span.starts_at, span.ends_at, terms)
            raise Refused(f"{name} has {what} then: {when}. Change the times here, or correct that first.")
        if call := work.measured_over(tx.session, person_id, start, end):
            assert call.answered_at is not None  # noqa: S101 - somebody picked up
            when = _said(call.answered_at, call.ended_at, terms)
            case = reference_of(call.case_id)
            raise Refused(f"{name} was on the telephone for case {case} then, as measured: {when}. Change the times.")


def _said(start: datetime, end: datetime | None, terms: Terms) -> str:
    return f"{clock(start, terms)} to {clock(end, terms) if end else 'now'}"


def _keep(tx: Transaction, session: BillableSession, spans: Spans, spent: tuple[NewExpense, ...], terms: Terms) -> None:
    for start, end in spans:
        tx.session.add(WorkSpan(session_id=session.id, person_id=session.person_id, starts_at=start, ends_at=end))
    per_mile = terms.day_rates.on_site_day.mileage
    for each in spent:
        amount = each.amount if each.amount is not None else per_mile * (each.miles or 0)
        words = " ".join(each.words.split())
        tx.session.add(Expense(session_id=session.id, words=words, miles=each.miles, amount=amount))
    tx.session.flush()


def _note(text: str) -> str | None:
    if len(text) > LONGEST_NOTE:
        raise Refused(f"Write a note of {LONGEST_NOTE} characters at most.")
    return text.strip() or None


def _spans_of(tx: Transaction, session: BillableSession) -> Spans:
    return tuple((span.starts_at, span.ends_at) for span in sessions.spans_of(tx.session, session.id))


def _expenses_of(tx: Transaction, session: BillableSession) -> tuple[NewExpense, ...]:
    return tuple(
        NewExpense(words=each.words, amount=each.amount if each.miles is None else None, miles=each.miles)
        for each in sessions.expenses_of(tx.session, session.id)
    )


def _figures(tx: Transaction, session: BillableSession) -> dict[str, Any]:
    """What the history says of it."""
    lines = sessions.lines_of(tx.session, session.id)
    amount = billing_lines.total(lines)
    return {
        "spans": [[start, end] for start, end in _spans_of(tx, session)],
        "minutes": session.minutes,
        "expenses": [
            f"{each.words} {f'{each.miles} miles' if each.miles is not None else each.amount}"
            for each in sessions.expenses_of(tx.session, session.id)
        ],
        "note": session.note,
        "rate": session.rate,
        "clauses": list(dict.fromkeys(clause for line in lines for clause in line.clauses)),
        "amount": str(amount) if amount is not None else None,
        "arithmetic": "; ".join(line.arithmetic for line in lines) or None,
    }
