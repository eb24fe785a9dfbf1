"""Writing what the rows of a file change: dealers, technicians, sites, purchases. Nothing of them is ever deleted.

Numbers and e-mail addresses stand in no entry of the history, and PINs nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, TypeVar

from triage.errors import StoreUnavailable
from triage.policy.dealer_changes import Change
from triage.policy.dealer_files import NEW_PIN, NO_PIN, SHARED, Kind
from triage.policy.hours import instant, local
from triage.services import ledger, pins
from triage.services.desk import Desk
from triage.store import dealers
from triage.store.engine import Transaction
from triage.store.models import Dealer, DealerPhone, DealerTechnician, Purchase, Site

_PRIVATE = {"email", "phones", "pin"}
_NAMED_ALREADY = {"dealer", "code"}


@dataclass(frozen=True, slots=True)
class GivenPin:
    """A PIN that was made for a dealer's technician."""

    dealer: str
    name: str
    pin: str


@dataclass(frozen=True, slots=True)
class Written:
    """What came of changes: PINs that were made, and the dealers whose ledgers are due from some day of the past on."""

    pins: list[GivenPin]
    dealer_ids: list[int]


@dataclass(slots=True)
class _Work:
    """One import under way. `since` has the dealers whose ledger follows, each with the first day that counts anew."""

    tx: Transaction
    actor: str
    now: datetime
    today: date
    drawn: list[tuple[str, str]]
    dealers: dict[str, Dealer]
    given: list[GivenPin] = field(default_factory=list)
    since: dict[int, date] = field(default_factory=dict)

    def reckon_from(self, dealer: Dealer, day: date) -> None:
        self.since[dealer.id] = min(day, self.since.get(dealer.id, day))


def apply(
    tx: Transaction,
    desk: Desk,
    kind: Kind,
    found: Sequence[Change],
    drawn: Sequence[tuple[str, str]],
    *,
    actor: str,
    now: datetime,
) -> Written:
    """Write the changes. `drawn` are PINs with their hashes, to be given where nobody has them."""
    work = _Work(
        tx=tx,
        actor=actor,
        now=now,
        today=local(now, desk.terms).date(),
        drawn=list(drawn),
        dealers={dealer.code: dealer for dealer in dealers.every(tx.session)},
    )
    changed = [change for change in found if change.what != "keep"]
    if kind == "technicians":
        _give_up(work, changed)
    for change in changed:
        _WRITERS[kind](work, change)
    for dealer in work.dealers.values():
        if dealer.id in work.since:
            since = instant(work.since[dealer.id], time.min, desk.terms)
            dealer.next_due_at = min(since, dealer.next_due_at or since)
    return Written(pins=work.given, dealer_ids=sorted(work.since))


def settle_each(desk: Desk, dealer_ids: Iterable[int], *, actor: str, now: datetime) -> None:
    """Bring ledgers in line that are due, each in a transaction of its own: hundreds in one would keep callers waiting.

    Where the database does not answer the sweep goes on.
    """
    with suppress(StoreUnavailable):
        for dealer_id in dealer_ids:
            with desk.store.write() as tx:
                ledger.settle(tx, desk, dealer_id, now, now, actor=actor)


def _write_dealer(work: _Work, change: Change) -> None:
    values, session = change.row.values, work.tx.session
    dealer = session.get(Dealer, _id_of(work, change)) if change.what == "change" else None
    if dealer is None:
        dealer = Dealer(**values)
        session.add(dealer)
        session.flush()
        work.tx.record("dealer_added", at=work.now, actor=work.actor, dealer=dealer.code, **_told(change))
        work.dealers[dealer.code] = dealer
        work.reckon_from(dealer, dealer.joined_on or work.today)
        return
    joined = [day for day in (dealer.joined_on, values["joined_on"]) if day]
    if joined and dealer.joined_on != values["joined_on"]:
        work.reckon_from(dealer, min(joined))
    if dealer.has_account != values["has_account"]:
        work.reckon_from(dealer, work.today)
    for column, value in values.items():
        setattr(dealer, column, value)
    work.tx.record("dealer_changed", at=work.now, actor=work.actor, dealer=dealer.code, **_told(change))


def _id_of(work: _Work, change: Change) -> int:
    return next(each.id for code, each in work.dealers.items() if code.casefold() == change.row.key[0])


