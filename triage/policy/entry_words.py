"""What an entry of the history says beside its kind, in the words of the pages and of the pack."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from triage.policy.case_words import ATTESTED, LANGUAGES, details_one_by_one
from triage.policy.terms import Terms
from triage.policy.wording import FLAG_WORDS, PRODUCT_WORDS, WINDOW_WORDS

_NAMES = {
    "left_at": "message left",
    "due": "call back by",
    "treatment": "technicians",
    "attested": "on site",
    "keyed_number": "number keyed",
    "flags": "marks",
    "no_longer": "no longer marked",
    "clauses": "rules",
}
_TREATMENTS = {
    "page": "alerted at once",
    "defer": "alerted on the next support day",
    "list": "not alerted, no support is owed",
    "review": "not alerted, nothing is owed",
}


def _by(words: Mapping[Any, str], *, nothing: str = "") -> Callable[[Any], str]:
    """A value of another release by its own name."""
    return lambda value: words.get(value, str(value)) or nothing


def _each(words: Mapping[str, str]) -> Callable[[Any], str]:
    return lambda values: ", ".join(words.get(value, value) for value in values)


_VALUES: dict[str, Callable[[Any], str]] = {
    "window": _by(WINDOW_WORDS),
    "treatment": _by(_TREATMENTS),
    "product": _by(PRODUCT_WORDS, nothing="not said"),
    "attested": _by(ATTESTED),
    "language": _by(LANGUAGES),
    "flags": _each(FLAG_WORDS),
    "no_longer": _each(FLAG_WORDS),
    "clauses": _each({}),
}
_IN_WORDS = frozenset({"case_opened", "message_learnt_from", "number_keyed", "became_emergency"})


def entry_one_by_one(
    kind: str, details: Mapping[str, Any], terms: Terms, names: Mapping[str, str] | None = None
) -> list[tuple[str, str]]:
    """What there is to say, each with its name; people by the names given, else by their ids."""
    if kind not in _IN_WORDS:
        return details_one_by_one(details, terms, names)
    said = {
        _NAMES.get(name, name): _VALUES[name](value) if name in _VALUES else value
        for name, value in details.items()
        if value not in (None, [], "")
    }
    return details_one_by_one(said, terms, names)


def entry_in_words(kind: str, details: Mapping[str, Any], terms: Terms, names: Mapping[str, str] | None = None) -> str:
    """`entry_one_by_one` on one line."""
    between, after = ("; ", ":") if kind in _IN_WORDS else (", ", "")
    return between.join(f"{name}{after} {words}" for name, words in entry_one_by_one(kind, details, terms, names))
