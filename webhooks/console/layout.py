"""What every page shares: headers, navigation, style sheet, how instants are written."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, g, render_template, request, send_from_directory, url_for

from triage.errors import TriageError
from triage.policy.access import Permission, Stage
from triage.policy.hours import local
from triage.policy.invoice_paper import dollars
from triage.policy.lengths import in_hours
from triage.policy.term_words import FLAG_WORDS, LANGUAGE_WORDS, PRODUCT_WORDS, RATE_WORDS, WINDOW_WORDS
from triage.policy.wording import wall_clock
from webhooks.console.access import asset
from webhooks.console.forms import Form
from webhooks.errors import status_of
from webhooks.program import desk, program

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; media-src 'self';"
        " form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_WORDS = {
    "language_words": LANGUAGE_WORDS,
    "window_words": WINDOW_WORDS,
    "product_words": PRODUCT_WORDS,
    "flag_words": FLAG_WORDS,
    "rate_words": RATE_WORDS,
}
_STATIC = Path(__file__).with_name("static")
_VERSIONS = {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:10] for path in _STATIC.iterdir()}
_FILE_LASTS = "private, max-age=86400"
"""They hold nobody's data, and an address with a version names one content."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the navigation, shown to whoever has the permission. `tabs` are the pages that it leads to."""

    endpoint: str
    label: str
    permission: Permission
    tabs: tuple[Entry, ...] = ()


DEALERS = (
    Entry("console.list_dealers", "Dealers", Permission.READ_DEALERS),
    Entry("console.list_work", "Work", Permission.READ_DEALERS),
    Entry("console.list_bookings", "Bookings", Permission.READ_DEALERS),
    Entry("console.list_invoices", "Invoices", Permission.READ_REPORTS),
    Entry("console.show_quarter", "Quarter's end", Permission.READ_REPORTS),
    Entry("console.import_dealers_page", "Import", Permission.CHANGE_DEALERS),
)
"""The tabs of what has to do with dealers, in their order."""

NAVIGATION = (
    Entry("console.board", "Board", Permission.READ_CASES),
    Entry("console.list_cases", "Cases", Permission.READ_CASES),
    Entry("console.list_people", "People", Permission.READ_ON_CALL),
    Entry("console.on_call_now", "On-call", Permission.READ_ON_CALL),
    Entry("console.list_dealers", "Dealers", Permission.READ_DEALERS, DEALERS),
    Entry("console.sla_page", "Reports", Permission.READ_REPORTS),
    Entry("console.show_policy", "Policy", Permission.READ_POLICY),
    Entry("console.read_history", "History", Permission.READ_HISTORY),
    Entry("console.show_system", "System", Permission.READ_SYSTEM),
    Entry("console.list_accounts", "Accounts", Permission.READ_ACCOUNTS),
)


def add_layout(console: Blueprint) -> None:
    console.after_request(with_headers)
    console.context_processor(shared)
    console.add_app_template_filter(_clock, "clock")
    console.add_app_template_filter(_day_and_clock, "day_and_clock")
    console.add_app_template_filter(_dated, "dated")
    console.add_app_template_filter(in_hours, "hours")
    console.add_app_template_filter(dollars, "dollars")
    console.add_app_template_filter(_clock_alone, "clock_alone")

    @console.get("/static/<path:name>")
    @asset
    def static(name: str) -> Response:
        """Style sheet, script, picture."""
        answer = send_from_directory(_STATIC, name)
        if request.args.get("v") == _VERSIONS.get(name):
            answer.headers["Cache-Control"] = _FILE_LASTS
        return answer

    @console.url_defaults
    def versioned(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "console.static":
            values.setdefault("v", _VERSIONS.get(values["name"]))


def form_page(template: str, form: Form, error: TriageError | None = None, **values: Any) -> tuple[str, int]:
    """A page with a form: as it is, or again with what to mend and 400 (429 and 503 where one has to wait)."""
    status = 200
    if error is not None:
        status = status_of(error) if status_of(error) in {429, 503} else 400
    elif form.errors:
        status = 400
    return render_template(template, form=form, error=error, **values), status


def with_headers(answer: Response) -> Response:
    kept = answer.headers.get("Cache-Control", "")
    answer.headers.update(HEADERS)
    if "private" in kept:  # a view that says itself how long whoever asked may keep its answer
        answer.headers["Cache-Control"] = kept
    return answer


def shared() -> dict[str, Any]:
    """What every template is given."""
    who = g.get("who")
    is_in = who is not None and who.stage is Stage.COMPLETE
    lines = [entry for entry in NAVIGATION if is_in and who.has(entry.permission)]
    tabs = [tab for tab in DEALERS if is_in and who.has(tab.permission) and tab.endpoint in current_app.view_functions]
    return {
        "who": who,
        "navigation": lines,
        "dealer_tabs": tabs,
        "tab_of": _tab_of,
        "endpoint": request.endpoint,
        "part_of": _is_part_of,
        "Permission": Permission,
        "now": program().now(),
        **_WORDS,
    }


def _is_part_of(entry: Entry) -> bool:
    """Whether the page that was asked for lies below an entry or a tab of it: their addresses begin alike."""
    known = [each for each in (entry, *entry.tabs) if each.endpoint in current_app.view_functions]
    beginnings = {url_for(each.endpoint).split("/")[1] for each in known}
    return request.path.split("/")[1] in beginnings - {""}


def _tab_of(tabs: Sequence[Entry]) -> Entry | None:
    """The tab below which the page lies that was asked for: of several the one whose address goes furthest."""
    here = f"{request.script_root}{request.path}/"
    below = [tab for tab in tabs if here.startswith(f"{url_for(tab.endpoint)}/")]
    return max(below, key=lambda tab: len(url_for(tab.endpoint)), default=None)


def _clock(at: datetime | None) -> str:
    """An instant on the contract's wall clock."""
    return wall_clock(at, program().now(), desk().terms) if at is not None else ""


def _day_and_clock(at: datetime) -> str:
    """For lists of many days: each with its date."""
    return f"{local(at, desk().terms):%b %-d}, {_clock_alone(at)}"


def _dated(at: datetime) -> str:
    """For lists of years: a midnight is its day."""
    when = local(at, desk().terms)
    return f"{when:%Y-%m-%d}" if when.time() == time.min else f"{when:%Y-%m-%d}, {_clock_alone(at)}"


def _clock_alone(at: datetime) -> str:
    """The time of day alone, for an instant whose day is said elsewhere."""
    return wall_clock(at, at, desk().terms)
