"""Writing what the rows of a file change: dealers, technicians, sites, purchases. Nothing of them is ever deleted.

Numbers and e-mail addresses stand in no entry of the history, and PINs nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

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
_SETTLED_AT_ONCE = 50
"""Ledgers that an import brings in line before it answers; a ledger takes some hundredths of a second."""


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
    """One import under way. `dealers` are all, by code; names and codes are casefolded.
    `since` has the dealers whose ledger follows, each with the first day that counts anew."""

    tx: Transaction
    actor: str
    now: datetime
    today: date
    drawn: list[tuple[str, str]]
    dealers: dict[str, Dealer]
    given: list[GivenPin] = field(default_factory=list)
    since: dict[int, date] = field(default_factory=dict)
    technicians: dict[int, dict[str, DealerTechnician]] = field(default_factory=dict)
    sites: dict[int, dict[str, Site]] = field(default_factory=dict)

    def dealer(self, code: str) -> Dealer:
        return self.dealers[code.casefold()]

    def technicians_of(self, dealer: Dealer) -> dict[str, DealerTechnician]:
        """Those of a dealer by name; read once, however many rows name the dealer."""
        if dealer.id not in self.technicians:
            found = dealers.technicians_of(self.tx.session, dealer.id)
            self.technicians[dealer.id] = {each.name.casefold(): each for each in found}
        return self.technicians[dealer.id]

    def sites_of(self, dealer: Dealer) -> dict[str, Site]:
        """As `technicians_of`."""
        if dealer.id not in self.sites:
            found = dealers.sites_of(self.tx.session, dealer.id)
            self.sites[dealer.id] = {each.name.casefold(): each for each in found}
        return self.sites[dealer.id]

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
        dealers={dealer.code.casefold(): dealer for dealer in dealers.every(tx.session)},
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


def settle_first(desk: Desk, dealer_ids: Sequence[int], *, actor: str, now: datetime) -> int:
    """Bring the first ledgers in line that are due. Returns how many are left to the sweep: those of a large file, and
    all that are not done when the database does not answer.

    Each has a transaction of its own: hundreds in one would keep callers waiting.
    """
    done = 0
    with suppress(StoreUnavailable):
        for dealer_id in dealer_ids[:_SETTLED_AT_ONCE]:
            with desk.store.write() as tx:
                ledger.settle(tx, desk, dealer_id, now, now, actor=actor)
            done += 1
    return len(dealer_ids) - done


def _write_dealer(work: _Work, change: Change) -> None:
    values, session = change.row.values, work.tx.session
    dealer = work.dealers.get(change.row.key[0])
    if dealer is None:
        dealer = Dealer(**values)
        session.add(dealer)
        session.flush()
        work.tx.record("dealer_added", at=work.now, actor=work.actor, dealer=dealer.code, **_told(change))
        work.dealers[change.row.key[0]] = dealer
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
    return work.technicians_of(work.dealer(change.row.values["dealer"])).get(change.row.key[1])


def _write_technician(work: _Work, change: Change) -> None:
    values, session = change.row.values, work.tx.session
    dealer = work.dealer(values["dealer"])
    technician = None
    if values["name"] != SHARED:
        technician = _technician(work, change)
        if technician is None:
            technician = DealerTechnician(dealer_id=dealer.id, name=values["name"])
            session.add(technician)
            work.technicians_of(dealer)[change.row.key[1]] = technician
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
    dealer = work.dealer(values["dealer"])
    site = work.sites_of(dealer).get(change.row.key[1])
    told = {"dealer": dealer.code, "site": values["name"], **_told(change)}
    if site is None:
        site = Site(dealer_id=dealer.id)
        session.add(site)
        work.sites_of(dealer)[change.row.key[1]] = site
        work.tx.record("site_added", at=work.now, actor=work.actor, **told)
    else:
        work.tx.record("site_changed", at=work.now, actor=work.actor, **told)
    for column, value in values.items():
        if column not in _NAMED_ALREADY:
            setattr(site, column, value)


def _write_purchase(work: _Work, change: Change) -> None:
    values = change.row.values
    dealer = work.dealer(values["dealer"])
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
