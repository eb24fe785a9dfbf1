"""`afterhours invoice`: what dealers owe, on its way to accounting."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from triage.cli.printing import Day, print_fields, print_json, print_table, reported, wants_json, whole_or_not_at_all
from triage.cli.program import program_for_command, whoever_types
from triage.errors import Refused, WouldBillTwice
from triage.policy.case_words import clock
from triage.policy.invoice_files import FORM_WORDS
from triage.policy.invoice_paper import dollars
from triage.policy.terms import Terms
from triage.services import invoices
from triage.services.invoice_exports import Exported, export_run
from triage.services.invoices import Waiting
from triage.services.records import Record


@click.group()
def invoice() -> None:
    """What dealers owe, on its way to accounting."""


@invoice.command("make")
@click.option("--through", type=Day(), required=True, help="The last day, included, by the contract's clock.")
@click.option("--dealer", "code", metavar="CODE", help="Only of this dealer.")
@click.option("--dry-run", is_flag=True, help="Say what would be invoiced, and make nothing.")
@wants_json
@reported
def invoice_make(*, through: date, code: str | None, dry_run: bool, as_json: bool) -> None:
    """One invoice for each dealer, of everything that is on none yet."""
    program = program_for_command()
    now = program.now()
    found = invoices.waiting(program.desk, through, now, code=code)
    made = []
    if not dry_run:
        made = invoices.make_invoices(program.desk, through, now, actor=whoever_types(), code=code, seal=found.seal)
    if as_json:
        print_json({**_waiting_record(found), "made": made})
        return
    print_table(
        [
            {
                "dealer": account.code,
                "name": account.name,
                "lines": account.lines,
                "total": account.total,
                "": "" if account.is_due else "waits: its lines are of nothing",
            }
            for account in found.accounts
        ]
    )
    for number in made:
        click.echo(f"made {number}")
    for words in _warnings(found):
        click.echo(words)


@invoice.command("list")
@wants_json
@reported
def invoice_list(*, as_json: bool) -> None:
    """Runs, their invoices, and where they went."""
    desk = program_for_command().desk
    found = invoices.list_runs(desk, invoices.run_numbers(desk))
    if as_json:
        print_json(found)
        return
    print_table(
        [
            {
                "run": run["run"],
                "through": run["through"],
                "number": each["number"],
                "dealer": each["dealer"],
                "name": each["name"],
                "total": each["total"],
                "exported as": [file["form"] for file in run["exports"]],
            }
            for run in found
            for each in run["invoices"]
        ]
    )


@invoice.command("show")
@click.argument("number")
@wants_json
@reported
def invoice_show(*, number: str, as_json: bool) -> None:
    """One invoice with its lines, such as 2026-0001."""
    found = invoices.show_invoice(program_for_command().desk, number)
    if as_json:
        print_json(found)
        return
    print_fields({name: value for name, value in found.items() if name != "lines"})
    shown = ("line", "ref", "quarter", "worked_on", "technician", "rate", "amount", "arithmetic")
    print_table([{name: line[name] for name in shown} for line in found["lines"]])


@invoice.command("export")
@click.argument("run", type=click.IntRange(1, 2**31 - 1))
@click.option("--form", type=click.Choice(list(FORM_WORDS)), required=True, help="Which program reads it.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="The file; else standard output.")
@click.option("--again-elsewhere", is_flag=True, help="Although another program of accounting has the run already.")
@wants_json
@reported
def invoice_export(*, run: int, form: str, output: Path | None, again_elsewhere: bool, as_json: bool) -> None:
    """The invoices of a run as a file: the same bytes however often it is asked for."""
    program = program_for_command()
    try:
        found = export_run(
            program.desk, run, form, actor=whoever_types(), now=program.now(), again_elsewhere=again_elsewhere
        )
    except WouldBillTwice as error:
        raise Refused(f"{error} Where it has to be, say --again-elsewhere.") from None
    if output is not None:
        with whole_or_not_at_all(output) as out:
            out.write(found.file.content)
    if as_json:
        print_json(_export_record(found, run, form, output))
        return
    if output is None:
        click.echo(found.file.content, nl=False)
    for words in _about(found, program.desk.terms):
        click.echo(words, err=True)


def _warnings(found: Waiting) -> list[str]:
    said, of = [], found.strangers
    if of.lines:
        more = f" and {of.more} more" if of.more else ""
        said.append(
            f"{of.lines} line{'' if of.lines == 1 else 's'}, {dollars(of.total)}, of callers of no dealer:"
            f" set the dealer on the case. {', '.join(of.newest)}{more}"
        )
    if found.unsettled:
        said.append(invoices.unsettled_in_words(found.unsettled))
    return said


def _waiting_record(found: Waiting) -> Record:
    return {
        "through": found.through,
        "dealers": [
            {
                "dealer": account.code,
                "name": account.name,
                "lines": account.lines,
                "total": account.total,
                "due": account.is_due,
            }
            for account in found.accounts
        ],
        "of_no_dealer": {
            "lines": found.strangers.lines,
            "total": found.strangers.total,
            "newest": list(found.strangers.newest),
        },
        "unsettled": list(found.unsettled),
    }


def _export_record(found: Exported, run: int, form: str, output: Path | None) -> Record:
    return {
        "run": run,
        "form": form,
        "sha256": found.sha256,
        "first_exported_at": found.first_at,
        "again": found.is_again,
        "left_out": [
            {"number": each.number, "name": each.name, "total": each.total, "reason": each.reason}
            for each in found.unfit
        ],
        "file": str(output) if output else None,
        "content": None if output else found.file.content.decode(),
    }


def _about(found: Exported, terms: Terms) -> list[str]:
    again = f"The same file as on {clock(found.first_at, terms)}. " if found.is_again else ""
    return [
        f"{again}SHA-256 {found.sha256}",
        *(f"Not in the file: {each.number}, {each.name}, {each.total}: {each.reason}." for each in found.unfit),
    ]
