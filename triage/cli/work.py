"""`afterhours session`: work of every kind, what was typed of it, what it costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, get_args
from zoneinfo import ZoneInfo

import click

from triage.bootstrap import Program
from triage.cli.printing import Day, print_json, print_table, reported, wants_json
from triage.cli.program import program_for_command, whoever_types
from triage.errors import Refused
from triage.policy.case_words import clock, details_in_words, length_in_parts, safe
from triage.policy.event_words import event_in_words
from triage.policy.hours import local
from triage.policy.session_price import Kind
from triage.policy.term_words import PRODUCT_WORDS, RATE_WORDS
from triage.policy.terms import ProductLine, Terms
from triage.policy.work import KIND_WORDS, TYPED, NewExpense
from triage.policy.work_words import read_span
from triage.services import work_records
from triage.services.records import Record
from triage.services.work import Changed, NewWork
from triage.services.work_records import Sought

_LAST_DAYS = timedelta(days=30)
_NUMBER = click.argument("number", type=click.IntRange(1, 2**31 - 1))
_WORKED = click.option(
    "--worked", "worked", type=(str, str), multiple=True, metavar="FROM TO",
    help='When, such as "2026-03-10 14:00" 15:30; once for each stretch. Eastern, unless it has Z or an offset.',
)  # fmt: skip
_EXPENSE = click.option(
    "--expense", "expenses", type=(str, str), multiple=True, metavar="WORDS DOLLARS", help="What is passed on (R5)."
)
_MILES = click.option("--miles", type=(str, int), multiple=True, metavar="WORDS MILES", help="Mileage (R5).")
_SITE_CLOCK = click.option("--site-clock", is_flag=True, help="The times are those of the site's clock.")
_SURE = click.option("--sure", is_flag=True, help="That much time is meant.")
_REASON = click.option("--reason", required=True, help="Why; it stays in the history.")


@click.group()
def session() -> None:
    """Work of every kind: callbacks, calls, e-mails, installations, days, visits."""


@session.command("add")
@click.option("--kind", type=click.Choice([kind.value for kind in TYPED]), required=True)
@click.option("--person", required=True, help="Who worked, by the id of the roster.")
@click.option("--dealer", "code", metavar="CODE", help="For whom; without it for a caller of no dealer.")
@click.option("--technician", metavar="NAME", help="The dealer's.")
@click.option("--site", metavar="NAME", help="The dealer's.")
@click.option("--product", type=click.Choice(get_args(ProductLine)), default="unknown", show_default=True)
@click.option("--server", metavar="NAME", help="What was installed on the dealer's own hardware (R7).")
@_WORKED
@_SITE_CLOCK
@_EXPENSE
@_MILES
@click.option("--note", default="")
@click.option("--booked", is_flag=True, help="Arranged ahead of time (E7).")
@_SURE
@click.option("--dry-run", is_flag=True, help="Say what it would cost, and keep nothing.")
@wants_json
@reported
def session_add(
    *,
    kind: str,
    person: str,
    code: str | None,
    technician: str | None,
    site: str | None,
    product: ProductLine,
    server: str | None,
    worked: Sequence[tuple[str, str]],
    site_clock: bool,
    expenses: Sequence[tuple[str, str]],
    miles: Sequence[tuple[str, int]],
    note: str,
    booked: bool,
    sure: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Record work as it was typed, and bill it."""
    program = program_for_command()
    whose = work_records.whose(program.desk, code, technician, site)
    new = NewWork(
        kind=Kind(kind),
        person_id=person,
        dealer_id=whose.dealer_id,
        dealer_technician_id=whose.technician_id,
        site_id=whose.site_id,
        product=product,
        spans=_spans(worked, _zone(program, whose.zone, site_clock=site_clock)),
        note=note,
        expenses=_expenses(expenses, miles),
        server=server,
        is_booked=booked,
        is_sure=sure,
    )
    now = program.now()
    if dry_run:
        found = work_records.check_work(program.desk, new, now, actor=whoever_types())
        _print({**found, "session": None}, program.desk.terms, as_json=as_json)
        return
    number = work_records.keep_work(program.desk, new, now, actor=whoever_types())
    _print(work_records.show_work(program.desk, number), program.desk.terms, as_json=as_json)


@session.command("list")
@click.option("--from", "first", type=Day(), help="The first day on which it began; 30 days ago unless given.")
@click.option("--to", "last", type=Day(), help="The last day, included; today unless given.")
@click.option("--dealer", "code", metavar="CODE", help="Only of this dealer.")
@click.option("--person", help="Only of this person.")
@wants_json
@reported
def session_list(*, first: date | None, last: date | None, code: str | None, person: str | None, as_json: bool) -> None:
    """Work that is over, the newest first."""
    program = program_for_command()
    terms = program.desk.terms
    last = last or local(program.now(), terms).date()
    first = first or last - _LAST_DAYS
    if last < first:
        raise Refused("the span ends before it begins")
    sought = Sought(first=first, last=last, dealer=code, person=person)
    found = work_records.list_work(program.desk, work_records.find_work(program.desk, sought))
    if as_json:
        print_json(found)
        return
    print_table(
        [
            {
                "work": row["session"],
                "began": clock(row["began_at"], terms),
                "kind": row["kind"],
                "technician": row["technician"],
                "for": row["dealer"] or row["ref"] or "",
                "minutes": row["minutes"],
                "": "typed" if not row["measured"] else "measured",
                "rate": row["rate"],
                "amount": "withdrawn" if row["withdrawn_at"] else row["amount"],
            }
            for row in found
        ]
    )


