"""What one message is owed, in one sentence with the rules that say so."""

from __future__ import annotations

from datetime import datetime

from triage.policy.hours import window_terms
from triage.policy.intake import Message, Sorted, Treatment
from triage.policy.money_terms import HourlyRate
from triage.policy.speech import span_in_words
from triage.policy.term_words import WINDOW_WORDS
from triage.policy.terms import Product, Terms
from triage.policy.wording import wall_clock


def owed(message: Message, decided: Sorted, now: datetime, terms: Terms) -> str:
    """`It falls into the overnight window (W3): technicians are alerted at once and call back by 3:12 AM EST ...`"""
    window = window_terms(decided.window, terms)
    closed = " on a closure day (T3)" if "T3" in decided.clauses else ""
    return (
        f"It falls into the {WINDOW_WORDS[decided.window]} window ({window.clause}){closed}:"
        f" {_call(message, decided, now, terms)}{_emergency(message, decided)}."
        f" {_price(decided, terms)}{_condition(message, decided)}"
    )


def _call(message: Message, decided: Sorted, now: datetime, terms: Terms) -> str:
    due = wall_clock(decided.callback_due, now, terms) if decided.callback_due else ""
    begins = wall_clock(decided.alert_at, now, terms) if decided.alert_at else ""
    match decided.treatment:
        case Treatment.PAGE:
            within = span_in_words(window_terms(decided.window, terms).callback_within)
            return f"technicians are alerted at once and call back by {due}, within {within} (W5)"
        case Treatment.DEFER:
            product: Product = getattr(terms.products, message.product)
            after = span_in_words(product.due_after_opening)
            return f"nobody is alerted before {begins}, and the callback is due by {due}, after {after} of support (E3)"
        case Treatment.LIST:
            return f"no support is owed; it is kept, and managers hear of it at {begins} (E3)"
        case _:
            return "nothing is owed; it is kept for review"


def _emergency(message: Message, decided: Sorted) -> str:
    if not message.emergency:
        return ""
    if decided.treatment is Treatment.PAGE:
        return "; as an emergency by SMS and call, and to two people (E2)"
    return "; the emergency key changes nothing for this product (E3)"


def _price(decided: Sorted, terms: Terms) -> str:
    if not decided.billable:
        return "It is never billed (E3)."
    card: HourlyRate = getattr(terms.rates, decided.rate)
    name = decided.rate.replace("_", "-")
    return (
        f"The session costs the {name} rate, ${card.price:.2f} for {span_in_words(card.per)},"
        f" {span_in_words(card.minimum)} at least ({card.clause}, W6)."
    )


def _condition(message: Message, decided: Sorted) -> str:
    if not decided.onsite_required:
        return ""
    if message.attested:
        return " The caller confirmed to be on site with all troubleshooting done (E1)."
    return " Unless the caller confirms to be on site with all troubleshooting done, it is marked and still due (E1)."
