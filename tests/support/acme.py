"""A dealer with technicians, for stories in which somebody of theirs calls."""

from __future__ import annotations

from datetime import date

from tests.support.world import World
from triage.services import pins
from triage.store.models import Dealer, DealerPhone, DealerTechnician

KIMS_PHONE, SHOP_PHONE = "+16145550177", "+16145550178"
PAYPHONE = "+12165550123"
PIN, WRONG_PINS = "402917", ("111222", "123123", "999000", "700007", "700008", "700009")


def acme(world: World, *, pin: str | None = PIN, left_on: date | None = None) -> int:
    """Acme Telecom: Kim Reyes with a phone of her own and a PIN, Jo Ferrer without, a line in the shop; its id."""
    with world.program.desk.store.write() as tx:
        dealer = Dealer(code="A17", name="Acme Telecom", has_account=True)
        tx.session.add(dealer)
        tx.session.flush()
        pin_hash = None
        if pin is not None:
            pins.make_salt(tx)
            pin_hash = pins.pin_hash_of(tx.session, pin)
        kim = DealerTechnician(dealer_id=dealer.id, name="Kim Reyes", pin_hash=pin_hash, left_on=left_on)
        jo = DealerTechnician(dealer_id=dealer.id, name="Jo Ferrer")
        tx.session.add_all([kim, jo])
        tx.session.flush()
        for phone, technician in ((KIMS_PHONE, kim.id), (SHOP_PHONE, None)):
            tx.session.add(DealerPhone(phone=phone, dealer_id=dealer.id, technician_id=technician))
        return dealer.id
