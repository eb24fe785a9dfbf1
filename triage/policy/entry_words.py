"""What an entry of the history says beside its kind, in the words of the pages and of the pack."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from triage.policy.bridge_words import refusal
from triage.policy.case_words import OF_PEOPLE, details_one_by_one, value_in_words
from triage.policy.dialing import Refusal
from triage.policy.entry_phrases import NEED_NONE, PHRASES, phrases_of, words_for
from triage.policy.terms import Terms
from triage.policy.twilio_words import is_not_answered

_FIELD = re.compile(r"\{([a-z0-9_.]+)\}")
_RULES = ("clauses", "after.clauses")
_NOTHING: tuple[Any, ...] = (None, [], "")
_REFUSALS = frozenset(Refusal)


def entry_one_by_one(
    kind: str, details: Mapping[str, Any], terms: Terms, names: Mapping[str, str] | None = None, actor: str = ""
) -> list[tuple[str, str]]:
    """What there is to say, each with its name, which is empty for what needs none; the rules come last.

    People by the names given, else by their ids. A person who is the actor is not named again, nor is why a call was
    not answered, which `event_in_words` says.
    """
    if kind not in PHRASES and kind not in NEED_NONE:
        return details_one_by_one(details, terms, names)
    left = dict(_told(kind, details))
    if actor == f"person:{left.get('person')}":
        del left["person"]
    if is_not_answered(left.get("channel", "sms"), left.get("why")):
        del left["why"]
    rules = [(name, left.pop(name)) for name in _RULES if name in left]
    phrases = ["; ".join(_phrases(kind, details, left, terms, names or {}))]
    said = [("", phrase) for phrase in phrases if phrase]
    said += details_one_by_one(left, terms, names)
    return said + [("rules", value_in_words(words_for(kind, name, value), terms)) for name, value in rules]


def entry_in_words(
    kind: str, details: Mapping[str, Any], terms: Terms, names: Mapping[str, str] | None = None, actor: str = ""
) -> str:
    """`entry_one_by_one` on one line."""
    is_in_words = kind in PHRASES or kind in NEED_NONE
    between, after = ("; ", ": ") if is_in_words else (", ", " ")
    said = entry_one_by_one(kind, details, terms, names, actor)
    return between.join(f"{name}{after}{words}" if name else words for name, words in said)


def _told(kind: str, details: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What an entry has to tell, what stands in a detail by a name such as `before.minutes`.

    A figure of before that is the same after is told once.
    """
    dotted = {
        field.partition(".")[0] for phrase in PHRASES.get(kind, ()) for field in _FIELD.findall(phrase) if "." in field
    }
    for name, value in details.items():
        if name not in dotted or not isinstance(value, Mapping):
            inner = {name: value}
        else:
            after = details.get("after") if name == "before" else None
            inner = {f"{name}.{key}": one for key, one in value.items() if not (after and after.get(key, ...) == one)}
        yield from ((key, one) for key, one in inner.items() if one not in _NOTHING)


def _phrases(
    kind: str, details: Mapping[str, Any], left: dict[str, Any], terms: Terms, names: Mapping[str, str]
) -> Iterator[str]:
    """The phrases that can be said; what they say is taken from what is left."""
    for phrase in phrases_of(kind, details):
        fields = _FIELD.findall(phrase)
        if all(field in left for field in fields):
            words = {field: _words(kind, field, left.pop(field), terms, names) for field in fields}
            yield _FIELD.sub(lambda found, words=words: words[found[1]], phrase)  # type: ignore[misc]


def _words(kind: str, name: str, value: Any, terms: Terms, names: Mapping[str, str]) -> str:
    if name in OF_PEOPLE:
        value = names.get(value, value)
    elif kind == "call_refused" and value in _REFUSALS:
        value = refusal(Refusal(value), terms)
    return value_in_words(words_for(kind, name, value), terms)
