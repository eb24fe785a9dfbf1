"""Two years of history in an SQLite file, the same rows every time: `python -m tests.bench.seed FILE`.

A hundred thousand cases with about a million events, sorted and priced by the shipped contract and written through the
store's own transactions: `afterhours audit verify` finds the chain whole. Nearly half are of a dealer, see
seed_dealers.py.
"""

from __future__ import annotations

import heapq
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import click
from sqlalchemy import insert

from config.settings import Settings
from tests.bench.seed_dealers import caller_of, seed_dealers, seed_work, settle_and_invoice, whose
from triage.bootstrap import Program, build
from triage.policy.intake import Message, Sorted, Treatment, sort
from triage.policy.pricing import price_minutes
from triage.policy.terms import Terms
from triage.store.base import Base
from triage.store.chain import Entry
from triage.store.models import (
    Alert,
    BillableSession,
    BillingLine,
    Case,
    Delivery,
    RecordingCopy,
    Timer,
    Voicemail,
)

CASES = 100_000
END = datetime(2026, 11, 1, 5, tzinfo=UTC)
"""The last message is left shortly before: midnight in New York."""
BEGIN = END - timedelta(days=730)
EVENTS = 1_000_000
PEOPLE = ("dana", "lee", "sam", "ines", "omar", "ruth")
CALLERS = 2_000
_BATCH = 4_000  # cases a transaction
_OPEN = 200  # of the newest cases, how many still wait


@dataclass
class Rows:
    """What one transaction writes, by table; `history` is ordered by time, across cases."""

    tables: dict[type[Base], list[dict[str, Any]]] = field(default_factory=dict)
    history: list[tuple[datetime, int, Entry]] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=count)

    def add(self, model: type[Base], **values: Any) -> None:
        self.tables.setdefault(model, []).append(values)

    def tell(self, at: datetime, kind: str, actor: str, case_id: int, policy: str, **details: Any) -> None:
        entry = Entry(kind=kind, at=at, actor=actor, case_id=case_id, policy=policy, details=details)
        heapq.heappush(self.history, (at, next(self.numbers), entry))

    def told_until(self, at: datetime) -> list[Entry]:
        """The history before an instant, taken out in its order."""
        found = []
        while self.history and self.history[0][0] < at:
            found.append(heapq.heappop(self.history)[2])
        return found


def seed(path: Path) -> None:
    """Fill an empty SQLite file. Raises where there is one already."""
    program = build(Settings(database_url=f"sqlite:///{path}"))
    program.prepare()
    seed_dealers(program, BEGIN, END)
    draw, rows = Random(20261101), Rows()
    moments = sorted(BEGIN + (END - BEGIN) * draw.random() for _ in range(CASES))
    for first in range(0, CASES, _BATCH):
        batch = moments[first : first + _BATCH]
        for case_id, at in enumerate(batch, start=first + 1):
            _case(rows, program.desk.terms, draw, case_id, at.replace(microsecond=0))
        _write(program, rows, until=moments[first + _BATCH] if first + _BATCH < CASES else END + timedelta(days=9))
    seed_work(program, BEGIN, END, after=CASES)
    settle_and_invoice(program, BEGIN, END)
    program.close()


def _write(program: Program, rows: Rows, until: datetime) -> None:
    with program.desk.store.write() as tx:
        for model in (Case, Voicemail, RecordingCopy, Alert, Delivery, BillableSession, BillingLine, Timer):
            if rows.tables.get(model):
                tx.session.execute(insert(Base.metadata.tables[model.__tablename__]), rows.tables.pop(model))
        tx.entries.extend(rows.told_until(until))


@dataclass(frozen=True)
class _Course:
    """What became of a case: the instants, None where it never came to that."""

    acknowledged_at: datetime | None
    callback_made_at: datetime | None
    closed_at: datetime | None
    breached_at: datetime | None
    owner: str | None
    minutes: int


