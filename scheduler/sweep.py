"""One look at everything that may be due."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

import structlog

from triage.bootstrap import PhoneSystem, Program
from triage.errors import ConfigurationError, StoreUnavailable
from triage.services import (
    audit,
    bookings,
    canary,
    coverage,
    dispatch,
    ledger,
    leg_look_ups,
    letters,
    look_ups,
    lost_reports,
    put_back,
    reconciler,
    recordings,
    sla_report,
)
from triage.services.desk import follow_roster
from triage.services.escalation import run_due_timers
from triage.services.vital_signs import Due, note_outage, note_refusal, signs, sweep_finished, what_is_due

log = structlog.get_logger()

Errand = Callable[[], None]
Run = Callable[[Errand], None]
"""Runs an errand: at once in a test, on a sender's thread in the daemon."""
Seen = Mapping[str, datetime]
"""When each sign of life was last put on record."""
Chore = Callable[[Program, Seen, datetime], None]
Mishap = Callable[[str, Exception], None]
"""Hears which chore failed, and how."""


def begin(program: Program) -> None:
    """What a scheduler does once, before its first sweep."""
    program.prepare()
    now = program.now()
    if program.desk.store.is_sqlite:  # one machine, one scheduler; several nodes wait for each other's leases
        dispatch.release_all(program.desk, now)
        recordings.release_all(program.desk, now)
    note_outage(program.desk, now)
    if program.settings.twilio_from is None:
        log.warning("lists_not_read", reason="AFTERHOURS_TWILIO_FROM is not set: whose calls and texts?")
    else:
        reconciler.look_soon(program.desk, now)
    canary.schedule(program.desk, now)


def go_on(program: Program, because: str) -> None:
    """The database takes writes again after it did not for a while: what came meanwhile is looked for at once."""
    note_refusal(program.desk, because, program.now())
    if program.settings.twilio_from is not None:
        reconciler.look_soon(program.desk, program.now())


def sweep(
    program: Program,
    phone_system: PhoneSystem,
    run: Run,
    free_senders: Callable[[], int],
    goes_on: Callable[[], bool] = lambda: True,
) -> bool:
    """Timers, then sending, then asking; idempotent, and safe at any time on any node.

    False where something is left to do: under load something new is always due, and it `goes_on` only so long.

    Nothing here waits for the phone system, at the start as little as later: what is known falls due by itself. What
    its lists tell then has deadlines of its own, and takes back a breach that a callback in time disproves.

    Each kind of work has its own `now`: a timer handled here may plan a delivery that is due already, and a delivery
    that fails may make a rung of the ladder due.
    """
    follow_roster(program.desk, program.now())
    while due := what_is_due(program.desk, program.now()):
        if Due.TIMER in due:
            run_due_timers(program.desk, program.now())
        if Due.LEDGER in due:
            ledger.settle_due(program.desk, program.now())
        if Due.BOOKING in due:
            bookings.run_due(program.desk, program.now())
        if due & {Due.TIMER, Due.LEDGER, Due.BOOKING}:
            due = what_is_due(program.desk, program.now())
        free = free_senders()
        if free <= 0 or _run_errands(program, phone_system, due, free, run) == 0:
            break
        if not goes_on():
            return False
    return True


def keep_house(program: Program, mishap: Mishap | None = None) -> None:
    """What need not happen at once: the day's checks, and the sign of life that /readyz looks for.

    Where one of them fails, `mishap` is told its name and the others go on: alerts do not depend on it. Without a
    `mishap` the failure is raised. Raises StoreUnavailable and ConfigurationError.
    """
    now = program.now()
    seen = signs(program.desk)
    for chore in _CHORES:
        try:
            chore(program, seen, now)
        except (StoreUnavailable, ConfigurationError):
            raise
        except Exception as error:
            if mishap is None:
                raise
            name = chore.__name__.strip("_")
            log.exception("chore_failed", chore=name)
            mishap(name, error)
    sweep_finished(program.desk, now)


def _bring_in_line(program: Program, _seen: Seen, now: datetime) -> None:
    put_back.bring_in_line(program.desk, now)


def _check_coverage(program: Program, seen: Seen, now: datetime) -> None:
    if coverage.is_check_due(seen.get(coverage.SIGN), program.desk.terms, now):
        coverage.check_coverage(program.desk, now)


def _publish_head(program: Program, seen: Seen, now: datetime) -> None:
    if audit.is_publishing_due(seen.get(audit.SIGN), program.desk.terms, now):
        audit.publish_head(program.desk, now)


def _check_history(program: Program, _seen: Seen, now: datetime) -> None:
    audit.go_on_checking(program.desk, now)


def _keep_months(program: Program, seen: Seen, now: datetime) -> None:
    if sla_report.is_keeping_due(seen.get(sla_report.KEEPING), now):
        sla_report.keep_a_month(program.desk, now)


