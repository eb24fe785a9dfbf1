"""`afterhours report` and `audit`: what was promised, what was done, and whether the record is whole."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date
from typing import Any

import click

from triage.cli.printing import Day, print_csv, print_json, print_table, reported, wants_json
from triage.cli.program import program_for_command
from triage.cli.record_words import sla_rows, sla_sheet
from triage.errors import Refused
from triage.services import records
from triage.services.audit import verify_chain


@click.group()
def report() -> None:
    """What was promised, what was done, what it costs."""


def _span(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--format", "form", type=click.Choice(["table", "json", "csv"]), default="table"),
        click.option("--to", "last", type=Day(), required=True, help="Last day, included."),
        click.option("--from", "first", type=Day(), required=True, help="First day, by the contract's clock."),
    ):
        command = option(command)
    return wants_json(command)


@report.command("sla")
@_span
@reported
def report_sla(*, first: date, last: date, form: str, as_json: bool) -> None:
    """Promises met and broken for messages left in the span."""
    program = program_for_command()
    found = records.sla_report(program.desk, first, _last(first, last), program.now())
    if as_json or form == "json":
        print_json(found)
    elif form == "csv":
        print_csv(sla_rows(found))
    else:
        for line in sla_sheet(found, program.desk.terms):
            click.echo(line)


@report.command("billing")
@_span
@reported
def report_billing(*, first: date, last: date, form: str, as_json: bool) -> None:
    """Billing lines of sessions closed in the span."""
    lines = records.billing_report(program_for_command().desk, first, _last(first, last))
    if as_json or form == "json":
        print_json(lines)
    elif form == "csv":
        print_csv(lines, records.BILLING_COLUMNS)
    else:
        shown = (
            "ref",
            "technician",
            "rate",
            "minutes",
            "billed_minutes",
            "amount",
            "measured",
            "doubtful",
            "arithmetic",
        )
        print_table([{name: line[name] for name in shown} for line in lines])
        click.echo(f"total {records.total(lines):.2f} before tax, {len(lines)} lines")


@click.group()
def audit() -> None:
    """The history as evidence."""


@audit.command("verify")
@wants_json
@reported
def audit_verify(*, as_json: bool) -> None:
    """Recompute the chain of events; exit 1 and name the first entry that does not fit."""
    verdict = verify_chain(program_for_command().desk)
    record = {
        "ok": verdict.first_bad is None,
        "entries": verdict.entries,
        "head": verdict.head,
        "first_bad": verdict.first_bad,
        "reason": verdict.reason,
    }
    if as_json:
        print_json(record)
    elif verdict.first_bad is None:
        click.echo(f"{verdict.entries} entries fit. Head: {verdict.head}")
    else:
        click.echo(f"Entry {verdict.first_bad} does not fit: {verdict.reason}. {verdict.entries} entries before it do.")
    sys.exit(0 if verdict.first_bad is None else 1)


def _last(first: date, last: date) -> date:
    if last < first:
        raise Refused("--to is before --from")
    return last
