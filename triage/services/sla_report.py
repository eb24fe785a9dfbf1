"""The SLA report: figures of a span of days, and the cases behind each of them.

The command line and the console ask the same question and get the same record. Every figure of a group is a figure of
the totals of a report narrowed to that group, so its cases are found by asking that narrower question. Instants are
aware UTC, days and hours are those of the contract's clock, spans are seconds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import chain
from typing import Any, NamedTuple, TypedDict, TypeVar, cast

from triage.errors import NotFound, Refused
from triage.policy.calendar_groups import HOURS, WEEKDAYS, falls_on, week_number, weeks
from triage.policy.hours import span_of_days, zone_of
from triage.policy.intake import work_begins
from triage.policy.sla import BEHIND, CaseTimes, Outcome, figures, judge, wait_of
from triage.policy.terms import WindowName
from triage.services.desk import Desk
from triage.store import Session, cases
from triage.store import chain as history
from triage.store.models.case import reference_of

Record = dict[str, Any]
Key = TypeVar("Key")
WINDOWS: tuple[WindowName, ...] = ("support_hours", "evening", "overnight", "other")
FIGURES = tuple(BEHIND)
_NOT_PART_OF_A_STORY = frozenset({"delivery_accepted", "delivery_delivered", "transcribed"})


class Narrowed(TypedDict, total=False):
    """What a question may be narrowed to, see there."""

    window: WindowName | None
    technician: str | None
    caller: str | None
    weekday: str | None
    hour: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a report is about: messages left on the days from `first` to `last`, both included.

    The rest narrows it, None is any: `technician` owns the case, `caller` is the number that it came from or that the
    caller keyed, `weekday` and `hour` (0 to 23) are when the message was left.
    """

    first: date
    last: date
    window: WindowName | None = None
    technician: str | None = None
    caller: str | None = None
    weekday: str | None = None
    hour: int | None = None


class _Counted(NamedTuple):
    """A case as the report counts it, in one flat row: there may be a hundred thousand. `left` is on the wall clock."""

    case_id: int
    window: str
    technician: str | None
    left: datetime
    callback_due: datetime | None
    callback_made_at: datetime | None
    outcome: Outcome
    to_acknowledge_s: float | None
    to_callback_s: float | None
    basis: str | None


def sla_report(desk: Desk, asked: Question, now: datetime, *, most_stories: int | None = None) -> Record:
    """Promises met and broken, how long things took, and when the messages came.

    The story is told of the first `most_stories` breaches, None is all; the others have their instants alone. Raises
    Refused for a span that ends before it begins, NotFound for a technician of whom nothing is known.
    """
    with desk.store.read() as session:
        found = _counted(session, desk, asked, now)
        breached = [case for case in found if case.outcome is Outcome.BREACHED]
        stories = _stories(session, breached[:most_stories])
    slots = _grouped(found, lambda case: (case.left.weekday(), case.left.hour))
    return {
        "from": asked.first,
        "to": asked.last,
        "narrowed": {name: getattr(asked, name) for name in Narrowed.__annotations__},
        "totals": _figures(found),
        "windows": _by(_grouped(found, lambda case: case.window), WINDOWS),
        "technicians": _by(_grouped(found, lambda case: case.technician), _technicians(found)),
        "weeks": _by_week(found, asked),
        "weekdays": {
            name: _figures(chain.from_iterable(slots.get((weekday, hour), ()) for hour in HOURS))
            for weekday, name in enumerate(WEEKDAYS)
        },
        "hours": {
            f"{hour:02}": _figures(chain.from_iterable(slots.get((weekday, hour), ()) for weekday in range(7)))
            for hour in HOURS
        },
        "volume": {
            name: [len(slots.get((weekday, hour), ())) for hour in HOURS] for weekday, name in enumerate(WEEKDAYS)
        },
        "breaches": [_breach(case, stories.get(case.case_id), now) for case in breached],
    }


def references_behind(desk: Desk, asked: Question, figure: str, now: datetime) -> list[str]:
    """The cases that a figure of the totals counts or measures: as they were left, the longest wait first where
    the figure is a span.

    Raises as `sla_report` does, and NotFound for a figure that is none.
    """
    if figure not in BEHIND:
        raise NotFound(f"there is no figure {figure}; these are: {', '.join(FIGURES)}")
    with desk.store.read() as session:
        found = [case for case in _counted(session, desk, asked, now) if BEHIND[figure](case)]
    found.sort(key=lambda case: -wait_of(case, figure))
    return [reference_of(case.case_id) for case in found]


