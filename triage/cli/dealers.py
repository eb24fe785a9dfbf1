"""`afterhours dealer`: the firms whose technicians may call, their sites, and what they bought."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any, get_args

import click

from triage.cli.printing import Day, print_fields, print_json, print_table, reported, wants_json
from triage.cli.program import program_for_command, whoever_types
from triage.errors import NotFound, Refused
from triage.policy.case_words import safe
from triage.policy.dealer_changes import Change
from triage.policy.dealer_files import MOST_BYTES, NAMING, Kind
from triage.policy.spreadsheet import as_cell
from triage.services import dealer_files, dealers
from triage.services.dealer_files import Imported
from triage.services.dealer_list import DealerLine, find_dealers, list_dealers

_KIND = click.option("--kind", type=click.Choice(get_args(Kind)), required=True, help="What the file is about.")
_WORDS = {"add": "new", "change": "changed", "keep": "unchanged"}


@click.group()
def dealer() -> None:
    """The dealers: technicians, sites, purchases."""


@dealer.command("list")
@wants_json
@reported
def dealer_list(*, as_json: bool) -> None:
    """Every dealer, what it has left, and whether it must prepay (E6)."""
    program = program_for_command()
    found = [_listed(line) for line in list_dealers(program.desk, find_dealers(program.desk), program.now())]
    if as_json:
        print_json(found)
    else:
        print_table(found)


@dealer.command("show")
@click.argument("code")
@wants_json
@reported
def dealer_show(*, code: str, as_json: bool) -> None:
    """One dealer: who may call, the sites with what is to be known of them, the purchases."""
    program = program_for_command()
    found = dealers.show_dealer(program.desk, code, program.now())
    if as_json:
        print_json(found)
        return
    parts = {name: found.pop(name) for name in ("technicians", "sites", "purchases")}
    print_fields(found)
    click.echo("\ntechnicians")
    print_table(parts["technicians"])
    click.echo("\nsites")
    for site in parts["sites"]:
        click.echo("\n".join(_site(site)))
    click.echo("\npurchases")
    print_table(parts["purchases"])


@dealer.command("add")
@click.argument("code")
@click.option("--name", required=True)
@click.option("--email")
@click.option("--joined-on", type=Day(), help="For the hours that a new dealer gets once (C4).")
@click.option("--account/--no-account", default=False, help="May be billed afterwards (E6).")
@wants_json
@reported
def dealer_add(
    *, code: str, name: str, email: str | None, joined_on: date | None, account: bool, as_json: bool
) -> None:
    """A new dealer, by accounting's customer number."""
    cells = {
        "code": code,
        "name": name,
        "email": email or "",
        "joined_on": as_cell(joined_on),
        "has_account": as_cell(account),
        "left_on": "",
    }
    _write("dealers", cells, is_new=True, as_json=as_json)


@dealer.command("change")
@click.argument("code")
@click.option("--name")
@click.option("--email", help="'' for none.")
@click.option("--joined-on", metavar="DATE", help="'' where it is not known.")
@click.option("--left-on", metavar="DATE", help="'' where it is back.")
@click.option("--account/--no-account", default=None, help="May be billed afterwards (E6).")
@wants_json
@reported
def dealer_change(
    *,
    code: str,
    name: str | None,
    email: str | None,
    joined_on: str | None,
    left_on: str | None,
    account: bool | None,
    as_json: bool,
) -> None:
    """Change a dealer; what is not named stays."""
    given = {
        "name": name,
        "email": email,
        "joined_on": joined_on,
        "left_on": left_on,
        "has_account": None if account is None else as_cell(account),
    }
    cells = dealer_files.cells_of(program_for_command().desk, "dealers", (code.casefold(),))
    if not cells:
        raise NotFound(f"there is no dealer {code[:40]}; `afterhours dealer list` shows them")
    changed = {column: cell for column, cell in given.items() if cell is not None}
    _write("dealers", cells | changed, is_new=False, as_json=as_json)


@dealer.command("pin")
@click.argument("code")
@click.argument("name")
@wants_json
@reported
def dealer_pin(*, code: str, name: str, as_json: bool) -> None:
    """A new PIN for a dealer's technician, printed once; the old one finds nobody from now on."""
    program = program_for_command()
    pin = dealers.give_new_pin(program.desk, code, name, actor=whoever_types(), now=program.now())
    if as_json:
        print_json({"dealer": code, "name": name, "pin": pin})
    else:
        click.echo(f"The PIN of {safe(name)} is {pin}. It cannot be shown again.")


