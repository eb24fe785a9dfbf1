"""Hashes of passwords and PINs that take no time: a story has dozens."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from triage.services import passwords, pins


@pytest.fixture
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_HASHER", hasher)
    monkeypatch.setattr(passwords, "_NOBODYS", hasher.hash("nobody's"))
    monkeypatch.setattr(pins, "_COST", 2)
