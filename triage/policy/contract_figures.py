"""Every figure of the contract with the rule that it comes from and the reading taken, and how two contracts differ.

What a figure means is told by the comment beside it in the shipped policy file: it is written down there and nowhere
else.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from triage.policy.contract_words import contract
from triage.policy.terms import Terms

_TABLE = re.compile(r"\[\[?([\w.]+)\]\]?\s*(?:#\s*(.*))?$")
_KEY = re.compile(r"(\w+) = .*?(?:\s{2,}#\s*(.*))?$")
_ALONE = re.compile(r"# ((?:[A-Z]\d )Reading: .*)$")
_RULE = re.compile(r"\b[A-Z]\d\b")
_LEADING_RULES = re.compile(r"^(?:[A-Z]\d\b[,;:]?\s*)+")
_SPOKEN = "spoken."


@dataclass(frozen=True, slots=True)
class Note:
    """What the shipped file says beside a key. `is_reading` where the contract is silent or contradicts itself; then it
    is the last of `rules` that was read so."""

    rules: tuple[str, ...]
    words: str
    is_reading: bool


@dataclass(frozen=True, slots=True)
class Figure:
    """`key` is empty for a reading that is no figure. `shipped` is the value of the shipped file where it differs."""

    key: str
    value: str
    shipped: str | None
    note: Note


@dataclass(frozen=True, slots=True)
class Change:
    """A figure of two contracts. `was` is None where it was added, `now` where it was removed."""

    key: str
    was: str | None
    now: str | None
    note: Note | None

    @property
    def in_a_word(self) -> str:
        return "added" if self.was is None else "removed" if self.now is None else "changed"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the contract in words, of one contract only: `+` where the later one has it, `-` where the earlier."""

    sign: str
    rule: str
    words: str


def figures(terms: Terms, shipped: Terms, text: str) -> list[Figure]:
    """What the shipped policy file explains, in its order: the value in force, and the shipped one where it differs."""
    ours, theirs = (each.model_dump(mode="json") for each in (terms, shipped))
    found = []
    for key, note in _notes(text):
        value = in_words(_at(ours, key)) if key else ""
        of_file = in_words(_at(theirs, key)) if key else ""
        found.append(Figure(key, value, of_file if of_file != value else None, note))
    return found


def changes(before: Mapping[str, Any], after: Mapping[str, Any], text: str) -> list[Change]:
    """Every figure that two contracts do not share, as their canonical texts have them; by the order of keys."""
    was, now = dict(_flat(before)), dict(_flat(after))
    notes = dict(_notes(text))
    return [
        Change(key, was.get(key), now.get(key), notes.get(key))
        for key in sorted(was.keys() | now.keys())
        if was.get(key) != now.get(key)
    ]


def changed_lines(before: Terms, after: Terms) -> list[Line]:
    """What one of two contracts says in words and the other does not, in the order of the contract."""
    was, now = list(contract(before)), list(contract(after))
    lines = []
    for kind, first, last, start, end in difflib.SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        if kind != "equal":
            lines += [Line("-", *line) for line in was[first:last]] + [Line("+", *line) for line in now[start:end]]
    return lines


def in_words(value: Any) -> str:
    """A value as the policy file means it; a rung that another contract has and this one lacks is `none`."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{name.replace('_', ' ')} {in_words(inner)}" for name, inner in value.items())
    if isinstance(value, list):
        return ("; " if value and isinstance(value[0], Mapping) else ", ").join(map(in_words, value)) or "none"
    return "none" if value is None else str(value)


def _notes(text: str) -> Iterator[tuple[str, Note]]:
    """Each key that has a comment beside it, and each reading that stands alone, whose key is empty."""
    table, counts = "", Counter[str]()
    for line in text.splitlines():
        if heading := _TABLE.match(line):
            counts[heading[1]] += 1
            place = f"{heading[1]}.{counts[heading[1]]}" if line.startswith("[[") else heading[1]
            table = f"{place}."
            if heading[2]:
                yield place, _note(heading[2])
        elif alone := _ALONE.match(line):
            yield "", _note(alone[1])
        elif (key := _KEY.match(line)) and key[2] and not table.startswith(_SPOKEN):
            yield f"{table}{key[1]}", _note(key[2])


def _note(comment: str) -> Note:
    words = _LEADING_RULES.sub("", comment)
    is_reading = "Reading" in comment
    return Note(tuple(dict.fromkeys(_RULE.findall(comment))), words.removeprefix("Reading").lstrip(": "), is_reading)


def _at(content: Mapping[str, Any], key: str) -> Any:
    found: Any = content
    for part in key.split("."):
        found = found[int(part) - 1 : int(part)] if part.isdigit() else found[part]
    return found


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every figure by its dotted key; the tables of a list are counted from 1."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flat(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, Sequence) and value and isinstance(value[0], Mapping):
        for number, inner in enumerate(value, start=1):
            yield from _flat(inner, f"{path}.{number}")
    else:
        yield path, in_words(value)


def by_rule(terms: Terms, found: Sequence[Figure]) -> list[tuple[str, list[str], list[Figure]]]:
    """Each rule with what the daemon does by it and the readings taken of it; what has no id stands last, as ``.

    The readings of what has no id are left to the figures themselves: they are many.
    """
    said: dict[str, list[str]] = {}
    for rule, words in contract(terms):
        said.setdefault(rule, []).append(words)
    readings = [figure for figure in found if figure.note.is_reading]
    return [
        (rule, said[rule], [figure for figure in readings if rule in figure.note.rules[-1:]])
        for rule in sorted(said, key=lambda rule: rule == "")
    ]


def by_table(found: Sequence[Figure]) -> dict[str, list[Figure]]:
    """The figures by the table of the policy file that they stand in; readings that are no figure are left out."""
    tables: dict[str, list[Figure]] = {}
    for figure in found:
        if figure.key:
            tables.setdefault(figure.key.split(".")[0], []).append(figure)
    return tables
