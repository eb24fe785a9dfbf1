"""Dealers, their technicians, sites and purchases: written in files, changed by hand, kept once."""

from __future__ import annotations

import pytest

from tests.support.world import World
from triage.policy.pins import is_pin
from triage.services import pins
from triage.store import dealers as store
from triage.store.models import Dealer, DealerTechnician

pytestmark = pytest.mark.usefixtures("quick_hashes")


def test_a_pin_finds_who_has_it_and_only_its_hash_is_kept(world: World) -> None:
    with world.program.desk.store.write() as tx:
        assert store.of_pin(tx.session, pins.pin_hash_of(tx.session, "402917")) is None
        pin, pin_hash = pins.new_pin(tx)
        acme = Dealer(code="A1", name="Acme Telecom", has_account=True)
        tx.session.add(acme)
        tx.session.flush()
        tx.session.add(DealerTechnician(dealer_id=acme.id, name="Kim Reyes", pin_hash=pin_hash))
        other, other_hash = pins.new_pin(tx)

    with world.program.desk.store.read() as session:
        found = store.of_pin(session, pins.pin_hash_of(session, pin))
        assert found is not None
        assert found.technician is not None
        assert (found.dealer.code, found.technician.name) == ("A1", "Kim Reyes")
        assert pin not in pin_hash
        assert store.of_pin(session, other_hash) is None
    assert is_pin(pin)
    assert other != pin
