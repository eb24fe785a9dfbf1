"""Telephone numbers as people write them."""

from __future__ import annotations

import re

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_FILLING = str.maketrans("", "", " -.()")


def read_number(text: str) -> str | None:
    """A whole number such as `+1 (614) 555-0199` in the one form that cases have, E.164; None where it is none."""
    number = text.translate(_FILLING)
    return number if _E164.fullmatch(number) else None
