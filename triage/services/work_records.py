"""Work for people and programs: what is over as records, what it would cost, and each change in its own transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar, cast

from triage.errors import NotFound, Refused
from triage.policy.fields import WindowName
from triage.policy.hours import span_of_days
from triage.policy.session_price import Kind, lot_in_words
from triage.policy.terms import ProductLine
from triage.policy.work import notes_on
from triage.services import billing_lines
from triage.services.desk import Desk, names_of
from triage.services.records import Record
from triage.services.work import Changed, NewWork, correct, record, withdraw
from triage.store import Session, dealers, sessions, work
from triage.store.models import BillableSession, Dealer, DealerTechnician, Event, Site
from triage.store.models.case import reference_of
from triage.store.work import amounts


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Work that began on days of the contract's clock, both included; of a dealer's code, of a person."""

    first: date
    last: date
    dealer: str | None = None
    person: str | None = None


@dataclass(frozen=True, slots=True)
class Whose:
    """For whom somebody worked. `zone` is the clock of the site."""

    dealer_id: int | None
    technician_id: int | None
    site_id: int | None
    zone: str | None


@dataclass(frozen=True, slots=True)
class Client:
    """A dealer as a form needs it: names of technicians who have not left, sites with their clocks."""

    code: str
    name: str
    technicians: Sequence[str]
    sites: Sequence[tuple[str, str]]


_Named = TypeVar("_Named", DealerTechnician, Site)


def whose(desk: Desk, code: str | None, technician: str | None, site: str | None) -> Whose:
    """A dealer by its code, its technician and its site by their names. Raises NotFound; Refused without a dealer."""
    if code is None:
        if technician or site:
            raise Refused("A technician or a site needs a dealer: name it too.")
        return Whose(None, None, None, None)
    with desk.store.read() as session:
        dealer = dealers.known(session, code)
        who = _named(dealers.technicians_of(session, dealer.id), technician, dealer)
        where = _named(dealers.sites_of(session, dealer.id), site, dealer)
        return Whose(dealer.id, who.id if who else None, where.id if where else None, where.zone if where else None)


def dealers_to_choose(desk: Desk) -> list[tuple[str, str]]:
    """Code and name of the dealers that have not left, by name."""
    with desk.store.read() as session:
        return [(each.code, each.name) for each in dealers.every(session) if each.left_on is None]


def client(desk: Desk, code: str) -> Client:
    """A dealer by its code. Raises NotFound."""
    with desk.store.read() as session:
        dealer = dealers.known(session, code)
        technicians = [each.name for each in dealers.technicians_of(session, dealer.id) if each.left_on is None]
        sites = [(each.name, each.zone) for each in dealers.sites_of(session, dealer.id)]
        return Client(dealer.code, dealer.name, technicians, sites)


def find_work(desk: Desk, sought: Sought) -> Sequence[int]:
    """The numbers of work that is over, the newest first. Raises NotFound for a dealer that there is not."""
    start, end = span_of_days(sought.first, sought.last, desk.terms)
    with desk.store.read() as session:
        dealer_id = dealers.known(session, sought.dealer).id if sought.dealer else None
        return work.done(session, start, end, dealer_id=dealer_id, person_id=sought.person)


def list_work(desk: Desk, numbers: Sequence[int]) -> list[Record]:
    """Work that `find_work` found, in the same order."""
    with desk.store.read() as session:
        found = work.by_ids(session, numbers)
        names = dealers.names_by_id(session, {row.dealer_id for row in found if row.dealer_id is not None})
        costs = amounts(session, [row.id for row in found])
        return [_row(row, names, costs.get(row.id)) for row in found]


def show_work(desk: Desk, session_id: int) -> Record:
    """One piece of work with its times, its lines, what paid for it and what was done with it. Raises NotFound."""
    with desk.store.read() as session:
        row = session.get(BillableSession, session_id)
        if row is None or row.closed_at is None:
            raise NotFound(f"there is no work {session_id}; `afterhours session list` shows them")
        return _whole(session, desk, row)


