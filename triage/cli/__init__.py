"""The command line. Exit 0: done; 1: what was checked does not hold; 2: wrong usage or configuration."""

from __future__ import annotations

import os
from importlib import import_module

import click

_HOMES = {
    "account": "accounts",
    "alarm": "alarm",
    "audit": "reports",
    "backup": "backups",
    "booking": "bookings",
    "canary": "canary",
    "case": "cases",
    "dealer": "dealers",
    "doctor": "operation",
    "invoice": "invoices",
    "ledger": "ledger",
    "migrate": "operation",
    "move": "backups",
    "oncall": "cases",
    "policy": "contract",
    "reconcile": "reconcile",
    "recording": "recordings",
    "report": "reports",
    "restore": "backups",
    "scheduler": "faces",
    "serve": "operation",
    "session": "work",
    "simulate": "simulate",
    "simulator": "faces",
    "texts": "cases",
    "twilio": "twilio",
    "web": "faces",
}


class _Commands(click.Group):
    """Finds each command in its module, which is loaded only when it is called: `policy` needs no database."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_HOMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _HOMES:
            return None
        command: click.Command = getattr(import_module(f"triage.cli.{_HOMES[cmd_name]}"), cmd_name)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="afterhours")
def main() -> None:
    """After-hours voicemail triage and callback scheduler: the two-hour promise, kept and proven."""
    os.umask(0o077)  # the database holds numbers and what callers said
