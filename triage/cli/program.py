"""The program as a command needs it."""

from __future__ import annotations

import getpass
import os
from typing import TYPE_CHECKING

import click

from config.logging import set_up_logging
from config.settings import Settings, load_settings

if TYPE_CHECKING:
    from triage.bootstrap import Program


def settings_for_command() -> Settings:
    """The settings, with logs going to standard error."""
    settings = load_settings()
    set_up_logging(settings.log_format)
    return settings


def program_for_command() -> Program:
    """A prepared program: commands read the same database as the daemon."""
    program = unprepared_program()
    program.prepare()
    return program


def unprepared_program() -> Program:
    """A program whose database may not be there yet, and is not touched."""
    from triage.bootstrap import build  # noqa: PLC0415 - see triage/cli/__init__.py

    program = build(settings_for_command())
    click.get_current_context().call_on_close(program.close)
    return program


def whoever_types() -> str:
    """The actor of what is done here: `command line:` and the user of this machine."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a user without a name
        user = str(os.getuid())
    return f"command line:{user}"[:60]
