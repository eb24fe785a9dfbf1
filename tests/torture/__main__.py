"""`make torture`: kill -9, SIGSTOP and database restarts under traffic, round after round, and what has to hold.

The seed fixes what is done and roughly when. Processes and their threads run as the machine lets them, so the same seed
is the same run of faults, not the same instants. A failure keeps logs and database.
"""

from __future__ import annotations

import random
import shutil
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from threading import Event, Timer

import click

from tests.support.databases import MEMORY
from tests.torture.night import Tally, night

ROUNDS_OF_A_NIGHT = 200
DATABASES = {
    "both": ("sqlite", "postgresql"),
    "sqlite": ("sqlite",),
    "postgresql": ("postgresql",),
    "pooler": ("pooler",),
}
_TELL_EVERY_SECONDS = 15


@click.command()
@click.option("--rounds", default=200, show_default=True, help="Of each database.")
@click.option("--minutes", default=24 * 60.0, help="On each database at the most; SIGTERM is that they are over.")
@click.option("--database", type=click.Choice(list(DATABASES)), default="both", show_default=True)
@click.option("--seed", type=int, help="Of the dice; drawn where it is not given.")
def main(rounds: int, minutes: float, database: str, seed: int | None) -> None:
    """Torture real processes. Ends with 1 at the first thing that does not hold."""
    is_over = Event()
    signal.signal(signal.SIGTERM, lambda *_: is_over.set())
    seed = random.SystemRandom().randrange(10**6) if seed is None else seed
    click.echo(f"seed {seed}")
    for name in DATABASES[database]:
        begun = time.monotonic()
        timer = Timer(minutes * 60, is_over.set)
        timer.daemon = True
        timer.start()
        nights: list[Tally] = []
        first, holds = 0, True
        while holds and first < rounds and not is_over.is_set():
            tally, holds = _one_night(name, first, min(ROUNDS_OF_A_NIGHT, rounds - first), seed, is_over)
            nights.append(tally)
            first += ROUNDS_OF_A_NIGHT
        timer.cancel()
        is_over.clear()
        _tell(name, nights, time.monotonic() - begun)
        if not holds:
            sys.exit(1)


def _one_night(database: str, first: int, many: int, seed: int, is_over: Event) -> tuple[Tally, bool]:
    """What it came to, and whether all held."""
    folder = Path(tempfile.mkdtemp(prefix="afterhours-torture-", dir=MEMORY))
    told_at, tally = time.monotonic(), Tally()
    try:
        with night(database, folder, seed * 1_000_003 + first) as told:
            tally = told.tally
            while tally.rounds < many and not is_over.is_set():
                told.round()
                if time.monotonic() - told_at > _TELL_EVERY_SECONDS:
                    told_at = time.monotonic()
                    click.echo(f"{database}: {first + tally.rounds} rounds hold")
            told.end()
    except BaseException as error:
        click.echo(f"{database}, seed {seed}, in the night from round {first} on: logs and database are in {folder}")
        if not isinstance(error, AssertionError):
            raise
        click.echo(str(error).split("\n", 1)[0])
        return tally, False
    shutil.rmtree(folder)
    return tally, True


def _tell(database: str, nights: list[Tally], seconds: float) -> None:
    faults = sum((one.faults for one in nights), Counter[str]())
    seen = sum((one.seen for one in nights), Counter[str]())
    rows = [
        ("rounds that hold", sum(one.rounds for one in nights)),
        ("voicemails", sum(one.voicemails for one in nights)),
        ("faults", faults.total()),
        *((f"  {name}", count) for name, count in sorted(faults.items())),
        *sorted(seen.items()),
    ]
    click.echo(f"\n{database}, {seconds:.0f} s")
    for name, value in rows:
        click.echo(f"{name:<28}{value:>8}")
    click.echo("seconds to the alert of the next voicemail")
    for words, took in (
        ("  from a fault that a node of each kind lived through", [t for one in nights for t in one.takeovers]),
        ("  from when one of each kind was up again", [t for one in nights for t in one.restarts]),
    ):
        if took:
            click.echo(f"{words}: median {statistics.median(took):.1f}, worst {max(took):.1f}, of {len(took)}")


if __name__ == "__main__":
    main()
