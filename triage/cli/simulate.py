"""`afterhours simulate`: past voicemails under another roster or contract, beside what became of them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import click

from triage.bootstrap import Program
from triage.cli.printing import Day, print_json, reported, wants_json
from triage.cli.processes import ask
from triage.cli.program import unprepared_program
from triage.cli.simulate_words import sheet
from triage.errors import ConfigurationError, Refused
from triage.policy.habits import Sample
from triage.policy.hours import local, span_of_days
from triage.policy.ladder import unknown_targets
from triage.policy.monthly_report import last_day_of, read_month
from triage.policy.replay import Job, Run, differences, figures, sooner_and_later, too_few, turning_before
from triage.policy.roster import Roster, read_roster
from triage.policy.terms import Terms, read_terms
from triage.services.replays import Past, past
from triage.store import schema

REPLAY = "webhooks.simulator.nights.replay"
MOST_DAYS = 93
_PATIENCE_SECONDS = 10.0
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--roster", "roster_file", type=_FILE, help="The roster to try; else the one that was in force.")
@click.option("--policy", "policy_file", type=_FILE, help="The policy file to try; else what was in force.")
@click.option("--month", metavar="YYYY-MM", help="Whose voicemails; last month where no days are named.")
@click.option("--from", "first", type=Day(), help="First day, by the contract's clock.")
@click.option("--to", "last", type=Day(), help="Last day, included.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Other luck: who answers when.")
@wants_json
@reported
def simulate(
    *,
    roster_file: Path | None,
    policy_file: Path | None,
    month: str | None,
    first: date | None,
    last: date | None,
    seed: int,
    as_json: bool,
) -> None:
    """Replay past voicemails under another roster or policy, and compare. Changes nothing and texts nobody."""
    if roster_file is None and policy_file is None:
        raise Refused("name what to try: --roster FILE, --policy FILE or both")
    program = unprepared_program()
    proposed_roster = read_roster(_text(roster_file), name=roster_file.name) if roster_file else None
    proposed_terms = (
        read_terms(_text(policy_file), name=policy_file.name, shipped=program.desk.shipped) if policy_file else None
    )
    first, last = _days(program, month, first, last)
    _check_over(program, last)
    _check_database(program)
    known = past(program.desk, first, last, program.now())
    pairs = [(known.roster, known.terms), (proposed_roster or known.roster, proposed_terms or known.terms)]
    jobs, late = _jobs(known, pairs, seed, first)
    before, after = (Run.model_validate_json(line) for line in ask(REPLAY, jobs, _Progress(known).told))
    names = {**known.names, **{person.id: person.name for roster, _ in pairs for person in roster.people}}
    record = {
        "from": first,
        "to": last,
        "seed": seed,
        "voicemails": len(known.voicemails),
        "too_few": too_few(len(known.voicemails)),
        "notes": list(_notes(known, late)),
        "learnt_from": _learnt(known.history.samples, pairs[1][0]),
        "was": figures(known.was),
        "as_it_is": figures(before),
        "as_proposed": figures(after),
        "sooner": sooner_and_later(before, after)[0],
        "later": sooner_and_later(before, after)[1],
        "differing": [asdict(each) for each in differences(before, after, names)],
    }
    if as_json:
        print_json(record)
        return
    for line in sheet(record, names, known.terms):
        click.echo(line)


class _Progress:
    """Says on standard error how far it is, where that takes long."""

    def __init__(self, known: Past) -> None:
        self._of = len(known.voicemails)
        self._said_at = time.monotonic()

    def told(self, done: str) -> None:
        if time.monotonic() - self._said_at >= _PATIENCE_SECONDS:
            self._said_at = time.monotonic()
            click.echo(f"{done} of {self._of} voicemails replayed", err=True)


def _days(program: Program, month: str | None, first: date | None, last: date | None) -> tuple[date, date]:
    """The span that is asked for: days, a month, or the last month that is over."""
    if month is not None:
        begins = read_month(month)
        if begins is None:
            raise Refused(f"--month {month}: write it like 2026-10")
        if first is not None or last is not None:
            raise Refused("name either --month or --from and --to")
        return begins, last_day_of(begins)
    if first is None and last is None:
        ends = local(program.now(), program.desk.terms).date().replace(day=1) - timedelta(days=1)
        return ends.replace(day=1), ends
    if first is None or last is None:
        raise Refused("name both --from and --to")
    if last < first:
        raise Refused("the span ends before it begins")
    if (last - first).days >= MOST_DAYS:
        raise Refused(f"name {MOST_DAYS} days at most: 100 voicemails take about 40 s")
    return first, last


def _check_over(program: Program, last: date) -> None:
    """What came so far of a day that goes on says little, and its open promises would count as neither."""
    yesterday = local(program.now(), program.desk.terms).date() - timedelta(days=1)
    if last > yesterday:
        raise Refused(f"{last} is not over: name days up to {yesterday}")


def _jobs(
    known: Past, pairs: list[tuple[Roster, Terms]], seed: int, first: date
) -> tuple[list[str], list[tuple[str, str]]]:
    """The documents of the runs, and which rotations of which roster were counted back."""
    start, _ = span_of_days(first, first, known.terms)
    jobs, late = [], []
    for (roster, terms), of in zip(pairs, ("in force", "proposed"), strict=True):
        if strangers := unknown_targets(terms, roster):
            raise Refused(f"the ladder names {', '.join(strangers)}, which is no rotation of the roster ({of})")
        if not roster.people:
            raise Refused(f"nobody is on the roster ({of})")
        turned, names = turning_before(roster, start)
        late += [(name, of) for name in names]
        job = Job(
            roster=turned.canonical,
            terms=terms.canonical,
            voicemails=known.voicemails,
            history=known.history,
            seed=seed,
        )
        jobs.append(job.model_dump_json())
    return jobs, late


def _notes(known: Past, late: list[tuple[str, str]]) -> Iterator[str]:
    for count, what in ((known.rosters, "roster"), (known.contracts, "policy")):
        if count > 1:
            yield f"The {what} changed in these days: the newest of {count} counts."
    for name in dict.fromkeys(name for name, _ in late):
        yield f"Rotation {name} begins later: its turns were counted back."


def _learnt(samples: tuple[Sample, ...], roster: Roster) -> dict[str, Any]:
    """How many alerts say how people are: of all, and of each on the roster."""
    return {
        "alerts": len(samples),
        "people": {person.id: sum(each.person == person.id for each in samples) for person in roster.people},
    }


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from None


def _check_database(program: Program) -> None:
    store = program.desk.store
    if store.is_sqlite and not Path(store.url.database or "").exists():
        raise Refused(f"there is no database at {store.url.database}: nothing to replay")
    if schema.revision(store) != schema.newest():
        raise Refused("the database is of another version: run `afterhours migrate` first")
