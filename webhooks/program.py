"""The program behind the present request."""

from __future__ import annotations

from typing import cast

from flask import current_app, g

from triage.bootstrap import Program
from triage.services.desk import Desk, follow_roster


def program() -> Program:
    return cast("Program", current_app.extensions["program"])


def desk() -> Desk:
    """The desk of a prepared program. Raises StoreUnavailable where the database does not answer."""
    running = program()
    if not running.is_prepared:
        running.prepare()
    if "follows_roster" not in g:
        follow_roster(running.desk, running.now())
        g.follows_roster = True
    return running.desk
