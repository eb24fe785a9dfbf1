"""Our number's settings at the phone system: shown, and set where the owner says so."""

from __future__ import annotations

from datetime import datetime

from triage.errors import NotFound
from triage.policy.number_settings import Setting, compare
from triage.ports import HoldsNumber
from triage.services.desk import Desk


def number_settings(number: HoldsNumber, public_url: str, fallback: str | None = None) -> list[Setting]:
    """Every setting as it is and as it should be. Raises NotFound, and what the phone system raises."""
    found = number.settings()
    if found is None:
        raise NotFound("the account has no such number: set AFTERHOURS_TWILIO_FROM to one of its numbers")
    return compare(found, public_url, fallback)


def mend_settings(desk: Desk, number: HoldsNumber, settings: list[Setting], now: datetime) -> list[str]:
    """Set what is wrong and ours to set; the names of what was set. It is on record with what stood there before."""
    wrong = [setting for setting in settings if setting.is_settable and setting.wanted is not None]
    if wrong:
        number.change({setting.name: setting.wanted or "" for setting in wrong})
        with desk.store.write() as tx:
            before = {setting.name: setting.found for setting in wrong}
            after = {setting.name: setting.wanted for setting in wrong}
            tx.record("number_set", at=now, actor="command line", before=before, after=after)
    return [setting.name for setting in wrong]
