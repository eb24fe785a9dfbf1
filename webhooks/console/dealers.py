"""The dealers: a list with what each has left, and a page of each."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import render_template, request

from triage.policy.access import Permission
from triage.policy.actor_words import actor_in_words
from triage.policy.dealers import is_discontinued
from triage.policy.term_words import PRODUCT_WORDS
from triage.services import dealers
from triage.services.accounts import people
from triage.services.dealer_list import find_dealers
from triage.services.dealer_list import list_dealers as lines_of
from triage.services.dealer_page import account_of, entries_of, entry_ids
from triage.services.desk import known_names
from triage.services.records import cases_of
from webhooks.console import console
from webhooks.console.access import needs
from webhooks.console.cases import standing_now
from webhooks.console.dealer_forms import PURCHASE_WORDS
from webhooks.console.pager import page_of
from webhooks.program import desk, program

_LONGEST_SOUGHT = 120
_NEWEST = 10
"""Entries and purchases that a dealer's page shows at once."""


@console.get("/dealers")
@needs(Permission.READ_DEALERS)
def list_dealers() -> str:
    """Every dealer, page by page; those that left folded away."""
    sought = request.args.get("sought", "")[:_LONGEST_SOUGHT]
    found = find_dealers(desk(), sought)
    page = page_of([each for each in found if each.left_on is None])
    return render_template(
        "dealers.html",
        sought=sought,
        page=page,
        lines=lines_of(desk(), page.items, program().now()),
        left=[each for each in found if each.left_on is not None],
        address={"sought": sought} if sought else {},
    )


@console.get("/dealers/<dealer:code>")
@needs(Permission.READ_DEALERS)
def show_dealer(code: str) -> str:
    """Who may call, where the systems stand, what is left, and what it was used for."""
    found, account = dealers.show_dealer(desk(), code, program().now()), account_of(desk(), code, program().now())
    return render_template(
        "dealer.html",
        dealer=found,
        account=account,
        cases=cases_of(desk(), account.cases),
        standing=standing_now,
        entries=entries_of(desk(), account.entries[:_NEWEST]),
        newest=_NEWEST,
        purchase_words=PURCHASE_WORDS,
        product=_product_in_words,
        people=dict(people(desk())),
        by=_actors(),
    )


@console.get("/dealers/<dealer:code>/ledger")
@needs(Permission.READ_DEALERS)
def show_ledger(code: str) -> str:
    """Every entry, the newest first, page by page."""
    found = dealers.show_dealer(desk(), code, program().now())
    page = page_of(entry_ids(desk(), code))
    return render_template(
        "dealer_ledger.html", dealer=found, page=page, entries=entries_of(desk(), page.items), by=_actors()
    )


def _product_in_words(site: dict[str, Any]) -> str:
    """`UCP 4.0.1`; a discontinued product as such."""
    product, software = site["product"], site["software"]
    if product is None:
        return software or "product not known"
    words = f"{PRODUCT_WORDS.get(product, product)} {software or ''}".strip()
    is_told = product == "discontinued" or not is_discontinued(product, software, desk().terms)
    return words if is_told else f"{words}, discontinued"


def _actors() -> Callable[[str], str]:
    """Says who did something."""
    return partial(actor_in_words, names=known_names(desk()))