def check_work(desk: Desk, new: NewWork, now: datetime, *, actor: str) -> Record:
    """What work would come to, priced as it would be. Raises as `record` does."""
    with desk.store.rehearse() as tx:
        return _whole(tx.session, desk, record(tx, desk, new, now, actor=actor))


def keep_work(desk: Desk, new: NewWork, now: datetime, *, actor: str) -> int:
    """Record work; returns its number. Raises as `record` does."""
    with desk.store.write() as tx:
        return record(tx, desk, new, now, actor=actor).id


def correct_work(desk: Desk, number: int, changed: Changed, now: datetime, *, reason: str, actor: str) -> None:
    """Raises as `correct` does."""
    with desk.store.write() as tx:
        correct(tx, desk, number, changed, now, reason=reason, actor=actor)


def withdraw_work(desk: Desk, number: int, now: datetime, *, reason: str, actor: str) -> None:
    """Raises as `withdraw` does."""
    with desk.store.write() as tx:
        withdraw(tx, desk, number, now, reason=reason, actor=actor)


def _named(known: Sequence[_Named], name: str | None, dealer: Dealer) -> _Named | None:
    if not name:
        return None
    found = next((each for each in known if each.name.casefold() == name.casefold()), None)
    if found is None:
        raise NotFound(f"{dealer.code} has no {name[:60]}; `afterhours dealer show {dealer.code}` shows whom it has")
    return found


def _row(row: BillableSession, names: dict[int, tuple[str, str]], amount: Decimal | None) -> Record:
    code, name = names.get(row.dealer_id or 0, (None, None))
    return {
        "session": row.id,
        "ref": reference_of(row.case_id) if row.case_id is not None else None,
        "kind": row.kind,
        "technician": row.person_id,
        "dealer": code,
        "dealer_name": name,
        "began_at": row.opened_at,
        "ended_at": row.closed_at,
        "minutes": row.minutes,
        "measured": row.is_measured,
        "measured_s": row.measured_s,
        "stated_minutes": row.stated_minutes,
        "product": row.product,
        "rate": row.rate,
        "amount": amount,
        "withdrawn_at": row.withdrawn_at,
        "note": row.note,
    }


def _whole(session: Session, desk: Desk, row: BillableSession) -> Record:
    lines = sessions.lines_of(session, row.id)
    names = dealers.names_by_id(session, {row.dealer_id} if row.dealer_id is not None else set())
    terms = desk.terms_of(session, row.policy)
    product, window = cast("ProductLine", row.product), cast("WindowName", row.window)
    technician = session.get(DealerTechnician, row.dealer_technician_id) if row.dealer_technician_id else None
    site = session.get(Site, row.site_id) if row.site_id else None
    return {
        **_row(row, names, billing_lines.total(lines)),
        "technician_name": names_of(session, desk).get(row.person_id, row.person_id),
        "dealer_technician": technician.name if technician else None,
        "site": site.name if site else None,
        "zone": row.zone,
        "server": row.server,
        "window": row.window,
        "policy": row.policy,
        "spans": [{"from": span.starts_at, "to": span.ends_at} for span in sessions.spans_of(session, row.id)],
        "expenses": [
            {"words": each.words, "miles": each.miles, "amount": each.amount}
            for each in sessions.expenses_of(session, row.id)
        ],
        "lines": [
            {
                "rate": line.rate,
                "minutes": line.minutes,
                "billed_minutes": line.billed_minutes,
                "billed_days": line.billed_days,
                "amount": line.amount,
                "taxable": line.is_taxable,
                "clauses": line.clauses,
                "arithmetic": line.arithmetic,
            }
            for line in lines
        ],
        "drawn": [
            {"lot": lot, "words": lot_in_words(lot), "minutes": minutes} for lot, minutes in work.drawn(session, row.id)
        ],
        "notes": [
            {"rule": rule, "words": words} for rule, words in notes_on(Kind(row.kind), product, window, row.rate, terms)
        ],
        "events": [_event(each) for each in work.history(session, row.id)],
    }


def _event(event: Event) -> Record:
    return {"at": event.at, "kind": event.kind, "actor": event.actor, "details": event.details}
