"""`make fuzz`: hostile requests to every route, and what has to hold of each answer, of the log and of the history."""

from __future__ import annotations

import random
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from threading import Event

import click
import freezegun
import pytest

from tests.fuzz.ground import Ground
from tests.fuzz.run import ROUND, Found, Tally, one_round
from tests.support.databases import MEMORY
from tests.support.quick_hashes import hash_quickly
from triage.store import schema
from triage.store.engine import Store

_TELL_EVERY = 10 * ROUND


@click.command()
@click.option("--requests", default=20_000, show_default=True)
@click.option("--seed", type=int, help="Of the dice; drawn where it is not given.")
@click.option("--first", default=0, help="The number of the first request: with --requests 1, that request alone.")
def main(requests: int, seed: int | None, first: int) -> None:
    """Ends with 1 where something does not hold; SIGTERM ends it with its present round."""
    seed = random.SystemRandom().randrange(10**6) if seed is None else seed
    click.echo(f"seed {seed}")
    is_over = Event()
    signal.signal(signal.SIGTERM, lambda *_: is_over.set())
    folder = Path(tempfile.mkdtemp(prefix="afterhours-fuzz-", dir=MEMORY))
    template = folder / "template.db"
    store = Store(f"sqlite:///{template}")
    schema.upgrade(store)
    store.close()
    tally, begun = Tally(), time.process_time()
    try:
        with pytest.MonkeyPatch.context() as patch, freezegun.freeze_time() as clock:
            hash_quickly(patch)
            while tally.requests < requests and not tally.found and not is_over.is_set():

                def make() -> Ground:
                    for left in folder.glob("afterhours.db*"):
                        left.unlink()
                    shutil.copy(template, folder / "afterhours.db")
                    return Ground(clock, f"sqlite:///{folder}/afterhours.db")  # type: ignore[arg-type]

                number = first + tally.requests
                many = min(ROUND - number % ROUND, requests - tally.requests)
                one_round(make, clock, seed=seed, first=number, many=many, tally=tally)  # type: ignore[arg-type]
                if tally.requests % _TELL_EVERY == 0:
                    click.echo(f"{tally.requests} requests, {len(tally.found)} faults")
    finally:
        shutil.rmtree(folder)
    spent = time.process_time() - begun
    asked = tally.requests
    click.echo(f"{asked} requests in {spent:.0f} s of processor time, {asked / spent:.0f} a second")
    click.echo("answers " + ", ".join(f"{status}: {count}" for status, count in sorted(tally.statuses.items())))
    click.echo(f"{len(tally.routes)} routes asked, {len(tally.accepted)} of them accepted something")
    for found in tally.found:
        click.echo(_told(found, seed))
    sys.exit(1 if tally.found else 0)


def _told(found: Found, seed: int) -> str:
    number = found.request.number
    begins = number - number % ROUND
    again = f"python -m tests.fuzz --seed {seed} --first"
    return (
        f"\nrequest {number}: {found.words}\n  {found.request.told()}\n"
        f"  alone: {again} {number} --requests 1\n"
        f"  after what came before: {again} {begins} --requests {number - begins + 1}"
    )


if __name__ == "__main__":
    main()
