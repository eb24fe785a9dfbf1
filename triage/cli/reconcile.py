"""`afterhours reconcile`: what no webhook told of, found in Twilio's lists, also while the scheduler is dead."""

from __future__ import annotations

import sys

import click

from triage.bootstrap import build_phone_system
from triage.cli.printing import print_json, reported, wants_json
from triage.cli.program import program_for_command
from triage.errors import ConfigurationError
from triage.services.reconciler import Looked, look_if_due
from triage.services.vital_signs import why_not_ready


@click.command()
@wants_json
@reported
def reconcile(*, as_json: bool) -> None:
    """Read Twilio's lists and make cases of what no webhook told of, unless that was done a moment ago.

    Safe beside a running scheduler. Exit 1 where a list cannot be read, or no scheduler runs to alert anybody.
    """
    program = program_for_command()
    if program.settings.twilio_from is None:
        raise ConfigurationError("AFTERHOURS_TWILIO_FROM: set our number; it is whose calls and texts are listed")
    traffic = build_phone_system(program.settings).traffic
    looked = look_if_due(program.desk, traffic, program.now)
    if looked is not None:
        program.bell.ring()
    idle = why_not_ready(program.desk, program.clock.watched())
    failures = looked.failures if looked else {}
    if as_json:
        cases, texts = (looked.cases, looked.texts) if looked else ([], 0)
        found = {"read": looked is not None, "cases": cases, "texts": texts, "failures": failures}
        print_json(found | {"scheduler": idle})
    else:
        click.echo(_in_words(looked))
        for name, reason in failures.items():
            click.echo(f"The list of {name} was not read: {reason}", err=True)
        if idle:
            click.echo(f"Nobody is alerted meanwhile: {idle}", err=True)
    sys.exit(1 if failures or idle else 0)


def _in_words(looked: Looked | None) -> str:
    if looked is None:
        return "The lists were read a moment ago: nothing to do."
    found = [f"case {case}" for case in looked.cases]
    found += [f"{looked.texts} text{'' if looked.texts == 1 else 's'}"] if looked.texts else []
    return f"No webhook told of: {', '.join(found)}." if found else "Nothing was found that no webhook told of."
