"""What a new password has to be, and which words nobody may build one of."""

from __future__ import annotations

import re
from collections.abc import Callable

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 200
"""Characters. What is longer only keeps the hashing busy."""

_PROGRAM = "afterhours"
_SHORTEST_WORD = 3
_FEWEST_LEFT = 8
"""Characters beside the words that a guesser tries first."""
_FEWEST_DIFFERENT = 5


def fault_of_password(password: str, email: str, name: str, is_common: Callable[[str], bool]) -> str | None:
    """What is wrong with a new password and how to mend it; None where nothing is.

    `is_common` says whether it is one of those that everybody's lists have.
    """
    if len(password) < SHORTEST_PASSWORD:
        return f"Too short: take {SHORTEST_PASSWORD} characters or more. Several words are easy to remember."
    if len(password) > LONGEST_PASSWORD:
        return f"Too long: take {LONGEST_PASSWORD} characters or fewer."
    if len(_without(password.casefold(), words_of(email, name))) < _FEWEST_LEFT:
        return "That is your name, your e-mail address or this program's name, and little else: take other words."
    if len(set(password)) < _FEWEST_DIFFERENT:
        return "The same few characters again and again: take several words."
    if is_common(password):
        return "Too common: it stands in lists of stolen passwords. Take several words that do not belong together."
    return None


def words_of(email: str, name: str) -> list[str]:
    """What is left out when a new password is measured: the parts of one's e-mail address and name, and the program."""
    parts = re.split(r"[^\w]+|_", f"{email} {name} {_PROGRAM}".casefold())
    return sorted({part for part in parts if len(part) >= _SHORTEST_WORD}, key=len, reverse=True)


def _without(password: str, words: list[str]) -> str:
    for word in words:
        password = password.replace(word, "")
    return password
