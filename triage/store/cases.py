"""Finding cases, and the timers that make something due for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    String,
    and_,
    bindparam,
    cast,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy import case as when
from sqlalchemy.orm import Session

from triage.policy.lifecycle import ENDED
from triage.store.base import Base, microseconds
from triage.store.bulk import insert_all
from triage.store.models import (
    Alert,
    BillableSession,
    BillingLine,
    Case,
    Voicemail,
)
from triage.store.models.case import id_of

LIVE = [Case.state != literal_column(f"'{state.value}'") for state in ENDED]
"""As their indexes say it, written out and not bound: only so does every plan use them."""

_CASES = Base.metadata.tables["cases"]
_IS_DEFERRED = cast(_CASES.c.flags, String).contains('"deferred"')

CaseLine = tuple[int, str, str | None, str | None, int, int | None, int | None, int | None, int | None, str | None]
"""Id, window, owner, the policy of a deferred case; left, due, acknowledged, called back, breached, all in microseconds
since 1970; basis."""

_AT_ONCE = 500  # values in one list: databases limit them

# Built once: every voicemail asks and adds these.
_VOICEMAIL = select(Voicemail).where(Voicemail.recording_sid == bindparam("recording_sid"))
_AWAITING_CALLBACK = (
    select(Case).where(*LIVE, Case.caller == bindparam("caller"), Case.callback_made_at.is_(None)).order_by(Case.id)
)
# By Core: the session's bookkeeping takes three times as long as the insert.
_ADD_VOICEMAIL = insert(Voicemail.__table__).returning(Voicemail.id)  # type: ignore[arg-type] # it is a table
_TIMERS = Base.metadata.tables["timers"]
_TIMER_OF = (_TIMERS.c.case_id == bindparam("of_case"), _TIMERS.c.kind == bindparam("of_kind"))
_MOVE_TIMER = update(_TIMERS).where(*_TIMER_OF).values(due_at=bindparam("due_at"))
_HAS_TIMER = select(_TIMERS.c.id).where(*_TIMER_OF)
_STOP_TIMERS = delete(_TIMERS).where(
    _TIMERS.c.case_id == bindparam("of_case"), _TIMERS.c.kind.in_(bindparam("kinds", expanding=True))
)
_OF_CALL = select(Case).join(Voicemail, Voicemail.case_id == Case.id).where(Voicemail.call_sid == bindparam("call_sid"))
_FIRST_LEFT = select(func.min(Case.left_at))


def by_reference(session: Session, reference: str) -> Case | None:
    case_id = id_of(reference)
    return session.get(Case, case_id) if case_id is not None else None


def by_references(session: Session, references: Sequence[str]) -> Sequence[Case]:
    """The cases of these references, in their order; one that does not exist is left out."""
    ids = [case_id for case_id in map(id_of, references) if case_id is not None]
    found = {case.id: case for some in in_parts(ids) for case in session.scalars(select(Case).where(Case.id.in_(some)))}
    return [found[case_id] for case_id in ids if case_id in found]


def in_parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """A long list of ids in lists that one statement takes."""
    return (ids[first : first + _AT_ONCE] for first in range(0, len(ids), _AT_ONCE))


def live(session: Session) -> Sequence[Case]:
    """Every case that is not closed, the most urgent first."""
    return session.scalars(
        select(Case).where(*LIVE).order_by(Case.is_emergency.desc(), Case.callback_due, Case.id)
    ).all()


def called_back_after(session: Session, instant: datetime) -> Sequence[Case]:
    """Cases whose callback is on record for later than this."""
    return session.scalars(select(Case).where(Case.callback_made_at > instant).order_by(Case.id)).all()


def dated_after(session: Session, instant: datetime) -> Sequence[tuple[Case, dict[str, datetime]]]:
    """Cases that are on record to have been opened, worked on, closed or billed later than this, and what of that."""
    rows = session.execute(
        select(Case, BillableSession.opened_at, BillableSession.closed_at, BillingLine.billed_at)
        .outerjoin(BillableSession, and_(BillableSession.case_id == Case.id, BillableSession.withdrawn_at.is_(None)))
        .outerjoin(BillingLine, BillingLine.session_id == BillableSession.id)
        .where(
            or_(
                *(column > instant for column in (Case.opened_at, Case.closed_at)),
                *(column > instant for column in (BillableSession.opened_at, BillableSession.closed_at)),
                BillingLine.billed_at > instant,
            )
        )
        .order_by(Case.id, BillingLine.billed_at)
    ).all()
    found: dict[int, tuple[Case, dict[str, datetime]]] = {}
    for case, begun, ended, billed in rows:
        dates = {
            "opened_at": case.opened_at,
            "begun_at": begun,
            "closed_at": case.closed_at or ended,
            "billed_at": billed,
        }
        found[case.id] = case, {name: at for name, at in dates.items() if at is not None and at > instant}
    return list(found.values())


def live_of_each_dealer(session: Session) -> dict[int, int]:
    """How many cases of each dealer are not closed."""
    found = session.scalars(select(Case.dealer_id).where(*LIVE))  # ungrouped: else SQLite walks all cases by dealer
    return Counter(dealer_id for dealer_id in found if dealer_id is not None)


def every(session: Session) -> Sequence[Case]:
    """All cases ever, the newest last."""
    return session.scalars(select(Case).order_by(Case.id)).all()


def newest(
    session: Session,
    most: int,
    *,
    before: int | None = None,
    number: str | None = None,
    dealer_id: int | None = None,
    is_closed: bool | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
) -> Sequence[Case]:
    """So many cases, the newest first, from before an id on; of a number or dealer, closed or not, left in a span."""
    chosen = [
        *([Case.id < before] if before is not None else []),
        *([_is_of(number)] if number is not None else []),
        *([Case.dealer_id == dealer_id] if dealer_id is not None else []),
        *([Case.state.in_(ENDED)] if is_closed else LIVE if is_closed is False else []),
        *([Case.left_at >= start] if start is not None else []),
        *([Case.left_at < end] if end is not None else []),
    ]
    return session.scalars(select(Case).where(*chosen).order_by(Case.id.desc()).limit(most)).all()


def times_of_left_between(
    session: Session,
    start: datetime,
    end: datetime,
    *,
    window: str | None = None,
    technician: str | None = None,
    caller: str | None = None,
    dealer_id: int | None = None,
    is_waiting: bool = False,
) -> Iterator[CaseLine]:
    """What the report counts of the cases whose first message was left in [start, end), in that order.

    Narrowed to a window, to an owner, to a number that was called from or keyed, to a dealer, where they are given; to
    those without a callback.
    """
    chosen = [
        *([Case.window == window] if window is not None else []),
        *([Case.owner == technician] if technician is not None else []),
        *([_is_of(caller)] if caller is not None else []),
        *([Case.dealer_id == dealer_id] if dealer_id is not None else []),
        *([Case.callback_made_at.is_(None)] if is_waiting else []),
    ]
    rows = session.connection().execute(  # no row of the session is concerned: its bookkeeping would double the time
        select(
            _CASES.c.id, _CASES.c.window, _CASES.c.owner, when((_IS_DEFERRED, _CASES.c.policy)),
            microseconds(_CASES.c.left_at), microseconds(_CASES.c.callback_due),
            microseconds(_CASES.c.acknowledged_at), microseconds(_CASES.c.callback_made_at),
            microseconds(_CASES.c.breached_at), _CASES.c.callback_basis,
        )
        .where(_CASES.c.left_at >= start, _CASES.c.left_at < end, *chosen)
        .order_by(_CASES.c.left_at, _CASES.c.id)
    )  # fmt: skip
    for part in rows.partitions(_AT_ONCE):
        yield from part


def count_left_between(session: Session, start: datetime, end: datetime) -> int:
    """How many cases there are whose first message was left in [start, end)."""
    return session.scalar(select(func.count()).where(Case.left_at >= start, Case.left_at < end)) or 0


def first_left_at(session: Session) -> datetime | None:
    """When the oldest message was left."""
    return session.scalar(_FIRST_LEFT)


def has_owned(session: Session, person_id: str) -> bool:
    """Whether a case is or was the last in this person's hands."""
    return session.scalars(select(Case.id).where(Case.owner == person_id).limit(1)).first() is not None


