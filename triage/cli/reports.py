"""`afterhours report` and `audit`: what was promised, what was done, and whether the record is whole."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date
from typing import Any, Unpack

import click

from triage.bootstrap import Program
from triage.cli.printing import Day, Number, print_csv, print_json, print_table, reported, wants_json
from triage.cli.program import program_for_command, whoever_types
from triage.cli.record_words import case_row
from triage.cli.sla_words import sla_sheet
from triage.errors import ConfigurationError, Refused
from triage.policy.access import read_email
from triage.policy.calendar_groups import WEEKDAYS
from triage.policy.hours import local
from triage.policy.monthly_report import read_month, write_month
from triage.policy.report_words import sla_rows
from triage.policy.terms import Terms
from triage.services import records
from triage.services.audit import verify_chain
from triage.services.letters import send_by_hand
from triage.services.sla_report import FIGURES, WINDOWS, Narrowed, Question, references_behind, sla_report


@click.group()
def report() -> None:
    """What was promised, what was done, what it costs."""


def _span(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--format", "form", type=click.Choice(["table", "json", "csv"]), default="table"),
        click.option("--to", "last", type=Day(), help="Last day, included; today where it is left out."),
        click.option("--from", "first", type=Day(), help="First day, by the contract's clock; else the last alone."),
    ):
        command = option(command)
    return wants_json(command)


@report.command("sla")
@_span
@click.option("--window", type=click.Choice(WINDOWS), help="Only messages of this window.")
@click.option("--technician", metavar="ID", help="Only cases that this person has, or had last.")
@click.option("--caller", type=Number(), help="Only cases from this number, such as +16145550199, or that keyed it.")
@click.option("--dealer", metavar="CODE", help="Only cases of this dealer.")
@click.option("--weekday", type=click.Choice(WEEKDAYS), help="Only messages left on this day of the week.")
@click.option("--hour", type=click.IntRange(0, 23), help="Only messages left in this hour of the day.")
@click.option("--cases", "figure", type=click.Choice(FIGURES), help="The cases behind this figure of the totals.")
@reported
def report_sla(
    *, first: date | None, last: date | None, form: str, as_json: bool, figure: str | None, **narrowed: Unpack[Narrowed]
) -> None:
    """Promises met and broken for messages left in the span."""
    program, is_json = program_for_command(), as_json or form == "json"
    first, last = _days(program, first, last)
    asked = Question(first=first, last=last, **narrowed)
    if figure is not None:
        behind = references_behind(program.desk, asked, figure, program.now())
        _print_cases(records.cases_of(program.desk, behind), "json" if is_json else form, program.desk.terms)
        return
    found = sla_report(program.desk, asked, program.now(), most_stories=None if is_json else 0)
    if is_json:
        print_json(found)
    elif form == "csv":
        print_csv(sla_rows(found))
    else:
        for line in sla_sheet(found, program.desk.terms):
            click.echo(line)


@report.command("billing")
@_span
@reported
def report_billing(*, first: date | None, last: date | None, form: str, as_json: bool) -> None:
    """Billing lines of sessions closed in the span."""
    program = program_for_command()
    lines = records.billing_report(program.desk, *_days(program, first, last))
    if as_json or form == "json":
        print_json(lines)
    elif form == "csv":
        print_csv(lines, records.BILLING_COLUMNS)
    else:
        shown = (
            "ref",
            "technician",
            "caller",
            "rate",
            "minutes",
            "billed_minutes",
            "amount",
            "measured",
            "doubtful",
            "corrected",
            "misdated",
            "dealer",
            "quarter",
            "invoice",
            "arithmetic",
        )
        print_table([{name: line[name] for name in shown} for line in lines])
        click.echo(f"total {records.total(lines):.2f} before tax, {len(lines)} lines")


class _Month(click.ParamType[date]):
    """A month, YYYY-MM."""

    name = "month"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        found = value if isinstance(value, date) else read_month(str(value))
        return found or self.fail(f"{value!r} is not a month; write it like 2026-10", param, ctx)


class _Address(click.ParamType[str]):
    """An e-mail address."""

    name = "address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        found = read_email(str(value))
        return found or self.fail(f"{value!r} is no e-mail address; write it like dana@example.com", param, ctx)


@report.command("mail")
@click.option("--month", type=_Month(), required=True, help="The month, such as 2026-10.")
@click.option("--to", type=_Address(), help="One address instead of every manager with an account.")
@wants_json
@reported
def report_mail(*, month: date, to: str | None, as_json: bool) -> None:
    """Send the monthly SLA report by e-mail now, whether or not it was sent before; exit 1 where one fails."""
    program = program_for_command()
    if program.post is None:
        raise ConfigurationError("no mail server: set AFTERHOURS_SMTP_URL and AFTERHOURS_MAIL_FROM")
    done = send_by_hand(program.desk, program.post, month, to, actor=whoever_types(), now=program.now())
    if as_json:
        failed = [{"to": address, "reason": reason} for address, reason in done.failed]
        print_json({"month": write_month(month), "sent": len(done.sent), "failed": failed})
    else:
        click.echo(f"sent {len(done.sent)} letter{'' if len(done.sent) == 1 else 's'}")
        for address, reason in done.failed:
            click.echo(f"not sent to {address}: {reason}")
    sys.exit(1 if done.failed else 0)


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


def _print_cases(found: list[records.Record], form: str, terms: Terms) -> None:
    if form == "json":
        print_json(found)
    elif form == "csv":
        rows = [{name: record[name] for name in records.CASE_COLUMNS} for record in found]
        print_csv(rows, records.CASE_COLUMNS)
    else:
        print_table([case_row(record, terms) for record in found])


def _days(program: Program, first: date | None, last: date | None) -> tuple[date, date]:
    """The first and the last day of a report: by the contract's clock today, where neither is named."""
    last = last or local(program.now(), program.desk.terms).date()
    first = first or last
    if last < first:
        raise Refused("--to is before --from")
    return first, last
