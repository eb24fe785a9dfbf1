"""What a dealer's site may expect of support: its trunks (E4), its licence (E5), its software (E3)."""

from __future__ import annotations

import re
from datetime import date

from triage.policy.fields import write_span
from triage.policy.terms import Terms

_NUMBERED_LINES = ("emg", "ucp")


def product_named(written: str, terms: Terms) -> str | None:
    """A product line, or a discontinued product by the name that the contract has for it, however its letters are
    written; None where it is neither."""
    known = [*type(terms.products).model_fields, *terms.products.discontinued.names]
    return next((name for name in known if name.casefold() == written.casefold()), None)


def is_discontinued(product: str | None, software: str | None, terms: Terms) -> bool:
    """Whether no support is owed for a system (E3): by its name, or an eMG or UCP by its software where it is known."""
    rule = terms.products.discontinued
    if product in _NUMBERED_LINES:
        return bool(software and rule.software_below) and _release(software) < _release(rule.software_below)
    return product == "discontinued" or product in rule.names


def is_certified(trunk: str, terms: Terms) -> bool:
    """Whether a SIP trunk's provider is certified (E4), by its whole name or one of the names that it goes by."""
    names = [part for name in terms.trunks.certified for part in (name, *name.split("/"))]
    return " ".join(trunk.casefold().split()) in {" ".join(name.casefold().split()) for name in names}


def site_notes(
    *, product: str | None, software: str | None, licence_until: date | None, trunk: str | None, on: date, terms: Terms
) -> list[tuple[str, str]]:
    """What whoever works for a site has to know on a day, each with its rule. What nobody wrote down says nothing,
    but for the licence: tier three asks for one."""
    notes = []
    if is_discontinued(product, software, terms):
        notes.append(("E3", "The product is discontinued: no support."))
    if trunk and not is_certified(trunk, terms):
        long = write_span(terms.trunks.best_effort_warning)
        notes.append(("E4", f"The trunks of {trunk} are not certified: best effort, {long} or more may be spent."))
    notes.append(("E5", _tier_three(licence_until, on, terms)))
    return notes


def _tier_three(licence_until: date | None, on: date, terms: Terms) -> str:
    if licence_until is None:
        return "No maintenance licence is known: tier three is not possible."
    if licence_until < on:
        return f"The maintenance licence ended on {licence_until}: tier three is not possible."
    tier = terms.tier_three
    place = tier.zone.rpartition("/")[2].replace("_", " ")
    return (
        f"Licence until {licence_until}: tier three is possible on the latest release ({tier.name}, {tier.phone}, "
        f"{tier.opens:%H:%M} to {tier.closes:%H:%M} in {place})."
    )


def _release(software: str | None) -> tuple[int, ...]:
    """`3.0.8` to compare; zeros at the end say nothing."""
    numbers = [int(part) for part in re.findall(r"[0-9]+", software or "")]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)
