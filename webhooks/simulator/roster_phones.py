"""The phones of the demo: those of the people in the roster file, and some callers'."""

from __future__ import annotations

import tomllib
from pathlib import Path

from webhooks.simulator.phone_system import Behaviour, PhoneSystem

CALLER = "caller"
CALLERS = {
    "+12165550123": "Sam Ortiz, Lakeside Telecom",
    "+14125550134": "Priya Nair, Three Rivers Voice",
    "+15135550145": "Joe Becker, Queen City Phones",
    "+13125550156": "Alma Reyes, Loop Communications",
}


def add_roster_phones(phone_system: PhoneSystem, roster_file: Path) -> None:
    """One phone for each person with a number, in the order of the file, to be answered by hand.

    Raises ValueError, with a sentence, where the file is not TOML; OSError where it cannot be read.
    """
    try:
        roster = tomllib.loads(roster_file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{roster_file} is not TOML: {error}") from error
    for person in roster.get("people", []):
        if number := person.get("phone"):
            name = person.get("name", number)
            phone_system.add_phone(number, name, Behaviour.BY_HAND, role=person.get("role", ""))


def add_callers(phone_system: PhoneSystem) -> None:
    """Phones of people who call us, and whom technicians call back; one that is there already stays as it is."""
    known = {phone.number for phone in phone_system.phones()}
    for number, name in CALLERS.items():
        if number not in known:
            phone_system.add_phone(number, name, Behaviour.BY_HAND, role=CALLER)
