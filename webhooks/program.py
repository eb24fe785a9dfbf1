"""The program behind the present request."""

from __future__ import annotations

from typing import cast

from flask import current_app

from triage.bootstrap import Program
from triage.services.desk import Desk


def program() -> Program:
    return cast("Program", current_app.extensions["program"])


def desk() -> Desk:
    """The desk of a prepared program. Raises StoreUnavailable where the database does not answer."""
    running = program()
    if not running.is_prepared:
        running.prepare()
    return running.desk
