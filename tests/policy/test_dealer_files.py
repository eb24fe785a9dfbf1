"""Files of dealers: what each cell says, what is wrong with a row, what a file would change."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.errors import Refused
from triage.owner_files import shipped_policy
from triage.policy.dealer_changes import Change, Standing, changes
from triage.policy.dealer_files import COLUMNS, MOST_BYTES, Kind, Line, Row, Setting, read_lines, read_rows
from triage.policy.spreadsheet import as_csv
from triage.policy.terms import read_terms

OURS = "+16145550102"
TERMS = read_terms(shipped_policy(), name="policy.toml", shipped="")
SETTING = Setting(terms=TERMS, today=date(2026, 11, 20), dealers={"a1": "A1", "b2": "B2"}, ours=frozenset([OURS]))
HEADERS: dict[Kind, str] = {kind: ",".join(columns) for kind, columns in COLUMNS.items()}


def read(kind: Kind, *lines: str) -> tuple[list[Row], list[str]]:
    content = "\n".join([HEADERS[kind], *lines]).encode()
    found, faults = read_lines(content, kind)
    rows, more = read_rows(found, kind, SETTING)
    return rows, [str(fault) for fault in [*faults, *more]]


def the_fault(kind: Kind, line: str) -> str:
    rows, faults = read(kind, line)
    assert rows == []
    [fault] = faults
    return fault


def test_a_row_of_each_kind_is_read_as_values() -> None:
    [dealer], _ = read("dealers", "A1,  Acme   Telecom ,Dana@Example.com,2025-01-31,YES,")
    [technician], _ = read("technicians", "a1,Kim Reyes,(614)555-0199 +12165550123,new,")
    [site], _ = read("sites", "A1,Main St,,UCP,3.0.8,2027-01-01,Spectrum")
    [bought], _ = read("purchases", "b2,2026-02-03,-80,Hardware,INV-7")

    assert list(dealer.values.values()) == ["A1", "Acme Telecom", "dana@example.com", date(2025, 1, 31), True, None]
    assert technician.values["phones"] == ("+12165550123", "+16145550199")
    assert (technician.values["dealer"], technician.values["pin"], technician.line) == ("A1", "new", 2)
    assert (site.values["zone"], site.values["product"]) == ("America/New_York", "ucp")
    assert list(bought.values.values()) == ["B2", date(2026, 2, 3), Decimal("-80.00"), "hardware", "INV-7"]


@pytest.mark.parametrize(
    ("kind", "line", "told"),
    [
        ("dealers", ",Acme,,,yes,", "code: '' is no code; write up to 40 letters"),
        ("dealers", "A 1,Acme,,,yes,", "is no code"),
        ("dealers", "=A1,Acme,,,yes,", "is no code"),
        ("dealers", "..,Acme,,,yes,", "is no code"),
        ("dealers", "A1,,,,yes,", "name: is empty; write it"),
        ("dealers", f"A1,{'x' * 121},,,yes,", "name: is longer than 120 characters"),
        ("dealers", "A1,=SUM(A1),,,yes,", "looks like a formula"),
        ("dealers", "A1,'=SUM(A1),,,yes,", "looks like a formula"),
        ("dealers", "A1,'\t'=SUM(A1),,,yes,", "looks like a formula"),
        ("dealers", "A1,\uff1dSUM(A1),,,yes,", "looks like a formula"),
        ("dealers", "A1,Ac\u202eme,,,yes,", "characters that cannot be shown"),
        ("dealers", "A1,Acme,dana,,yes,", "email: 'dana' is no e-mail address"),
        ("dealers", "A1,Acme,,20260101,yes,", "joined_on: '20260101' is no date; write it like 2026-02-28"),
        ("dealers", "A1,Acme,,2026-02-30,yes,", "is no date"),
        ("dealers", "A1,Acme,,2026-11-21,yes,", "joined_on: 2026-11-21 lies ahead; write it once the day has come"),
        ("dealers", "A1,Acme,,,maybe,", "has_account: 'maybe' is neither yes nor no"),
        ("dealers", "A1,Acme,,,yes,2026-11-21", "left_on: 2026-11-21 lies ahead"),
        ("dealers", "A1,Acme,,2026-02-01,yes,2026-01-01", "left_on: they left before they joined"),
        ("dealers", "A1,Acme,,yes", "line 2: has 4 cells; write 6"),
        ("technicians", "C3,Kim,,,", "there is no dealer 'C3'; import the dealer first"),
        ("technicians", "A1,Kim,12345,,", "phones: '12345' is no telephone number"),
        ("technicians", "A1,Kim,614 555 0199,,", "'614' is no telephone number"),
        ("technicians", "A1,Kim,+16145550199x5,,", "is no telephone number"),
        ("technicians", f"A1,Kim,{OURS},,", "is of our own line or roster"),
        ("technicians", "A1,Kim,,12345,", "pin: a PIN is 6 digits; or write new"),
        ("technicians", "A1,Kim,,123456,", "too easy to guess"),
        ("technicians", "A1,*,,new,", "pin: a shared line has no PIN"),
        ("sites", "A1,Main,EST,,,,", "zone: 'EST' is not a region"),
        ("sites", "A1,Main,,toaster,,,", "product: 'toaster' is no product; write one of emg, ucp"),
        ("sites", "A1,Main,,ucp,v3,,", "software: 'v3' is no release; write it like 3.0.8"),
        ("purchases", "A1,,10,other,", "date: is empty"),
        ("purchases", "A1,2026-11-21,10,other,", "lies ahead"),
        ("purchases", "A1,2026-01-01,$10,other,", "amount: '$10' is no amount; write it like 1250.00"),
        ("purchases", 'A1,2026-01-01,"1,250.00",other,', "is no amount"),
        ("purchases", "A1,2026-01-01,NaN,other,", "is no amount"),
        ("purchases", "A1,2026-01-01,10,toys,", "kind: 'toys' is no kind; write one of hardware, licence"),
        ("purchases", "A1,2026-01-01,10,other,~mine", "reference: begins with ~"),
    ],
)
def test_a_cell_that_cannot_be_read_says_where_and_what_to_write(kind: Kind, line: str, told: str) -> None:
    fault = the_fault(kind, line)

    assert fault.startswith("line 2: ")
    assert told in fault


def test_every_bad_cell_of_every_row_is_told() -> None:
    rows, faults = read("purchases", "A1,2026-01-01,10,other,1", "C3,soon,ten,toys,", "", "A1,2026-01-01,10,other,1")

    assert len(rows) == 2
    assert [fault.split(":")[0] for fault in faults] == ["line 3"] * 4 + ["line 5"]
    assert "line 2 has this reference too; give each its own, such as 1/2" in faults[-1]


def test_two_rows_about_the_same_are_a_fault_however_they_are_written() -> None:
    _, faults = read("technicians", "A1,Kim Reyes,,,", "a1,KIM  reyes,,,")

    assert faults == ["line 3: name: line 2 is about the same; write one line for each"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "The first line has to name the columns, with commas between: code,name"),
        (b"code;name;email;joined_on;has_account;left_on\n", "with commas between"),
        (b"code,name\nA1,Acme\n", "has to name the columns"),
        ("code,name,email,joined_on,has_account,left_on\nÜ,x,,,yes,".encode("latin-1"), "save it as CSV UTF-8"),
        (b'code,name,email,joined_on,has_account,left_on\nA1,"Acme,,,yes,', "quotation mark that is not closed"),
        (b"x" * (MOST_BYTES + 1), "larger than 1024 KiB"),
        (HEADERS["dealers"].encode() + b"\nA,b,,,yes," * 5001, "more than 5,000 rows"),
    ],
)
def test_what_is_no_such_file_is_refused_as_a_whole(content: bytes, told: str) -> None:
    with pytest.raises(Refused, match=told):
        read_lines(content, "dealers")


def test_a_byte_order_mark_another_order_of_columns_and_lines_in_quotes_are_taken() -> None:
    content = '\ufeffName,Code,email,has_account,left_on,joined_on\r\n"Ac\r\nme",A1,,no,,\r\nBeta,B2,,no,,\r\n'.encode()
    lines, faults = read_lines(content, "dealers")
    rows, _ = read_rows(lines, "dealers", SETTING)

    assert faults == []
    assert [(row.line, row.values["code"], row.values["name"]) for row in rows] == [
        (2, "A1", "Ac me"),
        (4, "B2", "Beta"),
    ]


def test_a_purchase_without_a_reference_is_known_by_what_it_says_and_how_manyth_it_is() -> None:
    same = "A1,2026-01-01,10,other,"
    first, _ = read("purchases", same, same, "B2,2026-01-01,10,other,")
    again, _ = read("purchases", same)

    assert len({row.key for row in first}) == 3
    assert again[0].key == first[0].key


def test_who_left_has_no_pin_and_is_still_known_by_their_number() -> None:
    [row], _ = read("technicians", "A1,Kim,+16145550199,,2026-11-01")

    assert (row.values["phones"], row.values["pin"]) == (("+16145550199",), "-")


def test_a_number_of_who_left_may_be_given_to_somebody_else() -> None:
    [kim], _ = read("technicians", "A1,Kim,+16145550199,,2026-11-01")
    rows, _ = read("technicians", "B2,Max,+16145550199,,")

    assert changes("technicians", standing("technicians", kim, phones={"+16145550199": kim.key}), rows)[1] == []


def standing(kind: Kind, *rows: Row, **more: Any) -> Standing:
    return Standing({row.key: row.values for row in rows}, **more)


def told(found: list[Change]) -> list[tuple[str, dict[str, tuple[str, str]]]]:
    return [(each.what, {one.field: (one.before, one.after) for one in each.fields}) for each in found]


def test_what_a_file_changes_is_told_field_by_field() -> None:
    before, _ = read("dealers", "A1,Acme,,2025-01-31,no,")
    rows, _ = read("dealers", "a1,Acme Inc,,2025-01-31,yes,", "B2,Beta,b@example.com,,no,")
    found, faults = changes("dealers", standing("dealers", *before), rows)

    assert faults == []
    assert told(found) == [
        ("change", {"code": ("A1", "a1"), "name": ("Acme", "Acme Inc"), "has_account": ("no", "yes")}),
        ("add", {"name": ("", "Beta"), "email": ("", "b@example.com"), "has_account": ("", "no")}),
    ]
    assert told(changes("dealers", standing("dealers", *rows), rows)[0]) == [("keep", {})] * 2


def test_no_two_dealers_get_one_name_since_accounting_bills_by_it() -> None:
    before, _ = read("dealers", "A1,Acme,,,yes,", "B2,Beta,,,yes,2026-02-01", "D4,Delta,,,yes,", "D5,Delta,,,yes,")
    rows, _ = read(
        "dealers", "C3,ACME,,,yes,", "E6,Beta,,,yes,", "F7,Foxtrot,,,yes,", "G8,foxtrot,,,yes,", "D4,Delta,,,yes,"
    )
    swapped, _ = read("dealers", "A1,Delta,,,yes,", "D4,Acme,,,yes,", "D5,Dakota,,,yes,")

    faults = changes("dealers", standing("dealers", *before), rows)[1]

    assert [(fault.line, fault.key, fault.reason.partition(" has")[0]) for fault in faults] == [
        (rows[0].line, "name", "dealer A1"),
        (rows[3].line, "name", "dealer F7"),
    ]
    assert changes("dealers", standing("dealers", *before), swapped)[1] == []


def test_pins_are_kept_made_taken_away_and_never_told() -> None:
    rows, _ = read("technicians", "A1,Kim,,,", "A1,Lou,,new,", "A1,Max,,-,", "A1,Nic,,402917,", "A1,Oda,,402918,")
    has = [Row(row.line, row.key, {**row.values, "pin": "402917" if row.line == 5 else "other"}) for row in rows]
    found, faults = changes("technicians", standing("technicians", *has), rows)

    assert faults == []
    assert told(found) == [
        ("keep", {}),
        ("change", {"pin": ("one", "a new one")}),
        ("change", {"pin": ("one", "none")}),
        ("keep", {}),
        ("change", {"pin": ("one", "another one")}),
    ]


KIM, LOU = "A1,Kim,+16145550199,402917,", "A1,Lou,,,"


@pytest.mark.parametrize(
    ("lines", "faults"),
    [
        (
            ["B2,Max,+16145550199,,"],
            ["phones: +16145550199 is a number of dealer A1 already; take it away there first"],
        ),
        (["A1,Lou,+16145550199,,"], ["phones: +16145550199 is Kim's already; take it away there, or write it once"]),
        (["A1,Lou,,402917,"], ["pin: somebody else has this PIN already; write another"]),
        (["A1,Lou,+16145550199,402917,", "A1,Kim,,-,"], []),
        (["A1,Lou,,402917,", "A1,Kim,+16145550199,,2026-11-01"], []),
        (["A1,Lou,+12165550123,,", "A1,Max,+12165550123,,"], ["line 3: phones: +12165550123 is Lou's in line 2"]),
        (["A1,*,+12165550123,,", "B2,*,+12165550123,,"], ["is a number of dealer A1 in line 2"]),
        (["A1,Lou,,402918,", "B2,Max,,402918,"], ["line 3: pin: somebody else has this PIN in line 2"]),
    ],
)
def test_a_number_and_a_pin_are_one_persons_at_a_time(lines: list[str], faults: list[str]) -> None:
    [kim, lou], _ = read("technicians", KIM, LOU)
    there = standing("technicians", kim, lou, phones={"+16145550199": kim.key}, pins={"402917": kim.key})
    rows, unreadable = read("technicians", *lines)
    _, found = changes("technicians", there, rows)

    assert unreadable == []
    assert len(found) == len(faults)
    for fault, words in zip(found, faults, strict=True):
        assert words in str(fault)


def test_a_recorded_purchase_stays_and_asks_for_a_correction() -> None:
    before, _ = read("purchases", "A1,2026-01-01,10,other,INV-1")
    rows, _ = read("purchases", "A1,2026-01-01,12,other,INV-1", "B2,2026-01-01,12,other,INV-1")
    found, [fault] = changes("purchases", standing("purchases", *before), rows)

    assert [each.what for each in found] == ["change", "add"]
    assert str(fault).startswith("line 2: reference: this reference is on record with 2026-01-01, other, 10.00, and")
    assert "write a correction as a row of its own" in str(fault)


CELLS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)
DAYS = st.dates(date(1990, 1, 1), date(2026, 11, 20)).map(str)
NAMES = st.text(st.sampled_from("Aé'\"=+-@,; \t"), min_size=1, max_size=8)


AMOUNTS = st.decimals(-999, 999, places=2).map(str)
MADE_UP: dict[Kind, st.SearchStrategy[Any]] = {
    "dealers": st.tuples(st.sampled_from("CDE"), NAMES, st.just(""), DAYS, st.sampled_from(["yes", "no"]), st.just("")),
    "technicians": st.tuples(
        st.sampled_from(["A1", "b2"]),
        st.one_of(NAMES, st.just("*")),
        st.sampled_from(["", "+16145550199", "+12165550123 614.555.0144"]),
        st.just(""),
        st.one_of(st.just(""), DAYS),
    ),
    "sites": st.tuples(
        st.sampled_from(["A1", "b2"]),
        NAMES,
        st.sampled_from(["", "America/Chicago"]),
        st.sampled_from(["", "ucp", "cytrack"]),
        st.sampled_from(["", "3.0.8"]),
        st.one_of(st.just(""), DAYS),
        NAMES,
    ),
    "purchases": st.tuples(
        st.sampled_from(["A1", "b2"]),
        DAYS,
        AMOUNTS,
        st.sampled_from(["hardware", "training"]),
        st.sampled_from(["", "1"]),
    ),
}


@settings(max_examples=25)
@given(st.data())
@pytest.mark.parametrize("kind", COLUMNS)
def test_what_was_taken_changes_nothing_when_it_is_handed_out_and_taken_again(kind: Kind, data: st.DataObject) -> None:
    table = data.draw(st.lists(MADE_UP[kind], max_size=6))
    lines = [Line(number, dict(zip(COLUMNS[kind], cells, strict=True))) for number, cells in enumerate(table, start=2)]
    first, _ = read_rows(lines, kind, SETTING)
    there = {row.key: row.values for row in first}
    handed_out = [
        {column: None if str(value).startswith("~") else value for column, value in values.items()}
        for values in there.values()
    ]
    again, faults = read_lines(as_csv(handed_out, COLUMNS[kind]).encode(), kind)
    rows, unreadable = read_rows(again, kind, SETTING)

    assert [*faults, *unreadable] == []
    found, _ = changes(kind, Standing(there), rows)
    assert [change.what for change in found] == ["keep"] * len(there)


@settings(max_examples=30)
@given(st.sampled_from(sorted(COLUMNS)), st.lists(st.lists(CELLS, min_size=5, max_size=7), max_size=4))
def test_no_file_breaks_the_reading(kind: Kind, rows: list[list[str]]) -> None:
    content = "\n".join([HEADERS[kind], *(",".join(cells) for cells in rows)]).encode()
    try:
        lines, _ = read_lines(content, kind)
    except Refused:
        return
    read_rows(lines, kind, SETTING)
