"""`afterhours alarm`: systemd found that a unit failed, and administrators are told."""

from __future__ import annotations

import os
import sys

import click

from triage.bootstrap import build_alarm_mail, terms_at_any_rate
from triage.cli.printing import print_json, reported, wants_json
from triage.cli.program import settings_for_command
from triage.clock import SystemClock
from triage.errors import Refused
from triage.policy.unit_alarms import how_it_failed, unit_name
from triage.services.alarms import tell_of_unit


@click.command()
@click.argument("unit")
@wants_json
@reported
def alarm(unit: str, *, as_json: bool) -> None:
    """Tell administrators by e-mail that UNIT failed; exit 1 where nobody could be told.

    systemd starts it, by afterhours-alarm@.service. It needs no database, and no sound contract or roster.
    """
    name = unit_name(unit)
    if name is None:
        raise Refused(f"{unit[:40]!r} is no unit; write it like afterhours-backup")
    settings = settings_for_command()
    post = build_alarm_mail(settings)
    if post is None:
        reached = 0
        click.echo("afterhours: nobody gets alarms by e-mail: AFTERHOURS_ALARM_MAIL is not set", err=True)
    else:
        terms = terms_at_any_rate(settings)
        reached = tell_of_unit(post, name, how_it_failed(os.environ), SystemClock().now(), terms)
    if as_json:
        print_json({"unit": name, "addresses": len(settings.alarm_addresses), "reached": reached})
    elif reached:
        click.echo(f"{reached} of {len(settings.alarm_addresses)} addresses were told that {name} failed")
    sys.exit(0 if reached or post is None else 1)
