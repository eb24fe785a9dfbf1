"""`afterhours policy`: the contract as the daemon reads it."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import cast

import click

from config.settings import Settings
from triage.cli.printing import Instant, print_fields, print_json, reported, wants_json
from triage.cli.program import settings_for_command
from triage.cli.record_words import on_the_clock
from triage.errors import Refused
from triage.owner_files import load_terms
from triage.policy.contract_words import contract
from triage.policy.document import UnreadableDocument
from triage.policy.intake import Message, sort
from triage.policy.ladder import unknown_targets
from triage.policy.pricing import price_days, price_minutes
from triage.policy.roster import Roster
from triage.policy.terms import ProductLine

PRODUCTS = ("emg", "ucp", "application", "server", "discontinued", "unknown", "other", "other/unknown")


@click.group()
def policy() -> None:
    """The contract as the daemon reads it."""


@policy.command("check")
@wants_json
@reported
def policy_check(*, as_json: bool) -> None:
    """Parse the policy file and print it in plain words; exit 1 on anything odd."""
    settings = settings_for_command()
    try:
        roster, which = _roster(settings)
        terms = load_terms(settings, roster)
    except UnreadableDocument as error:
        click.echo(f"afterhours: {error}", err=True)
        sys.exit(1)
    strangers = unknown_targets(terms, roster) if roster else []
    for word in strangers:
        click.echo(f"afterhours: the ladder names {word}, which is no rotation of the roster", err=True)
    if strangers:
        sys.exit(1)
    if as_json:
        print_json({"version": terms.version, "roster": which, "terms": terms.model_dump(mode="json")})
        return
    for rule, words in contract(terms):
        click.echo(f"{rule:<6} {words}")
    click.echo(f"\nversion {terms.version}, from {settings.policy_file.name}, closed days of the roster: {which}")


@policy.command("explain")
@click.option("--at", type=Instant(), required=True, help="When the call was answered.")
@click.option("--left-at", type=Instant(), help="When the recording ended; as --at where not given.")
@click.option("--product", type=click.Choice(PRODUCTS), default="unknown", help="Product line.")
@click.option("--emergency", is_flag=True, help="More than the policy's share of stations is dead.")
@click.option("--attested/--not-attested", default=None, help="On site, troubleshooting done.")
@wants_json
@reported
def policy_explain(
    *, at: datetime, left_at: datetime | None, product: str, emergency: bool, attested: bool | None, as_json: bool
) -> None:
    """What a message left at an instant is owed, and by which rule."""
    settings = settings_for_command()
    roster, which = _roster(settings)
    terms = load_terms(settings, roster)
    if left_at is not None and left_at < at:
        raise Refused("--left-at is before --at: a message is left after the call was answered")
    decided = sort(
        Message(
            answered_at=at,
            left_at=left_at or at,
            product=cast("ProductLine", "unknown" if product.startswith("other") else product),
            emergency=emergency,
            attested=attested,
        ),
        terms,
    )
    record = {
        "window": decided.window,
        "support_day": decided.support_day,
        "local_time": decided.local_time.isoformat(),
        "callback_due": decided.callback_due,
        "pages": decided.pages,
        "rate": decided.rate,
        "billable": decided.billable,
        "onsite_required": decided.onsite_required,
        "flags": list(decided.flags),
        "clauses": list(decided.clauses),
        "policy": terms.version,
        "roster": which,
    }
    if as_json:
        print_json(record)
    else:
        print_fields(on_the_clock(record, terms))


@policy.command("price")
@click.option("--rate", required=True, help="after_hours, standard, prepaid, credit_overage, remote_day, on_site_day.")
@click.option("--minutes", type=click.IntRange(0, 1_000_000), help="For rates by time.")
@click.option("--days", type=click.IntRange(1, 10_000), help="For day rates.")
@wants_json
@reported
def policy_price(*, rate: str, minutes: int | None, days: int | None, as_json: bool) -> None:
    """What so much work costs, with its arithmetic."""
    settings = settings_for_command()
    terms = load_terms(settings)
    if rate in type(terms.day_rates).model_fields:
        if days is None and minutes is None:
            raise Refused(f"{rate} is billed by the day: give --days")
        price = price_days(rate, days or 1, terms)
    else:
        if minutes is None:
            raise Refused(f"{rate} is billed by time: give --minutes")
        price = price_minutes(rate, minutes, terms)
    record = {
        "billed_minutes" if price.unit == "min" else "billed_days": price.billed,
        "amount": price.amount,
        "taxable": price.is_taxable,
        "clauses": [price.clause],
        "arithmetic": price.arithmetic,
    }
    if as_json:
        print_json(record)
    else:
        click.echo(price.arithmetic)


def _roster(settings: Settings) -> tuple[Roster | None, str]:
    """The roster whose closed days count, and which it is."""
    from triage.bootstrap import roster_that_counts  # noqa: PLC0415 - see triage/cli/__init__.py

    return roster_that_counts(settings)
