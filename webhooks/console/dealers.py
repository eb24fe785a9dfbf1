"""The dealers: a list with what each has left."""

from __future__ import annotations

from flask import render_template, request

from triage.policy.access import Permission
from triage.services.dealer_list import list_dealers as known_dealers
from webhooks.console import console
from webhooks.console.access import needs
from webhooks.console.pager import page_of
from webhooks.program import desk, program

_LONGEST_SOUGHT = 120


@console.get("/dealers")
@needs(Permission.READ_DEALERS)
def list_dealers() -> str:
    """Every dealer, page by page; those that left folded away."""
    sought = request.args.get("sought", "")[:_LONGEST_SOUGHT]
    found = known_dealers(desk(), program().now(), sought)
    return render_template(
        "dealers.html",
        sought=sought,
        page=page_of([line for line in found if line.left_on is None]),
        left=[line for line in found if line.left_on is not None],
        address={"sought": sought} if sought else {},
    )
