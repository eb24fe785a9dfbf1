"""Hashes of passwords and PINs that take no time: a story has dozens."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from triage.services import passwords, pins


@pytest.fixture
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    hash_quickly(monkeypatch)


def hash_quickly(patch: pytest.MonkeyPatch) -> None:
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    patch.setattr(passwords, "_HASHER", hasher)
    patch.setattr(passwords, "_NOBODYS", hasher.hash("nobody's"))
    patch.setattr(pins, "_COST", 2)
