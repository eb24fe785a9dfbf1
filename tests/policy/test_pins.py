"""Which PINs somebody may get."""

from __future__ import annotations

import pytest

from triage.policy.pins import fault_of_pin, is_pin


@pytest.mark.parametrize("written", ["", "12345", "1234567", "12 456", "12345a", "\uff11\uff12\uff13456", "-12345"])
def test_what_is_not_six_digits_is_no_pin(written: str) -> None:
    assert not is_pin(written)
    assert fault_of_pin(written) == "a PIN is 6 digits"


@pytest.mark.parametrize("written", ["000000", "121212", "123456", "567890", "654321", "098765"])
def test_a_pin_that_anybody_guesses_is_given_to_nobody(written: str) -> None:
    assert is_pin(written)
    assert "too easy to guess" in (fault_of_pin(written) or "")


def test_any_other_six_digits_are_a_pin() -> None:
    assert [fault_of_pin(written) for written in ("402917", "001203", "135790")] == [None] * 3
