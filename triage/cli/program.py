"""The program as a command needs it."""

from __future__ import annotations

from config.logging import set_up_logging
from config.settings import Settings, load_settings
from triage.bootstrap import Program, build


def settings_for_command() -> Settings:
    """The settings, with logs going to standard error."""
    settings = load_settings()
    set_up_logging(settings.log_format)
    return settings


def program_for_command() -> Program:
    """A prepared program: commands read the same database as the daemon."""
    program = build(settings_for_command())
    program.prepare()
    return program
