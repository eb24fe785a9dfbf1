"""How commands read and print: instants, dates, JSON, tables, CSV, exit codes."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from functools import wraps
from pathlib import Path
from typing import Any, BinaryIO, ParamSpec, TypeVar, cast

import click

from config.settings import SettingsError
from triage.errors import ConfigurationError, Refused, TriageError
from triage.policy.numbers import read_number
from triage.policy.spreadsheet import as_cell, as_csv
from triage.policy.written import as_json

P = ParamSpec("P")
R = TypeVar("R")

_YEARS = range(1970, 2201)


class Instant(click.ParamType[datetime]):
    """ISO 8601 with Z or an offset."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not an instant; write it like 2026-11-01T05:30:00Z", param, ctx)
        if at.tzinfo is None:
            self.fail(f"{value!r} has no zone; add Z for UTC, or an offset such as -05:00", param, ctx)
        if at.year not in _YEARS:
            self.fail(f"{value!r} is out of reach; write a year from {_YEARS[0]} to {_YEARS[-1]}", param, ctx)
        return at


class Day(click.ParamType[date]):
    """A date, YYYY-MM-DD."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        try:
            day = value if isinstance(value, date) else date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a date; write it like 2026-11-01", param, ctx)
        if day.year not in _YEARS:
            self.fail(f"{value!r} is out of reach; write a year from {_YEARS[0]} to {_YEARS[-1]}", param, ctx)
        return day


class Number(click.ParamType[str]):
    """A telephone number as cases have it: E.164."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        number = read_number(str(value))
        if number is None:
            self.fail(f"{value!r} is not a whole number; write it like +16145550199", param, ctx)
        return number


def wants_json(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")(command)


def reported(command: Callable[P, R]) -> Callable[P, R]:
    """Errors of ours as one line and the promised exit code."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except (ConfigurationError, SettingsError, Refused) as error:
            click.echo(f"afterhours: {error}", err=True)
            sys.exit(2)
        except TriageError as error:
            click.echo(f"afterhours: {error}", err=True)
            sys.exit(1)

    return run


def print_json(document: Any) -> None:
    click.echo(as_json(document))


@contextmanager
def whole_or_not_at_all(target: Path) -> Iterator[BinaryIO]:
    """A file that takes its name once it is complete; one of that name is replaced. Raises Refused."""
    try:
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as out:
            try:
                yield cast("BinaryIO", out)
                out.flush()
                os.fsync(out.fileno())
                Path(out.name).replace(target)
            finally:
                Path(out.name).unlink(missing_ok=True)
    except OSError as error:
        raise Refused(f"{target} cannot be written: {error.strerror or error}") from error


def print_fields(record: dict[str, Any]) -> None:
    for name, value in record.items():
        click.echo(f"{name:<16} {as_cell(value)}")


def print_table(rows: Sequence[dict[str, Any]]) -> None:
    if not rows:
        click.echo("nothing to show")
        return
    cells = [list(rows[0]), *([as_cell(value) for value in row.values()] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    for line in cells:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def print_csv(rows: Iterable[dict[str, Any]], columns: Sequence[str] | None = None) -> None:
    click.echo(as_csv(rows, columns), nl=False)
