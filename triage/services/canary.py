"""The canary: a test call from another number of ours, through the whole path and back by text.

A run is a row with the instant by which all its hops must have been seen. Each hop is seen where real calls are seen:
at the voice webhook, the recording webhook, the delivery report. Whatever is lost on the way, the run fails by its
time, and administrators hear of it.

A call that nobody knows to have been placed is placed again when its claim ends, a text that nobody knows to have been
sent is sent again: one too many harms nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from triage.errors import ConfigurationError, OutcomeUnknown, TransportError
from triage.policy import canary as rules
from triage.policy.canary import Hop, Progress, next_run
from triage.policy.delivery import NOT_REPEATED, DeliveryState
from triage.policy.lifecycle import CaseState
from triage.policy.retry import SENDING_LEASE
from triage.ports import PlacesTestCalls
from triage.services.alerts import administrators, tell
from triage.services.desk import Desk
from triage.store import calls, canaries, cases
from triage.store.engine import Transaction
from triage.store.models import CanaryRun, Case, Delivery

log = structlog.get_logger()

_LOOK_UP_TAKES = timedelta(seconds=20)
_NOBODY_WATCHED = timedelta(minutes=1)
"""Runs are looked at within seconds of their time: after this long no scheduler was there, and the run proves nothing.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How a run stands. `has_passed` is None while hops are still awaited."""

    number: int
    due_at: datetime
    progress: Progress
    has_passed: bool | None
    why: str | None


def schedule(desk: Desk, now: datetime) -> None:
    """Set when the next test call is due. One that fell due while nobody looked stays due."""
    following = next_run(now, desk.terms) if desk.canary else None
    with desk.store.read() as session:
        mark = canaries.mark(session)
        planned = mark.next_attempt_at if mark else None
    if following != planned and (following is None or planned is None or planned > now):
        with desk.store.write() as tx:
            canaries.set_mark(tx.session, now, following)


def start(desk: Desk, now: datetime) -> Run:
    """Begin a test call now; the one that is under way where there is one.

    Raises ConfigurationError where there is no number to call from.
    """
    if desk.canary is None:
        raise ConfigurationError("AFTERHOURS_CANARY_NUMBER: set another number of your account, such as +16145550198")
    with desk.store.write() as tx:
        return _as_run(canaries.under_way(tx.session) or _begin(tx, desk, now))


def run_of(desk: Desk, number: int) -> Run:
    with desk.store.read() as session:
        return _as_run(session.get_one(CanaryRun, number))


def fail_late(desk: Desk, number: int, now: datetime) -> None:
    """Let a run fail whose time is over, where no scheduler did."""
    with desk.store.write() as tx:
        run = tx.session.get_one(CanaryRun, number)
        if run.next_attempt_at is not None and now >= run.due_at:
            _fail(tx, desk, run, run.reason, now)


def newest_over(desk: Desk) -> Run | None:
    """The newest run that passed or failed; None where there is none."""
    with desk.store.read() as session:
        row = canaries.newest_over(session)
        return _as_run(row) if row else None


def claim_calls(desk: Desk, now: datetime, watched: datetime) -> list[int]:
    """The runs whose call is to be placed now, each for one node alone, until its claim ends.

    Those that are late fail, by `watched`, or begin anew where nobody watched them.
    """
    with desk.store.write() as tx:
        if canaries.is_mark_due(tx.session, now):
            canaries.set_mark(tx.session, now, next_run(now, desk.terms) if desk.canary else None)
            if desk.canary and canaries.under_way(tx.session) is None:
                _begin(tx, desk, now)
        return [row.id for row in canaries.due(tx.session, now) if _is_to_be_placed(tx, desk, row, now, watched)]


def place(desk: Desk, phone_system: PlacesTestCalls, number: int, clock: Callable[[], datetime]) -> None:
    """Place the call of a run. Where nobody knows whether it went out, it is waited for until the claim ends."""
    try:
        phone_system.call_us()
    except TransportError as error:
        log.warning("test_call_refused", run=number, reason=error.reason)
        refusal = error
        _settle(desk, number, lambda tx, run: _refused(tx, desk, run, refusal, clock()))
    except OutcomeUnknown as error:
        log.warning("test_call_unknown", run=number, reason=str(error))
        silence = error
        _settle(desk, number, lambda _, run: _unknown(run, silence))
    else:
        _settle(desk, number, lambda _, run: _placed(run, clock()))


def is_test_call(desk: Desk, from_number: str | None) -> bool:
    """Whether a call to our number is the canary's: no caller's, whatever it leads to."""
    return desk.canary is not None and from_number == desk.canary


def take_answer(desk: Desk, call_sid: str, now: datetime) -> None:
    """A test call reached our voice webhook; the run that waits for one has its hop. Repeats change nothing."""
    with desk.store.write() as tx:
        call = calls.of_sid(tx.session, call_sid, language=desk.terms.phone.languages[0])
        call.from_number = desk.canary  # its recording will come without one
        run = canaries.under_way(tx.session)
        if run is not None and run.answered_at is None:
            run.called_at = run.called_at or now
            run.answered_at, run.call_sid = now, call_sid
            run.next_attempt_at, run.reason = run.due_at, None


def take_recording(
    tx: Transaction, desk: Desk, call_sid: str, from_number: str | None, *, is_recorded: bool, now: datetime
) -> bool:
    """Whether a recording is a test call's, which becomes no case; the run that waits for it texts then."""
    if desk.canary is None or not is_test_call(desk, from_number or canaries.came_from(tx.session, call_sid)):
        return False
    run = canaries.under_way(tx.session)
    if run is None or run.call_sid != call_sid or run.recorded_at is not None:
        log.info("test_recording_ignored", call=call_sid)
    elif not is_recorded:
        _fail(tx, desk, run, "the phone system kept no recording", now)
    else:
        run.recorded_at = now
        _text(tx, run, desk.canary, now)
    return True


