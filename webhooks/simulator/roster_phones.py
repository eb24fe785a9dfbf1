"""The phones of the roster file: the people in it, nothing else."""

from __future__ import annotations

import tomllib
from pathlib import Path

from webhooks.simulator.phone_system import PhoneSystem


def add_roster_phones(phone_system: PhoneSystem, roster_file: Path) -> None:
    """One normal phone for each person with a number, in the order of the file.

    Raises ValueError, with a sentence, where the file is not TOML; OSError where it cannot be read.
    """
    try:
        roster = tomllib.loads(roster_file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{roster_file} is not TOML: {error}") from error
    for person in roster.get("people", []):
        if number := person.get("phone"):
            phone_system.add_phone(number, person.get("name", number), role=person.get("role", ""))
