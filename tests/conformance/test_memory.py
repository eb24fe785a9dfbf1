"""What a process with a SQLite file has no use for is not loaded: it would cost each of them megabytes at rest."""

from __future__ import annotations

import subprocess
import sys

import pytest

NEEDLESS = {
    "webhooks": {
        "psycopg",
        "sqlalchemy.dialects.postgresql",
        "segno",
        "requests",
        "alembic",
        "reportlab",
        "leather",
        "xlsxwriter",
        "authlib",
        "icalendar",
        "holidays",
    },
    "scheduler": {
        "psycopg",
        "sqlalchemy.dialects.postgresql",
        "flask",
        "alembic",
        "reportlab",
        "leather",
        "xlsxwriter",
        "authlib",
        "icalendar",
        "holidays",
    },
}


@pytest.mark.parametrize("face", NEEDLESS)
def test_a_face_does_not_load_what_it_has_no_use_for(face: str) -> None:
    code = f"import sys, {face}.__main__; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)

    assert NEEDLESS[face] & set(loaded.stdout.split()) == set()
