"""Files of dealers, technicians, sites and purchases: which columns they have, and what each cell says.

A row is read whole or not at all: each cell that cannot be is told with its line, its column and what to write.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal, get_args

import phonenumbers

from triage.errors import Refused
from triage.policy.access import read_email
from triage.policy.dealers import product_named
from triage.policy.document import Fault
from triage.policy.fields import read_zone
from triage.policy.money_terms import PurchaseKind
from triage.policy.pins import fault_of_pin
from triage.policy.spreadsheet import as_written, is_formula
from triage.policy.terms import Terms

Kind = Literal["dealers", "technicians", "sites", "purchases"]
Key = tuple[str, ...]

COLUMNS: dict[Kind, tuple[str, ...]] = {
    "dealers": ("code", "name", "email", "joined_on", "has_account", "left_on"),
    "technicians": ("dealer", "name", "phones", "pin", "left_on"),
    "sites": ("dealer", "name", "zone", "product", "software", "licence_until", "trunk"),
    "purchases": ("dealer", "date", "amount", "kind", "reference"),
}
NAMING: dict[Kind, tuple[str, ...]] = {
    "dealers": ("code",),
    "technicians": ("dealer", "name"),
    "sites": ("dealer", "name"),
    "purchases": ("dealer", "date"),
}
"""By what people are told which row is meant."""

MOST_BYTES = 1024 * 1024
MOST_ROWS = 5000
MOST_PINS = 200
"""To hash one takes some 50 ms."""

SHARED = "*"
"""Instead of a technician's name: numbers that several people of the dealer use."""
NEW_PIN, NO_PIN = "new", "-"
OWN_REFERENCE = "~"
"""What the reference of a purchase begins with that accounting gave none."""

_MOST_PHONES = 20
_YEARS = range(1970, 2201)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_AMOUNT = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,2})?")
_SOFTWARE = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4}){0,3}")
_CODE = re.compile(r"[./#-]*\w[\w./#-]*")


@dataclass(frozen=True, slots=True)
class Setting:
    """What the cells of a file are read against. `today` is the day of the contract's clock; `dealers` are all codes
    by their folded form; `ours` are the numbers of our own roster and line."""

    terms: Terms
    today: date
    dealers: Mapping[str, str]
    ours: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file: its cells by their columns, as they are written."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Row:
    """What a line says. `key` says about whom: two rows of one key are about the same."""

    line: int
    key: Key
    values: Mapping[str, Any]


def read_lines(content: bytes, kind: Kind) -> tuple[list[Line], list[Fault]]:
    """The lines of a file beneath its header, empty ones left out. Raises Refused where it is no such file."""
    wanted = COLUMNS[kind]
    if len(content) > MOST_BYTES:
        raise Refused(f"The file is larger than {MOST_BYTES // 1024} KiB: split it.")
    try:
        reader = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        header = [" ".join(cell.casefold().split()) for cell in next(reader, [])]
        if sorted(header) != sorted(wanted):
            raise Refused(f"The first line has to name the columns, with commas between: {','.join(wanted)}")
        lines: list[Line] = []
        faults: list[Fault] = []
        last = reader.line_num
        for cells in reader:
            number, last = last + 1, reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                faults.append(
                    Fault(number, "", f"has {len(cells)} cells; write {len(header)}, in quotes where one has a comma")
                )
            else:
                lines.append(Line(number, dict(zip(header, cells, strict=True))))
    except UnicodeDecodeError:
        raise Refused("The file is not in UTF-8: save it as CSV UTF-8.") from None
    except csv.Error as error:
        raise Refused(
            f"The file cannot be read as CSV ({error}): look for a quotation mark that is not closed."
        ) from None
    if len(lines) + len(faults) > MOST_ROWS:
        raise Refused(f"The file has more than {MOST_ROWS:,} rows: split it.")
    return lines, faults


def read_rows(lines: Iterable[Line], kind: Kind, setting: Setting) -> tuple[list[Row], list[Fault]]:
    """What the lines say, and every cell that cannot be read. Two rows about the same are a fault."""
    rows: list[Row] = []
    faults: list[Fault] = []
    first: dict[Key, int] = {}
    unnamed: Counter[Key] = Counter()
    for line in lines:
        values, bad = _values(line, kind, setting)
        bad = bad or [Fault(line.number, column, why) for column, why in _faults_of_row(values, kind)]
        if bad:
            faults += bad
            continue
        if kind == "purchases" and not values["reference"]:
            values["reference"] = _own_reference(values, unnamed)
        row = Row(line.number, key_of(kind, values), values)
        if row.key in first:
            faults.append(Fault(row.line, COLUMNS[kind][_KEYS[kind][-1]], _twice(kind, values, first[row.key])))
        first.setdefault(row.key, row.line)
        rows.append(row)
    return rows, faults


