"""Dealers as commands and pages show them: who may call, where their systems stand, what they bought.

Field names are promised in the README. Days are those of the contract's clock; money is Decimal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, cast

from triage.errors import NotFound, Refused
from triage.policy.dealer_files import OWN_REFERENCE, Kind, read_name
from triage.policy.dealers import site_notes
from triage.policy.hours import local
from triage.policy.ledger import Bought, must_prepay
from triage.policy.money_terms import PurchaseKind
from triage.services import pins
from triage.services.desk import Desk
from triage.store import dealers
from triage.store.models import Dealer, DealerPhone, DealerTechnician, Purchase, Site

Record = dict[str, Any]


def show_dealer(desk: Desk, code: str, now: datetime) -> Record:
    """One dealer with technicians, numbers, sites and purchases, the newest first. Raises NotFound."""
    with desk.store.read() as session:
        dealer = dealers.known(session, code)
        phones = dealers.phones_of(session, dealer.id)
        bought = dealers.purchases_of(session, dealer.id)
        return _dealer(dealer, bought, desk, now) | {
            "shared_phones": [phone.phone for phone in phones if phone.technician_id is None],
            "technicians": [_technician(each, phones) for each in dealers.technicians_of(session, dealer.id)],
            "sites": [
                _site(site, desk, local(now, desk.terms).date()) for site in dealers.sites_of(session, dealer.id)
            ],
            "purchases": [_purchase(each) for each in reversed(bought)],
        }


def give_new_pin(desk: Desk, code: str, name: str, *, actor: str, now: datetime) -> str:
    """A new PIN for a dealer's technician; the old one finds nobody from now on. Nobody can show it again.

    Raises NotFound, and Refused for who left.
    """
    with desk.store.write() as tx:
        dealer = dealers.known(tx.session, code)
        known = dealers.technicians_of(tx.session, dealer.id)
        technician = next((each for each in known if each.name.casefold() == " ".join(name.casefold().split())), None)
        if technician is None:
            named = ", ".join(each.name for each in known) or "nobody"
            raise NotFound(f"{dealer.code} has no technician {name[:80]!r}; it has {named}")
        if technician.left_on is not None:
            raise Refused(f"{technician.name} left on {technician.left_on}: who left has no PIN.")
        pin, technician.pin_hash = pins.new_pin(tx)
        tx.record(
            "dealer_technician_changed",
            at=now,
            actor=actor,
            dealer=dealer.code,
            technician=technician.name,
            pin="changed",
        )
        return pin


def rename_technician(desk: Desk, technician_id: int, name: str, *, actor: str, now: datetime) -> None:
    """Another name for a dealer's technician; a file names them by it from now on. Raises NotFound and Refused."""
    with desk.store.write() as tx:
        technician = dealers.technician(tx.session, technician_id)
        others = [each.name for each in dealers.technicians_of(tx.session, technician.dealer_id)]
        before, technician.name = technician.name, _free_name("technicians", name, technician.name, others)
        tx.record(
            "dealer_technician_changed",
            at=now,
            actor=actor,
            dealer=dealers.by_id(tx.session, technician.dealer_id).code,
            technician=technician.name,
            name=f"from {before} to {technician.name}",
        )


def rename_site(desk: Desk, site_id: int, name: str, *, actor: str, now: datetime) -> None:
    """Another name for a site; a file names it by that from now on. Raises NotFound and Refused."""
    with desk.store.write() as tx:
        site = dealers.site(tx.session, site_id)
        others = [each.name for each in dealers.sites_of(tx.session, site.dealer_id)]
        before, site.name = site.name, _free_name("sites", name, site.name, others)
        tx.record(
            "site_changed",
            at=now,
            actor=actor,
            dealer=dealers.by_id(tx.session, site.dealer_id).code,
            site=site.name,
            name=f"from {before} to {site.name}",
        )


def _free_name(kind: Kind, written: str, own: str, others: Iterable[str]) -> str:
    """A name that a file could give somebody. Raises Refused."""
    try:
        name = read_name(kind, written)
    except ValueError as error:
        raise Refused(f"The name {error}.") from None
    if name.casefold() in {other.casefold() for other in others if other != own}:
        raise Refused(f"{name} is there already: take another name.")
    return name


def _dealer(dealer: Dealer, bought: Iterable[Purchase], desk: Desk, now: datetime) -> Record:
    facts = [Bought(each.id, each.bought_on, cast("PurchaseKind", each.kind), each.amount) for each in bought]
    today = local(now, desk.terms).date()
    return {
        "code": dealer.code,
        "name": dealer.name,
        "email": dealer.email,
        "joined_on": dealer.joined_on,
        "has_account": dealer.has_account,
        "must_prepay": must_prepay(facts, today, desk.terms, has_account=dealer.has_account),
        "left_on": dealer.left_on,
    }


def _technician(technician: DealerTechnician, phones: Sequence[DealerPhone]) -> Record:
    return {
        "id": technician.id,
        "name": technician.name,
        "phones": [phone.phone for phone in phones if phone.technician_id == technician.id],
        "has_pin": technician.pin_hash is not None,
        "left_on": technician.left_on,
    }


def _site(site: Site, desk: Desk, today: date) -> Record:
    facts = {"product": site.product, "software": site.software, "trunk": site.trunk}
    notes = site_notes(**facts, licence_until=site.licence_until, on=today, terms=desk.terms)
    return {
        "id": site.id,
        "name": site.name,
        "zone": site.zone,
        **facts,
        "licence_until": site.licence_until,
        "notes": [{"rule": rule, "words": words} for rule, words in notes],
    }


def _purchase(purchase: Purchase) -> Record:
    is_ours = purchase.reference.startswith(OWN_REFERENCE)
    return {
        "id": purchase.id,
        "date": purchase.bought_on,
        "kind": purchase.kind,
        "amount": purchase.amount,
        "reference": None if is_ours else purchase.reference,
    }
