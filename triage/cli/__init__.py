"""The command line. Exit 0: done; 1: what was checked does not hold; 2: wrong usage or configuration."""

from __future__ import annotations

import click

from triage.cli.cases import case, oncall, texts
from triage.cli.contract import policy
from triage.cli.operation import examine, migrate, scheduler, serve, simulator, web
from triage.cli.reports import audit, report


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="afterhours")
def main() -> None:
    """After-hours voicemail triage and callback scheduler: the two-hour promise, kept and proven."""


for command in (serve, web, scheduler, simulator, migrate, policy, oncall, case, texts, report, audit, examine):
    main.add_command(command)