def _case(rows: Rows, terms: Terms, draw: Random, case_id: int, at: datetime) -> None:
    """One case as the program would have left it."""
    length = draw.randrange(8, 120)
    message = Message(
        answered_at=at,
        left_at=at + timedelta(seconds=length + 30),
        product=draw.choice(("emg", "ucp", "application", "unknown", "unknown", "server")),
        emergency=draw.random() < 0.03,
        attested=draw.random() < 0.8,
        duration=timedelta(seconds=length),
        is_hang_up=draw.random() < 0.03,
    )
    decided = sort(message, terms)
    course = _course(draw, decided, message.left_at, is_open=case_id > CASES - _OPEN)
    caller = draw.randrange(CALLERS)
    rows.add(Case, **_case_row(case_id, caller, message, decided, course, terms))
    _voicemail(rows, terms, case_id, message, decided)
    if decided.treatment in {Treatment.PAGE, Treatment.DEFER}:
        for step in range(draw.choice((2, 2, 2, 3, 4))):
            _alert(rows, terms, draw, case_id, decided.alert_at or message.left_at, step)
    _told(rows, terms, case_id, course, decided, is_billed=whose(caller)[0] is None)
    if course.closed_at is not None and course.owner is not None:
        _worked(rows, terms, case_id, caller, message, course, decided)
    if course.closed_at is None and decided.callback_due is not None:
        rows.add(Timer, case_id=case_id, kind="breach", due_at=decided.callback_due)


def _course(draw: Random, decided: Sorted, left: datetime, *, is_open: bool) -> _Course:
    if decided.callback_due is None:
        return _Course(None, None, left + timedelta(days=1), None, None, 0)
    begins = decided.alert_at or left
    owner = draw.choice(PEOPLE)
    acknowledged = begins + timedelta(seconds=draw.expovariate(1 / 400))
    if is_open:
        is_taken = draw.random() < 0.5
        return _Course(acknowledged if is_taken else None, None, None, None, owner if is_taken else None, 0)
    made = acknowledged + timedelta(seconds=draw.expovariate(1 / 1_800))
    minutes = draw.randrange(3, 120)
    breached = decided.callback_due if made > decided.callback_due else None
    return _Course(acknowledged, made, made + timedelta(minutes=minutes), breached, owner, minutes)


def _case_row(
    case_id: int, caller: int, message: Message, decided: Sorted, course: _Course, terms: Terms
) -> dict[str, Any]:
    dealer_id, technician_id = whose(caller)
    return {
        "id": case_id,
        "version": 1,
        "state": _state(course, decided),
        "window": decided.window,
        "support_day": decided.support_day,
        "product": message.product,
        "is_emergency": message.emergency,
        "attested": message.attested,
        "flags": list(decided.flags),
        "clauses": list(decided.clauses),
        "rate": decided.rate,
        "is_billable": decided.billable,
        "caller": caller_of(caller),
        "dealer_id": dealer_id,
        "dealer_technician_id": technician_id,
        "caller_place": "COLUMBUS OH US",
        "callback_number": None,
        "language": "en",
        "policy": terms.version,
        "answered_at": message.answered_at,
        "left_at": message.left_at,
        "opened_at": message.left_at,
        "callback_due": decided.callback_due,
        "at_risk_at": course.breached_at and course.breached_at - timedelta(minutes=30),
        "breached_at": course.breached_at,
        "owner": course.owner,
        "acknowledged_at": course.acknowledged_at,
        "hold_until": None,
        "callback_made_at": course.callback_made_at,
        "callback_basis": "measured" if course.callback_made_at else None,
        "closed_at": course.closed_at,
        "ladder_base_at": message.left_at,
        "ladder_step": 1,
        "ladder_round": 1,
        "ladder_passed": [],
    }


def _state(course: _Course, decided: Sorted) -> str:
    if course.closed_at is not None:
        return "closed"
    if course.acknowledged_at is not None:
        return "acknowledged"
    return "deferred" if decided.treatment is Treatment.DEFER else "open"