def _give_up(work: _Work, changed: Sequence[Change]) -> None:
    """Numbers and PINs first, so that they can go from one to another in the same file, and from who left."""
    phones: list[str] = []
    for change in changed:
        fields = {each.field: f"{each.before} {each.after}" for each in change.fields}
        phones += fields.get("phones", "").split()
        if "pin" in fields and (technician := _technician(work, change)) is not None:
            technician.pin_hash = None
    dealers.forget_phones(work.tx.session, phones)
    work.tx.session.flush()


def _technician(work: _Work, change: Change) -> DealerTechnician | None:
    dealer = work.dealers[change.row.values["dealer"]]
    return _named(dealers.technicians_of(work.tx.session, dealer.id), change)


def _write_technician(work: _Work, change: Change) -> None:
    values, session = change.row.values, work.tx.session
    dealer = work.dealers[values["dealer"]]
    technician = None
    if values["name"] != SHARED:
        technician = _technician(work, change)
        if technician is None:
            technician = DealerTechnician(dealer_id=dealer.id, name=values["name"])
            session.add(technician)
        technician.name, technician.left_on = values["name"], values["left_on"]
        technician.pin_hash = _pin_hash(work, change, technician)
        session.flush()
    if any(each.field == "phones" for each in change.fields):
        number = technician.id if technician else None
        session.add_all(
            DealerPhone(phone=phone, dealer_id=dealer.id, technician_id=number) for phone in values["phones"]
        )
    told = {"dealer": dealer.code, "technician": values["name"], **_told(change)}
    if change.what == "add":
        work.tx.record("dealer_technician_added", at=work.now, actor=work.actor, **told)
    else:
        work.tx.record("dealer_technician_changed", at=work.now, actor=work.actor, **told)


def _pin_hash(work: _Work, change: Change, technician: DealerTechnician) -> str | None:
    wanted = change.row.values["pin"]
    if wanted is None:
        return technician.pin_hash
    if wanted == NO_PIN:
        return None
    if wanted != NEW_PIN:
        return str(wanted)
    pin, pin_hash = work.drawn.pop() if work.drawn else pins.new_pin(work.tx)
    while dealers.technician_of_pin(work.tx.session, pin_hash) is not None:
        pin, pin_hash = pins.new_pin(work.tx)
    work.given.append(GivenPin(change.row.values["dealer"], change.row.values["name"], pin))
    return pin_hash


def _write_site(work: _Work, change: Change) -> None:
    values, session = change.row.values, work.tx.session
    dealer = work.dealers[values["dealer"]]
    site = _named(dealers.sites_of(session, dealer.id), change)
    told = {"dealer": dealer.code, "site": values["name"], **_told(change)}
    if site is None:
        site = Site(dealer_id=dealer.id)
        session.add(site)
        work.tx.record("site_added", at=work.now, actor=work.actor, **told)
    else:
        work.tx.record("site_changed", at=work.now, actor=work.actor, **told)
    for column, value in values.items():
        if column not in _NAMED_ALREADY:
            setattr(site, column, value)


def _write_purchase(work: _Work, change: Change) -> None:
    values = change.row.values
    dealer = work.dealers[values["dealer"]]
    work.tx.session.add(
        Purchase(
            dealer_id=dealer.id,
            bought_on=values["date"],
            kind=values["kind"],
            amount=values["amount"],
            reference=values["reference"],
            created_at=work.now,
        )
    )
    work.tx.record(
        "purchase_recorded",
        at=work.now,
        actor=work.actor,
        dealer=dealer.code,
        bought_on=values["date"],
        what=values["kind"],
        amount=values["amount"],
        reference=values["reference"],
    )
    work.reckon_from(dealer, values["date"])


_WRITERS: dict[Kind, Callable[[_Work, Change], None]] = {
    "dealers": _write_dealer,
    "technicians": _write_technician,
    "sites": _write_site,
    "purchases": _write_purchase,
}


_Of = TypeVar("_Of", DealerTechnician, Site)


def _named(rows: Sequence[_Of], change: Change) -> _Of | None:
    """Whom a row is about, among those of its dealer."""
    return next((row for row in rows if row.name.casefold() == change.row.key[1]), None)


def _told(change: Change) -> dict[str, Any]:
    """What the history says of a change: of what is private only that it changed."""
    return {
        each.field: "changed" if each.field in _PRIVATE else _from_to(each.before, each.after)
        for each in change.fields
        if each.field not in _NAMED_ALREADY
    }


def _from_to(before: str, after: str) -> str:
    if before and after:
        return f"from {before} to {after}"
    return after or f"no longer {before}"
