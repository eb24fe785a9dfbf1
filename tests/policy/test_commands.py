"""What a technician's text means, and which case it means."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.policy.commands import (
    LONGEST_NOTE,
    OPT_IN,
    OPT_OUT,
    RESERVED,
    WORDS,
    Ambiguous,
    Candidate,
    Command,
    choose,
    is_reserved,
    parse,
)

DUE = datetime(2026, 3, 5, 6, 0, tzinfo=UTC)


def a_case(reference: str, *, mine: bool = False, waiting: bool = False, alerted: bool = False) -> Candidate:
    return Candidate(reference=reference, is_mine=mine, is_waiting=waiting, is_alerted=alerted, callback_due=DUE)


@pytest.mark.parametrize(
    ("body", "command"),
    [
        ("ACK", Command("ACK")),
        ("ack", Command("ACK")),
        ("  Ack \n", Command("ACK")),
        ("Ack.", Command("ACK")),
        ("ack, on my way", Command("ACK")),
        ("1", Command("ACK")),
        ("1.", Command("ACK")),
        ("1 1042", Command("ACK", "1042")),
        ("ACK 1042", Command("ACK", "1042")),
        ("ack #1042.", Command("ACK", "1042")),
        ("ack case 1042 please", Command("ACK", "1042")),
        ("ACK1042", Command("ACK", "1042")),
        ("ack:1042", Command("ACK", "1042")),
        ("ack 12", Command("ACK")),
        ("ACK 1042 1042", Command("ACK", "1042")),
        ("ACK 1042,1043 + 1044", Command("ACK", "1042", further=("1043", "1044"))),
        ("DONE 1042 1043 35 new card", Command("DONE", "1042", 35, "new card", further=("1043",))),
        ("NOTE 1042 4711 is the code", Command("NOTE", "1042", text="4711 is the code")),
        ("CALL 1042", Command("CALL", "1042")),
        ("tried", Command("TRIED")),
        ("Tried 1042 no answer", Command("TRIED", "1042")),
        ("PASS", Command("PASS")),
        ("pass 1042 I am ill", Command("PASS", "1042")),
        ("DONE", Command("DONE")),
        ("DONE 35", Command("DONE", minutes=35)),
        ("DONE 0", Command("DONE", minutes=0)),
        ("done 35m", Command("DONE", minutes=35)),
        ("done 35 min, new card", Command("DONE", minutes=35, text="new card")),
        ("DONE 35 replaced the gateway card", Command("DONE", minutes=35, text="replaced the gateway card")),
        ("DONE 1042", Command("DONE", "1042")),
        ("DONE 1042 35 new card", Command("DONE", "1042", 35, "new card")),
        ("DONE #1042 35minutes 2 phones swapped", Command("DONE", "1042", 35, "2 phones swapped")),
        ("DONE minutes kept", Command("DONE", text="minutes kept")),
        ("DONE new card", Command("DONE", text="new card")),
        ("NOTE gate code 12", Command("NOTE", text="gate code 12")),
        ("NOTE 1042 gate code", Command("NOTE", "1042", text="gate code")),
        ("NOTE 35 phones", Command("NOTE", text="35 phones")),
        ("note", Command("NOTE")),
        ("LIST", Command("LIST")),
        ("list all 1042", Command("LIST")),
        ("Who is it?", Command("WHO")),
        ("MENU", Command("MENU")),
        ("take", Command("ACK")),
        ("Take it!", Command("ACK")),
        ("TAKE 1042", Command("ACK", "1042")),
        ("acknowledge", Command("ACK")),
        ("Acknowledged 1042", Command("ACK", "1042")),
        ("tryed 1042", Command("TRIED", "1042")),
        ("DONE 1042 1:30 new card", Command("DONE", "1042", 90, "new card")),
        ("DONE 0:45", Command("DONE", minutes=45)),
        ("DONE 1042 1:30 pm", Command("DONE", "1042", text="pm", odd="1:30")),
        ("DONE 1042 13:30", Command("DONE", "1042", odd="13:30")),
    ],
)
def test_text_is_a_command(body: str, command: Command) -> None:
    assert parse(body) == command


@pytest.mark.parametrize(
    "body",
    [
        "",
        "  \n",
        "2",
        "11",
        "1042",
        "ok",
        "take care",
        "took it",
        "please ack",
        "ack1042x",
        "done35",
        "DONE-35",
        "Ünder",
    ],
)
def test_text_is_no_command(body: str) -> None:
    assert parse(body) is None


def test_number_of_five_digits_alone_is_no_command() -> None:
    assert parse("11042") is None


@pytest.mark.parametrize("word", sorted(RESERVED))
def test_word_that_the_carrier_answers_is_never_a_command(word: str) -> None:
    assert parse(word) is None
    assert is_reserved(f" {word.lower()}\n")
    assert not is_reserved(f"{word} please")


def test_no_command_is_a_reserved_word() -> None:
    assert set(WORDS) == {"ACK", "CALL", "HEAR", "TRIED", "DONE", "PASS", "NOTE", "LIST", "WHO", "MENU"}
    assert not RESERVED & set(WORDS)
    assert OPT_OUT | OPT_IN | {"HELP", "INFO"} == RESERVED
    assert not OPT_OUT & OPT_IN


@given(body=st.text(max_size=400))
def test_any_text_is_a_command_or_none(body: str) -> None:
    command = parse(body)

    assert command is None or command.word in WORDS


@given(
    reference=st.none() | st.integers(1000, 999_999_999),
    minutes=st.none() | st.integers(0, 999),
    note=st.lists(st.sampled_from(["swapped", "the", "card", "(line", "2)"]), max_size=5),
)
def test_done_is_read_as_it_was_meant(reference: int | None, minutes: int | None, note: list[str]) -> None:
    parts = ["DONE", *(str(number) for number in (reference, minutes) if number is not None), *note]

    command = parse(" ".join(parts))

    assert command == Command("DONE", str(reference) if reference else None, minutes, " ".join(note))


def test_long_note_is_cut() -> None:
    command = parse("NOTE " + "x" * 2000)

    assert command is not None
    assert len(command.text) == LONGEST_NOTE


ALERTED = a_case("1001", waiting=True, alerted=True)
WAITING = a_case("1002", waiting=True)
MINE = a_case("1003", mine=True)


@pytest.mark.parametrize(
    ("word", "cases", "meant"),
    [
        ("ACK", [], None),
        ("ACK", [ALERTED], "1001"),
        ("ACK", [ALERTED, WAITING, MINE], "1001"),
        ("ACK", [WAITING, MINE], "1002"),
        ("ACK", [MINE], "1003"),
        ("ACK", [ALERTED, a_case("1004", waiting=True, alerted=True)], Ambiguous(("1001", "1004"))),
        ("ACK", [WAITING, a_case("1005", waiting=True)], Ambiguous(("1002", "1005"))),
        ("DONE", [], None),
        ("DONE", [ALERTED, WAITING, MINE], "1003"),
        ("DONE", [ALERTED, WAITING], "1001"),
        ("DONE", [WAITING], "1002"),
        ("TRIED", [MINE, a_case("1006", mine=True)], Ambiguous(("1003", "1006"))),
        ("PASS", [ALERTED, MINE], "1003"),
        ("NOTE", [a_case("1007")], None),
    ],
)
def test_command_without_a_reference_means_the_only_case_that_fits(
    word: str, cases: list[Candidate], meant: str | Ambiguous | None
) -> None:
    assert choose(word, cases) == meant


AROUND_WORDS = st.text(st.sampled_from("?!.,:;'\"()[]*_-/\\<>¡¿…“”\u2018\u2019👍 \n"), max_size=4)
AROUND_NUMBERS = st.tuples(
    st.text(st.sampled_from("[\"'(“<*"), max_size=2), st.text(st.sampled_from("])\"'”>*.,:;!?…"), max_size=3)
)


@st.composite
def cased(draw: st.DrawFn) -> tuple[str, str]:
    """A command, and the same in any casing."""
    word = draw(st.sampled_from(WORDS))
    return word, "".join(draw(st.sampled_from((char.lower(), char))) for char in word)


@given(cased(), AROUND_WORDS, AROUND_WORDS)
def test_marks_around_a_word_change_nothing(word: tuple[str, str], before: str, after: str) -> None:
    assert parse(f"{before}{word[1]}{after}") == Command(word[0])


@given(cased().filter(lambda word: word[0] not in {"LIST", "WHO", "MENU"}), AROUND_WORDS, AROUND_NUMBERS)
def test_marks_around_a_reference_do_not_hide_it(word: tuple[str, str], before: str, around: tuple[str, str]) -> None:
    opening, closing = around

    assert parse(f"{before}{word[1]} {opening}#1042{closing}") == Command(word[0], "1042")


@pytest.mark.parametrize(
    ("body", "command"),
    [
        *(("WHO?", Command("WHO")), ("ack!", Command("ACK")), ("List.", Command("LIST")), ("¿menu?", Command("MENU"))),
        *(("ACK 1042!", Command("ACK", "1042")), ("done (1042) 35!", Command("DONE", "1042", 35))),
        *(("- pass", Command("PASS")), ("DONE 1042 $1500 part", Command("DONE", "1042", text="$1500 part"))),
        *(("+1", None), ("-1", None), ("?", None), ("...", None), ("1.5", None)),
    ],
)
def test_marks_are_air_and_signs_of_numbers_are_not(body: str, command: Command | None) -> None:
    assert parse(body) == command


def test_long_rows_of_marks_are_read_at_once() -> None:
    assert parse("ack" + "!" * 1_600 + "\\x" + "?" * 1_600) is None


@pytest.mark.parametrize(
    ("body", "command"),
    [
        ("DONE 1042 1500", Command("DONE", "1042", 1500)),
        ("DONE 1042 1500 min SURE new card", Command("DONE", "1042", 1500, "new card", is_sure=True)),
        ("DONE 1042 1043", Command("DONE", "1042", further=("1043",))),
        ("DONE 1042 1043 SURE", Command("DONE", "1042", 1043, is_sure=True)),
        ("DONE 1042 1050 35", Command("DONE", "1042", 35, further=("1050",))),  # a slip of the hand, not two lengths
        ("DONE 1042 #1500", Command("DONE", "1042", further=("1500",))),
        ("DONE 1500", Command("DONE", "1500")),
        ("DONE 1042 15000", Command("DONE", "1042", further=("15000",))),
    ],
)
def test_four_digits_after_a_reference_are_minutes_where_no_case_has_them(body: str, command: Command) -> None:
    assert parse(body, lambda reference: reference in {"1042", "1043"}) == command
