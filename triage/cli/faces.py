"""Each face alone, started by name: the domain does not import its faces. What they need they load themselves."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

import click


@click.command()
def web() -> None:
    """The web server alone."""
    _become("webhooks")


@click.command()
def scheduler() -> None:
    """The scheduler alone."""
    _become("scheduler")


@click.command()
def simulator() -> None:
    """The simulated phone system alone. Refuses to start with real credentials."""
    _become("webhooks.simulator")


def command_line(module: str) -> list[str]:
    """What starts a module of ours as a process."""
    return [sys.executable, "-P", "-m", module]  # -P: a folder of the same name where we start is not ours


def _become(module: str) -> NoReturn:
    os.execv(sys.executable, command_line(module))  # noqa: S606 - our own interpreter, our own module # nosec B606
