"""Starting, migrating and examining the daemon."""

from __future__ import annotations

import shutil
import sys

import click

from triage.cli import processes
from triage.cli.doctor import examine, schema_revision
from triage.cli.printing import print_json, reported, wants_json
from triage.cli.program import program_for_command, settings_for_command


@click.command()
@reported
def serve() -> None:
    """Web server and scheduler on one machine, until SIGTERM; without a Twilio account, a simulated one too."""
    sys.exit(processes.serve(settings_for_command()))


@click.command()
@wants_json
@reported
def migrate(*, as_json: bool) -> None:
    """Bring the database to the current schema."""
    revision = schema_revision(program_for_command())
    if as_json:
        print_json({"revision": revision})
    else:
        click.echo(f"The database is at {revision}.")


@click.command("doctor")
@wants_json
@reported
def doctor(*, as_json: bool) -> None:
    """Check the set-up, one line each with its mend; exit 1 where something is wrong."""
    findings = examine(settings_for_command())
    if as_json:
        print_json([finding.as_dict() for finding in findings])
    else:
        columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
        for finding in findings:
            click.echo(finding.within(columns) if columns else str(finding))
    sys.exit(1 if any(finding.is_wrong for finding in findings) else 0)