def key_of(kind: Kind, values: Mapping[str, Any]) -> Key:
    """About whom a row is; names that differ in the case of letters only mean the same."""
    named = [str(values[COLUMNS[kind][number]]) for number in _KEYS[kind]]
    return tuple(named if kind == "purchases" else [each.casefold() for each in named])


def read_name(kind: Kind, written: str) -> str:
    """A name for one technician or site. Raises ValueError with what is wrong with it, and what to write."""
    name: str = _NAMES[kind](as_written(written), None)
    if name == SHARED:
        raise ValueError(f"{SHARED} stands for shared numbers; write another")
    return name


def read_phone(written: str, terms: Terms) -> str:
    """A number that a dealer calls from, in E.164. Raises ValueError."""
    try:
        parsed = phonenumbers.parse(written, next(iter(terms.dialing.countries), "US"))
    except phonenumbers.NumberParseException:
        parsed = None
    if parsed is None or parsed.extension or not phonenumbers.is_valid_number(parsed):
        raise ValueError(
            f"{written[:40]!r} is no telephone number; write each like +16145550199, spaces only between two"
        )
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _values(line: Line, kind: Kind, setting: Setting) -> tuple[dict[str, Any], list[Fault]]:
    values: dict[str, Any] = {}
    faults = []
    for column in COLUMNS[kind]:
        try:
            values[column] = _READERS[kind][column](as_written(line.cells[column]), setting)
        except ValueError as error:
            faults.append(Fault(line.number, column, str(error)))
    if kind == "technicians" and values.get("left_on"):
        values["pin"] = NO_PIN
    return values, faults


def _faults_of_row(values: Mapping[str, Any], kind: Kind) -> Iterable[tuple[str, str]]:
    if kind == "dealers" and values["joined_on"] and values["left_on"] and values["left_on"] < values["joined_on"]:
        yield "left_on", "they left before they joined; write a later day"
    if kind == "technicians" and values["name"] == SHARED:
        if values["pin"] not in (None, NO_PIN):
            yield "pin", "a shared line has no PIN; leave it empty"
        if values["left_on"]:
            yield "left_on", "a shared line does not leave; leave it empty, and take its numbers away"


def _twice(kind: Kind, values: Mapping[str, Any], line: int) -> str:
    if kind == "purchases":
        return f"line {line} has this reference too; give each its own, such as {values['reference'][:50]}/2"
    return f"line {line} is about the same; write one line for each"


def _own_reference(values: Mapping[str, Any], unnamed: Counter[Key]) -> str:
    """A reference that the same row of the same file gets each time: by what it says, and how manyth it is."""
    says = f"{values['date']} {values['kind']} {values['amount']:.2f}"
    key = (values["dealer"], says)
    unnamed[key] += 1
    return f"{OWN_REFERENCE}{says} {unnamed[key]}"


_KEYS: dict[Kind, Sequence[int]] = {"dealers": (0,), "technicians": (0, 1), "sites": (0, 1), "purchases": (0, 4)}
"""Which columns say about whom a row is."""

Reader = Callable[[str, Any], Any]
"""Reads a cell, within a Setting where it needs one. Raises ValueError with what to write."""


def _text(most: int, *, is_needed: bool = False) -> Reader:
    def read(cell: str, _: Setting | None) -> str | None:
        cell = " ".join(cell.split())
        if not cell and is_needed:
            raise ValueError("is empty; write it")
        if len(cell) > most:
            raise ValueError(f"is longer than {most} characters; shorten it")
        if not cell.isprintable():
            raise ValueError("has characters that cannot be shown; write it anew")
        if is_formula(as_written(cell)):
            raise ValueError(f"{cell[:40]!r} looks like a formula; begin it with a letter or a digit")
        return cell or None

    return read


def _code(cell: str, _: Setting) -> str:
    if len(cell) > 40 or not _CODE.fullmatch(cell) or is_formula(cell):
        raise ValueError(f"{cell[:50]!r} is no code; write up to 40 letters, digits and - . / # without spaces")
    return cell


def _dealer(cell: str, setting: Setting) -> str:
    code = setting.dealers.get(cell.casefold())
    if code is None:
        raise ValueError(f"there is no dealer {cell[:40]!r}; import the dealer first, or mend the code")
    return code


