"""A share of `make torture`: real processes are killed, stopped and cut off under traffic, and nothing is lost."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest

from tests.support.databases import MEMORY
from tests.torture.night import night

ROUNDS = 4


@pytest.mark.thorough
@pytest.mark.waits
@pytest.mark.timeout(300)
def test_rounds_of_faults_lose_and_double_nothing() -> None:
    """On SQLite; test_nodes.py does the like on PostgreSQL."""
    folder = Path(tempfile.mkdtemp(prefix="afterhours-torture-", dir=MEMORY))
    with night("sqlite", folder, seed=20261123) as told:
        for _ in range(ROUNDS):
            told.round()
        told.end()
    shutil.rmtree(folder)
