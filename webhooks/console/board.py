"""The first page: every promise that is not kept yet."""

from __future__ import annotations

from flask import render_template

from triage.policy.access import Permission
from triage.services.board import board as read_board
from webhooks.console import console
from webhooks.console.access import needs
from webhooks.program import desk, program


@console.get("/")
@needs(Permission.READ_CASES)
def board() -> str:
    """Open cases by urgency, deferred ones, and what the last day was. A script keeps it fresh where there is one."""
    return render_template("board.html", board=read_board(desk(), program().now()))
