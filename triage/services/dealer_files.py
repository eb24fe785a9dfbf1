"""Files of dealers, technicians, sites and purchases: taken in whole or not at all, and written as they are taken in.

The same file twice changes nothing the second time, but for a PIN that it asks to be made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from triage.errors import Refused
from triage.policy.dealer_changes import Change, Standing, changes
from triage.policy.dealer_files import (
    COLUMNS,
    MOST_PINS,
    NEW_PIN,
    NO_PIN,
    OWN_REFERENCE,
    SHARED,
    Key,
    Kind,
    Line,
    Row,
    Setting,
    key_of,
    read_lines,
    read_rows,
)
from triage.policy.document import Fault
from triage.policy.hours import local
from triage.policy.spreadsheet import as_cell, as_csv
from triage.services import pins
from triage.services.dealer_changes import GivenPin, apply, settle_first
from triage.services.desk import Desk
from triage.store import Session, dealers

_ITS_OWN = {NEW_PIN, NO_PIN, None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What a file changes. Nothing was changed where `is_done` is False: it was asked only, or there are `faults`.
    `pins` are those that were made; nobody can show them again. `later` is how many dealers' hours follow with the
    sweep."""

    kind: Kind
    changes: Sequence[Change]
    faults: Sequence[Fault]
    pins: Sequence[GivenPin]
    is_done: bool
    later: int = 0

    def count(self, what: str) -> int:
        return sum(change.what == what for change in self.changes)

    def later_in_words(self) -> str:
        """A sentence, after a space, on what follows with the sweep; empty where everything is done."""
        whose = "one dealer" if self.later == 1 else f"{self.later:,} dealers"
        return f" The hours of {whose} follow within minutes, while the scheduler runs." if self.later else ""


def import_file(desk: Desk, kind: Kind, content: bytes, *, is_dry_run: bool, actor: str, now: datetime) -> Imported:
    """Take a file in, or say what that would change. Raises Refused where it is no such file."""
    lines, faults = read_lines(content, kind)
    return _import(desk, kind, lines, faults, is_dry_run=is_dry_run, actor=actor, now=now)


def write_row(desk: Desk, kind: Kind, cells: Mapping[str, str], *, is_new: bool, actor: str, now: datetime) -> Imported:
    """One row by hand, as a file would have it. Raises Refused where somebody new is there already, or the other way.

    A purchase by hand needs a reference: without one, two of the same are taken for one.
    """
    if kind == "purchases" and not cells["reference"].strip():
        raise Refused("Write a reference, such as the number of the invoice: two purchases may look the same.")
    written = _import(desk, kind, [Line(0, cells)], [], is_dry_run=True, actor=actor, now=now)
    if written.faults:
        return written
    [change] = written.changes
    if is_new != (change.what == "add"):
        raise Refused("That is there already: change it instead." if is_new else "There is no such: add it first.")
    return _import(desk, kind, [Line(0, cells)], [], is_dry_run=False, actor=actor, now=now)


def export_file(desk: Desk, kind: Kind, *, actor: str, now: datetime) -> str:
    """All there is, as a file that changes nothing when it is imported. Without PINs: an empty cell keeps them."""
    return as_csv(export_rows(desk, kind, actor=actor, now=now), COLUMNS[kind])


def export_rows(desk: Desk, kind: Kind, *, actor: str, now: datetime) -> list[dict[str, Any]]:
    """All there is, by the columns of the file. Who took it is an entry of the history."""
    with desk.store.write() as tx:
        rows = [_exported(row, kind) for row in _standing(tx.session, kind, None).rows.values()]
        tx.record("dealer_file_exported", at=now, actor=actor, about=kind, rows=len(rows))
    return rows


def cells_of(desk: Desk, kind: Kind, key: Key) -> dict[str, str]:
    """What a file has about somebody, by columns; empty where they are not there."""
    with desk.store.read() as session:
        row = _standing(session, kind, None).rows.get(key)
    return {column: as_cell(value) for column, value in _exported(row, kind).items()} if row else {}


