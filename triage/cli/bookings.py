"""`afterhours booking`: sessions booked ahead (E7)."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any, cast, get_args

import click

from triage.bootstrap import Program
from triage.cli.printing import Day, Instant, Number, print_fields, print_json, print_table, reported, wants_json
from triage.cli.program import program_for_command, whoever_types
from triage.policy.bookings import KINDS
from triage.policy.case_words import safe
from triage.policy.hours import local, span_of_days
from triage.policy.session_price import Kind
from triage.policy.terms import ProductLine
from triage.services import bookings
from triage.services.booking_checks import LONGEST_NOTE, NewBooking, whom
from triage.services.booking_records import Record, list_bookings, show_booking

_AHEAD = timedelta(days=6)
_MINUTES = click.IntRange(1, 1440)


class _Name(click.ParamType[int]):
    """A booking as people call it."""

    name = "booking"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        found = re.fullmatch(r"[bB]?(\d{1,9})", str(value))
        if found is None:
            self.fail(f"{value!r} is no booking; write it like B12", param, ctx)
        return int(found[1])


_which = click.argument("number", metavar="BOOKING", type=_Name())
_starts = click.option("--from", "starts_at", type=Instant(), required=True, help="When it begins.")
_ends = click.option("--to", "ends_at", type=Instant(), required=True, help="When it ends.")


@click.group()
def booking() -> None:
    """Sessions booked ahead (E7)."""


@booking.command("add")
@_starts
@_ends
@click.option("--technician", "person", metavar="PERSON", required=True, help="Of our roster, by id.")
@click.option("--dealer", "code", metavar="CODE", help="Whom it is for.")
@click.option("--site", metavar="NAME", help="The dealer's site.")
@click.option("--phone", type=Number(), help="To call, and to text about it.")
@click.option("--kind", type=click.Choice([kind.value for kind in KINDS]), default=Kind.CALL.value, show_default=True)
@click.option("--product", type=click.Choice(get_args(ProductLine)), default="unknown", show_default=True)
@click.option("--note", default="", help=f"{LONGEST_NOTE} characters at most.")
@click.option("--dry-run", is_flag=True, help="Say what it would cost, and book nothing.")
@wants_json
@reported
def booking_add(
    *,
    starts_at: datetime,
    ends_at: datetime,
    person: str,
    code: str | None,
    site: str | None,
    phone: str | None,
    kind: str,
    product: str,
    note: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Book a slot; technician and dealer are told."""
    program = program_for_command()
    dealer_id, site_id = whom(program.desk, code, site)
    new = NewBooking(
        starts_at=starts_at,
        ends_at=ends_at,
        person_id=person,
        dealer_id=dealer_id,
        site_id=site_id,
        phone=phone,
        kind=Kind(kind),
        product=cast("ProductLine", product),
        note=note,
    )
    if dry_run:
        cost = bookings.preview(program.desk, new, program.now())
        told = {"rate": cost.rate, "cost": cost.amount, "clauses": list(cost.clauses), "arithmetic": cost.arithmetic}
        print_json(told) if as_json else print_fields(told)
        return
    _print(program, bookings.book(program.desk, new, program.now(), actor=whoever_types()), as_json=as_json)


@booking.command("list")
@click.option("--from", "first", type=Day(), help="The first day; today where left out.")
@click.option("--to", "last", type=Day(), help="The last day; six days after the first where left out.")
@wants_json
@reported
def booking_list(*, first: date | None, last: date | None, as_json: bool) -> None:
    """The bookings of some days, by the contract's clock."""
    program = program_for_command()
    terms, now = program.desk.terms, program.now()
    begins = first or local(now, terms).date()
    found = list_bookings(program.desk, *span_of_days(begins, last or begins + _AHEAD, terms), now)
    if as_json:
        print_json(found)
        return
    print_table(
        [
            {
                "booking": each["booking"],
                "slot": each["slot"],
                "state": each["state_in_words"],
                "technician": each["technician"],
                "dealer": safe(each["dealer_name"] or each["phone"] or ""),
                "cost": each["cost"],
            }
            for each in found
        ]
    )


@booking.command("show")
@_which
@wants_json
@reported
def booking_show(*, number: int, as_json: bool) -> None:
    """One booking with its texts and what was billed."""
    _print(program_for_command(), number, as_json=as_json)


@booking.command("move")
@_which
@_starts
@_ends
@click.option("--technician", "person", metavar="PERSON", help="Somebody else; who has it where left out.")
@wants_json
@reported
def booking_move(*, number: int, starts_at: datetime, ends_at: datetime, person: str | None, as_json: bool) -> None:
    """Another slot, another technician, or both."""
    program = program_for_command()
    now = program.now()
    whose = person or show_booking(program.desk, number, now)["person"]
    bookings.move(program.desk, number, starts_at, ends_at, whose, now, actor=whoever_types())
    _print(program, number, as_json=as_json)


@booking.command("cancel")
@_which
@click.option("--reason", default="", help="For the history.")
@wants_json
@reported
def booking_cancel(*, number: int, reason: str, as_json: bool) -> None:
    """Nobody comes; technician and dealer are told."""
    program = program_for_command()
    bookings.cancel(program.desk, number, reason, program.now(), actor=whoever_types())
    _print(program, number, as_json=as_json)


@booking.command("start")
@_which
@wants_json
@reported
def booking_start(*, number: int, as_json: bool) -> None:
    """It begins now."""
    program = program_for_command()
    with program.desk.store.write() as tx:
        bookings.start(tx, program.desk, number, program.now(), actor=whoever_types())
    _print(program, number, as_json=as_json)


@booking.command("finish")
@_which
@click.option("--minutes", type=_MINUTES, help="How long it took, from its beginning.")
@click.option("--from", "starts_at", type=Instant(), help="Instead of --minutes: when the work began ...")
@click.option("--to", "ends_at", type=Instant(), help="... and ended.")
@click.option("--note", default="", help="What was done.")
@wants_json
@reported
def booking_finish(
    *,
    number: int,
    minutes: int | None,
    starts_at: datetime | None,
    ends_at: datetime | None,
    note: str,
    as_json: bool,
) -> None:
    """It is over: bill it."""
    program = program_for_command()
    took = bookings.Took(minutes=minutes, starts_at=starts_at, ends_at=ends_at)
    with program.desk.store.write() as tx:
        bookings.finish(tx, program.desk, number, took, note, program.now(), actor=whoever_types())
    _print(program, number, as_json=as_json)


def _print(program: Program, number: int, *, as_json: bool) -> None:
    found: Record = show_booking(program.desk, number, program.now())
    if as_json:
        print_json(found)
        return
    texts = found.pop("texts")
    print_fields({name: safe(value) if isinstance(value, str) else value for name, value in found.items()})
    click.echo("\ntexts")
    print_table(
        [
            {"at": each["at"], "to": each["person"] or "dealer", "by": each["channel"], "state": each["state"],
             "text": safe(each["text"])}
            for each in texts
        ]
    )  # fmt: skip
