"""The console: pages for people who are signed in. Every route says who may use it, see access.py."""

from __future__ import annotations

from flask import Blueprint

from webhooks.console.access import admit
from webhooks.console.layout import add_layout

console = Blueprint("console", __name__, template_folder="templates")
console.before_request(admit)
add_layout(console)

from webhooks.console import (  # noqa: E402 - these add their routes
    accounts,  # noqa: F401
    billing,  # noqa: F401
    board,  # noqa: F401
    bookings,  # noqa: F401
    calendar_feeds,  # noqa: F401
    calendar_import,  # noqa: F401
    case,  # noqa: F401
    case_actions,  # noqa: F401
    cases,  # noqa: F401
    closures,  # noqa: F401
    dealer_forms,  # noqa: F401
    dealer_import,  # noqa: F401
    dealers,  # noqa: F401
    errors,  # noqa: F401
    history,  # noqa: F401
    invoices,  # noqa: F401
    ledger_forms,  # noqa: F401
    numbers,  # noqa: F401
    on_call,  # noqa: F401
    overrides,  # noqa: F401
    own_account,  # noqa: F401
    people,  # noqa: F401
    policy,  # noqa: F401
    provider,  # noqa: F401
    reports,  # noqa: F401
    rotations,  # noqa: F401
    second_factor,  # noqa: F401
    sign_in,  # noqa: F401
    statements,  # noqa: F401
    system,  # noqa: F401
    work,  # noqa: F401
)