def _import(
    desk: Desk,
    kind: Kind,
    lines: Iterable[Line],
    faults: Sequence[Fault],
    *,
    is_dry_run: bool,
    actor: str,
    now: datetime,
) -> Imported:
    with desk.store.read() as session:
        rows, unreadable = read_rows(lines, kind, _setting(desk, session, now))
    faults = [*faults, *unreadable]
    wanted = [row for row in rows if kind == "technicians" and row.values["pin"] not in {None, NO_PIN}]
    if len(wanted) > MOST_PINS:
        raise Refused(f"The file has PINs for more than {MOST_PINS} technicians: split it.")
    drawn: list[tuple[str, str]] = []
    if wanted:
        salt = _salt(desk, is_made=not is_dry_run and not faults)
        rows = [_with_hash(row, salt) for row in rows]
        if not is_dry_run and not faults:
            drawn = [pins.draw_pin(salt) for row in rows if row.values["pin"] == NEW_PIN]
    if is_dry_run or faults:
        with desk.store.read() as session:
            found, unfit = changes(kind, _standing(session, kind, rows), rows)
        return _imported(kind, found, [*faults, *unfit])
    with desk.store.write() as tx:
        found, unfit = changes(kind, _standing(tx.session, kind, rows), rows)
        if unfit:
            return _imported(kind, found, unfit)
        written = apply(tx, desk, kind, found, drawn, actor=actor, now=now)
    later = settle_first(desk, written.dealer_ids, actor=actor, now=now)
    return replace(_imported(kind, found, []), pins=written.pins, is_done=True, later=later)


def _imported(kind: Kind, found: Sequence[Change], faults: Sequence[Fault]) -> Imported:
    in_order = sorted(faults, key=lambda fault: fault.line or 0)
    return Imported(kind=kind, changes=found, faults=in_order, pins=[], is_done=False)


def _setting(desk: Desk, session: Session, now: datetime) -> Setting:
    ours = {person.phone for person in desk.roster(session).people} | ({desk.canary} if desk.canary else set())
    return Setting(
        terms=desk.terms,
        today=local(now, desk.terms).date(),
        dealers={dealer.code.casefold(): dealer.code for dealer in dealers.every(session)},
        ours=frozenset(ours),
    )


def _salt(desk: Desk, *, is_made: bool) -> str:
    with desk.store.read() as session:
        salt = pins.salt_of(session)
    if salt or not is_made:
        return salt
    with desk.store.write() as tx:
        return pins.make_salt(tx)


def _with_hash(row: Row, salt: str) -> Row:
    pin = row.values["pin"]
    return row if pin in _ITS_OWN else replace(row, values={**row.values, "pin": pins.hash_of(pin, salt)})


def _standing(session: Session, kind: Kind, rows: Sequence[Row] | None) -> Standing:
    """What is there of a kind; of purchases those of the dealers that the rows name, where there are any rows."""
    codes = {dealer.id: dealer.code for dealer in dealers.every(session)}
    if kind == "technicians":
        return _technicians(session, codes)
    if kind == "dealers":
        found = [{column: getattr(dealer, column) for column in COLUMNS[kind]} for dealer in dealers.every(session)]
    elif kind == "sites":
        found = [_row_of(site, kind, codes) for site in dealers.every_site(session)]
    else:
        named = None if rows is None else {row.values["dealer"] for row in rows}
        ids = None if named is None else [number for number, code in codes.items() if code in named]
        found = [
            _row_of(bought, kind, codes) | {"date": bought.bought_on} for bought in dealers.every_purchase(session, ids)
        ]
    return Standing({key_of(kind, row): row for row in found})


def _technicians(session: Session, codes: Mapping[int, str]) -> Standing:
    numbers: dict[tuple[int, int | None], list[str]] = {}
    for phone in dealers.every_phone(session):
        numbers.setdefault((phone.dealer_id, phone.technician_id), []).append(phone.phone)
    found: list[dict[str, Any]] = [
        {
            "dealer": codes[each.dealer_id],
            "name": each.name,
            "phones": tuple(numbers.get((each.dealer_id, each.id), ())),
            "pin": each.pin_hash,
            "left_on": each.left_on,
        }
        for each in dealers.every_technician(session)
    ]
    shared = [
        {"dealer": codes[dealer], "name": SHARED, "phones": tuple(phones), "pin": None, "left_on": None}
        for (dealer, technician), phones in numbers.items()
        if technician is None
    ]
    by_key = {key_of("technicians", row): row for row in [*found, *shared]}
    return Standing(
        by_key,
        phones={phone: key for key, row in by_key.items() for phone in row["phones"]},
        pins={row["pin"]: key for key, row in by_key.items() if row["pin"]},
    )


def _row_of(row: Any, kind: Kind, codes: Mapping[int, str]) -> dict[str, Any]:
    return {column: getattr(row, column, None) for column in COLUMNS[kind]} | {"dealer": codes[row.dealer_id]}


def _exported(row: Mapping[str, Any], kind: Kind) -> dict[str, Any]:
    """A row without what is ours alone: PINs, and the references that we made."""
    ours = {"pin"} if kind == "technicians" else set()
    if kind == "purchases" and row["reference"].startswith(OWN_REFERENCE):
        ours = {"reference"}
    return {column: None if column in ours else row[column] for column in COLUMNS[kind]}