@dealer.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_KIND
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@wants_json
@reported
def dealer_import(*, file: Path, kind: Kind, dry_run: bool, as_json: bool) -> None:
    """Take a CSV file in: all of it, or nothing where a row is bad. The same file twice changes nothing.

    \b
    dealers      code,name,email,joined_on,has_account,left_on
    technicians  dealer,name,phones,pin,left_on
    sites        dealer,name,zone,product,software,licence_until,trunk
    purchases    dealer,date,amount,kind,reference
    """
    program = program_for_command()
    try:
        with file.open("rb") as source:
            content = source.read(MOST_BYTES + 1)
    except OSError as error:
        raise Refused(f"{file} cannot be read: {error.strerror}") from error
    done = dealer_files.import_file(
        program.desk, kind, content, is_dry_run=dry_run, actor=whoever_types(), now=program.now()
    )
    _print_import(done, as_json=as_json)


@dealer.command("export")
@_KIND
@wants_json
@reported
def dealer_export(*, kind: Kind, as_json: bool) -> None:
    """All there is of a kind, as the CSV file that import takes. PINs are not in it; an empty cell keeps them."""
    program = program_for_command()
    who, now = whoever_types(), program.now()
    if as_json:
        print_json(dealer_files.export_rows(program.desk, kind, actor=who, now=now))
    else:
        click.echo(dealer_files.export_file(program.desk, kind, actor=who, now=now), nl=False)


def _write(kind: Kind, cells: Mapping[str, str], *, is_new: bool, as_json: bool) -> None:
    program = program_for_command()
    done = dealer_files.write_row(program.desk, kind, cells, is_new=is_new, actor=whoever_types(), now=program.now())
    if done.faults:
        raise Refused("; ".join(str(fault) for fault in done.faults))
    _print_import(done, as_json=as_json)


def _print_import(done: Imported, *, as_json: bool) -> None:
    """What was, or would be, changed. Exits with 1 where rows are bad."""
    if as_json:
        print_json(_record(done))
    else:
        for fault in done.faults:
            click.echo(f"afterhours: {safe(str(fault))}", err=True)
        for change in done.changes if not done.faults else ():
            if change.what != "keep":
                click.echo(_line(done.kind, change))
        for given in done.pins:
            click.echo(f"The PIN of {safe(given.name)} of {given.dealer} is {given.pin}. It cannot be shown again.")
        click.echo(_sum(done), err=bool(done.faults))
    sys.exit(1 if done.faults else 0)


def _sum(done: Imported) -> str:
    if done.faults:
        return "Nothing was changed: mend these, then import the file again."
    counts = ", ".join(f"{done.count(what)} {words}" for what, words in _WORDS.items())
    return f"{'Done' if done.is_done else 'Nothing was changed yet'}: {counts}.{done.later_in_words()}"


def _line(kind: Kind, change: Change) -> str:
    values = change.row.values
    named = " ".join(as_cell(values[column]) for column in NAMING[kind])
    where = f"line {change.row.line}: " if change.row.line else ""
    fields = "; ".join(
        f"{each.field} {each.before} -> {each.after or 'nothing'}" if each.before else f"{each.field} {each.after}"
        for each in change.fields
    )
    return safe(f"{where}{_WORDS[change.what]} {named}{': ' if fields else ''}{fields}")


def _record(done: Imported) -> dict[str, Any]:
    return {
        "kind": done.kind,
        "done": done.is_done,
        "faults": [{"line": each.line, "column": each.key or None, "reason": each.reason} for each in done.faults],
        "changes": [
            {
                "line": each.row.line,
                "what": each.what,
                "fields": [{"field": one.field, "before": one.before, "after": one.after} for one in each.fields],
            }
            for each in done.changes
            if each.what != "keep"
        ],
        "kept": done.count("keep"),
        "ledgers_later": done.later,
        "pins": [{"dealer": each.dealer, "name": each.name, "pin": each.pin} for each in done.pins],
    }


def _listed(line: DealerLine) -> dict[str, Any]:
    record = asdict(line)
    standing: dict[str, Any] = record.pop("standing")
    return record | standing


def _site(site: Mapping[str, Any]) -> Iterator[str]:
    facts = [site["product"], site["software"], site["trunk"], site["zone"]]
    yield safe(f"{site['name']}: {', '.join(fact for fact in facts if fact)}")
    for note in site["notes"]:
        yield f"  {note['rule']} {safe(note['words'])}"
