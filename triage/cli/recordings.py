"""`afterhours recording`: our copies of what callers said."""

from __future__ import annotations

import sys

import click

from triage.cli.printing import print_json, reported, wants_json
from triage.cli.program import program_for_command
from triage.services.recordings import verify_copies


@click.group()
def recording() -> None:
    """Our copies of the recordings."""


@recording.command("verify")
@wants_json
@reported
def recording_verify(*, as_json: bool) -> None:
    """Compare every file with its stored hash; exit 1 and name each that does not fit."""
    program = program_for_command()
    findings = verify_copies(program.desk, program.recordings)
    faults = [found for found in findings if found.fault]
    if as_json:
        shown = [
            {"ref": found.reference, "recording": found.recording_sid, "file": found.file_name, "fault": found.fault}
            for found in faults
        ]
        print_json({"ok": not faults, "files": len(findings), "faults": shown})
    else:
        for found in faults:
            click.echo(f"{found.file_name} of case {found.reference}, {found.recording_sid}: {found.fault}")
        click.echo(f"{len(findings) - len(faults)} of {len(findings)} files in {program.recordings.path} fit.")
    sys.exit(1 if faults else 0)