def _voicemail(rows: Rows, terms: Terms, case_id: int, message: Message, decided: Sorted) -> None:
    left, seconds = message.left_at, int((message.duration or timedelta(0)).total_seconds())
    sid, call = f"RE{case_id:032x}", f"CA{case_id:032x}"
    rows.add(
        Voicemail, id=case_id, case_id=case_id, recording_sid=sid, call_sid=call, status="completed", is_confirmed=True,
        duration_s=seconds, error_code=None, left_at=left, received_at=left,
        transcript="The gateway in the branch office is down, and nobody can call out.",
    )  # fmt: skip
    kept = left + timedelta(seconds=5)
    rows.add(
        RecordingCopy, voicemail_id=case_id, state="kept", attempts=1, next_attempt_at=END + timedelta(days=365),
        file_name=f"{sid}.wav", sha256=f"{case_id:064x}", size=16_000 * seconds, kept_at=kept,
        removed_at=None, deleted_at_provider_at=None, reason=None,
    )  # fmt: skip
    rows.tell(
        left, "case_opened", "caller", case_id, terms.version, window=decided.window, left_at=left,
        due=decided.callback_due, treatment=decided.treatment.value, product=message.product, attested=message.attested,
        language="en", keyed_number=None, flags=list(decided.flags), clauses=list(decided.clauses),
    )  # fmt: skip
    rows.tell(
        left, "voicemail_left", "caller", case_id, terms.version,
        recording=sid, call=call, left_at=left, seconds=seconds, recorded=True,
    )  # fmt: skip
    rows.tell(
        kept, "recording_kept", "system", case_id, terms.version,
        recording=sid, sha256=f"{case_id:064x}", size=16_000 * seconds,
    )  # fmt: skip


def _alert(rows: Rows, terms: Terms, draw: Random, case_id: int, begins: datetime, step: int) -> None:
    at, person = begins + timedelta(minutes=10 * step), draw.choice(PEOPLE)
    number = case_id * 10 + step
    rows.add(
        Alert, id=number, case_id=case_id, person_id=person, reason="ladder", round=1, step=step + 1, created_at=at
    )
    rows.add(
        Delivery, id=number, alert_id=number, case_id=case_id, person_id=person, phone="+16145550101",
        channel="voice" if step else "sms", body="a voicemail", state="delivered", is_held=False, attempts=1,
        created_at=at, next_attempt_at=None, started_at=at, claim=None, provider_sid=f"SM{number:032x}",
        error_code=None, reason=None, repeat_of=None, bundled_in=None, pressed=None,
    )  # fmt: skip
    rows.tell(
        at, "alert_made", "system", case_id, terms.version, person=person, reason="ladder", round=1, step=step + 1
    )
    rows.tell(
        at + timedelta(seconds=2), "delivery_delivered", "phone system", case_id, terms.version,
        delivery=number, person=person,
    )  # fmt: skip


def _told(rows: Rows, terms: Terms, case_id: int, course: _Course, decided: Sorted, *, is_billed: bool) -> None:
    actor = f"person:{course.owner or PEOPLE[0]}"
    for at, kind, who in (
        (course.acknowledged_at, "acknowledged", actor),
        (course.breached_at, "breached", "system"),
        (course.callback_made_at, "called_back", actor),
        (course.closed_at if course.owner and is_billed else None, "billed", "system"),
        (course.closed_at, "closed", actor),
    ):
        if at is not None:
            rows.tell(at, kind, who, case_id, terms.version, person=course.owner, due=decided.callback_due)


def _worked(
    rows: Rows, terms: Terms, case_id: int, caller: int, message: Message, course: _Course, decided: Sorted
) -> None:
    """The session of a case. Its line too for a caller of no dealer: settling writes those of dealers."""
    dealer_id, technician_id = whose(caller)
    rows.add(
        BillableSession, id=case_id, case_id=case_id, dealer_id=dealer_id, dealer_technician_id=technician_id,
        kind="callback", window=decided.window, product=message.product, policy=terms.version,
        person_id=course.owner, rate=decided.rate,
        opened_at=course.callback_made_at, closed_at=course.closed_at, minutes=course.minutes,
        measured_s=course.minutes * 60, stated_minutes=None, note="replaced the gateway card",
    )  # fmt: skip
    if dealer_id is not None:
        return
    price = price_minutes(decided.rate, course.minutes, terms)
    rows.add(
        BillingLine, id=case_id, session_id=case_id, rule=price.clause, rate=decided.rate, minutes=course.minutes,
        billed_minutes=price.billed, amount=price.amount, is_taxable=price.is_taxable,
        clauses=[*decided.clauses, price.clause], arithmetic=price.arithmetic, billed_at=course.closed_at,
        created_at=course.closed_at,
    )  # fmt: skip


if __name__ == "__main__":
    began = time.perf_counter()
    seed(Path(sys.argv[1]))
    click.echo(f"seeded {sys.argv[1]} in {time.perf_counter() - began:.0f} s")
