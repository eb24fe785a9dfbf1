"""PINs of dealers' technicians: made here, kept as hashes only, each found by its hash.

A PIN is short, so who gets the database could try them all in some hours. It says whose account is charged, and opens
nothing.
"""

from __future__ import annotations

import hashlib
import secrets

from triage.policy.pins import PIN_DIGITS, fault_of_pin
from triage.store import Session, dealers
from triage.store.engine import Transaction

_COST = 2**14
"""scrypt's N: 16 MiB and some 50 ms each, which a caller who keyed a PIN does not notice."""


def pin_hash_of(session: Session, pin: str) -> str:
    """How a PIN is kept and looked up. Before anybody was given one, it is nobody's."""
    return hash_of(pin, salt_of(session))


def salt_of(session: Session) -> str:
    """The salt of this installation; empty before anybody was given a PIN."""
    return dealers.pin_salt(session) or ""


def make_salt(tx: Transaction) -> str:
    """The salt of this installation, made when it is needed first."""
    if (salt := dealers.pin_salt(tx.session)) is None:
        salt = secrets.token_hex(16)
        dealers.set_pin_salt(tx.session, salt)
    return salt


def hash_of(pin: str, salt: str) -> str:
    return hashlib.scrypt(pin.encode(), salt=salt.encode(), n=_COST, r=8, p=1, maxmem=2**26, dklen=32).hex()


def draw_pin(salt: str) -> tuple[str, str]:
    """A PIN and its hash, which somebody may have already. Takes its time: draw before a transaction where many are."""
    while True:
        pin = f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}}"
        if fault_of_pin(pin) is None:
            return pin, hash_of(pin, salt)


def new_pin(tx: Transaction) -> tuple[str, str]:
    """A PIN that nobody has, and its hash. Nobody can show it again."""
    salt = make_salt(tx)
    while True:
        pin, pin_hash = draw_pin(salt)
        if dealers.technician_of_pin(tx.session, pin_hash) is None:
            return pin, pin_hash
