"""What the rows of a file would change, beside what is there; and which of them do not fit with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from triage.policy.dealer_files import NAMING, NEW_PIN, NO_PIN, OWN_REFERENCE, SHARED, Key, Kind, Row, key_of
from triage.policy.document import Fault
from triage.policy.spreadsheet import as_cell

What = Literal["add", "change", "keep"]
_PINS = {NEW_PIN: "a new one", NO_PIN: "none"}


@dataclass(frozen=True, slots=True)
class FieldChange:
    """What a column said, and says then, as text. No PIN is told."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of a row: `fields` are those that get something else, or that somebody new has beside the name."""

    row: Row
    what: What
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """What is there: rows by their keys; whose each number and each PIN's hash is, as keys of technicians."""

    rows: Mapping[Key, Mapping[str, Any]]
    phones: Mapping[str, Key] = field(default_factory=dict)
    pins: Mapping[str, Key] = field(default_factory=dict)


def changes(kind: Kind, standing: Standing, rows: Sequence[Row]) -> tuple[list[Change], list[Fault]]:
    """What each row changes, in their order, and every one that does not fit with what is there.

    A PIN is given by its hash here; None keeps the one that is there.
    """
    found = [_change(kind, standing.rows.get(row.key), row) for row in rows]
    faults: list[Fault] = []
    if kind == "dealers":
        faults += _namesakes(found, standing)
    if kind == "technicians":
        faults += _taken(rows, "phones", standing)
        faults += _taken(rows, "pin", standing)
    if kind == "purchases":
        faults += [_recorded(each, standing.rows[each.row.key]) for each in found if each.what == "change"]
    return found, faults


def _change(kind: Kind, before: Mapping[str, Any] | None, row: Row) -> Change:
    had, named = before or {}, NAMING[kind] if before is None else ()
    told = {column: value for column, value in row.values.items() if column not in named}
    both = [(column, *_shown(column, had.get(column), value)) for column, value in told.items()]
    fields = tuple(FieldChange(*each) for each in both if each[1] != each[2])
    return Change(row, "add" if before is None else "change" if fields else "keep", fields)


def _shown(column: str, before: Any, after: Any) -> tuple[str, str]:
    """What a cell said and says, as text; the same twice where it stays."""
    if column == "pin":
        had = "one" if before else "none"
        return had, had if after in (None, before) else _PINS.get(after, "another one")
    if column == "reference" and after.startswith(OWN_REFERENCE):
        return "", ""
    return as_cell(before), as_cell(after)


def _namesakes(found: Sequence[Change], standing: Standing) -> Iterator[Fault]:
    """Dealers who get the name of another: programs of accounting know a customer by the name, and would bill one for
    both. The name of who left may be taken again."""
    told = {change.row.key for change in found}
    rows = [(key, row) for key, row in standing.rows.items() if key not in told]
    holders = {row["name"].casefold(): (key, row["code"]) for key, row in rows if row["left_on"] is None}
    for change in found:
        key, values = change.row.key, change.row.values
        if values["left_on"] is not None:
            continue
        holder, code = holders.setdefault(values["name"].casefold(), (key, values["code"]))
        if holder != key and change.what != "keep":
            yield Fault(
                change.row.line,
                "name",
                f"dealer {code} has this name too, and accounting bills by the name; add the town, or what tells them"
                " apart",
            )


def _taken(rows: Sequence[Row], column: str, standing: Standing) -> Iterator[Fault]:
    """Rows that claim what somebody else has, or claims in the same file; who gives it up there has it no more.

    A number of who left may be taken over: the next firm gives it to somebody.
    """
    claims = {row.key: _claimed(row, column) for row in rows}
    owners = standing.phones if column == "phones" else standing.pins
    holders: dict[str, tuple[Mapping[str, Any], str]] = {}
    for each, key in owners.items():
        if claims.get(key) is None and standing.rows[key]["left_on"] is None:
            holders[each] = (standing.rows[key], "already")
    for row in rows:
        for each in claims[row.key] or ():
            holder, where = holders.setdefault(each, (row.values, f"in line {row.line}"))
            if key_of("technicians", holder) != row.key:
                yield Fault(row.line, column, _taken_words(column, each, holder, row.values["dealer"], where))


def _claimed(row: Row, column: str) -> tuple[str, ...] | None:
    """What somebody has by a row; None where it keeps what is there."""
    value = row.values[column]
    if column == "phones":
        return tuple(value)
    if value is None:
        return None
    return () if value in _PINS else (value,)


def _taken_words(column: str, each: str, holder: Mapping[str, Any], dealer: str, where: str) -> str:
    if column == "pin":
        return f"somebody else has this PIN {where}; write another, or {NEW_PIN} for one that we make"
    if holder["dealer"] != dealer:
        return f"{each} is a number of dealer {holder['dealer']} {where}; take it away there first, or leave it out"
    whose = "shared" if holder["name"] == SHARED else f"{holder['name']}'s"
    return f"{each} is {whose} {where}; take it away there, or write it once, in a line with the name {SHARED}"


def _recorded(change: Change, before: Mapping[str, Any]) -> Fault:
    was = ", ".join(as_cell(before[column]) for column in ("date", "kind", "amount"))
    return Fault(
        change.row.line,
        "reference",
        f"this reference is on record with {was}, and that stays; write a correction as a row of its own, "
        "with a reference of its own and a negative amount for what was too much",
    )