def _email(cell: str, _: Setting) -> str | None:
    email = read_email(cell) if cell else None
    if cell and (email is None or is_formula(email)):
        raise ValueError(f"{cell[:60]!r} is no e-mail address; write it like dana@example.com, or nothing")
    return email


def _day(cell: str, _: Setting) -> date | None:
    if not cell:
        return None
    try:
        day = date.fromisoformat(cell) if _DAY.fullmatch(cell) else None
    except ValueError:
        day = None
    if day is None or day.year not in _YEARS:
        raise ValueError(f"{cell[:40]!r} is no date; write it like 2026-02-28")
    return day


def _past_day(cell: str, setting: Setting) -> date | None:
    day = _day(cell, setting)
    if day and day > setting.today:
        raise ValueError(f"{day} lies ahead; write it once the day has come")
    return day


def _bought(cell: str, setting: Setting) -> date:
    day = _past_day(cell, setting)
    if day is None:
        raise ValueError("is empty; write the day of the purchase, like 2026-02-28")
    return day


def _yes(cell: str, _: Setting) -> bool:
    if cell.casefold() not in {"yes", "no"}:
        raise ValueError(f"{cell[:40]!r} is neither yes nor no; write yes where they are billed afterwards, else no")
    return cell.casefold() == "yes"


def _phones(cell: str, setting: Setting) -> tuple[str, ...]:
    phones = sorted({read_phone(each, setting.terms) for each in cell.split()})
    if len(phones) > _MOST_PHONES:
        raise ValueError(f"has more than {_MOST_PHONES} numbers; leave some out")
    if not setting.ours.isdisjoint(phones):
        raise ValueError("one of the numbers is of our own line or roster; leave it out")
    return tuple(phones)


def _pin(cell: str, _: Setting) -> str | None:
    if not cell or cell in {NEW_PIN, NO_PIN}:
        return cell or None
    if (fault := fault_of_pin(cell)) is not None:
        raise ValueError(f"{fault}; or write {NEW_PIN} for one that we make, {NO_PIN} for none, nothing to keep it")
    return cell


def _zone(cell: str, setting: Setting) -> str:
    return read_zone(cell or setting.terms.zone)


def _product(cell: str, setting: Setting) -> str | None:
    product = product_named(cell, setting.terms) if cell else None
    if cell and product is None:
        lines = ", ".join(type(setting.terms.products).model_fields)
        raise ValueError(f"{cell[:40]!r} is no product; write one of {lines}, or the name of a discontinued one")
    return product


def _software(cell: str, _: Setting) -> str | None:
    if cell and not _SOFTWARE.fullmatch(cell):
        raise ValueError(f"{cell[:40]!r} is no release; write it like 3.0.8")
    return cell or None


def _amount(cell: str, _: Setting) -> Decimal:
    if not _AMOUNT.fullmatch(cell):
        raise ValueError(f"{cell[:40]!r} is no amount; write it like 1250.00, and -80.00 for a return")
    return Decimal(cell).quantize(Decimal("0.01")) + 0  # no zero below zero


def _kind(cell: str, _: Setting) -> str:
    kinds = get_args(PurchaseKind)
    if cell.casefold() not in kinds:
        raise ValueError(f"{cell[:40]!r} is no kind; write one of {', '.join(kinds)}")
    return cell.casefold()


def _reference(cell: str, setting: Setting) -> str | None:
    reference: str | None = _text(60)(cell, setting)
    if reference and reference.startswith(OWN_REFERENCE):
        raise ValueError(f"begins with {OWN_REFERENCE}, as those that we make; write accounting's own, or nothing")
    return reference


_NAMES: dict[Kind, Reader] = {
    "dealers": _text(120, is_needed=True),
    "technicians": _text(80, is_needed=True),
    "sites": _text(120, is_needed=True),
}
_READERS: dict[Kind, dict[str, Reader]] = {
    "dealers": {
        "code": _code,
        "name": _NAMES["dealers"],
        "email": _email,
        "joined_on": _past_day,
        "has_account": _yes,
        "left_on": _past_day,
    },
    "technicians": {
        "dealer": _dealer,
        "name": _NAMES["technicians"],
        "phones": _phones,
        "pin": _pin,
        "left_on": _past_day,
    },
    "sites": {
        "dealer": _dealer,
        "name": _NAMES["sites"],
        "zone": _zone,
        "product": _product,
        "software": _software,
        "licence_until": _day,
        "trunk": _text(60),
    },
    "purchases": {
        "dealer": _dealer,
        "date": _bought,
        "amount": _amount,
        "kind": _kind,
        "reference": _reference,
    },
}
