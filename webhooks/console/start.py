"""The page after signing in."""

from __future__ import annotations

from flask import render_template

from triage.policy.access import Permission
from webhooks.console import console
from webhooks.console.access import needs


@console.get("/")
@needs(Permission.OWN_ACCOUNT)
def start() -> str:
    """Who is signed in, and what there is."""
    return render_template("start.html")