def wait_for_its_caller(tx: Transaction, desk: Desk, case: Case, now: datetime) -> None:
    """A new case of a call that nobody heard of may be the canary's, whose way was broken: nobody is alerted about it
    before the phone system had a moment to say who called."""
    is_nameless = case.caller is None and case.state == CaseState.OPEN
    run = canaries.under_way(tx.session) if desk.canary and is_nameless else None
    if run is not None and run.answered_at is None:
        cases.set_timer(tx.session, case.id, "ladder", now + _LOOK_UP_TAKES)


def take_text_back(tx: Transaction, desk: Desk, row: Delivery, now: datetime) -> None:
    """The text of a run was delivered, or never will be; one whose sender died is sent again."""
    if desk.canary is None:
        return
    run = canaries.awaiting_text(tx.session, row.id)
    if run is None:
        return
    if row.state == DeliveryState.FAILED and row.reason == NOT_REPEATED and now < run.due_at:
        _text(tx, run, desk.canary, now)
    elif row.state == DeliveryState.FAILED:
        _fail(tx, desk, run, row.reason, now)
    elif row.state == DeliveryState.DELIVERED:
        run.delivered_at, run.next_attempt_at = now, None
        tx.record("canary_passed", at=now, actor="system", run=run.id, seconds=_progress(run).seconds)


def _begin(tx: Transaction, desk: Desk, now: datetime) -> CanaryRun:
    run = CanaryRun(started_at=now, due_at=now + desk.terms.canary.within, next_attempt_at=now)
    tx.session.add(run)
    tx.session.flush()
    tx.record("canary_started", at=now, actor="system", policy=desk.terms.version, run=run.id)
    return run


def _begin_anew(tx: Transaction, desk: Desk, run: CanaryRun, now: datetime) -> None:
    run.started_at, run.due_at = now, now + desk.terms.canary.within
    run.called_at = run.answered_at = run.recorded_at = run.call_sid = run.delivery_id = run.reason = None
    tx.record(
        "canary_started", at=now, actor="system", policy=desk.terms.version, run=run.id, why="nobody watched the first"
    )


def _is_to_be_placed(tx: Transaction, desk: Desk, run: CanaryRun, now: datetime, watched: datetime) -> bool:
    if watched >= run.due_at:
        if watched - (run.next_attempt_at or watched) < _NOBODY_WATCHED:
            _fail(tx, desk, run, run.reason, now)
            return False
        _begin_anew(tx, desk, run, now)
    is_to_be_placed = run.called_at is None and desk.canary is not None
    run.next_attempt_at = now + SENDING_LEASE if is_to_be_placed else run.due_at
    return is_to_be_placed


def _settle(desk: Desk, number: int, outcome: Callable[[Transaction, CanaryRun], None]) -> None:
    """Write down what became of placing the call, unless a webhook or another node told more meanwhile."""
    with desk.store.write() as tx:
        run = tx.session.get_one(CanaryRun, number)
        if run.called_at is None and run.failed_at is None:
            outcome(tx, run)


def _placed(run: CanaryRun, now: datetime) -> None:
    run.called_at, run.next_attempt_at, run.reason = now, run.due_at, None


def _unknown(run: CanaryRun, error: OutcomeUnknown) -> None:
    run.reason = str(error)[:120]


def _refused(tx: Transaction, desk: Desk, run: CanaryRun, error: TransportError, now: datetime) -> None:
    run.reason = error.reason[:120]
    if error.permanent:
        _fail(tx, desk, run, run.reason, now)
    else:
        run.next_attempt_at = min(now + rules.TRY_AGAIN_AFTER, run.due_at)


def _text(tx: Transaction, run: CanaryRun, phone: str, now: datetime) -> None:
    row = Delivery(
        case_id=None,
        person_id=None,
        phone=phone,
        channel="sms",
        body=rules.text(run.id),
        state=DeliveryState.PLANNED.value,
        is_held=False,
        attempts=0,
        created_at=now,
        next_attempt_at=now,
    )
    tx.session.add(row)
    tx.session.flush()
    run.delivery_id = row.id


def _fail(tx: Transaction, desk: Desk, run: CanaryRun, why: str | None, now: datetime) -> None:
    hop = _progress(run).missing or Hop.DELIVERED
    run.failed_at, run.next_attempt_at, run.reason = now, None, why
    tx.record("canary_failed", at=now, actor="system", run=run.id, hop=hop.value, why=why)
    log.error("canary_failed", run=run.id, hop=hop.value, why=why)
    words = rules.alarm(hop, why, started=run.started_at, now=now, terms=desk.terms)
    people = administrators(desk.roster(tx.session))
    tell(tx, people, words, terms=desk.terms, now=now, by=("voice",) if hop is Hop.DELIVERED else ("sms",))


def _as_run(row: CanaryRun) -> Run:
    is_over = row.failed_at is not None or row.delivered_at is not None
    return Run(
        number=row.id,
        due_at=row.due_at,
        progress=_progress(row),
        has_passed=row.failed_at is None if is_over else None,
        why=row.reason,
    )


def _progress(row: CanaryRun) -> Progress:
    return Progress(
        started_at=row.started_at,
        called_at=row.called_at,
        answered_at=row.answered_at,
        recorded_at=row.recorded_at,
        delivered_at=row.delivered_at,
    )
