"""`afterhours case`, `oncall` and `texts`: what is going on."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from triage.cli.printing import Day, Instant, print_json, print_table, reported, wants_json, whole_or_not_at_all
from triage.cli.program import program_for_command, whoever_types
from triage.cli.record_words import calendar_row, case_row, case_sheet, on_the_clock
from triage.errors import Refused
from triage.services import case_actions, records
from triage.services.desk import known_names
from triage.services.on_call import calendar_records, gap_records, who_is_on_call
from triage.services.roster_changes import roster_in_force

NO_DEALER = "none"


@click.group()
def oncall() -> None:
    """Who is on call."""


@oncall.command("who")
@click.option("--at", type=Instant(), help="Now where not given.")
@wants_json
@reported
def oncall_who(*, at: datetime | None, as_json: bool) -> None:
    """The people whom the ladder would reach, in its order; exit 1 where there is nobody."""
    program = program_for_command()
    lines = who_is_on_call(program.desk, at or program.now(), program.now())
    if as_json:
        print_json(lines)
    elif lines:
        print_table([on_the_clock(line, program.desk.terms) for line in lines])
    if not lines:
        click.echo("afterhours: nobody is on call: check the rotations of the roster", err=True)
        sys.exit(1)


@oncall.command("calendar")
@click.option("--from", "first", type=Day(), required=True, help="The first day.")
@click.option("--to", "last", type=Day(), required=True, help="The last day; two months at the most.")
@wants_json
@reported
def oncall_calendar(*, first: date, last: date, as_json: bool) -> None:
    """Who has which rotation on these days, on the roster's wall clock."""
    if last < first:
        raise Refused("--to is before --from")
    program = program_for_command()
    found = calendar_records(program.desk, first, last, program.now())
    if as_json:
        print_json(found)
    else:
        zone = ZoneInfo(roster_in_force(program.desk).timezone)
        print_table([calendar_row(record, zone) for record in found])


@oncall.command("gaps")
@wants_json
@reported
def oncall_gaps(*, as_json: bool) -> None:
    """What nobody covers in the coming two weeks; exit 1 where there is a gap."""
    program = program_for_command()
    found = gap_records(program.desk, program.now())
    if as_json:
        print_json(found)
    elif found:
        print_table([on_the_clock(gap, program.desk.terms) for gap in found])
    else:
        click.echo("No gap in the coming two weeks.")
    sys.exit(1 if found else 0)


@click.group()
def case() -> None:
    """Cases and their timelines."""


@case.command("list")
@click.option("--open", "only_open", is_flag=True, help="Only cases that are not closed.")
@wants_json
@reported
def case_list(*, only_open: bool, as_json: bool) -> None:
    """Every case."""
    program = program_for_command()
    found = records.list_cases(program.desk, only_open=only_open)
    if as_json:
        print_json(found)
    else:
        print_table([case_row(record, program.desk.terms) for record in found])


@case.command("show")
@click.argument("ref")
@wants_json
@reported
def case_show(*, ref: str, as_json: bool) -> None:
    """One case with its whole timeline."""
    program = program_for_command()
    found = records.show_case(program.desk, ref)
    if as_json:
        print_json(found)
        return
    for line in case_sheet(found, program.desk.terms, known_names(program.desk)):
        click.echo(line)


@case.command("dealer")
@click.argument("ref")
@click.argument("code")
@click.option("--reason", required=True, help="Why: the history keeps it.")
@wants_json
@reported
def case_dealer(*, ref: str, code: str, reason: str, as_json: bool) -> None:
    """Say whose case it is: a dealer's CODE, or `none`. What was billed for it changes with that."""
    program = program_for_command()
    written = "" if code.strip().lower() == NO_DEALER else code
    said = case_actions.set_dealer_here(program.desk, ref, written, reason, actor=whoever_types(), now=program.now())
    if as_json:
        print_json(records.show_case(program.desk, ref))
    else:
        click.echo(said)


@case.command("pack")
@click.argument("ref")
@click.option("--out", "target", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The zip.")
@wants_json
@reported
def case_pack(*, ref: str, target: Path, as_json: bool) -> None:
    """Everything about one case as one zip, with hashes: PDF, JSON, audio, contract. Who took it is on record."""
    from triage.bootstrap import build_printer  # noqa: PLC0415 - the PDF library is large
    from triage.services.case_pack import export_case  # noqa: PLC0415

    with whole_or_not_at_all(target) as out:
        program = program_for_command()
        pack = export_case(
            program.desk, program.recordings, build_printer(), ref, actor=whoever_types(), now=program.now()
        )
        out.write(pack.content)
    if as_json:
        print_json({"ref": ref, "file": str(target), "sha256": pack.sha256, "files": pack.names})
    else:
        click.echo(f"{target}: {len(pack.names)} files, SHA-256 {pack.sha256}")


@click.command()
@click.option("--most", type=click.IntRange(1, 1000), default=50, help="How many.")
@wants_json
@reported
def texts(*, most: int, as_json: bool) -> None:
    """The newest texts to our number, from technicians, callers and strangers."""
    program = program_for_command()
    found = records.list_texts(program.desk, most=most)
    if as_json:
        print_json(found)
    else:
        print_table([on_the_clock(text, program.desk.terms) for text in found])
