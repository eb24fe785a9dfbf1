"""`afterhours canary`: a test call through the whole path, now, watched hop by hop."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import click

from triage.bootstrap import Program
from triage.cli.printing import print_json, reported, wants_json
from triage.cli.program import program_for_command
from triage.policy.canary import Hop
from triage.services import canary as canaries
from triage.services.canary import Run
from triage.services.vital_signs import why_not_ready

_LOOK_EVERY_SECONDS = 0.5
_GRACE = timedelta(seconds=5)


@click.command()
@wants_json
@reported
def canary(*, as_json: bool) -> None:
    """Call our number from the canary's, through the whole path and back by text; exit 1 where a hop is late.

    The running daemon does it; this command begins the run and watches. Administrators hear of a failure.
    """
    program = program_for_command()
    if program.desk.canary is not None and (reason := why_not_ready(program.desk, program.clock.watched())):
        click.echo(f"afterhours: {reason}", err=True)
        sys.exit(1)
    said: set[Hop] = set()
    run = None
    for run in watch(program, time.sleep):
        for hop in [hop for hop in run.progress.seen if hop not in said and not as_json]:
            click.echo(f"{hop.value:<10} after {run.progress.seconds[hop.value]:g} s")
        said |= set(run.progress.seen)
    assert run is not None  # noqa: S101 - a watch says something at least once
    if as_json:
        print_json(as_record(run))
    elif not run.has_passed:
        click.echo(f"failed: not {run.progress.missing}" + (f", {run.why}" if run.why else ""))
    sys.exit(0 if run.has_passed else 1)


def watch(program: Program, pause: Callable[[float], None]) -> Iterator[Run]:
    """Begin a run and tell how it stands, again and again, until it is over."""
    desk = program.desk
    run = canaries.start(desk, program.now())
    program.bell.ring()
    while run.has_passed is None:
        yield run
        pause(_LOOK_EVERY_SECONDS)
        if program.clock.watched() > run.due_at + _GRACE:  # the daemon died meanwhile: the run is late all the same
            canaries.fail_late(desk, run.number, program.now())
        run = canaries.run_of(desk, run.number)
    yield run


def as_record(run: Run) -> dict[str, Any]:
    """A run as its JSON: how many seconds after the start each hop was seen, and the hop that was not."""
    return {
        "run": run.number,
        "started_at": run.progress.started_at,
        "due_at": run.due_at,
        "passed": run.has_passed,
        "seconds": run.progress.seconds,
        "missing": run.progress.missing,
        "why": run.why,
    }