def in_hands_of(session: Session, person_id: str) -> Sequence[Case]:
    """The cases that are not closed and this person's, oldest first."""
    return session.scalars(select(Case).where(*LIVE, Case.owner == person_id).order_by(Case.id)).all()


def awaiting_callback_of(session: Session, caller: str) -> Sequence[Case]:
    """The caller's cases that nobody has called back yet, oldest first."""
    return session.scalars(_AWAITING_CALLBACK, {"caller": caller}).all()


def open_of_number(session: Session, number: str) -> Sequence[Case]:
    """The cases of a caller that are not closed, whether they called from the number or keyed it; most urgent first."""
    return session.scalars(
        select(Case)
        .where(*LIVE, _is_of(number))
        .order_by(Case.is_emergency.desc(), Case.callback_due.is_(None), Case.callback_due, Case.id)
    ).all()


def last_closed_of(session: Session, number: str) -> Case | None:
    """The case of a caller that was closed last."""
    return session.scalars(
        select(Case).where(Case.closed_at.is_not(None), _is_of(number)).order_by(Case.closed_at.desc())
    ).first()


def known_to(session: Session, person_id: str, at: datetime) -> Sequence[Case]:
    """The cases that a person can have meant at an instant: not closed then, theirs or alerted to them by then."""
    there = union_all(select(Case.id).where(*LIVE), select(Case.id).where(Case.closed_at >= at))  # the others are many
    alerted = select(Alert.id).where(Alert.case_id == Case.id, Alert.person_id == person_id, Alert.created_at <= at)
    return session.scalars(
        select(Case)
        .where(
            Case.id.in_(there),
            Case.opened_at <= at,
            or_(Case.closed_at.is_(None), Case.closed_at >= at),
            or_(Case.owner == person_id, alerted.exists()),
        )
        .order_by(Case.id)
    ).all()


