"""`make fuzz`: hostile requests to every route, and what has to hold of each answer, of the log and of the history."""

from __future__ import annotations

import os
import random
import resource
import signal
import sys
import time
from threading import Event

import click
import freezegun
import pytest

from tests.fuzz.rounds import Rounds
from tests.fuzz.run import ROUND, Found, Tally
from tests.support.quick_hashes import hash_quickly

_TELL_EVERY = 10


@click.command()
@click.option("--requests", default=20_000, show_default=True)
@click.option("--seed", type=int, help="Of the dice; drawn where it is not given.")
@click.option("--first", default=0, help="The number of the first request: with --requests 1, that request alone.")
@click.option("--workers", default=os.cpu_count() or 1, show_default=True, help="Processes at once.")
def main(requests: int, seed: int | None, first: int, workers: int) -> None:
    """Ends with 1 where something does not hold; SIGTERM ends it with its present rounds."""
    seed = random.SystemRandom().randrange(10**6) if seed is None else seed
    click.echo(f"seed {seed}")
    is_over = Event()
    signal.signal(signal.SIGTERM, lambda *_: is_over.set())
    tally, begun = Tally(), time.monotonic()
    with pytest.MonkeyPatch.context() as patch, freezegun.freeze_time() as clock:
        hash_quickly(patch)
        rounds = Rounds(clock)  # type: ignore[arg-type]
        try:
            for count, one in enumerate(rounds.play(seed=seed, first=first, requests=requests, at_once=workers), 1):
                tally.add(one)
                if tally.found or is_over.is_set():
                    break
                if count % _TELL_EVERY == 0:
                    click.echo(f"{tally.requests} requests, no fault")
        finally:
            rounds.close()
    _tell(tally, seed, time.monotonic() - begun)
    sys.exit(1 if tally.found else 0)


def _tell(tally: Tally, seed: int, seconds: float) -> None:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    spent = sum(one.ru_utime + one.ru_stime for one in used)
    asked = tally.requests
    click.echo(
        f"{asked} requests in {seconds:.0f} s, {asked / seconds:.0f} a second;"
        f" {spent:.0f} s of processor time, {asked / spent:.0f} requests a second of it"
    )
    click.echo("answers " + ", ".join(f"{status}: {count}" for status, count in sorted(tally.statuses.items())))
    click.echo(f"{len(tally.routes)} routes asked, {len(tally.accepted)} of them accepted something")
    never = sorted(each for each in set(tally.routes) - tally.accepted if each.startswith(("GET ", "POST ")))
    click.echo("never accepted: " + (", ".join(never) or "none"))
    for found in tally.found:
        click.echo(_told(found, seed))


def _told(found: Found, seed: int) -> str:
    number = found.request.number
    begins = number - number % ROUND
    again = f"python -m tests.fuzz --seed {seed} --first"
    told = (
        f"\nrequest {number}: {found.words}\n  {found.request.told()}\n"
        f"  alone: {again} {number} --requests 1\n"
        f"  after what came before: {again} {begins} --requests {number - begins + 1}"
    )
    return told.encode("utf-8", "backslashreplace").decode()  # half of a pair of surrogates is no character


if __name__ == "__main__":
    main()
