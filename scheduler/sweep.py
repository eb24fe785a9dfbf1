"""One look at everything that may be due."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from triage.bootstrap import PhoneSystem, Program
from triage.services import bridges, canary, dispatch, look_ups, reconciler, recordings
from triage.services.audit import publish_head
from triage.services.coverage import check_coverage
from triage.services.escalation import run_due_timers
from triage.services.vital_signs import is_anything_due, note_outage, sweep_finished

Errand = Callable[[], None]
Run = Callable[[Errand], None]
"""Runs an errand: at once in a test, on a sender's thread in the daemon."""


def begin(program: Program) -> None:
    """What a scheduler does once, before its first sweep."""
    program.prepare()
    now = program.now()
    if program.desk.store.is_sqlite:  # one machine, one scheduler; several nodes wait for each other's leases
        dispatch.release_all(program.desk, now)
    note_outage(program.desk, now)
    reconciler.look_soon(program.desk, now)
    canary.schedule(program.desk, now)


def catch_up(program: Program, phone_system: PhoneSystem) -> None:
    """What came while nobody looked, before any timer runs: a promise that was kept by a text must not seem broken."""
    look = reconciler.claim_look(program.desk, program.now())
    if look is not None:
        reconciler.take_look(program.desk, phone_system.traffic, phone_system.calls, look, program.clock.now)


def sweep(program: Program, phone_system: PhoneSystem, run: Run, free_senders: Callable[[], int]) -> None:
    """Timers, then sending, then asking; idempotent, and safe at any time on any node.

    Each kind of work has its own `now`: a timer handled here may plan a delivery that is due already, and a delivery
    that fails may make a rung of the ladder due.
    """
    if not is_anything_due(program.desk, program.now()):
        return
    while True:
        run_due_timers(program.desk, program.now())
        free = free_senders()
        errands = _errands(program, phone_system, free) if free > 0 else []
        if not errands:
            return
        for errand in errands:
            run(errand)


def keep_house(program: Program) -> None:
    """What need not happen at once: the day's checks, and the sign of life that /readyz looks for."""
    now = program.now()
    check_coverage(program.desk, now)
    publish_head(program.desk, now)
    sweep_finished(program.desk, now)


def _errands(program: Program, phone_system: PhoneSystem, most: int) -> list[Errand]:
    """What is to be asked of the phone system, the most urgent kind first."""
    desk, clock = program.desk, program.clock.now
    test_calls = canary.claim_calls(desk, clock())  # before the texts, of which a failed one plans some
    found: list[Errand] = [
        partial(canary.place, desk, phone_system.canary, number, clock)
        for number in test_calls
        if phone_system.canary is not None
    ]
    found += [
        partial(dispatch.run, errand, desk, phone_system.transports, clock)
        for errand in dispatch.claim_due(desk, clock(), most)
    ]
    for claim, ask in _QUESTIONS:
        if len(found) < most:
            found += [
                partial(ask, desk, phone_system.calls, question, clock)
                for question in claim(desk, clock(), most - len(found))
            ]
    look = reconciler.claim_look(desk, clock()) if len(found) < most else None
    if look is not None:
        found.append(partial(reconciler.take_look, desk, phone_system.traffic, phone_system.calls, look, clock))
    # A download may take a minute: half of the senders stay free for alerts.
    spare = most - len(found) - program.settings.sender_threads // 2
    if spare > 0:
        found += [
            partial(recordings.carry_out, desk, program.recordings, phone_system.recordings, task, clock)
            for task in recordings.claim_tasks(desk, clock(), spare)
        ]
    return found


_QUESTIONS: tuple[tuple[Callable[..., Sequence[Any]], Callable[..., None]], ...] = (
    (bridges.claim_legs, bridges.ask),
    (look_ups.claim_look_ups, look_ups.ask),
)
"""How questions are claimed, and how each is asked."""
