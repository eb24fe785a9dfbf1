"""What may be booked, by what is on record: the roster, the dealer, other bookings (E3, E7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from triage.errors import Refused
from triage.policy.bookings import KINDS, BookingState, Slot, check_free, check_product, check_slot
from triage.policy.dialing import refusal_of
from triage.policy.session_price import Kind
from triage.policy.terms import ProductLine, Terms
from triage.policy.work import KIND_WORDS
from triage.services.desk import Desk
from triage.store import Session, bookings, dealers
from triage.store.models import Booking, Dealer, Site

LONGEST_NOTE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBooking:
    """What is to be booked. Of a dealer with one telephone number that one is taken where none is given."""

    starts_at: datetime
    ends_at: datetime
    person_id: str
    product: ProductLine
    dealer_id: int | None = None
    site_id: int | None = None
    phone: str | None = None
    kind: Kind = Kind.CALL
    note: str = ""


def whom(desk: Desk, code: str | None, site: str | None) -> tuple[int | None, int | None]:
    """A dealer by its code and a site of it by its name. Raises NotFound, Refused."""
    if code is None:
        if site is not None:
            raise Refused("A site is a dealer's: name the dealer too.")
        return None, None
    with desk.store.read() as session:
        dealer_id = dealers.known(session, code).id
        found = {each.name: each.id for each in dealers.sites_of(session, dealer_id)}
    if site is None:
        return dealer_id, None
    if site not in found:
        raise Refused(f"The dealer has no such site. Known: {', '.join(found) or 'none'}.")
    return dealer_id, found[site]


def check_new(session: Session, desk: Desk, new: NewBooking, now: datetime, *, number: int | None = None) -> None:
    """Raises Refused where this cannot be booked."""
    terms, roster = desk.terms, desk.roster(session)
    check_slot(new.starts_at, new.ends_at, now, terms)
    if new.kind not in KINDS:
        raise Refused(f"This is not booked ahead; these are: {', '.join(KIND_WORDS[kind] for kind in KINDS)}.")
    check_product(new.product, new.starts_at, new.ends_at, terms)
    if roster.person(new.person_id) is None:
        raise Refused("That technician is not on the roster. Take somebody who is.")
    _check_whom(session, new, terms)
    if len(new.note) > LONGEST_NOTE:
        raise Refused(f"The note is too long: {LONGEST_NOTE} characters at most.")
    others = bookings.that_block(session, new.person_id, new.starts_at, new.ends_at)
    check_free(number, new.starts_at, new.ends_at, [(other.id, slot_of(other)) for other in others])


def _check_whom(session: Session, new: NewBooking, terms: Terms) -> None:
    if new.dealer_id is None and new.phone is None:
        raise Refused("Say whom it is for: a dealer, or a telephone number to call.")
    if new.phone is not None and refusal_of(new.phone, terms) is not None:
        raise Refused(f"We do not call {new.phone}. Write a number of the USA or Canada like +16145550199.")
    dealer = session.get(Dealer, new.dealer_id) if new.dealer_id is not None else None
    if new.dealer_id is not None and (dealer is None or (dealer.left_on and dealer.left_on <= new.starts_at.date())):
        raise Refused("That dealer is not there, or has left. Take another.")
    site = session.get(Site, new.site_id) if new.site_id is not None else None
    if new.site_id is not None and (site is None or site.dealer_id != new.dealer_id):
        raise Refused("That site is not the dealer's. Take one of theirs.")


def only_phone(session: Session, dealer_id: int | None) -> str | None:
    found = dealers.phones_of(session, dealer_id) if dealer_id is not None else []
    return found[0].phone if len(found) == 1 else None


def slot_of(booking: Booking) -> Slot:
    return Slot(BookingState(booking.state), booking.starts_at, booking.ends_at)