def outcomes_between(
    session: Session, desk: Desk, start: datetime, end: datetime, now: datetime
) -> dict[Outcome, list[str]]:
    """What became, by now, of the promises for messages left in [start, end): the references of each outcome."""
    found: dict[Outcome, list[str]] = {each: [] for each in Outcome}
    for case in _judged(session, desk, cases.times_of_left_between(session, start, end), now):
        found[case.outcome].append(reference_of(case.case_id))
    return found


def _counted(session: Session, desk: Desk, asked: Question, now: datetime) -> list[_Counted]:
    """The cases that the question is about, in the order in which they were left."""
    if asked.last < asked.first:
        raise Refused("the span ends before it begins")
    _check_technician(session, desk, asked.technician)
    start, end = span_of_days(asked.first, asked.last, desk.terms)
    rows = cases.times_of_left_between(
        session, start, end, window=asked.window, technician=asked.technician, caller=asked.caller
    )
    found = _judged(session, desk, rows, now)
    return [case for case in found if falls_on(case.left, weekday=asked.weekday, hour=asked.hour)]


def _judged(session: Session, desk: Desk, rows: Iterable[cases.CaseLine], now: datetime) -> list[_Counted]:
    """What became of each case of these rows of `cases.times_of_left_between`, in their order."""
    found, zone = [], zone_of(desk.terms)
    for case_id, window, is_deferred, owner, policy, left_at, due, acknowledged_at, made_at, breached_at, basis in rows:
        left = left_at.astimezone(zone)
        begins_at = left_at
        if is_deferred:  # the others' clocks start as they were left: a call for each would cost a tenth of the report
            begins_at = work_begins(
                window=cast("WindowName", window),
                left_at=left_at,
                is_deferred=True,
                terms=desk.terms_of(session, policy),
            )
        times = CaseTimes(begins_at, due, acknowledged_at, made_at, breached_at, basis)
        found.append(_Counted(case_id, window, owner, left, due, made_at, *judge(times, now)))
    return found


def _check_technician(session: Session, desk: Desk, person_id: str | None) -> None:
    """A name that was mistyped is told of, not reported as somebody without cases."""
    if person_id is None or desk.roster(session).person(person_id) is not None:
        return
    if not cases.has_owned(session, person_id):
        known = ", ".join(person.id for person in desk.roster(session).people)
        raise NotFound(f"there is no technician {person_id}; on the roster are: {known or 'nobody'}")


def _technicians(found: Iterable[_Counted]) -> list[str]:
    return sorted({case.technician for case in found if case.technician is not None})


def _figures(found: Iterable[_Counted]) -> Record:
    return cast("Record", figures(found).as_dict())


def _grouped(found: Iterable[_Counted], key: Callable[[_Counted], Key]) -> dict[Key, list[_Counted]]:
    groups: dict[Key, list[_Counted]] = defaultdict(list)
    for case in found:
        groups[key(case)].append(case)
    return groups


def _by(groups: Mapping[Key, list[_Counted]], names: Sequence[Key]) -> dict[Key, Record]:
    return {name: _figures(groups.get(name, ())) for name in names}


def _by_week(found: Iterable[_Counted], asked: Question) -> list[Record]:
    groups = _grouped(found, lambda case: week_number(case.left))
    return [
        {"from": first, "to": last, **_figures(groups.get(week_number(first), ()))}
        for first, last in weeks(asked.first, asked.last)
    ]


def _breach(case: _Counted, story: list[Record] | None, now: datetime) -> Record:
    """A broken promise, and what was done about it, in order."""
    due, made = case.callback_due, case.callback_made_at
    assert due is not None  # noqa: S101 - only a promise can be broken
    told = {} if story is None else {"story": story}
    return {
        "ref": reference_of(case.case_id),
        "window": case.window,
        "owner": case.technician,
        "left_at": case.left.astimezone(UTC),
        "callback_due": due,
        "callback_made_at": made,
        "late_s": round(((made or now) - due).total_seconds(), 3),
        **told,
    }


def _stories(session: Session, breached: Sequence[_Counted]) -> dict[int, list[Record]]:
    """What was done about each case, oldest first; without what says nothing of who did what."""
    found: dict[int, list[Record]] = {case.case_id: [] for case in breached}
    for case_id, at, kind, actor, details in history.events_of_all(session, list(found)):
        if kind not in _NOT_PART_OF_A_STORY:
            found[case_id].append({"at": at, "kind": kind, "actor": actor, "details": details})
    return found
