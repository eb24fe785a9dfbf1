"""What a new password has to be."""

from __future__ import annotations

import pytest

from triage.policy.new_passwords import fault_of_password, words_of
from triage.services.passwords import is_common

EMAIL, NAME = "dana.whitfield@example.com", "Dana O'Neil Whitfield"


@pytest.mark.parametrize(
    ("password", "told"),
    [
        ("eleven char", "Too short: take 12"),
        ("twelve chars", None),
        ("blue carpet sings " * 11, None),
        ("x" * 201, "Too long: take 200"),
        ("Dana.Whitfield@Example.com", "That is your name"),
        ("dana.whitfield", "That is your name"),
        ("Whitfield-2026!", "That is your name"),
        ("AfterHours2026!", "That is your name"),
        ("dana likes blue carpets", None),
        ("abababababababab", "The same few"),
        ("1Q2w3E4r5T6y", "Too common"),
        ("password1234", "Too common"),
    ],
)
def test_a_password_needs_length_and_is_neither_ones_own_words_nor_everybodys(password: str, told: str | None) -> None:
    fault = fault_of_password(password, EMAIL, NAME, is_common)

    assert fault == told if told is None else str(fault).startswith(told)


def test_words_that_nobody_may_build_a_password_of_are_those_of_address_name_and_program() -> None:
    assert set(words_of(EMAIL, NAME)) == {"afterhours", "whitfield", "example", "dana", "neil", "com"}


def test_the_list_has_thousands_of_the_length_that_is_asked_for_and_no_words_that_do_not_belong_together() -> None:
    found = ["qwerty123456", "motherfucker", "123456654321", "QWERTYqwerty", "1qaz2wsx3edc"]

    assert [each for each in found if not is_common(each)] == []
    assert not any(is_common(each) for each in ("correct horse battery", "blue carpet sings", "zxq-4471-pelican", ""))
