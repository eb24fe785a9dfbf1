"""`afterhours ledger`: what dealers have left, what people put right of it, and the end of a quarter."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from triage.cli.printing import (
    Day,
    Instant,
    print_csv,
    print_fields,
    print_json,
    print_table,
    reported,
    wants_json,
    whole_or_not_at_all,
)
from triage.cli.program import program_for_command, whoever_types
from triage.errors import Refused
from triage.policy.case_words import clock
from triage.policy.hours import local
from triage.policy.lengths import in_hours
from triage.policy.quarters import read_quarter
from triage.policy.statements import account_lines, paid_in_words
from triage.policy.terms import Terms
from triage.services import ledger_changes
from triage.services.statement_exports import STATEMENT_COLUMNS, print_statement, statement_record, statement_rows
from triage.services.statements import ledger_of, statement_of


class Quarter(click.ParamType[str]):
    """A calendar quarter, such as 2026-Q2."""

    name = "quarter"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return read_quarter(str(value))
        except Refused as error:
            self.fail(str(error), param, ctx)


@click.group()
def ledger() -> None:
    """What dealers have left, and the end of a quarter."""


@ledger.command("show")
@click.argument("code")
@click.option("--at", type=Instant(), help="What was left at this instant; now where it is left out.")
@click.option("--quarter", type=Quarter(), help="The entries of this quarter; of that of the instant where left out.")
@wants_json
@reported
def ledger_show(*, code: str, at: datetime | None, quarter: str | None, as_json: bool) -> None:
    """What a dealer has left of each lot, and the entries of a quarter."""
    program = program_for_command()
    now, terms = program.now(), program.desk.terms
    if at is not None and at > now:
        raise Refused("--at lies ahead: nobody knows yet")
    found = ledger_of(program.desk, code, at or now, quarter)
    if as_json:
        print_json(found)
        return
    print_fields(
        {
            "dealer": f"{found['dealer']} {found['name']}",
            "at": clock(found["at"], terms),
            "prepaid": in_hours(found["prepaid_minutes"]),
            "credits": in_hours(found["credit_minutes"]),
            "over": in_hours(found["over_minutes"]),
            "must prepay": found["must_prepay"],
        }
    )
    click.echo()
    print_table(
        [
            {
                "lot": lot["lot"],
                "minutes": lot["minutes"],
                "ends": clock(lot["ends_at"], terms) if lot["ends_at"] else "",
            }
            for lot in found["lots"]
        ]
    )
    click.echo(f"\nentries of {found['quarter']}")
    print_table(
        [
            {"at": clock(entry["at"], terms), **{name: entry[name] for name in ("kind", "lot", "minutes", "words")}}
            for entry in found["entries"]
        ]
    )


@ledger.command("correct", context_settings={"ignore_unknown_options": True})
@click.argument("code")
@click.argument("minutes", type=int)
@click.option("--reason", required=True, help="Why, for whoever reads the history.")
@click.option("--lot", metavar="LOT", help="A lot that is there, such as earned:2026-Q2; else a new one is made.")
@click.option("--ends", "ends_on", type=Day(), help="The last day on which new minutes count; else they do not end.")
@wants_json
@reported
def ledger_correct(
    *, code: str, minutes: int, reason: str, lot: str | None, ends_on: date | None, as_json: bool
) -> None:
    """Give a dealer MINUTES, or take some away: `-30`, with --lot."""
    program = program_for_command()
    name = ledger_changes.correct(
        program.desk, code, minutes, reason, lot=lot, ends_on=ends_on, actor=whoever_types(), now=program.now()
    )
    if as_json:
        print_json({"dealer": code, "lot": name, "minutes": minutes})
    else:
        click.echo(f"{minutes} min put right in {name}")


@ledger.command("borrow")
@click.argument("code")
@click.argument("quarter", type=Quarter())
@click.option("--minutes", "most", type=click.IntRange(1), help="At the most; else all that is over.")
@click.option("--take-back", is_flag=True, help="Take the request back instead, while nothing of it is invoiced.")
@wants_json
@reported
def ledger_borrow(*, code: str, quarter: str, most: int | None, take_back: bool, as_json: bool) -> None:
    """Pay what was over in QUARTER with hours of the next one (C7)."""
    program = program_for_command()
    now, actor = program.now(), whoever_types()
    if take_back:
        ledger_changes.take_back_borrowing(program.desk, code, quarter, actor=actor, now=now)
        if as_json:
            print_json({"dealer": code, "quarter": quarter, "taken_back": True})
        else:
            click.echo(f"the request for {quarter} is taken back")
        return
    counts_at, minutes = ledger_changes.borrow(program.desk, code, quarter, most=most, actor=actor, now=now)
    if as_json:
        print_json({"dealer": code, "quarter": quarter, "counts_at": counts_at, "minutes": minutes})
    elif counts_at > now:
        click.echo(f"counts from {clock(counts_at, program.desk.terms)}, the end of {quarter}")
    else:
        click.echo(f"{minutes} min borrowed for {quarter}")


@ledger.command("close-quarter")
@click.argument("quarter", type=Quarter())
@wants_json
@reported
def ledger_close_quarter(*, quarter: str, as_json: bool) -> None:
    """Settle every dealer from the beginning of QUARTER, and say what it comes to. Run again, it adds nothing."""
    program = program_for_command()
    found = ledger_changes.close_quarter(program.desk, quarter, actor=whoever_types(), now=program.now())
    if as_json:
        print_json({"quarter": quarter, "dealers": found})
        return
    print_table(found)
    total = sum(each["amount"] for each in found)
    changed = sum(1 for each in found if each["changed"])
    dealers = f"{len(found)} dealer{'' if len(found) == 1 else 's'}"
    click.echo(f"over the credits {total:.2f} before tax, {dealers}, {changed} changed")


@ledger.command("statement")
@click.argument("code")
@click.argument("quarter", type=Quarter())
@click.option("--format", "form", type=click.Choice(["table", "json", "csv", "pdf"]), default="table")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="The file; needed for pdf.")
@wants_json
@reported
def ledger_statement(*, code: str, quarter: str, form: str, output: Path | None, as_json: bool) -> None:
    """A dealer's account of QUARTER: what there was, what came and went, what is left."""
    program = program_for_command()
    desk, now, form = program.desk, program.now(), "json" if as_json else form
    if form == "pdf":
        if output is None:
            raise Refused("a PDF is no text for a terminal: name a file with --output")
        from triage.bootstrap import build_printer  # noqa: PLC0415 - see triage/cli/__init__.py

        export = print_statement(desk, code, quarter, build_printer, actor=whoever_types(), now=now)
        with whole_or_not_at_all(output) as out:
            out.write(export.content)
        click.echo(f"wrote {output}")
        return
    if output is not None:
        raise Refused("--output is for pdf; send the others where you like with >")
    found = statement_of(desk, code, quarter, now)
    if form == "json":
        print_json(statement_record(found))
    elif form == "csv":
        print_csv(statement_rows(found), STATEMENT_COLUMNS)
    else:
        click.echo(f"{found.name} ({found.code}), {found.quarter}{'' if found.is_final else ', not ended yet'}\n")
        print_table(
            [{"": words, "minutes": minutes, "hours": in_hours(minutes)} for words, minutes in account_lines(found)]
        )
        click.echo()
        print_table([_session_row(each, desk.terms) for each in statement_record(found)["sessions"]])
        click.echo(f"\nover the credits: {found.over_minutes} min, {found.over_amount:.2f} before tax")
        for line in found.over_lines:
            click.echo(f"  {line.arithmetic}")


def _session_row(each: dict[str, Any], terms: Terms) -> dict[str, Any]:
    return {
        "ref": each["ref"] or f"work {each['session']}",
        "on": local(each["opened_at"], terms).date(),
        "minutes": each["minutes"],
        "paid by": paid_in_words(each["paid"]),
        "at once": each["amount"],
    }