@session.command("show")
@_NUMBER
@wants_json
@reported
def session_show(*, number: int, as_json: bool) -> None:
    """One piece of work: its times, its lines with their arithmetic, what paid for it."""
    program = program_for_command()
    _print(work_records.show_work(program.desk, number), program.desk.terms, as_json=as_json)


@session.command("correct")
@_NUMBER
@_WORKED
@_SITE_CLOCK
@_EXPENSE
@_MILES
@click.option("--no-expenses", is_flag=True, help="Nothing is passed on.")
@click.option("--note")
@_SURE
@_REASON
@wants_json
@reported
def session_correct(
    *,
    number: int,
    worked: Sequence[tuple[str, str]],
    site_clock: bool,
    expenses: Sequence[tuple[str, str]],
    miles: Sequence[tuple[str, int]],
    no_expenses: bool,
    note: str | None,
    sure: bool,
    reason: str,
    as_json: bool,
) -> None:
    """Other times, expenses or words than were typed: billed anew. What is not named stays."""
    program = program_for_command()
    zone = _zone(program, work_records.show_work(program.desk, number)["zone"], site_clock=site_clock)
    spent = _expenses(expenses, miles)
    if spent and no_expenses:
        raise Refused("name expenses, or --no-expenses")
    changed = Changed(
        spans=_spans(worked, zone) if worked else None,
        expenses=spent if spent or no_expenses else None,
        note=note,
        is_sure=sure,
    )
    work_records.correct_work(program.desk, number, changed, program.now(), reason=reason, actor=whoever_types())
    _print(work_records.show_work(program.desk, number), program.desk.terms, as_json=as_json)


@session.command("withdraw")
@_NUMBER
@_REASON
@wants_json
@reported
def session_withdraw(*, number: int, reason: str, as_json: bool) -> None:
    """It was no work: nothing is billed for it. It stays to be read."""
    program = program_for_command()
    work_records.withdraw_work(program.desk, number, program.now(), reason=reason, actor=whoever_types())
    _print(work_records.show_work(program.desk, number), program.desk.terms, as_json=as_json)


def _zone(program: Program, of_site: str | None, *, site_clock: bool) -> ZoneInfo:
    if site_clock and of_site is None:
        raise Refused("--site-clock needs a site")
    return ZoneInfo(of_site if site_clock and of_site else program.desk.terms.zone)


def _spans(worked: Sequence[tuple[str, str]], zone: ZoneInfo) -> tuple[Any, ...]:
    return tuple(read_span(began, ended, zone) for began, ended in worked)


def _expenses(expenses: Sequence[tuple[str, str]], miles: Sequence[tuple[str, int]]) -> tuple[NewExpense, ...]:
    return (
        *(NewExpense(words=words, amount=_dollars(amount)) for words, amount in expenses),
        *(NewExpense(words=words, miles=count) for words, count in miles),
    )


def _dollars(written: str) -> Decimal:
    try:
        return Decimal(written)
    except InvalidOperation:
        raise Refused(f"{written[:40]!r} is no amount; write dollars and cents, like 412.50") from None


def _print(found: Record, terms: Terms, *, as_json: bool) -> None:
    if as_json:
        print_json(found)
    else:
        click.echo("\n".join(_sheet(found, terms)))


def _sheet(found: Record, terms: Terms) -> Iterator[str]:
    number = f"Work {found['session']}" if found["session"] else "Not kept"
    state = f", withdrawn {clock(found['withdrawn_at'], terms)}" if found["withdrawn_at"] else ""
    yield f"{number}: {KIND_WORDS[Kind(found['kind'])]}{state}"
    yield f"technician  {safe(found['technician_name'])}"
    who = [found["dealer"], found["dealer_name"], found["dealer_technician"], found["site"]]
    yield f"dealer      {', '.join(safe(each) for each in who if each) or 'none'}"
    if found["ref"]:
        yield f"case        {found['ref']}"
    yield f"product     {found['server'] or PRODUCT_WORDS[found['product']] or 'not said'}"
    for span in found["spans"]:
        yield f"worked      {clock(span['from'], terms)} to {clock(span['to'], terms)}"
    yield f"length      {found['minutes']} min, {length_in_parts(found)}"
    yield f"rate        {RATE_WORDS.get(found['rate'], found['rate'])}"
    for each in found["expenses"]:
        miles = f"{each['miles']} miles, " if each["miles"] is not None else ""
        yield f"expense     {safe(each['words'])}: {miles}{each['amount']:.2f}"
    if found["note"]:
        yield f"note        {safe(found['note'])}"
    for line in found["lines"]:
        taxable = "" if line["taxable"] else ", not taxable"
        yield f"line        {line['amount']:.2f}: {safe(line['arithmetic'])} [{' '.join(line['clauses'])}{taxable}]"
    yield f"amount      {found['amount']:.2f} before tax" if found["amount"] is not None else "amount      not billed"
    for lot in found["drawn"]:
        yield f"drawn       {lot['minutes']} min: {lot['words']}"
    for note in found["notes"]:
        yield f"note        {note['words']} ({note['rule']})"
    for event in found["events"]:
        told = safe(details_in_words(event["details"], terms))
        yield f"{clock(event['at'], terms)}  {event_in_words(event['kind'])}  {safe(event['actor'])}  {told}"