def _plan_letters(program: Program, _seen: Seen, now: datetime) -> None:
    if program.post is not None:
        letters.plan_monthly(program.desk, now)


_CHORES: tuple[Chore, ...] = (
    _bring_in_line, _check_coverage, _publish_head, _check_history, _keep_months, _plan_letters,
)  # fmt: skip


def _run_errands(program: Program, phone_system: PhoneSystem, due: frozenset[Due], most: int, run: Run) -> int:
    """Ask the phone system, the most urgent kind first: an alert does not wait until the next kind is claimed.

    Returns how many were run.
    """
    begun = 0
    for kinds, claim in _CLAIMS:
        if due & kinds and begun < most:
            errands = claim(program, phone_system, most - begun)
            begun += len(errands)
            for errand in errands:
                run(errand)
    return begun


def _test_calls(program: Program, phone_system: PhoneSystem, _most: int) -> list[Errand]:
    caller, clock = phone_system.canary, program.clock.now
    numbers = canary.claim_calls(program.desk, clock(), program.clock.watched())
    return [partial(canary.place, program.desk, caller, number, clock) for number in numbers if caller is not None]


def _deliveries(program: Program, phone_system: PhoneSystem, most: int) -> list[Errand]:
    desk, clock = program.desk, program.clock.now
    claimed = dispatch.claim_due(desk, clock(), most)
    return [partial(dispatch.run, errand, desk, phone_system.transports, clock) for errand in claimed]


def _legs(program: Program, phone_system: PhoneSystem, most: int) -> list[Errand]:
    desk, clock = program.desk, program.clock.now
    claimed = leg_look_ups.claim_legs(desk, clock(), most)
    return [partial(leg_look_ups.ask, desk, phone_system.calls, question, clock) for question in claimed]


def _look_ups(program: Program, phone_system: PhoneSystem, most: int) -> list[Errand]:
    """After an outage of the phone system there may be very many."""
    desk, clock, spare = program.desk, program.clock.now, _spare(program, most)
    claimed = look_ups.claim_look_ups(desk, clock(), spare) if spare > 0 else []
    return [partial(look_ups.ask, desk, phone_system.calls, question, clock) for question in claimed]


def _look_at_lists(program: Program, phone_system: PhoneSystem, _most: int) -> list[Errand]:
    desk, clock = program.desk, program.clock.now
    look = reconciler.claim_look(desk, clock())
    if look is None:
        return []
    return [partial(reconciler.take_look, desk, phone_system.traffic, look, clock)]


def _questions(program: Program, phone_system: PhoneSystem, most: int) -> list[Errand]:
    """After an outage there may be thousands."""
    desk, clock, spare = program.desk, program.clock.now, _spare(program, most)
    claimed = lost_reports.claim_questions(desk, clock(), spare) if spare > 0 else []
    return [partial(lost_reports.ask, desk, phone_system.transports, question, clock) for question in claimed]


def _copies(program: Program, phone_system: PhoneSystem, most: int) -> list[Errand]:
    """A download may take a minute."""
    desk, clock, spare = program.desk, program.clock.now, _spare(program, most)
    claimed = recordings.claim_tasks(desk, clock(), spare) if spare > 0 else []
    return [
        partial(recordings.carry_out, desk, program.recordings, phone_system.recordings, task, clock)
        for task in claimed
    ]


def _letters(program: Program, _phone_system: PhoneSystem, most: int) -> list[Errand]:
    """One at a time: a mail server may take half a minute."""
    desk, clock, post = program.desk, program.clock.now, program.post
    if post is None or _spare(program, most) <= 0:
        return []
    return [partial(letters.carry_out, desk, post, task, clock) for task in letters.claim_letters(desk, clock(), 1)]


def _spare(program: Program, free: int) -> int:
    """How many of the free senders may do what can wait: half of all stay free for alerts."""
    return free - program.settings.sender_threads // 2


_CLAIMS: tuple[tuple[frozenset[Due], Callable[[Program, PhoneSystem, int], list[Errand]]], ...] = (
    (frozenset({Due.NEXT_TEST_CALL, Due.TEST_CALL}), _test_calls),
    (frozenset({Due.DELIVERY, Due.NEXT_TEST_CALL, Due.TEST_CALL}), _deliveries),  # a test call that fails plans texts
    (frozenset({Due.BRIDGE}), _legs),
    (frozenset({Due.LOOK_UP}), _look_ups),
    (frozenset({Due.LISTS}), _look_at_lists),
    (frozenset({Due.QUESTION}), _questions),
    (frozenset({Due.COPY}), _copies),
    (frozenset({Due.LETTER}), _letters),
)
"""Of what kind something has to be due, and what claims it; the most urgent first."""
