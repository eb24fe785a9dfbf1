"""Tests of one file share one freeze: to freeze takes as long as many a test."""

from __future__ import annotations

from collections.abc import Iterator

import freezegun
import pytest
from freezegun.api import FrozenDateTimeFactory

from tests.support.fixtures import FRIDAY_NIGHT


@pytest.fixture(scope="module")
def frozen() -> Iterator[FrozenDateTimeFactory]:
    with freezegun.freeze_time(FRIDAY_NIGHT) as clock:
        yield clock  # type: ignore[misc]


@pytest.fixture
def clock(frozen: FrozenDateTimeFactory) -> FrozenDateTimeFactory:
    """The frozen clock of a story, at nine thirty on a Friday night."""
    frozen.move_to(FRIDAY_NIGHT)
    return frozen
