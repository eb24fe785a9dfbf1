"""PINs of dealers' technicians: who has one says it by keypad from a telephone that is not known."""

from __future__ import annotations

PIN_DIGITS = 6
DOUBTFUL_PIN = "doubtful_pin"
"""The flag of a case whose caller keyed in a right PIN while PINs were guessed."""
_RUNS = "01234567890 09876543210"
_FEWEST_DIFFERENT = 3


def is_pin(written: str) -> bool:
    """Whether it has the form of a PIN: so many digits, and nothing else."""
    return len(written) == PIN_DIGITS and written.isascii() and written.isdecimal()


def fault_of_pin(written: str) -> str | None:
    """Why nobody may get this PIN, and what to do instead; None where somebody may."""
    if not is_pin(written):
        return f"a PIN is {PIN_DIGITS} digits"
    if written in _RUNS or len(set(written)) < _FEWEST_DIFFERENT:
        return f"the PIN is too easy to guess: take {PIN_DIGITS} digits that are no row and not the same"
    return None
