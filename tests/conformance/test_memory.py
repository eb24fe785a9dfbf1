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
    assert NEEDLESS[face] & set(_printed(f"import sys, {face}.__main__; print(*sys.modules)").split()) == set()


def test_the_command_that_becomes_a_face_loads_nothing_that_the_face_then_loads_again() -> None:
    loaded = _printed("import sys, triage.cli.faces; print(*sys.modules)").split()

    assert {"config", "pydantic", "sqlalchemy", "structlog", "triage.bootstrap"} & set(loaded) == set()


@pytest.mark.thorough
@pytest.mark.parametrize("face", NEEDLESS)
def test_what_a_face_loaded_is_not_looked_through_for_garbage_while_a_caller_waits(face: str) -> None:
    code = "import gc; print(gc.isenabled(), gc.get_freeze_count() > 20 * len(gc.get_objects()))"

    assert _printed(f"import {face}.__main__; {code}") == "True True\n"


def _printed(code: str) -> str:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
