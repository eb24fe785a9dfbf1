"""Dealers, and whose a telephone number or a PIN is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.orm import Session

from triage.errors import NotFound
from triage.store.base import Base
from triage.store.models import Dealer, DealerPhone, DealerTechnician, PinSalt, Purchase, Site

_LARGEST_ID = 2**31 - 1
_SALT_ID = 1
# Built once: every voicemail asks these.
_ANY_PIN = select(DealerTechnician.id).where(DealerTechnician.pin_hash.is_not(None)).limit(1)
_PHONES = Base.metadata.tables["dealer_phones"]
_OF_PHONE = select(_PHONES.c.dealer_id, _PHONES.c.technician_id).where(_PHONES.c.phone == bindparam("phone"))


@dataclass(frozen=True, slots=True)
class Matched:
    """Who somebody is that calls: their dealer, and themselves unless several people share the line."""

    dealer: Dealer
    technician: DealerTechnician | None


def by_code(session: Session, code: str) -> Dealer | None:
    return session.scalars(select(Dealer).where(Dealer.code == code)).first()


def known(session: Session, code: str) -> Dealer:
    """A dealer by its code, however its letters are written. Raises NotFound."""
    alike = (each for each in every(session) if each.code.casefold() == code.casefold())
    found = by_code(session, code) or next(alike, None)
    if found is None:
        raise NotFound(f"there is no dealer {code[:40]}; `afterhours dealer list` shows them")
    return found


def matching(session: Session, written: str) -> Sequence[Dealer]:
    """The dealer of a code, else those whose name begins so; upper and lower case are the same."""
    of_code = session.scalars(select(Dealer).where(func.lower(Dealer.code) == written.lower())).all()
    by_name = select(Dealer).where(Dealer.name.istartswith(written, autoescape=True)).order_by(Dealer.name, Dealer.id)
    return of_code or session.scalars(by_name).all()


def names_by_id(session: Session, ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """Code and name of dealers."""
    rows = session.execute(select(Dealer.id, Dealer.code, Dealer.name).where(Dealer.id.in_(ids))) if ids else ()
    return {row[0]: (row[1], row[2]) for row in rows}


def technician_names(session: Session, ids: Collection[int]) -> dict[int, str]:
    technicians = select(DealerTechnician.id, DealerTechnician.name).where(DealerTechnician.id.in_(ids))
    return {row[0]: row[1] for row in session.execute(technicians)} if ids else {}


def by_id(session: Session, dealer_id: int) -> Dealer:
    return session.get_one(Dealer, dealer_id)


def technician(session: Session, technician_id: int) -> DealerTechnician:
    """Raises NotFound."""
    found = session.get(DealerTechnician, technician_id) if technician_id <= _LARGEST_ID else None
    if found is None:
        raise NotFound("There is no such technician.")
    return found


def site(session: Session, site_id: int) -> Site:
    """Raises NotFound."""
    found = session.get(Site, site_id) if site_id <= _LARGEST_ID else None
    if found is None:
        raise NotFound("There is no such site.")
    return found


def every(session: Session) -> Sequence[Dealer]:
    """All dealers by name, those that left too."""
    return session.scalars(select(Dealer).order_by(Dealer.name, Dealer.id)).all()


def names(session: Session) -> Sequence[Any]:
    """Id, code, name and the day it left, of all dealers by name."""
    columns = (Dealer.id, Dealer.code, Dealer.name, Dealer.left_on)
    return session.execute(select(*columns).order_by(Dealer.name, Dealer.id)).all()


def by_ids(session: Session, ids: Sequence[int]) -> list[Dealer]:
    """In the order of the ids; each has to be one of a dealer."""
    found = {dealer.id: dealer for dealer in session.scalars(select(Dealer).where(Dealer.id.in_(ids)))}
    return [found[number] for number in ids]


def technicians_of_each(session: Session, dealer_ids: Sequence[int]) -> dict[int, int]:
    """How many technicians these dealers have that have not left."""
    of = DealerTechnician.dealer_id
    is_one = (of.in_(dealer_ids), DealerTechnician.left_on.is_(None))
    return {row[0]: row[1] for row in session.execute(select(of, func.count()).where(*is_one).group_by(of))}


def sites_of_each(session: Session, dealer_ids: Sequence[int]) -> dict[int, int]:
    """How many sites these dealers have."""
    of = Site.dealer_id
    rows = session.execute(select(of, func.count()).where(of.in_(dealer_ids)).group_by(of))
    return {row[0]: row[1] for row in rows}


def of_phone(session: Session, phone: str) -> Matched | None:
    """Whose a number is, in E.164."""
    found = session.execute(_OF_PHONE, {"phone": phone}).first()  # most callers are no dealer's
    if found is None:
        return None
    technician = session.get_one(DealerTechnician, found.technician_id) if found.technician_id else None
    return Matched(session.get_one(Dealer, found.dealer_id), technician)


def of_pin(session: Session, pin_hash: str) -> Matched | None:
    """Whose a PIN is, if they have not left."""
    found = session.execute(
        select(Dealer, DealerTechnician)
        .join(DealerTechnician, DealerTechnician.dealer_id == Dealer.id)
        .where(DealerTechnician.pin_hash == pin_hash, DealerTechnician.left_on.is_(None))
    ).first()
    return Matched(found[0], found[1]) if found else None


def of_technician(session: Session, technician_id: int) -> Matched:
    technician = session.get_one(DealerTechnician, technician_id)
    return Matched(session.get_one(Dealer, technician.dealer_id), technician)


def technician_of_pin(session: Session, pin_hash: str) -> DealerTechnician | None:
    """Whose a PIN is, or was until they left."""
    return session.scalars(select(DealerTechnician).where(DealerTechnician.pin_hash == pin_hash)).first()


def pin_salt(session: Session) -> str | None:
    return session.scalar(select(PinSalt.salt).where(PinSalt.id == _SALT_ID))


def set_pin_salt(session: Session, salt: str) -> None:
    session.add(PinSalt(id=_SALT_ID, salt=salt))
    session.flush()


def is_any(session: Session) -> bool:
    return session.scalars(select(Dealer.id).limit(1)).first() is not None


def any_pin(session: Session) -> bool:
    """Whether anybody has a PIN: else no caller is asked for one."""
    return session.scalar(_ANY_PIN) is not None


def technicians_of(session: Session, dealer_id: int) -> Sequence[DealerTechnician]:
    return session.scalars(
        select(DealerTechnician).where(DealerTechnician.dealer_id == dealer_id).order_by(DealerTechnician.name)
    ).all()


def phones_of(session: Session, dealer_id: int) -> Sequence[DealerPhone]:
    return session.scalars(
        select(DealerPhone).where(DealerPhone.dealer_id == dealer_id).order_by(DealerPhone.phone)
    ).all()


def sites_of(session: Session, dealer_id: int) -> Sequence[Site]:
    return session.scalars(select(Site).where(Site.dealer_id == dealer_id).order_by(Site.name)).all()


def purchases_of(session: Session, dealer_id: int) -> Sequence[Purchase]:
    """The oldest first."""
    return session.scalars(
        select(Purchase).where(Purchase.dealer_id == dealer_id).order_by(Purchase.bought_on, Purchase.id)
    ).all()


def every_technician(session: Session) -> Sequence[DealerTechnician]:
    return session.scalars(select(DealerTechnician).order_by(DealerTechnician.name, DealerTechnician.id)).all()


def every_phone(session: Session) -> Sequence[DealerPhone]:
    return session.scalars(select(DealerPhone).order_by(DealerPhone.phone)).all()


def every_site(session: Session) -> Sequence[Site]:
    return session.scalars(select(Site).order_by(Site.name, Site.id)).all()


def every_purchase(session: Session, dealer_ids: Collection[int] | None = None) -> Sequence[Purchase]:
    """In the order in which they were recorded; those of some dealers only where any are named."""
    wanted = select(Purchase).order_by(Purchase.id)
    if dealer_ids is not None:
        wanted = wanted.where(Purchase.dealer_id.in_(dealer_ids))
    return session.scalars(wanted).all()


def forget_phones(session: Session, phones: Collection[str]) -> None:
    """They are nobody's from now on."""
    session.execute(delete(DealerPhone).where(DealerPhone.phone.in_(phones)))