def voicemail(session: Session, recording_sid: str) -> Voicemail | None:
    return session.scalars(_VOICEMAIL, {"recording_sid": recording_sid}).first()


def add_voicemail(session: Session, **columns: object) -> int:
    """A new voicemail of a case, which is flushed; returns its id."""
    return session.connection().execute(_ADD_VOICEMAIL, columns).scalar_one()


def case_of_call(session: Session, call_sid: str) -> Case | None:
    """The case that a call left a voicemail for."""
    return session.scalars(_OF_CALL, {"call_sid": call_sid}).first()


def recordings(session: Session, case_id: int) -> Sequence[Voicemail]:
    return session.scalars(select(Voicemail).where(Voicemail.case_id == case_id).order_by(Voicemail.id)).all()


def recording_sids(session: Session, case_ids: Sequence[int]) -> dict[int, list[str]]:
    """The recordings of these cases by the case's id, oldest first; a case without any is left out."""
    found: dict[int, list[str]] = {}
    for some in in_parts(case_ids):
        rows = select(Voicemail.case_id, Voicemail.recording_sid).where(Voicemail.case_id.in_(some))
        for case_id, sid in session.execute(rows.order_by(Voicemail.id)):
            found.setdefault(case_id, []).append(sid)
    return found


def first_timers(session: Session, case_id: int, due: dict[str, datetime]) -> None:
    """Timers of a case that is flushed and has none of these kinds: what makes them fall due, by kind."""
    rows = [(case_id, kind, due_at) for kind, due_at in due.items()]
    insert_all(session.connection(), _TIMERS, ("case_id", "kind", "due_at"), rows)


def set_timer(session: Session, case_id: int, kind: str, due_at: datetime) -> None:
    """Make something due for a case at an instant; each kind once, the last instant counts."""
    moved = session.connection().execute(_MOVE_TIMER, {"of_case": case_id, "of_kind": kind, "due_at": due_at})
    if not moved.rowcount:
        first_timers(session, case_id, {kind: due_at})


def timers_of(session: Session, case_ids: Sequence[int]) -> dict[int, dict[str, datetime]]:
    """What is to come for these cases: when, by its kind."""
    found: dict[int, dict[str, datetime]] = {}
    for timer in session.execute(select(_TIMERS).where(_TIMERS.c.case_id.in_(case_ids))):
        found.setdefault(timer.case_id, {})[timer.kind] = timer.due_at
    return found


def has_timer(session: Session, case_id: int, kind: str) -> bool:
    """Whether anything of this kind is still to come for a case."""
    return session.connection().scalar(_HAS_TIMER, {"of_case": case_id, "of_kind": kind}) is not None


def stop_timers(session: Session, case_id: int, *kinds: str) -> None:
    """Nothing of these kinds is due any more."""
    session.connection().execute(_STOP_TIMERS, {"of_case": case_id, "kinds": kinds})


def stop_asking(session: Session, case_id: int) -> None:
    """Nobody is asked for anything about a case any more. What people are still to be told stays due."""
    stop_timers(session, case_id, "ladder", "at_risk", "breach", "start")


def _is_of(number: str) -> ColumnElement[bool]:
    """Called from this number, or keyed it to be called back."""
    return or_(Case.caller == number, Case.callback_number == number)
